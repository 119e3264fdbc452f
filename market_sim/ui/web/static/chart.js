// A chart of the site: fetched as JSON, drawn by plotly as of a place in the journal, coloured with the page.
import { asOf } from "./as_of.js";

const REACH = 12; // pixels between a click and the mark that it means
const LABEL = { plain: 18, timed: 36 }; // pixels that the number of an epoch needs, alone and with its time

// The script of plotly comes on its own way. It is there at the latest when everything of the page is loaded.
async function library() {
  if (!window.Plotly && document.readyState !== "complete") {
    await new Promise((resolve) => {
      document.querySelector("script[data-plotly]").addEventListener("load", resolve);
      addEventListener("load", resolve);
    });
  }
  if (!window.Plotly) throw new Error("the script that draws did not come");
}

export class Chart {
  constructor(element) {
    this.element = element;
    this.at = null;
    this.isDrawn = false;
    this.turn = Promise.resolve();
    this.painting = null;
    this.isStale = false;
    addEventListener("themechange", () => this.isDrawn && this.paint());
  }

  // Whether the chart of this address is there now; if not, a sentence stands in its place. One after the other, so that
  // what was asked for last is what stays.
  show(address) {
    this.turn = this.turn.then(() => this.attempt(address));
    return this.turn;
  }

  async attempt(address) {
    try {
      await this.load(address);
      return true;
    } catch (problem) {
      if (this.isDrawn) Plotly.purge(this.element);
      this.isDrawn = false;
      const sentence = document.createElement("p");
      sentence.setAttribute("role", "alert");
      sentence.textContent = `The chart could not be drawn (${problem.message}).`;
      this.element.replaceChildren(sentence);
      this.element.style.minHeight = "";
      return false;
    }
  }

  async load(address) {
    const answer = await fetch(address, { headers: { Accept: "application/json" } });
    if (!answer.ok) throw new Error(`the site answered ${answer.status}`);
    this.answer = await answer.json();
    // What stands below moves to its place now, and not when somebody has begun to read it.
    this.element.style.minHeight = `${this.answer.figure.layout.height}px`;
    await library();
    if (!this.isDrawn) this.element.replaceChildren();
    this.isDrawn = true;
    await this.paint();
    this.element.dataset.ready = "true";
  }

  // One painting at a time: of what is asked for meanwhile, the newest follows.
  paint() {
    this.isStale = true;
    this.painting ??= (async () => {
      try {
        while (this.isStale) {
          this.isStale = false;
          await this.react();
        }
      } finally {
        this.painting = null;
      }
    })();
    return this.painting;
  }

  async react() {
    const { figure, dark, config } = this.answer;
    const isDark = document.documentElement.dataset.theme === "dark";
    for (const [path, light, other] of dark) {
      const last = path.length - 1;
      let part = figure;
      for (let depth = 0; depth < last; depth += 1) part = part[path[depth]];
      part[path[last]] = isDark ? other : light;
    }
    figure.layout.uirevision = "kept";
    const drawn = asOf(figure, this.place);
    await Plotly.react(this.element, drawn.data, this.thinned(drawn.layout), config);
    await this.follow();
  }

  // On a narrow screen only every second or third epoch is named, so that no label stands on another.
  thinned(layout) {
    const axis = layout.xaxis;
    if (!axis?.ticktext || !axis.title?.text?.startsWith("epoch")) return layout;
    const width = axis.ticktext.some((text) => text.includes("<br>")) ? LABEL.timed : LABEL.plain;
    const every = Math.ceil((axis.ticktext.length * width) / this.element.clientWidth);
    const isKept = (_, place) => (place + 1) % every === 0;
    return { ...layout, xaxis: { ...axis, tickvals: axis.tickvals.filter(isKept), ticktext: axis.ticktext.filter(isKept) } };
  }

  // Where the reader stands, for a chart that can be drawn there; what goes along no time tells the whole run.
  get place() {
    return this.answer.stepped ? this.at : null;
  }

  // Drawn as of this event, { number, time }; null for the whole run.
  async stand(at) {
    if (this.at?.number === at?.number) return;
    this.at = at;
    if (this.isDrawn && this.answer.stepped) await this.paint();
  }

  // The moment stays in sight: within the range of the axis, and within the box that scrolls on a narrow screen.
  async follow() {
    if (this.place === null) return;
    const { time } = this.place;
    const [from, to] = this.element.layout.xaxis.range;
    if (time < from || time > to) {
      const width = to - from;
      await Plotly.relayout(this.element, { "xaxis.range": [time - width / 2, time + width / 2] });
    }
    const box = this.element.parentElement;
    const layout = this.element._fullLayout;
    const across = layout._size.l + layout.xaxis.d2p(time);
    if (across < box.scrollLeft + 40 || across > box.scrollLeft + box.clientWidth - 40) {
      box.scrollLeft = across - box.clientWidth / 2;
    }
  }

  // The order whose triangle is nearest to a point of the screen; plotly itself prefers a line that crosses it.
  markAt(left, top) {
    const layout = this.element._fullLayout;
    const box = this.element.getBoundingClientRect();
    let nearest = { distance: REACH, order: null };
    for (const trace of this.element._fullData) {
      if (!trace.ids || trace.visible !== true) continue;
      const xaxis = layout[`xaxis${trace.xaxis.slice(1)}`];
      const yaxis = layout[`yaxis${trace.yaxis.slice(1)}`];
      trace.ids.forEach((order, place) => {
        const across = box.left + xaxis._offset + xaxis.d2p(trace.x[place]) - left;
        const down = box.top + yaxis._offset + yaxis.d2p(trace.y[place]) - top;
        const distance = Math.hypot(across, down);
        if (Number(order) > 0 && distance < nearest.distance) nearest = { distance, order };
      });
    }
    return nearest.order;
  }

  move(where) {
    if (!this.element.layout) return;
    const { window, whole } = this.answer;
    const [from, to] = this.element.layout.xaxis.range;
    const width = window[1] - window[0];
    const ranges = {
      whole,
      back: [Math.max(whole[0], from - width), Math.max(whole[0] + width, to - width)],
      on: [Math.min(whole[1] - width, from + width), Math.min(whole[1], to + width)],
    };
    Plotly.relayout(this.element, { "xaxis.range": ranges[where].slice() });
  }
}
