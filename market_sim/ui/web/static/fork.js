// The form of a fork: only the fields of the chosen change are shown.
const change = document.querySelector("#fork [name=change]");

function choose() {
  for (const part of document.querySelectorAll("#fork [data-for]")) {
    part.hidden = !part.dataset.for.split(" ").includes(change.value);
  }
}

change.addEventListener("change", choose);
choose();
