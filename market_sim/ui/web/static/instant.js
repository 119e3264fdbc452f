// The state at one place of a run: how many entries are matched, final and settled, and the book.
function rows(body, rungs, side) {
  body.replaceChildren(...rungs.map((rung) => {
    const row = document.createElement("tr");
    const price = document.createElement("td");
    const waits = document.createElement("td");
    price.textContent = rung.price;
    waits.textContent = rung.quantity;
    waits.style.setProperty("--share", `${rung.percent}%`);
    waits.className = `waits ${side}`;
    row.append(...(side === "bid" ? [waits, price] : [price, waits]));
    return row;
  }));
}

export function fill(instant) {
  document.getElementById("matched").textContent = instant.matched.toLocaleString("en");
  document.getElementById("final").textContent = instant.final.toLocaleString("en");
  document.getElementById("settled").textContent = instant.settled.toLocaleString("en");
  document.getElementById("book-symbol").textContent = instant.symbol;
  rows(document.getElementById("bids"), instant.bids, "bid");
  rows(document.getElementById("asks"), instant.asks, "ask");
}
