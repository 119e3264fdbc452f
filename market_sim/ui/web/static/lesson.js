// The page of a lesson: says that a check is running, and keeps unsaved code from being lost.
const form = document.getElementById("answer-form");
const waiting = document.getElementById("checking");

for (const one of document.querySelectorAll("#answer-form, .check-file")) {
  one.addEventListener("submit", (event) => {
    const isCheck = one !== form || event.submitter?.value === "check";
    const isHint = event.submitter?.name === "task";
    if (waiting && !isHint) waiting.textContent = isCheck ? "Your answer is being checked…" : "Saving…";
    // Disabled a moment later: a disabled button would not be sent along.
    setTimeout(() => one.querySelectorAll("button").forEach((button) => { button.disabled = true; }));
    isSent = true;
  });
}

let isSent = false;
if (form) {
  const code = form.querySelector("textarea");
  const before = code.dataset.saved === "no" ? null : code.value;
  // Whatever else is sent takes along what was typed, so that the page that comes back still has it.
  for (const other of document.querySelectorAll("#look form, .check-file")) {
    other.addEventListener("submit", () => {
      if (code.value === before) return;
      for (const name of ["code", "edition"]) {
        const hidden = document.createElement("input");
        hidden.type = "hidden";
        hidden.name = name;
        hidden.value = form.elements[name].value;
        other.append(hidden);
      }
      isSent = true;
    });
  }
  addEventListener("beforeunload", (event) => {
    if (!isSent && code.value !== before) event.preventDefault();
  });
  code.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.shiftKey || event.ctrlKey || event.isComposing) return;
    // A new line begins as far in as the last one, and further after a colon.
    const start = code.value.lastIndexOf("\n", code.selectionStart - 1) + 1;
    const line = code.value.slice(start, code.selectionStart);
    const indent = line.match(/^ */)[0] + (line.trimEnd().endsWith(":") ? "    " : "");
    event.preventDefault();
    code.setRangeText(`\n${indent}`, code.selectionStart, code.selectionEnd, "end");
    code.dispatchEvent(new Event("input"));
  });
}
