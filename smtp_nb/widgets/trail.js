// The live trail in the page.
//
// Rows arrive in numbered batches: [number, direction, seconds, flags, group, text,
// explanation, connection].
// A model has one Store, however many views it has: a custom message reaches all of them, and
// rows that were sent again for one view must not show twice in another. What a server says is
// hostile: it only ever becomes a text node.

const ROW = 20; // pixels
const MOST_ROWS = 200_000;
const SPARE_ROWS = 2; // drawn beyond the edges
const SERVER = 1, INFO = 2;
const TLS = 1, FINAL = 2, REFUSAL = 4;
const LANES = ["client", "server", "note"];
const SPEAKERS = ["Client", "Server", "Note"];
const PREFIXES = ["C: ", "S: ", ""];
const ANNOUNCE_MS = 1000;

const integer = new Intl.NumberFormat();
const decimal = new Intl.NumberFormat(undefined, { minimumFractionDigits: 3, maximumFractionDigits: 3 });

class Store {
  constructor(model) {
    this.model = model;
    this.rows = []; // in the order of their numbers
    this.lines = []; // what is to be seen: { row, reply }; a folded reply is one line
    this.speakers = new Map(); // the last row of each connection
    this.explained = {};
    this.tally = { lines: 0, trips: 0, refusals: 0, seconds: 0, tls: false };
    this.unfolded = false;
    this.asked = 0; // the gap that was asked for; its rows may be gone for good
    this.current = 0; // the number of the chosen row
    this.follow = true;
    this.scrollTop = 0;
    this.views = new Set();
    model.on("msg:custom", (message) => {
      if (message.kind === "rows") this.take(message);
    });
  }

  get last() {
    return this.rows.length ? this.rows[this.rows.length - 1][0] : 0;
  }

  ask(have) {
    this.model.send({ ready: true, have });
  }

  take(message) {
    this.tally = message.tally;
    Object.assign(this.explained, message.explained);
    if (this.rows.length && this.rows[0][0] < message.from) this.forgetBelow(message.from);
    this.askForGap(message);
    this.add(message.rows);
    if (this.rows.length > MOST_ROWS) this.forgetBelow(this.rows[MOST_ROWS / 4][0]);
    this.changed();
  }

  // Messages that were sent before the page listened are lost: ask for their rows, once.
  askForGap(message) {
    if (!message.rows.length) return;
    const expected = Math.max(this.last + 1, message.from);
    if (message.rows[0][0] > expected && this.asked !== expected) {
      this.asked = expected;
      this.ask(expected - 1);
    }
  }

  add(rows) {
    if (!rows.length) return;
    if (rows[0][0] > this.last) return rows.forEach((row) => this.append(row));
    const known = new Set(this.rows.map((row) => row[0]));
    const fresh = rows.filter((row) => !known.has(row[0]));
    if (fresh.length) this.rebuild([...this.rows, ...fresh].sort((a, b) => a[0] - b[0]));
  }

  append(row) {
    this.measure(row);
    const before = this.rows[this.rows.length - 1];
    this.rows.push(row);
    if (before && row[1] === SERVER && before[1] === SERVER && !(before[3] & FINAL)) {
      this.reply.rows.push(row);
      if (this.reply.open) this.lines.push({ row, reply: this.reply });
    } else {
      this.reply = { rows: [row], open: this.unfolded };
      this.lines.push({ row, reply: this.reply });
    }
  }

  // How long the client waited for a server's line.
  measure(row) {
    if (row[1] === INFO) return;
    const asked = this.speakers.get(row[7]);
    row.wait = row[1] === SERVER && asked && asked[1] !== SERVER ? row[2] - asked[2] : null;
    this.speakers.set(row[7], row);
  }

  rebuild(rows) {
    this.rows = [];
    this.lines = [];
    this.speakers.clear();
    rows.forEach((row) => this.append(row));
  }

  forgetBelow(first) {
    this.rebuild(this.rows.filter((row) => row[0] >= first));
  }

  unfoldAll(unfolded) {
    this.unfolded = unfolded;
    this.rebuild(this.rows);
    this.changed();
  }

  toggle(index) {
    const { reply } = this.lines[index] || {};
    if (!reply || reply.rows.length < 2) return;
    const head = this.lines.findIndex((line) => line.reply === reply);
    const rest = reply.rows.slice(1).map((row) => ({ row, reply }));
    if (reply.open) this.lines.splice(head + 1, rest.length);
    else this.lines.splice(head + 1, 0, ...rest);
    reply.open = !reply.open;
    this.current = reply.rows[0][0];
    this.changed();
  }

  changed() {
    for (const view of this.views) view.changed();
  }
}

// Whether two rows left in one write.
function together(row, other) {
  return row[4] > 0 && other !== undefined && other[4] === row[4] && other[7] === row[7];
}

function make(tag, className, text) {
  const element = document.createElement(tag);
  element.className = className;
  if (text !== undefined) element.textContent = text;
  return element;
}

function button(label, title, act) {
  const element = make("button", "smtpnb-button", label);
  element.type = "button";
  element.title = title;
  element.addEventListener("click", act);
  return element;
}

function count(value, noun) {
  return `${integer.format(value)} ${noun}${value === 1 ? "" : "s"}`;
}

function summary(tally) {
  if (!tally.lines) return "Waiting for the conversation to begin";
  const words = [count(tally.lines, "line"), count(tally.trips, "round trip")];
  if (tally.refusals) words.push(count(tally.refusals, "refusal"));
  words.push(`${decimal.format(tally.seconds)} s`, tally.tls ? "inside TLS" : "in clear");
  return words.join(" · ");
}

class View {
  constructor(store, height) {
    this.store = store;
    this.height = height;
    this.announced = 0;
    this.pending = 0;
    this.el = make("div", "smtpnb smtpnb-trail");
    this.box = this.makeBox();
    this.detail = make("div", "smtpnb-detail");
    this.detail.hidden = true;
    this.status = make("div", "smtpnb-status smtpnb-unseen");
    this.status.setAttribute("role", "status");
    this.el.append(this.makeBar(), this.makeHead(), this.box, this.detail, this.status);
  }

  makeBar() {
    const bar = make("div", "smtpnb-bar");
    this.sum = make("span", "smtpnb-sum");
    this.followButton = button("Follow", "Keep the newest line in sight", () => this.setFollow(!this.store.follow));
    this.unfoldButton = button("Unfold replies", "Show every line of long replies", () =>
      this.store.unfoldAll(!this.store.unfolded));
    bar.append(this.sum, this.followButton, this.unfoldButton);
    if (navigator.clipboard) bar.append(button("Copy", "Copy all lines as text", () => this.copy()));
    return bar;
  }

  makeHead() {
    const head = make("div", "smtpnb-row smtpnb-head");
    head.setAttribute("aria-hidden", "true");
    const names = { time: "Seconds", wait: "Waited", tls: "", client: "Client", server: "Server" };
    head.append(...Object.entries(names).map(([column, name]) => make("span", `smtpnb-${column}`, name)));
    return head;
  }

  makeBox() {
    const box = make("div", "smtpnb-box");
    box.tabIndex = 0;
    box.style.maxHeight = `${this.height}px`;
    box.setAttribute("role", "log");
    box.setAttribute("aria-live", "off"); // a hundred lines a second cannot be read out
    box.setAttribute("aria-label", "SMTP conversation");
    box.dataset.lmSuppressShortcuts = "true"; // JupyterLab would take the arrow keys
    this.spacer = make("div", "smtpnb-spacer");
    this.list = make("div", "smtpnb-list");
    this.list.setAttribute("role", "list");
    this.spacer.append(this.list);
    box.append(this.spacer);
    box.addEventListener("scroll", () => this.scrolled());
    box.addEventListener("keydown", (event) => this.key(event));
    box.addEventListener("click", (event) => this.click(event));
    return box;
  }

  changed() {
    if (!this.pending) this.pending = requestAnimationFrame(() => this.paint());
  }

  scrolled() {
    const { box, store } = this;
    store.scrollTop = box.scrollTop;
    const atEnd = box.scrollTop + box.clientHeight >= box.scrollHeight - ROW;
    if (store.follow && !atEnd && box.scrollTop < this.painted) this.setFollow(false);
    this.changed();
  }

  setFollow(follow) {
    this.store.follow = follow;
    this.changed();
  }

  paint() {
    this.pending = 0;
    const { box, store } = this;
    this.spacer.style.height = `${store.lines.length * ROW}px`;
    if (store.follow) box.scrollTop = box.scrollHeight;
    this.painted = box.scrollTop;
    const from = Math.max(0, Math.floor(box.scrollTop / ROW) - SPARE_ROWS);
    const to = Math.min(store.lines.length, Math.ceil((box.scrollTop + this.height) / ROW) + SPARE_ROWS);
    this.list.style.top = `${from * ROW}px`;
    this.list.replaceChildren(...store.lines.slice(from, to).map((_, k) => this.makeRow(from + k)));
    this.paintBar();
    this.announce();
  }

  paintBar() {
    const { store } = this;
    this.sum.textContent = summary(store.tally);
    this.followButton.setAttribute("aria-pressed", String(store.follow));
    this.unfoldButton.setAttribute("aria-pressed", String(store.unfolded));
    this.box.dataset.rows = store.rows.length;
  }

  // One polite sentence, at most once a second.
  announce() {
    const text = summary(this.store.tally);
    const wait = this.announced + ANNOUNCE_MS - performance.now();
    if (text === this.said) return;
    if (wait > 0) {
      if (!this.later) this.later = setTimeout(() => { this.later = 0; this.announce(); }, wait);
      return;
    }
    this.said = text;
    this.announced = performance.now();
    this.status.textContent = text;
  }

  makeRow(index) {
    const { row, reply } = this.store.lines[index];
    const [number, direction, seconds, flags, , text] = row;
    const element = make("div", this.classes(index));
    element.setAttribute("role", "listitem");
    element.setAttribute("aria-posinset", String(index + 1));
    element.setAttribute("aria-setsize", String(this.store.lines.length));
    element.dataset.index = index;
    if (number === this.store.current) element.setAttribute("aria-current", "true");
    const waited = row.wait === null || row.wait === undefined ? "" : `${Math.round(row.wait * 1000)} ms`;
    element.append(
      make("span", "smtpnb-time", decimal.format(seconds)),
      make("span", "smtpnb-wait", waited),
      make("span", "smtpnb-tls", flags & TLS ? "TLS" : ""),
    );
    element.append(this.makeText(direction, text, reply, row));
    return element;
  }

  makeText(direction, text, reply, row) {
    const lane = make("span", `smtpnb-text smtpnb-${LANES[direction]}`);
    const words = make("bdi", "");
    words.dir = "auto";
    words.textContent = text;
    const connection = row[7] > 1 ? `[${row[7]}] ` : "";
    lane.append(make("span", "smtpnb-who", connection + PREFIXES[direction]), words);
    if (reply.rows.length > 1 && reply.rows[0] === row) {
      const more = reply.open ? "▾ fold" : `▸ ${count(reply.rows.length - 1, "more line")}`;
      lane.append(make("span", "smtpnb-fold", more));
    }
    return lane;
  }

  classes(index) {
    const { row } = this.store.lines[index];
    const [number, , , flags] = row;
    const names = ["smtpnb-row"];
    if (flags & TLS) names.push("smtpnb-protected");
    if (flags & REFUSAL) names.push("smtpnb-refusal");
    if (number === this.store.current) names.push("smtpnb-current");
    const above = together(row, this.store.lines[index - 1]?.row);
    const below = together(row, this.store.lines[index + 1]?.row);
    if (above || below) names.push("smtpnb-group");
    if (below && !above) names.push("smtpnb-first");
    if (above && !below) names.push("smtpnb-last");
    return names.join(" ");
  }

  click(event) {
    const element = event.target.closest?.("[data-index]");
    if (!element) return;
    const index = Number(element.dataset.index);
    if (event.target.classList.contains("smtpnb-fold")) this.store.toggle(index);
    else this.choose(index);
  }

  get index() {
    return this.store.lines.findIndex((line) => line.row[0] === this.store.current);
  }

  key(event) {
    const page = Math.max(1, Math.floor(this.box.clientHeight / ROW) - 1);
    const end = this.store.lines.length - 1;
    const at = this.index;
    const moves = { ArrowDown: at + 1, ArrowUp: at - 1, PageDown: at + page, PageUp: at - page, Home: 0, End: end };
    if (event.key in moves) this.choose(Math.min(end, Math.max(0, moves[event.key])));
    else if (event.key === "Enter" || event.key === " ") this.store.toggle(at);
    else if (event.key === "Escape") this.choose(-1);
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  choose(index) {
    const line = this.store.lines[index];
    this.store.current = line ? line.row[0] : 0;
    this.detail.hidden = !line;
    if (line) {
      this.store.follow = this.store.follow && index === this.store.lines.length - 1;
      this.reveal(index);
      this.explain(line, index);
    }
    this.changed();
  }

  reveal(index) {
    const { box } = this;
    if (index * ROW < box.scrollTop) box.scrollTop = index * ROW;
    const under = (index + 1) * ROW - box.clientHeight;
    if (under > box.scrollTop) box.scrollTop = under;
  }

  explain({ row, reply }, index) {
    const about = this.store.explained[row[6]];
    const whole = reply.open ? [row] : reply.rows;
    const lines = whole.map((each) => make("code", "smtpnb-line", PREFIXES[each[1]] + each[5]));
    const title = about ? about.title : "A remark of smtp_nb itself: no such line crossed the wire";
    const facts = about ? [["Why", about.why], ["Do", about.do], ["Source", about.source]] : [];
    const list = make("dl", "smtpnb-facts");
    for (const [name, text] of facts) {
      if (text) list.append(make("dt", "", name), make("dd", "", text));
    }
    this.detail.replaceChildren(...lines, make("div", "smtpnb-title", title), list);
    const place = `Line ${index + 1} of ${this.store.lines.length}, ${SPEAKERS[row[1]]}`;
    this.status.textContent = `${place}, ${row[3] & TLS ? "inside TLS" : "in clear"}: ${row[5]}. ${title}`;
  }

  copy() {
    const lines = this.store.rows.map((row) => (PREFIXES[row[1]] || "*: ") + row[5]);
    navigator.clipboard.writeText(lines.join("\n") + "\n").then(
      () => { this.status.textContent = `${count(lines.length, "line")} copied`; },
      () => { this.status.textContent = "The browser does not let this page copy"; },
    );
  }
}

function render(store, { model, el }) {
  const view = new View(store, model.get("height"));
  el.append(view.el);
  store.views.add(view);
  const scrollTop = store.scrollTop;
  view.paint();
  if (!store.follow) view.box.scrollTop = scrollTop;
  store.ask(store.last);
  return () => store.views.delete(view);
}

// Called once for each model; what `model` is differs between initialize and render.
export default () => {
  let store;
  return {
    initialize({ model }) {
      store = new Store(model);
    },
    render: (context) => render(store, context),
  };
};
