// A run on its way: each epoch as it passes. The browser takes the stream up again by itself, after the last event it saw.
const live = document.getElementById("live");
const state = document.getElementById("state");
const body = document.getElementById("epochs");
const bar = document.getElementById("progress");
const stream = new EventSource(live.dataset.events);

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
    note.trades.toLocaleString("en"),
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

stream.addEventListener("epoch", (message) => {
  const note = JSON.parse(message.data);
  bar.value = note.epoch + 1;
  state.textContent = `Epoch ${note.epoch} of ${live.dataset.epochs} has passed.`;
  if (note.epoch > 0) body.append(row(note));
});

stream.addEventListener("done", () => {
  stream.close();
  state.textContent = "It is done; its page opens.";
  location.replace(live.dataset.page);
});

stream.addEventListener("refused", () => {
  stream.close();
  location.reload();
});
