// Follow a live market in JavaScript: one line for each ticker. Needs nothing but Node.
//
//     python simulate.py serve --scenario marksim --speed 10
//     node examples/stream_client.mjs ws://localhost:8765 20
//
// WebSocket is built in from Node 22 on; Node 20 has it behind a flag: node --experimental-websocket ...

const [address = "ws://localhost:8765", most = "0"] = process.argv.slice(2);

if (typeof WebSocket === "undefined") {
  console.error("This Node has no WebSocket: use Node 22 or newer, or node --experimental-websocket with Node 20.");
  process.exit(1);
}

/** A price with two decimals; a side of the book without orders is shown as a dash. */
const price = (value) => (value === null ? "-" : value.toFixed(2));

/** A ticker as one line. Its timestamp is in microseconds, a Date has milliseconds. */
function line(ticker) {
  const time = new Date(ticker.timestamp / 1000).toISOString().slice(11, 23);
  return (
    `${time}000 ${ticker.symbol} last ${price(ticker.last_price)} bid ${price(ticker.bid_price)} ` +
    `ask ${price(ticker.ask_price)} volume ${ticker.volume_24h.toFixed(2)}`
  );
}

const stream = new WebSocket(address);
let left = Number(most);

stream.addEventListener("message", ({ data }) => {
  console.log(line(JSON.parse(data)));
  left -= 1;
  if (left === 0) process.exit(0);
});
stream.addEventListener("error", () => {
  console.error(`No stream at ${address}.`);
  process.exitCode = 1;
});
stream.addEventListener("close", ({ code, reason }) => {
  if (code === 1000) console.log(`The stream has ended: ${reason || code}.`);
});
