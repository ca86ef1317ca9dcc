// The bytes of a conversation: hexadecimal and text, drawn as far as they are in sight. What was
// said is hostile: it only ever becomes a text node.

const ROW = 20; // pixels
const HEIGHT = 320;
const A_ROW = 16;
const SPARE_ROWS = 2; // drawn beyond the edges
const SPEAKERS = { C: "client", S: "server" };
const ADVICE = "Click a byte, drag over several, or use the arrow keys (with Shift to select).";

function hex(octet) {
  return octet.toString(16).padStart(2, "0");
}

// Pictures such as U+240D are in few fonts; arrows are in all.
function sign(octet) {
  if (octet === 13) return "←";
  if (octet === 10) return "↓";
  return octet >= 0x20 && octet < 0x7f ? String.fromCharCode(octet) : "□";
}

function hexPlace(place) {
  return place.toString(16).padStart(6, "0");
}

class Inspector {
  constructor(model) {
    this.model = model;
    this.octets = new Uint8Array();
    this.rows = [];
    this.marks = new Map(); // place -> kind
    this.notes = [];
    this.found = [];
    this.hit = -1;
    this.cursor = this.anchor = -1;
    this.el = make("div", "smtpnb smtpnb-bytes");
    this.detail = make("div", "smtpnb-detail");
    this.detail.tabIndex = 0;
    this.detail.setAttribute("role", "group");
    this.detail.setAttribute("aria-label", "What the selected bytes mean");
    this.status = make("div", "smtpnb-unseen");
    this.status.setAttribute("role", "status");
    this.el.append(this.makeBar(), this.makeBox(), this.detail, this.status);
    this.advise();
  }

  makeBar() {
    const bar = make("div", "smtpnb-bar");
    this.sum = make("span", "smtpnb-sum", "Waiting for the bytes");
    const field = make("input", "smtpnb-search");
    Object.assign(field, { type: "search", placeholder: "0d0a2e0d0a, or text" });
    field.setAttribute("aria-label", "Search for bytes in hexadecimal, or for text");
    field.dataset.lmSuppressShortcuts = "true";
    field.addEventListener("input", () => this.model.send({ find: field.value }));
    field.addEventListener("keydown", (event) => {
      event.stopPropagation();
      if (event.key === "Enter") this.step(event.shiftKey ? -1 : 1);
    });
    this.next = button("Next", "Go to the next place found", () => this.step(1));
    this.next.disabled = true;
    this.line = button("Line", "Select the whole line", () => this.askLine());
    bar.append(this.sum, field, this.next, this.line);
    return bar;
  }

  makeBox() {
    const box = make("div", "smtpnb-box");
    box.tabIndex = 0;
    box.setAttribute("role", "group");
    box.setAttribute("aria-label", "Bytes of the conversation");
    box.dataset.lmSuppressShortcuts = "true"; // JupyterLab would take the arrow keys
    this.spacer = make("div", "smtpnb-spacer");
    this.list = make("div", "smtpnb-list");
    this.spacer.append(this.list);
    box.append(this.spacer);
    box.addEventListener("scroll", () => this.paint());
    box.addEventListener("keydown", (event) => this.key(event));
    box.addEventListener("dblclick", () => this.askLine());
    box.addEventListener("pointerdown", (event) => this.press(event));
    box.addEventListener("pointermove", (event) => this.drag(event));
    box.addEventListener("pointerup", () => this.release());
    this.box = box;
    return box;
  }

  // What Python says

  take(message, buffers) {
    if (message.kind === "bytes") this.takeBytes(message, buffers);
    if (message.kind === "about") this.showAbout(message);
    if (message.kind === "found") this.showFound(message);
    if (message.kind === "replayed") this.showReplayed(message);
  }

  takeBytes({ runs, marks, notes, glyphs }, buffers) {
    const data = buffers[0];
    this.octets = new Uint8Array(data.buffer ?? data, data.byteOffset ?? 0, data.byteLength);
    this.glyphs = glyphs;
    this.notes = notes;
    this.marks.clear();
    for (const [start, end, kind] of marks) {
      for (let at = start; at < end; at += 1) this.marks.set(at, kind);
    }
    this.rows = [];
    let start = 0;
    for (const [letter, length] of runs) {
      for (let at = 0; at < length; at += A_ROW) {
        this.rows.push({ start: start + at, letter, length: Math.min(A_ROW, length - at) });
      }
      start += length;
    }
    this.sum.textContent = this.summary;
    if (this.cursor < 0) this.advise();
    this.paint();
  }

  get summary() {
    return `${count(this.octets.length, "byte")} · C client, S server · ← CR, ↓ LF, • dot to be removed`;
  }

  showFound({ places, total }) {
    this.found = places;
    this.hit = -1;
    this.next.disabled = !total;
    this.sum.textContent = total ? `found ${count(total, "time")}` : this.summary;
    if (total) this.step(1);
    else this.paint();
  }

  // Moving

  rowOf(place) {
    let low = 0;
    let high = this.rows.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (this.rows[middle].start <= place) low = middle;
      else high = middle - 1;
    }
    return low;
  }

  step(way) {
    if (!this.found.length) return;
    this.hit = (this.hit + way + this.found.length) % this.found.length;
    const [start, end] = this.found[this.hit];
    this.select(start, end - 1);
  }

  select(anchor, cursor) {
    this.anchor = anchor;
    this.cursor = cursor;
    this.reveal();
    this.ask();
  }

  reveal() {
    const { box } = this;
    const top = this.rowOf(this.cursor) * ROW;
    if (top < box.scrollTop) box.scrollTop = top;
    if (top + ROW > box.scrollTop + box.clientHeight) box.scrollTop = top + ROW - box.clientHeight;
    this.paint();
  }

  get range() {
    return [Math.min(this.anchor, this.cursor), Math.max(this.anchor, this.cursor) + 1];
  }

  ask() {
    this.model.send({ select: this.range });
  }

  askLine() {
    if (this.cursor >= 0) this.model.send({ line: this.cursor });
  }

  below(step) {
    const at = this.rowOf(this.cursor);
    const row = this.rows[Math.min(this.rows.length - 1, Math.max(0, at + step))];
    return row.start + Math.min(this.cursor - this.rows[at].start, row.length - 1);
  }

  key(event) {
    if (!this.rows.length) return;
    const page = Math.max(1, Math.floor(this.box.clientHeight / ROW) - 1);
    const row = this.rows[this.rowOf(Math.max(0, this.cursor))];
    const moves = {
      ArrowRight: () => this.cursor + 1,
      ArrowLeft: () => this.cursor - 1,
      ArrowDown: () => (this.cursor < 0 ? 0 : this.below(1)),
      ArrowUp: () => (this.cursor < 0 ? 0 : this.below(-1)),
      PageDown: () => (this.cursor < 0 ? 0 : this.below(page)),
      PageUp: () => (this.cursor < 0 ? 0 : this.below(-page)),
      Home: () => (event.ctrlKey ? 0 : row.start),
      End: () => (event.ctrlKey ? this.octets.length - 1 : row.start + row.length - 1),
    };
    if (event.key in moves) {
      const place = Math.min(this.octets.length - 1, Math.max(0, moves[event.key]()));
      this.select(event.shiftKey && this.anchor >= 0 ? this.anchor : place, place);
    } else if (event.key === "Enter") this.askLine();
    else if (event.key === "Escape") {
      this.cursor = this.anchor = -1;
      this.advise();
      this.paint();
    } else return;
    event.preventDefault();
    event.stopPropagation();
  }

  placeOf(event) {
    const under = event.target.closest?.("[data-at]");
    return under ? Number(under.dataset.at) : -1;
  }

  press(event) {
    const place = this.placeOf(event);
    if (place < 0) return;
    this.dragging = true;
    this.anchor = event.shiftKey && this.anchor >= 0 ? this.anchor : place;
    this.cursor = place;
    this.paint();
  }

  drag(event) {
    const place = this.placeOf(event);
    if (!this.dragging || place < 0 || place === this.cursor) return;
    this.cursor = place;
    this.paint();
  }

  release() {
    if (this.dragging) this.ask();
    this.dragging = false;
  }

  // Drawing

  paint() {
    this.line.disabled = this.cursor < 0;
    this.spacer.style.height = `${this.rows.length * ROW}px`;
    const from = Math.max(0, Math.floor(this.box.scrollTop / ROW) - SPARE_ROWS);
    const to = Math.min(this.rows.length, Math.ceil((this.box.scrollTop + HEIGHT) / ROW) + SPARE_ROWS);
    this.list.style.top = `${from * ROW}px`;
    this.list.replaceChildren(...this.rows.slice(from, to).map((row) => this.makeRow(row)));
  }

  makeRow(row) {
    const element = make("div", `smtpnb-row smtpnb-${row.letter}`);
    const numbers = make("span", "smtpnb-octets");
    const signs = make("span", "smtpnb-signs");
    for (let at = row.start; at < row.start + row.length; at += 1) {
      const octet = this.octets[at];
      const state = this.classOf(at, octet);
      const number = make("span", `smtpnb-octet ${state}`, hex(octet));
      const glyph = this.glyphs[this.marks.get(at)] || sign(octet);
      const letter = make("span", `smtpnb-sign ${state}`, glyph);
      number.dataset.at = letter.dataset.at = at;
      numbers.append(number);
      signs.append(letter);
    }
    element.append(
      make("span", "smtpnb-start", hexPlace(row.start)),
      make("span", "smtpnb-letter", row.letter),
      numbers,
      signs,
    );
    return element;
  }

  classOf(at, octet) {
    const names = [];
    if (octet === 10 || octet === 13) names.push("smtpnb-end");
    if (this.marks.has(at)) names.push("smtpnb-marked");
    if (this.found.some(([start, end]) => start <= at && at < end)) names.push("smtpnb-found");
    if (this.cursor >= 0 && at >= this.range[0] && at < this.range[1]) names.push("smtpnb-chosen");
    return names.join(" ");
  }

  // Without a selection: the places worth a look.
  advise() {
    const places = make("div", "smtpnb-notes");
    for (const [place, text] of this.notes.slice(0, 24)) {
      const name = text.split(":")[0];
      places.append(button(`${hexPlace(place)} ${name}`, text, () => this.select(place, place)));
    }
    this.detail.replaceChildren(make("div", "smtpnb-advice", ADVICE), places);
  }

  // What the server would make of other bytes in this place.
  makeChange(start, end, text) {
    const form = make("div", "smtpnb-change");
    const label = make("label", "", "Other bytes in their place");
    const field = make("input", "smtpnb-field");
    field.id = label.htmlFor = freshId("change");
    Object.assign(field, { value: text, spellcheck: false });
    field.dataset.lmSuppressShortcuts = "true";
    const send = () => this.model.send({ replay: [start, end, field.value] });
    field.addEventListener("keydown", (event) => {
      event.stopPropagation();
      if (event.key === "Enter") send();
    });
    const hint = make("span", "smtpnb-advice", "\\r and \\n are CR and LF, \\x2e is any byte, an empty field removes them");
    form.append(label, field, button("Replay", "Say it all again to a new sandbox (Enter)", send), hint);
    this.outcome = make("div", "smtpnb-outcome");
    this.outcome.setAttribute("role", "status");
    return [form, this.outcome];
  }

  showReplayed({ refused, rows, waiting, remarks }) {
    if (!this.outcome?.isConnected) return;
    if (refused) {
      this.outcome.replaceChildren(make("div", "", refused));
      return;
    }
    const table = make("table", "");
    const head = make("tr", "");
    for (const title of ["Client", "reply as it is", "reply with the change"]) {
      head.append(Object.assign(make("th", "", title), { scope: "col" }));
    }
    table.append(head);
    for (const cells of rows) {
      const row = make("tr", "");
      row.append(...cells.map((cell) => make("td", "", cell)));
      table.append(row);
    }
    const end = `In the end the server waits for ${waiting}.`;
    const blame = remarks.length ? ` Remarks: ${remarks.join(", ")}.` : "";
    this.outcome.replaceChildren(
      rows.length ? table : make("div", "", "The server notices no difference."),
      make("div", "", end + blame),
    );
  }

  showAbout({ start, end, letter, views, rules, spelled }) {
    if (this.range[0] !== start || this.range[1] !== end) {
      this.anchor = start; // the line was asked for
      this.cursor = end - 1;
      this.reveal();
    }
    const size = end - start;
    const place = size === 1 ? `Byte ${start}` : `Bytes ${start} to ${end - 1}`;
    const what = size === 1 ? `${hex(this.octets[start])} in hexadecimal, ${this.octets[start]} in decimal` : count(size, "byte");
    const title = `${hexPlace(start)} · ${place}, ${SPEAKERS[letter]}: ${what}`;
    const list = make("dl", "smtpnb-facts");
    for (const [name, text] of views) list.append(make("dt", "", name), make("dd", "", text));
    const laws = make("dl", "smtpnb-facts smtpnb-rules");
    for (const [rule, source] of rules) laws.append(make("dt", "", source), make("dd", "", rule));
    const change = letter === "C" ? this.makeChange(start, end, spelled) : [];
    this.detail.replaceChildren(make("div", "smtpnb-title", title), list, laws, ...change);
    this.status.textContent = [title, ...views.slice(0, 1).map(([, text]) => text), ...rules.map(([rule]) => rule)].join(". ");
  }
}

function render({ model, el }) {
  const view = new Inspector(model);
  el.append(view.el);
  const take = (message, buffers) => view.take(message, buffers);
  model.on("msg:custom", take);
  model.send({ ready: true });
  return () => model.off("msg:custom", take);
}

export default { render };
