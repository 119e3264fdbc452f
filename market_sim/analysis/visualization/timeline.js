// What a run's page does: draws its figures in light or dark, steps through the events, moves along a long run, prints.
(() => {
  "use strict";
  const data = JSON.parse(document.getElementById("data").textContent);
  const charts = data.figures.map((figure, number) => document.getElementById(`chart-${number}`));
  const whole = charts[0];
  const root = document.documentElement;
  const slider = document.getElementById("step");
  const told = document.getElementById("told");
  const untouched = told.textContent;
  const system = matchMedia("(prefers-color-scheme: dark)");
  const button = document.getElementById("theme");
  const PRINT_WIDTH = 1030;
  let chosen = null;

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

  // The figures as they are drawn: the second time round with the reader's own zoom and the veil of the step.
  function draw() {
    return Promise.all(charts.map((chart, number) => {
      const { data: traces, layout } = data.figures[number];
      const told = number === 0 ? { shapes: layout.shapes.concat(veil()), annotations: known(layout.annotations) } : {};
      return Plotly.react(chart, traces, { ...layout, ...told }, data.config);
    }));
  }

  function chosenTime() {
    return Number(slider.value) < data.steps.times.length ? data.steps.times[Number(slider.value)] : null;
  }

  // Everything after the chosen step is veiled, so that the run can be watched as it came about. The veil begins half
  // a block later, or it would cut the newest block in two; marks in between are faded one by one.
  function veil() {
    const time = chosenTime();
    if (time === null) return [];
    const style = getComputedStyle(root);
    const place = { xref: "x", yref: "paper", y0: 0, y1: 1, layer: "above" };
    const from = time + (data.long ? 0 : 0.3 * data.epoch);
    return [
      { ...place, type: "rect", x0: from, x1: data.whole[1] + 1, fillcolor: style.getPropertyValue("--veil"), line: { width: 0 } },
      { ...place, type: "line", x0: time, x1: time, line: { color: style.getPropertyValue("--leader"), width: 1.5 } },
    ];
  }

  // Annotations lie above every veil: those of the future are left out.
  function known(annotations) {
    const time = chosenTime();
    if (time === null) return annotations;
    return annotations.map((one) => {
      const future = one.xref === "x" && Math.max(one.x, one.ax ?? one.x) > time;
      return future ? { ...one, visible: false } : one;
    });
  }

  function fade() {
    const time = chosenTime();
    const marks = data.figures[0].data.map((trace, place) => place)
      .filter((place) => /markers|text/.test(data.figures[0].data[place].mode || ""));
    for (const place of marks) {
      const trace = data.figures[0].data[place];
      trace.unselected = { marker: { opacity: 0.1 }, textfont: { color: "rgba(0,0,0,0)" } };
      trace.selectedpoints = time === null ? null : trace.x.flatMap((x, point) => (x <= time ? [point] : []));
    }
  }

  function show(step) {
    const count = data.steps.times.length;
    slider.value = Math.max(0, Math.min(count, step));
    const now = Number(slider.value);
    const time = chosenTime();
    told.textContent = time === null ? untouched : `${now + 1} of ${count}, ${time.toFixed(3)} s: ${data.steps.texts[now]}`;
    slider.setAttribute("aria-valuetext", told.textContent);
    const change = { shapes: data.figures[0].layout.shapes.concat(veil()) };
    const [from, to] = whole.layout.xaxis.range;
    if (time !== null && (time < from || time > to)) {
      change["xaxis.range"] = [time - (to - from) / 2, time + (to - from) / 2];
    }
    // Fading thousands of marks one by one would make every step slow.
    if (data.long) return Plotly.relayout(whole, change);
    fade();
    return (change["xaxis.range"] ? Plotly.relayout(whole, change) : Promise.resolve()).then(draw);
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
    Plotly.relayout(whole, change);
  }

  function listen() {
    slider.addEventListener("input", () => show(Number(slider.value)));
    for (const one of document.querySelectorAll("[data-step]")) {
      one.addEventListener("click", () => show(Number(slider.value) + Number(one.dataset.step)));
    }
    for (const one of document.querySelectorAll("[data-window]")) {
      one.addEventListener("click", () => move(one.dataset.window));
    }
    // On a narrow screen the arrow keys scroll the chart; where it fits, they step.
    const box = whole.parentElement;
    box.addEventListener("keydown", (event) => {
      const way = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
      if (!way || event.target !== box || box.scrollWidth > box.clientWidth + 1) return;
      event.preventDefault();
      show(Number(slider.value) + way);
    });
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
    document.querySelector(".controls").hidden = false;
    button.hidden = false;
    charts.forEach((chart) => { chart.dataset.ready = "true"; });
  });
})();
