// Light or dark: the reader's choice, else the system's. Loaded in the head, so that no page flashes in the other one.
(() => {
  "use strict";
  const root = document.documentElement;
  const system = matchMedia("(prefers-color-scheme: dark)");

  function chosen() {
    try {
      return localStorage.getItem("theme");
    } catch {
      return null; // a browser may forbid storage; then the system decides
    }
  }

  function apply() {
    const theme = chosen() || (system.matches ? "dark" : "light");
    if (root.dataset.theme === theme) return;
    root.dataset.theme = theme;
    dispatchEvent(new CustomEvent("themechange"));
  }

  apply();
  system.addEventListener("change", apply);
  addEventListener("DOMContentLoaded", () => {
    const button = document.getElementById("theme");
    button.hidden = false;
    button.addEventListener("click", () => {
      const other = root.dataset.theme === "dark" ? "light" : "dark";
      try {
        localStorage.setItem("theme", other);
      } catch {
        root.dataset.theme = other;
        dispatchEvent(new CustomEvent("themechange"));
        return;
      }
      apply();
    });
  });
})();
