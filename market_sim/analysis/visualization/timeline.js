// What a run's page does: draws its figures in light or dark, steps through the events, moves along a long run, prints.
(() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const charts = data.figures.map((figure, number) => document.getElementById(`chart-${number}`));
  const whole = charts[0];
  const root = document.documentElement;
  const slider = document.getElementById("step");
  const told = document.getElementById("told");
  const untouched = told.textContent;
  const system = matchMedia("(prefers-color-scheme: dark)");
  const button = document.getElementById("theme");
  const player = document.getElementById("play");
  const PRINT_WIDTH = 1030;
  const BEAT = 600; // milliseconds from step to step
  let chosen = null;
  let drawing = null;
  let isStale = false;
  let beat = null;

  function colour(dark) {
    root.dataset.theme = dark ? "dark" : "light";
    button.textContent = dark ? "Light colours" : "Dark colours";
    for (const figure of data.figures) {
      for (const [path, light, other] of figure.dark) {
        const last = path.length - 1;
        let part = figure;
        for (let place = 0; place < last; place += 1) part = part[path[place]];
        part[path[last]] = dark ? other : light;
      }
      figure.layout.uirevision = "kept";
    }
  }

  function isDark() {
    return chosen === null ? system.matches : chosen;
  }

  // The step at which the reader stands; null for the whole run.
  function place() {
    const step = Number(slider.value);
    if (step >= data.steps.times.length) return null;
    return { step, number: data.steps.numbers[step], time: data.steps.times[step] };
  }

  // All figures as of the step. What cannot be stepped through tells the whole run, and is hidden until its end.
  function paint() {
    const at = place();
    for (const one of document.querySelectorAll("[data-tells=whole]")) one.hidden = at !== null;
    for (const one of document.querySelectorAll("[data-tells=step]")) one.hidden = at === null;
    return Promise.all(charts.map((chart, number) => {
      const figure = data.figures[number];
      if (at !== null && !figure.stepped) return null;
      const { data: traces, layout } = asOf(figure, at);
      return Plotly.react(chart, traces, layout, data.config);
    }));
  }

  // One drawing at a time: of what is asked for meanwhile, the newest follows.
  function draw() {
    isStale = true;
    drawing ??= (async () => {
      while (isStale) {
        isStale = false;
        await paint();
      }
      drawing = null;
    })();
    return drawing;
  }

  function show(step) {
    const count = data.steps.times.length;
    slider.value = Math.max(0, Math.min(count, step));
    const at = place();
    told.textContent = at === null ? untouched : `${at.step + 1} of ${count}, ${at.time.toFixed(3)} s: ${data.steps.texts[at.step]}`;
    slider.setAttribute("aria-valuetext", told.textContent);
    if (at === null) pause();
    return draw().then(() => follow(place()));
  }

  // The moment stays in sight: within the range of the axis, and within the box that scrolls on a narrow screen.
  async function follow(at) {
    if (at === null) return;
    const [from, to] = whole.layout.xaxis.range;
    if (at.time < from || at.time > to) {
      await Plotly.relayout(whole, { "xaxis.range": [at.time - (to - from) / 2, at.time + (to - from) / 2] });
    }
    const box = whole.parentElement;
    const layout = whole._fullLayout;
    const across = layout._size.l + layout.xaxis.d2p(at.time);
    if (across < box.scrollLeft + 40 || across > box.scrollLeft + box.clientWidth - 40) {
      box.scrollLeft = across - box.clientWidth / 2;
    }
  }

  function pause() {
    clearInterval(beat);
    beat = null;
    player.textContent = "Play";
  }

  // From the end it begins at the beginning.
  function play() {
    if (beat !== null) return pause();
    const isAtEnd = place() === null;
    player.textContent = "Pause";
    beat = setInterval(() => show(Number(slider.value) + 1), BEAT);
    return show(isAtEnd ? 0 : Number(slider.value) + 1);
  }

  function move(where) {
    const [from, to] = whole.layout.xaxis.range;
    const width = data.window[1] - data.window[0];
    const back = Math.max(data.whole[0], from - width);
    const on = Math.min(data.whole[1] - width, Math.max(from, data.whole[0]) + width);
    const ranges = { whole: data.whole, last: data.window, back: [back, back + width], on: [on, on + width] };
    const change = { "xaxis.range": ranges[where].slice() };
    if (where === "whole" && data.figures[0].layout.yaxis) {
      change["yaxis.range"] = data.figures[0].layout.yaxis.range.slice();
    }
    return (where === "whole" ? show(data.steps.times.length) : Promise.resolve()).then(() => Plotly.relayout(whole, change));
  }

  // The keys step wherever the reader is, but where they have a meaning of their own: in a field, in a box that scrolls.
  function onKey(event) {
    const { key, target } = event;
    if (event.altKey || event.ctrlKey || event.metaKey || event.shiftKey) return;
    const step = { ArrowLeft: Number(slider.value) - 1, ArrowRight: Number(slider.value) + 1, Home: 0, End: data.steps.times.length }[key];
    if (step === undefined || target.matches("input:not([type=range], [type=checkbox]), select, textarea")) return;
    if (target.matches(".scroll") && target.scrollWidth > target.clientWidth + 1) return;
    event.preventDefault();
    pause();
    show(step);
  }

  function listen() {
    slider.addEventListener("input", () => { pause(); show(Number(slider.value)); });
    for (const one of document.querySelectorAll("[data-step]")) {
      one.addEventListener("click", () => { pause(); show(Number(slider.value) + Number(one.dataset.step)); });
    }
    for (const one of document.querySelectorAll("[data-window]")) {
      one.addEventListener("click", () => move(one.dataset.window));
    }
    player.addEventListener("click", play);
    document.addEventListener("keydown", onKey);
    const depth = document.getElementById("depth");
    if (depth) {
      const heat = data.figures[0].data.findIndex((trace) => trace.type === "heatmap");
      depth.addEventListener("change", () => {
        data.figures[0].data[heat].visible = depth.checked;
        draw();
      });
    }
    button.addEventListener("click", () => { chosen = !isDark(); colour(chosen); draw(); });
    system.addEventListener("change", () => { colour(isDark()); draw(); });
    const closed = [];
    addEventListener("beforeprint", () => {
      closed.push(...document.querySelectorAll("details:not([open])"));
      for (const one of closed) one.open = true;
      root.style.setProperty("--print-zoom", Math.min(1, PRINT_WIDTH / whole.clientWidth));
      colour(false);
      draw();
    });
    addEventListener("afterprint", () => {
      for (const one of closed.splice(0)) one.open = false;
      colour(isDark());
      draw();
    });
  }

  // What a browser keeps in the slider after a reload would not fit the picture.
  slider.value = slider.max;
  colour(isDark());
  draw().then(() => {
    listen();
    pause();
    document.querySelector(".controls").hidden = false;
    button.hidden = false;
    charts.forEach((chart) => { chart.dataset.ready = "true"; });
  });
})();
