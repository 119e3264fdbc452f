// A search of the attack lab on its way: how many schedules were tried, and then its answer.
const search = document.getElementById("search");
const state = document.getElementById("state");
const bar = document.getElementById("progress");
const stream = new EventSource(search.dataset.events);
const budget = Number(search.dataset.budget).toLocaleString("en");

stream.addEventListener("tried", (message) => {
  const { tried, found } = JSON.parse(message.data);
  const count = tried.toLocaleString("en");
  if (found) bar.removeAttribute("value");
  else bar.value = tried;
  state.textContent = found
    ? `Schedule ${count} reaches the goal; it is being shortened.`
    : `${count} of ${budget} schedules were tried.`;
});

for (const kind of ["done", "refused"]) {
  stream.addEventListener(kind, () => {
    stream.close();
    location.replace(search.dataset.page);
  });
}
