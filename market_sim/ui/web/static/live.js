// A run on its way: each epoch as it passes, and its chart so far. The browser takes the stream up again by itself, after
// the last event it saw.
import { Chart } from "./chart.js";

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

stream.addEventListener("epoch", (message) => {
  const note = JSON.parse(message.data);
  bar.value = note.epoch + 1;
  state.textContent = note.epoch ? `Epoch ${note.epoch} of ${live.dataset.epochs} has passed.` : "It has begun.";
  if (note.epoch > 0) body.prepend(row(note));
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
