// A live market: prices, book, tape, blocks, board and the reader's own account as they change; orders without leaving
// the page. Every message is a whole state. A page that finds no place in the stream asks every few seconds.
import { Chart } from "./chart.js";

const market = document.getElementById("market");
const by = (id) => document.getElementById(id);
const CHARTS_EVERY = 500; // milliseconds: the book in a chart is never older than that
const ASKED_EVERY = 2000;

function say(id, text) {
  const element = by(id);
  if (element && element.textContent !== text) element.textContent = text;
}

function cell(kind, text, className = "") {
  const made = document.createElement(kind);
  if (kind === "th") made.scope = "row";
  made.textContent = text;
  if (className) made.className = className;
  return made;
}

function fill(id, rows) {
  const body = by(id);
  if (!body) return;
  body.replaceChildren(...rows.map((cells) => {
    const row = document.createElement("tr");
    row.append(...cells.map((one, place) => (one instanceof Node ? one : cell(place ? "td" : "th", one))));
    return row;
  }));
}

function nothing(id, columns, text) {
  const none = cell("td", text, "text muted");
  none.colSpan = columns;
  fill(id, [[none]]);
}

// ---- the market

function ladder({ bids, asks }) {
  const waits = (size, share, side) => {
    const made = cell("td", size, `waits ${side}`);
    made.style.setProperty("--share", `${share}%`);
    return made;
  };
  fill("bids", bids.map(([price, size, share]) => [waits(size, share, "bid"), cell("td", price)]));
  fill("asks", asks.map(([price, size, share]) => [cell("td", price), waits(size, share, "ask")]));
}

let lastNews = null;

function announce(news) {
  const key = news.map((one) => one.event).join();
  if (key === lastNews) return; // a reader of the screen hears only what is new
  lastNews = key;
  by("news").replaceChildren(...news.map((one) => {
    const made = document.createElement("p");
    made.className = ["halt", "liquidation"].includes(one.kind) ? "flash bad" : "flash";
    made.append(cell("span", one.time, "muted"), ` ${one.sentence[0].toUpperCase()}${one.sentence.slice(1)}.`);
    return made;
  }));
}

function board(rows) {
  const body = by("board");
  const isClass = body.dataset.persons !== undefined;
  const shown = rows.filter((one) => one.by_hand || !isClass);
  fill("board", shown.map((one) => [
    `${isClass ? one.class_place : one.place}`, cell("td", one.account, "text"), cell("td", one.strategy, "text roomy"), one.points, one.worth, one.trades,
  ]));
  [...body.rows].forEach((row, place) => row.classList.toggle("by-hand", shown[place].by_hand));
  if (!shown.length) nothing("board", 6, "Nobody has joined yet.");
}

function show(state) {
  market.dataset.seen = state.events;
  for (const name of ["phases", "epoch", "time", "last"]) say(name, `${state[name]}`);
  for (const [name, text] of Object.entries(state.tiles)) say(`tile-${name}`, text);
  for (const [name, text] of Object.entries(state.clocks)) say(`clock-${name}`, text);
  announce(state.news);
  if (by("bids")) ladder(state.ladder);
  fill("tape", state.tape);
  fill("blocks", state.blocks.map((one) => [
    `${one.epoch}`, one.proposer, one.entries, `${one.votes}`, cell("td", one.state, "text"),
  ]));
  board(state.board);
  fill("instruments", state.instruments);
  draw();
}

function manner({ over, stands, speed }) {
  const pace = speed === null ? "as fast as it can" : speed === 1 ? "as fast as its clock" : `${speed} times as fast as its clock`;
  if (over) say("phases", "");
  say("manner", over ? "The market has ended." : stands ? "The clock stands still." : `It goes ${pace}.`);
}

// ---- the pictures: one drawing at a time; what is new meanwhile is drawn next

const candles = new Chart(by("candles"));
const depth = new Chart(by("depth"));
const length = () => by("seconds")?.value ?? market.dataset.seconds;
let isDrawing = false;
let isStale = false;

function draw() {
  isStale = true;
  if (!isDrawing) redraw();
}

async function redraw() {
  isDrawing = true;
  while (isStale) {
    isStale = false;
    const began = performance.now();
    await Promise.all([
      candles.show(`${by("candles").dataset.address}&seconds=${length()}`),
      depth.show(by("depth").dataset.address),
    ]);
    say("candles-told", candles.answer?.told ?? "");
    say("depth-told", depth.answer?.told ?? "");
    await new Promise((done) => setTimeout(done, Math.max(0, CHARTS_EVERY - (performance.now() - began))));
  }
  isDrawing = false;
}

// ---- the reader's own account

const token = document.querySelector('meta[name="csrf-token"]').content;

function cancelForm(order) {
  const form = document.createElement("form");
  const button = document.createElement("button");
  form.method = "post";
  form.action = by("own-orders").dataset.cancel.replace("/0/", `/${order}/`);
  button.textContent = "Cancel";
  button.setAttribute("aria-label", `Cancel order ${order}`);
  form.append(button);
  const made = document.createElement("td");
  made.append(form);
  return made;
}

function own(account) {
  if (!by("own-orders")) return; // the wall display shows nobody's own account
  fill("balances", account.balances);
  fill("gains", account.gains.map((one) => [`${one.place}`, one.points, one.matched, one.finalized, one.settled, one.worth]));
  const focused = document.activeElement?.closest("#own-orders form")?.action;
  fill("own-orders", [...account.open, ...account.ended].map((one) => [
    `${one.order}`,
    cell("td", one.terms, "text"),
    one.filled,
    cell("td", one.reason ? `${one.status}: ${one.reason}` : one.status, "text"),
    ["open", "waiting"].includes(one.status) ? cancelForm(one.order) : cell("td", ""),
  ]));
  if (!by("own-orders").rows.length) nothing("own-orders", 5, "No order yet.");
  // Who was about to cancel an order with the keyboard still is, or stays at the table once the order has ended.
  if (focused) {
    const form = [...by("own-orders").querySelectorAll("form")].find((one) => one.action === focused);
    (form?.querySelector("button") ?? by("own-orders").closest(".scroll")).focus();
  }
}

async function send(form) {
  const content = new FormData(form);
  content.set("csrf_token", token);
  try {
    const answer = await fetch(form.action, { method: "POST", body: content, headers: { Accept: "application/json" } });
    const said = await answer.json();
    by("answer").className = answer.ok && said.status !== "refused" ? "told" : "told bad";
    const problem = said.error?.sentence;
    say("answer", problem ? `${problem[0].toUpperCase()}${problem.slice(1)}.`.replace(/\.\.$/, ".") : said.sentence);
  } catch {
    by("answer").className = "told bad";
    say("answer", "The site does not answer. Your orders show what reached the market once it does.");
  }
}

if (by("ticket")) {
  document.addEventListener("submit", (event) => {
    if (!event.target.closest("#ticket, #cancel-all, #own-orders")) return;
    event.preventDefault();
    send(event.target);
  });
}

// ---- the stream

const heard = { market: show, manner, own };
let asking = null;

function listen() {
  const stream = new EventSource(market.dataset.events);
  for (const [kind, tell] of Object.entries(heard)) {
    stream.addEventListener(kind, (message) => {
      by("connection").hidden = true;
      const content = JSON.parse(message.data);
      tell(content);
      if (kind === "manner" && content.over) stream.close();
    });
  }
  stream.addEventListener("error", () => {
    if (stream.readyState === EventSource.CLOSED) ask();
    else connection("The connection is lost. The page keeps trying to restore it.");
  });
}

function connection(text) {
  by("connection").hidden = false;
  say("connection", text);
}

function ask() {
  asking ??= setInterval(async () => {
    try {
      const answer = await fetch(market.dataset.state, { headers: { Accept: "application/json" } });
      const found = await answer.json();
      if (!answer.ok) return connection(found.error.sentence);
      for (const [kind, content] of Object.entries(found)) heard[kind](content);
      connection("Many follow the market: this page is brought up to date every two seconds.");
    } catch {
      connection("The site does not answer.");
    }
  }, ASKED_EVERY);
}

const choice = by("choice");
if (choice) {
  by("show").hidden = true;
  choice.addEventListener("change", (event) => {
    const address = new URL(location);
    for (const [name, value] of new FormData(choice)) address.searchParams.set(name, value);
    if (event.target.name === "book") location.assign(address);
    else history.replaceState(null, "", address), draw();
  });
}
draw();
listen();
