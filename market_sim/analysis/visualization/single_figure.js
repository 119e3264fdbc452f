// What the page of one figure does: draws it in light or dark.
(() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const chart = document.getElementById("chart-0");
  const button = document.getElementById("theme");
  const system = matchMedia("(prefers-color-scheme: dark)");
  let chosen = null;

  function draw() {
    const dark = chosen === null ? system.matches : chosen;
    document.documentElement.dataset.theme = dark ? "dark" : "light";
    button.textContent = dark ? "Light colours" : "Dark colours";
    for (const [path, light, other] of data.dark) {
      const last = path.length - 1;
      let part = data.figure;
      for (let place = 0; place < last; place += 1) part = part[path[place]];
      part[path[last]] = dark ? other : light;
    }
    return Plotly.react(chart, data.figure.data, data.figure.layout, data.config);
  }

  button.addEventListener("click", () => { chosen = button.textContent.startsWith("Dark"); draw(); });
  system.addEventListener("change", draw);
  draw().then(() => { button.hidden = false; chart.dataset.ready = "true"; });
})();
