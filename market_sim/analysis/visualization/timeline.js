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
      const figure = data.figures[number];
      const shapes = number === 0 ? figure.layout.shapes.concat(veil()) : figure.layout.shapes;
      return Plotly.react(chart, figure.data, { ...figure.layout, shapes }, data.config);
    }));
  }

  // Everything after the chosen step is veiled, so that the run can be watched as it came about.
  function veil() {
    const step = Number(slider.value);
    if (step >= data.steps.times.length) return [];
    const time = data.steps.times[step];
    const style = getComputedStyle(root);
    const place = { xref: "x", yref: "paper", y0: 0, y1: 1, layer: "above" };
    return [
      { ...place, type: "rect", x0: time, x1: data.whole[1] + 1, fillcolor: style.getPropertyValue("--veil"), line: { width: 0 } },
      { ...place, type: "line", x0: time, x1: time, line: { color: style.getPropertyValue("--leader"), width: 1.5 } },
    ];
  }

  function show(step) {
    const count = data.steps.times.length;
    slider.value = Math.max(0, Math.min(count, step));
    const now = Number(slider.value);
    const change = { shapes: data.figures[0].layout.shapes.concat(veil()) };
    if (now < count) {
      const time = data.steps.times[now];
      told.textContent = `${now + 1} of ${count}, ${time.toFixed(3)} s: ${data.steps.texts[now]}`;
      const [from, to] = whole.layout.xaxis.range;
      if (time < from || time > to) change["xaxis.range"] = [time - (to - from) / 2, time + (to - from) / 2];
    } else {
      told.textContent = untouched;
    }
    slider.setAttribute("aria-valuetext", told.textContent);
    Plotly.relayout(whole, change);
  }

  function move(where) {
    const [from, to] = whole.layout.xaxis.range;
    const width = data.window[1] - data.window[0];
    const ranges = {
      whole: data.whole,
      last: data.window,
      back: [Math.max(data.whole[0], from - width), Math.max(data.whole[0] + width, to - width)],
      on: [Math.min(data.whole[1] - width, from + width), Math.min(data.whole[1], to + width)],
    };
    const change = { "xaxis.range": ranges[where].slice() };
    if (where === "whole") change["yaxis.range"] = data.figures[0].layout.yaxis.range.slice();
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
    addEventListener("beforeprint", () => {
      for (const one of document.querySelectorAll("details")) one.open = true;
      colour(false);
      draw();
      charts.forEach((chart) => Plotly.relayout(chart, { width: PRINT_WIDTH }));
    });
    addEventListener("afterprint", () => {
      colour(isDark());
      draw();
      charts.forEach((chart) => Plotly.relayout(chart, { width: null, autosize: true }));
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
