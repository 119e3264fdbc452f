// The page of a run: its timeline, and a place in the journal that moves by keys, buttons and slider.
import { Chart } from "./chart.js";
import { fill } from "./instant.js";

const figure = document.getElementById("run");
const controls = figure.querySelector(".controls");
const stepper = document.getElementById("stepper");
const chart = new Chart(document.getElementById("chart"));
const slider = document.getElementById("place");
const told = document.getElementById("told");
const state = document.getElementById("state-card");
const last = Number(stepper.dataset.last);
const pictures = [...document.querySelectorAll("[data-picture]")].map((element) => new Chart(element));
let at = Number(stepper.dataset.at);
const player = document.getElementById("play");
const BEAT = 600; // milliseconds from step to step
let beat = null;
let isBusy = false;
let waiting = null;

const one = (name) => figure.querySelector(`[name="${name}"]`);
const boxes = [...figure.querySelectorAll('[name="show"]')];
const isLeftOut = (one) => one.dataset.group !== undefined && !shown().includes(one.dataset.group);
const shown = () => boxes.filter((box) => box.checked).map((box) => box.value);

// What the page shows at first has the shortest address, under which the browser has fetched it already.
function chosen(query) {
  const isFirst = !one("symbol").selectedIndex || one("symbol").type === "hidden";
  return new URLSearchParams(isFirst ? query : { ...query, symbol: one("symbol").value });
}

async function draw() {
  const groups = shown();
  for (const section of document.querySelectorAll("[data-group]")) section.hidden = isLeftOut(section);
  if (!groups.length) return false;
  const query = chosen(groups.length === boxes.length ? {} : { show: groups.join(",") }).toString();
  return chart.show(figure.dataset.figure + (query && `?${query}`));
}

function tell(instant) {
  const { moment } = instant;
  const place = document.createElement("span");
  place.className = "muted";
  place.textContent = `Event ${moment.number} of ${last}, ${moment.time.toFixed(3)} s, epoch ${moment.epoch}: `;
  told.replaceChildren(place, moment.sentence);
  const number = moment.trade ?? moment.order;
  if (number) {
    const link = document.createElement("a");
    link.href = (moment.trade ? figure.dataset.trade : figure.dataset.order).replace(/0$/, number);
    link.textContent = "follow it";
    told.append(" ", link);
  }
  slider.value = at;
  for (const link of figure.querySelectorAll("[data-base]")) link.href = `${link.dataset.base}?event=${at}`;
  slider.setAttribute("aria-valuetext", `event ${moment.number}: ${moment.sentence}`);
  fill(instant);
  // What cannot be stepped through tells the whole run, and is hidden until its end.
  const isWhole = at >= last;
  for (const one of document.querySelectorAll("[data-tells=whole]")) one.hidden = !isWhole || isLeftOut(one);
  for (const one of document.querySelectorAll("[data-tells=step]")) one.hidden = isWhole;
  const here = isWhole ? null : { number: moment.number, time: moment.time };
  return Promise.all([chart, ...pictures].map((one) => one.stand(here)));
}

// One question at a time; of those that come meanwhile the newest is asked next.
async function ask(query, remember = true) {
  if (isBusy) {
    waiting = query;
    return;
  }
  isBusy = true;
  try {
    const answer = await fetch(`${figure.dataset.instant}?${chosen(query)}`, { headers: { Accept: "application/json" } });
    if (!answer.ok) throw new Error(`the site answered ${answer.status}`);
    const found = await answer.json();
    if (found.end) {
      told.textContent = query.move === "on" ? "Nothing more of this kind follows." : "Nothing of this kind comes before.";
      pause();
    } else {
      at = found.at;
      await tell(found.instant);
      if (at >= last) pause();
      if (remember) history.replaceState(null, "", `?event=${at}`);
    }
    stepper.dataset.at = at;
  } catch (problem) {
    told.textContent = `The place could not be shown (${problem.message}).`;
  } finally {
    isBusy = false;
    if (waiting) {
      const next = waiting;
      waiting = null;
      ask(next);
    }
  }
}

function go(way) {
  if (way === "first") return ask({ event: 0 });
  if (way === "last") return ask({ event: last });
  return ask({ event: at, move: way, kind: one("kind").value, account: one("account").value });
}

function pause() {
  clearInterval(beat);
  beat = null;
  player.textContent = "Play";
}

// From the end it begins at the beginning.
function play() {
  if (beat !== null) return pause();
  player.textContent = "Pause";
  beat = setInterval(() => isBusy || go("on"), BEAT);
  return go(at >= last ? "first" : "on");
}

function onKey(event) {
  const way = { ArrowLeft: "back", ArrowRight: "on", Home: "first", End: "last" }[event.key];
  const target = event.target;
  if (!way || event.altKey || event.ctrlKey || event.metaKey || event.shiftKey) return;
  if (target.matches("input:not([type=range]), select, textarea") || target.closest(".top")) return;
  // A box that is wider than the screen scrolls by these keys.
  if (target.matches(".scroll") && target.scrollWidth > target.clientWidth + 1) return;
  event.preventDefault();
  pause();
  go(way);
}

// A picture is drawn when it comes near the part of the page that is seen.
function watch() {
  const watcher = new IntersectionObserver((seen) => {
    for (const { target } of seen.filter((one) => one.isIntersecting)) {
      watcher.unobserve(target);
      pictures.find((one) => one.element === target).show(target.dataset.picture);
    }
  }, { rootMargin: "300px" });
  for (const one of pictures) watcher.observe(one.element);
}

// Everything but the chart needs no library of charts, and works before it is there.
function listen() {
  for (const box of boxes) box.addEventListener("change", draw);
  one("symbol").addEventListener("change", () => draw().then(() => ask({ event: at })));
  for (const button of figure.querySelectorAll("[data-window]")) {
    button.addEventListener("click", async () => {
      if (button.dataset.window === "whole" && at < last) {
        pause();
        await go("last");
      }
      chart.move(button.dataset.window);
    });
  }
  for (const button of figure.querySelectorAll("[data-move]")) {
    button.addEventListener("click", () => {
      pause();
      go(button.dataset.move);
    });
  }
  player.addEventListener("click", play);
  slider.addEventListener("input", () => {
    pause();
    ask({ event: slider.value });
  });
  document.addEventListener("keydown", onKey);
  controls.hidden = false;
  stepper.hidden = false;
}

async function start() {
  listen();
  // The place is asked for first: its answer is short, and the browser has fetched it already.
  ask({ event: at }, false).then(() => {
    state.hidden = false;
    performance.mark("place told");
  });
  const isDrawn = await draw();
  watch();
  controls.hidden = !isDrawn;
  if (!isDrawn) return;
  performance.mark("chart drawn");
  document.getElementById("windows").hidden = !chart.answer.long;
  chart.element.on("plotly_click", ({ event }) => {
    const order = chart.markAt(event.clientX, event.clientY);
    if (order) location.assign(figure.dataset.order.replace(/0$/, order));
  });
}

start();
