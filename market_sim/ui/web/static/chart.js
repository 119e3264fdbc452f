// A chart of the site: fetched as JSON, drawn by plotly, coloured with the page, with a veil over what is still to come.

const REACH = 12; // pixels between a click and the mark that it means

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
    this.time = null;
    this.isDrawn = false;
    this.turn = Promise.resolve();
    this.veil = document.createElement("div");
    this.veil.className = "veil";
    this.veil.setAttribute("aria-hidden", "true");
    this.veil.hidden = true;
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
    const isNew = !this.isDrawn;
    if (isNew) this.element.replaceChildren();
    this.isDrawn = true;
    await this.paint();
    if (isNew) {
      this.element.append(this.veil);
      this.element.on("plotly_afterplot", () => this.place());
      this.element.on("plotly_relayouting", () => this.place());
    }
    this.cover(this.time);
    this.element.dataset.ready = "true";
  }

  async paint() {
    const { figure, dark, config } = this.answer;
    const isDark = document.documentElement.dataset.theme === "dark";
    for (const [path, light, other] of dark) {
      const last = path.length - 1;
      let part = figure;
      for (let depth = 0; depth < last; depth += 1) part = part[path[depth]];
      part[path[last]] = isDark ? other : light;
    }
    figure.layout.uirevision = "kept";
    await Plotly.react(this.element, figure.data, figure.layout, config);
  }

  // Everything after this moment is veiled; null lifts the veil.
  cover(time) {
    this.time = time;
    if (time !== null && this.answer?.timed && this.element.layout) {
      const [from, to] = this.element.layout.xaxis.range;
      if (time < from || time > to) {
        const width = to - from;
        Plotly.relayout(this.element, { "xaxis.range": [time - width / 2, time + width / 2] });
      }
    }
    this.place();
  }

  place() {
    const layout = this.element._fullLayout;
    this.veil.hidden = this.time === null || !layout || !this.answer.timed;
    if (this.veil.hidden) return;
    const size = layout._size;
    const from = Math.max(0, Math.min(size.w, layout.xaxis.d2p(this.time)));
    Object.assign(this.veil.style, {
      left: `${size.l + from}px`, width: `${size.w - from}px`, top: `${size.t}px`, height: `${size.h}px`,
    });
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
