// The second look at a vote: the site verifies the stored signature again and says what came out.
for (const button of document.querySelectorAll("[data-vote]")) {
  button.hidden = false;
  const verdict = button.parentElement.querySelector("[role=status]");
  button.addEventListener("click", async () => {
    verdict.textContent = "…";
    try {
      const answer = await fetch(button.dataset.vote, { headers: { Accept: "application/json" } });
      if (!answer.ok) throw new Error(`the site answered ${answer.status}`);
      const check = await answer.json();
      const key = check.public_key.slice(0, 12);
      verdict.className = check.is_valid ? "good" : "bad";
      verdict.textContent = check.is_valid ? `✔ valid under key ${key}…` : `✖ invalid under key ${key}…`;
      if (!check.genesis_matches) verdict.textContent += " (the keys are not those of this chain)";
    } catch (problem) {
      verdict.textContent = `not checked (${problem.message})`;
    }
  });
}
