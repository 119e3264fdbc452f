// A figure as of an event: the marks that are born by then and not gone yet, as as_of.py says. For the written page and
// for the site; this is the only place in a browser where it is decided what can be seen.

const END = 2 ** 31 - 1; // later than every event, as in as_of.py
const decoded = new WeakMap();

// The rows of a typed array, decoded once. Where nothing waits is no cell: it is not drawn, and hovering says nothing.
function rowsOf(packed) {
  if (!decoded.has(packed)) {
    const Kind = { u1: Uint8Array, i1: Int8Array, i2: Int16Array, i4: Int32Array }[packed.dtype];
    const bytes = Uint8Array.from(atob(packed.bdata), (one) => one.charCodeAt(0));
    const cells = new Kind(bytes.buffer);
    const [rows, columns] = packed.shape.split(",").map(Number);
    const row = (number) => Array.from(cells.subarray(number * columns, (number + 1) * columns), (cell) => cell || null);
    decoded.set(packed, Array.from({ length: rows }, (_, number) => row(number)));
  }
  return decoded.get(packed);
}

function points(part, kept, count) {
  return Object.fromEntries(Object.entries(part).map(([name, value]) => {
    if (Array.isArray(value)) return [name, value.length === count ? kept.map((place) => value[place]) : value];
    return [name, value && typeof value === "object" ? points(value, kept, count) : value];
  }));
}

function traceAsOf(trace, number) {
  const { born, gone, ...plain } = trace;
  if (!born) return plain;
  const kept = [];
  for (let place = 0; place < born.length; place += 1) {
    if (born[place] <= number && (!gone?.[place] || number < gone[place])) kept.push(place);
  }
  if (plain.type !== "heatmap") return kept.length === born.length ? plain : points(plain, kept, born.length);
  if (!kept.length) return { ...plain, x: [] };
  const [z, customdata] = [rowsOf(plain.z), rowsOf(plain.customdata)];
  if (kept.length === born.length) return { ...plain, z, customdata };
  const cut = (rows) => rows.map((row) => row.slice(0, kept.length));
  return { ...plain, z: cut(z), customdata: cut(customdata) };
}

function* there(parts, number) {
  for (const { born = 0, gone = END, ...part } of parts) {
    if (born <= number && number < gone) yield part;
  }
}

// At an event, { number, time in seconds }, bands end and a line marks the moment; null stands for the end.
export function asOf(figure, at) {
  const number = at === null ? END - 1 : at.number;
  let shapes = [...there(figure.layout.shapes, number)];
  if (at !== null) {
    const { time } = at;
    const isBand = (shape) => shape.type === "rect" && shape.xref === "x";
    shapes = shapes.filter((shape) => !isBand(shape) || shape.x0 < time)
      .map((shape) => (isBand(shape) ? { ...shape, x1: Math.min(shape.x1, time) } : shape));
    shapes.push({ ...figure.now, x0: time, x1: time });
  }
  // A kind of mark that has no points costs plotly as much as a row of them.
  const data = figure.data.map((trace) => traceAsOf(trace, number)).filter(({ x }) => !x || x.length !== 0);
  const annotations = [...there(figure.layout.annotations, number)];
  return { data, layout: { ...figure.layout, shapes, annotations } };
}
