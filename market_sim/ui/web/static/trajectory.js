// How fast to sell: the slider of the aversion to risk moves the curve, its sentence, its table and its address.
import { Chart } from "./chart.js";

const form = document.getElementById("sale");
const slider = document.getElementById("risk_aversion");
const shown = document.getElementById("aversion");
const answer = document.getElementById("answer");
const element = answer.querySelector("[data-figure]");
const chart = new Chart(element);
let wanted = null;
let isAsking = false;

chart.show(element.dataset.figure);

// Everything of the answer but the box of the chart, which is drawn anew in its place.
function tell(page) {
  const told = page.getElementById("answer");
  for (const part of ["figcaption", "p.small"]) answer.querySelector(part).replaceWith(told.querySelector(part));
  answer.querySelector("figure").setAttribute("aria-label", told.querySelector("figure").getAttribute("aria-label"));
  return told.querySelector("[data-figure]").dataset.figure;
}

// One question at a time: of what the slider passes meanwhile, the newest follows.
async function ask() {
  if (isAsking) return;
  isAsking = true;
  try {
    while (wanted !== null) {
      const address = wanted;
      wanted = null;
      const reply = await fetch(address);
      if (!reply.ok) throw new Error(`the site answered ${reply.status}`);
      const isOpen = answer.querySelector("details")?.open;
      await chart.show(tell(new DOMParser().parseFromString(await reply.text(), "text/html")));
      if (isOpen) answer.querySelector("details").open = true;
      history.replaceState(null, "", address);
    }
  } catch (problem) {
    answer.querySelector("figcaption").textContent = `The answer did not come (${problem.message}).`;
  } finally {
    isAsking = false;
  }
}

slider.addEventListener("input", () => {
  shown.textContent = Number(Number(slider.value).toPrecision(4));
  wanted = `${form.action}?${new URLSearchParams(new FormData(form))}`;
  ask();
});
