// A run on its way: each epoch as it passes, its chart so far, and the place at which it stands still. The browser takes
// the stream up again by itself, after the last event it saw.
import { Chart } from "./chart.js";
import { fill } from "./instant.js";

const live = document.getElementById("live");
const state = document.getElementById("state");
const body = document.getElementById("epochs");
const bar = document.getElementById("progress");
const chart = new Chart(document.getElementById("chart"));
const stream = new EventSource(live.dataset.events);
let wanted = 0;
let isDrawing = false;

function row(note) {
  const made = document.createElement("tr");
  const head = document.createElement("th");
  head.scope = "row";
  head.textContent = note.epoch;
  const cells = [
    note.leader === null ? "" : `validator ${note.leader}`,
    note.votes.join(" and ") || "no block",
    note.notarized ? "◐ notarized" : "○ not notarized",
    note.final.length ? `✔ ${note.final.join(", ")}` : "",
    note.entries.toLocaleString("en"),
    note.settled.toLocaleString("en"),
  ].map((text, place) => {
    const cell = document.createElement("td");
    cell.textContent = text;
    if (place === 2) cell.className = "text";
    return cell;
  });
  made.append(head, ...cells);
  return made;
}

// One drawing at a time; of those that are made meanwhile only the newest is shown.
async function draw() {
  if (isDrawing) return;
  isDrawing = true;
  for (let shown = 0; shown !== wanted;) {
    shown = wanted;
    await chart.show(`${live.dataset.figure}?edition=${shown}`);
  }
  isDrawing = false;
}

stream.addEventListener("drawn", (message) => {
  wanted = JSON.parse(message.data).edition;
  draw();
});

function begun() {
  state.textContent = pace.dataset.paused === "true" ? state.dataset.still : "It has begun.";
}

stream.addEventListener("epoch", (message) => {
  const note = JSON.parse(message.data);
  bar.value = note.epoch + 1;
  if (note.epoch) state.textContent = `Epoch ${note.epoch} of ${live.dataset.epochs} has passed.`;
  else begun();
  if (note.epoch > 0) body.prepend(row(note));
});

// The pace: a wish is sent without leaving the page; what comes of it arrives in the stream.
const pace = document.getElementById("pace");
const pauseButton = document.getElementById("pause");
const speed = document.getElementById("speed");
const place = document.getElementById("place");

async function ask(wish) {
  const form = new FormData(pace);
  form.set("wish", wish);
  const answer = await fetch(pace.action, { method: "POST", body: form, headers: { Accept: "application/json" } });
  if (answer.ok) return;
  const said = await answer.json().catch(() => null);
  state.textContent = said?.error?.sentence ?? `The site answered ${answer.status}.`;
}

function paced({ paused, speed: chosen }) {
  pauseButton.value = paused ? "resume" : "pause";
  pauseButton.textContent = paused ? "Go on" : "Pause";
  pace.dataset.paused = paused;
  if (state.textContent === state.dataset.still) begun();
  const found = [...speed.options].find((one) => (chosen === null ? one.value === "" : Number(one.value) === chosen && one.value));
  if (found) speed.value = found.value;
  if (!paused) stand(null);
}

function stand(here) {
  place.hidden = document.getElementById("choose").hidden = here === null;
  pace.querySelector("[value=back]").disabled = here === null || here.at === 0;
  if (here === null) return;
  if (bar.value < 2) begun();
  const { moment } = here.instant;
  const where = document.createElement("span");
  where.className = "muted";
  where.textContent = `Event ${here.at} of ${here.last} so far, ${moment.time.toFixed(3)} s, epoch ${moment.epoch}: `;
  document.getElementById("told").replaceChildren(where, moment.sentence);
  document.getElementById("number").value = here.at;
  document.getElementById("state-card").hidden = false;
  const books = document.getElementById("book");
  books.replaceChildren(...here.books.map((name) => new Option(name, name, false, name === here.instant.symbol)));
  books.hidden = here.books.length < 2;
  const fork = document.getElementById("fork");
  fork.href = `${fork.dataset.base}?event=${here.at}`;
  fill(here.instant);
}

stream.addEventListener("placed", (message) => pace.dataset.paused === "true" && stand(JSON.parse(message.data)));
stream.addEventListener("paced", (message) => paced(JSON.parse(message.data)));
pace.addEventListener("submit", (event) => {
  event.preventDefault();
  ask(event.submitter?.value ?? pauseButton.value);
});
document.getElementById("set-speed").hidden = true;
speed.addEventListener("change", () => ask("speed"));
document.getElementById("book").addEventListener("change", () => ask("show"));
document.addEventListener("keydown", (event) => {
  const wish = { ArrowLeft: "back", ArrowRight: "event", p: pauseButton.value }[event.key];
  if (!wish || event.altKey || event.ctrlKey || event.metaKey || event.shiftKey) return;
  if (event.target.matches("input, select, textarea") || event.target.closest(".top, .scroll")) return;
  event.preventDefault();
  ask(wish);
});

stream.addEventListener("done", () => {
  stream.close();
  state.textContent = "The run has ended; its page opens.";
  location.replace(live.dataset.page);
});

stream.addEventListener("refused", () => {
  stream.close();
  location.reload();
});
