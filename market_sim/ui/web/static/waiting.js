// A sweep or a backtest on its way: how many runs are done, and then its page.
const waiting = document.getElementById("waiting");
const state = document.getElementById("state");
const bar = document.getElementById("progress");
const stream = new EventSource(waiting.dataset.events);

stream.addEventListener("swept", (message) => {
  const { done, of } = JSON.parse(message.data);
  bar.value = done;
  state.textContent = `${done.toLocaleString("en")} of ${of.toLocaleString("en")} runs are done.`;
});

for (const kind of ["done", "refused"]) {
  stream.addEventListener(kind, () => {
    stream.close();
    location.replace(waiting.dataset.page);
  });
}
