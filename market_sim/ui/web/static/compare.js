// Two runs side by side: the charts of both, one after the other.
import { Chart } from "./chart.js";

for (const element of document.querySelectorAll("[data-figure]")) {
  new Chart(element).show(element.dataset.figure);
}
