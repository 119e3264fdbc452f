// What the page of a dashboard does: draws its pictures in light or dark.
(() => {
  const { figures } = JSON.parse(document.getElementById("data").textContent);
  const button = document.getElementById("theme");
  const system = matchMedia("(prefers-color-scheme: dark)");
  let chosen = null;

  function paint({ figure, dark, config }, number, isDark) {
    for (const [path, light, other] of dark) {
      const last = path.length - 1;
      let part = figure;
      for (let place = 0; place < last; place += 1) part = part[path[place]];
      part[path[last]] = isDark ? other : light;
    }
    return Plotly.react(document.getElementById(`chart-${number}`), figure.data, figure.layout, config);
  }

  function draw() {
    const isDark = chosen === null ? system.matches : chosen;
    document.documentElement.dataset.theme = isDark ? "dark" : "light";
    button.textContent = isDark ? "Light colours" : "Dark colours";
    return Promise.all(figures.map((one, number) => paint(one, number, isDark)));
  }

  button.addEventListener("click", () => { chosen = button.textContent.startsWith("Dark"); draw(); });
  system.addEventListener("change", draw);
  draw().then(() => { button.hidden = false; document.getElementById("dashboard").dataset.ready = "true"; });
})();
