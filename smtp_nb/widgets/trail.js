// The live trail in the page: two lanes, drawn as far as they are in sight. What a server says is
// hostile: it only ever becomes a text node.

const ROW = 20; // pixels
const SPARE_ROWS = 2; // drawn beyond the edges
const ANNOUNCE_MS = 1000;
const REST_MS = 150; // after the last scroll; then rows stand in the page in their order

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
    this.rows = new Rows(store);
    this.detail = new Detail(store);
    this.detailHeight = 0;
    this.el = make("div", "smtpnb smtpnb-trail");
    this.box = this.makeBox();
    this.status = make("div", "smtpnb-status smtpnb-unseen");
    this.status.setAttribute("role", "status");
    this.el.append(this.makeBar(), headOfColumns(), this.box, this.status);
    // Its height changes with the width of the page, and when a part of it is unfolded.
    this.watch = new ResizeObserver(() => this.changed());
    this.watch.observe(this.detail.el);
  }

  makeBar() {
    const bar = make("div", "smtpnb-bar");
    const controls = make("div", "smtpnb-controls");
    this.sum = make("span", "smtpnb-sum");
    this.followButton = button("Follow", "Keep the newest line in sight", () => this.setFollow(!this.store.follow));
    this.unfoldButton = button("Unfold replies", "Show every line of long replies", () =>
      this.store.unfoldAll(!this.store.unfolded));
    this.refusalsButton = button("Refusals", "Show only replies that refuse something", () =>
      this.store.find({ refusals: !this.store.search.refusals }));
    this.sentButton = button("As sent", "Show what SMTP adds: the CR LF of each line, and the dots of DATA", () => {
      this.store.asSent = !this.store.asSent;
      this.store.changed();
    });
    controls.append(this.makeSearch(), this.refusalsButton, this.followButton, this.unfoldButton, this.sentButton);
    if (navigator.clipboard) controls.append(button("Copy", "Copy all lines as text", () => this.copy()));
    bar.append(this.sum, controls);
    return bar;
  }

  makeSearch() {
    const field = make("input", "smtpnb-search");
    field.type = "search";
    field.placeholder = "Search";
    field.value = this.store.search.words;
    field.setAttribute("aria-label", "Show only lines with these words");
    field.dataset.lmSuppressShortcuts = "true";
    field.addEventListener("input", () => this.store.find({ words: field.value }));
    field.addEventListener("keydown", (event) => event.stopPropagation());
    return field;
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
    // The detail stands between two lists and is never moved, so that a selection in it lasts.
    this.above = make("div", "");
    this.below = make("div", "");
    for (const part of [this.above, this.below]) part.setAttribute("role", "list");
    this.list.append(this.above, this.detail.el, this.below);
    this.spacer.append(this.list);
    box.append(this.spacer);
    box.addEventListener("scroll", () => this.scrolled(), { passive: true });
    box.addEventListener("keydown", (event) => this.key(event));
    box.addEventListener("click", (event) => this.click(event));
    return box;
  }

  // What the rows show is not what it was; without it, rows that stay in sight stay as they are.
  redraw() {
    this.rows.forget();
    this.isStale = true;
    this.changed();
  }

  changed() {
    if (!this.pending) this.pending = requestAnimationFrame(() => this.paint());
  }

  scrolled() {
    const { box, store } = this;
    store.scrollTop = box.scrollTop;
    const atEnd = box.scrollTop + box.clientHeight >= box.scrollHeight - ROW;
    if (store.follow && !atEnd && box.scrollTop < this.painted) this.setFollow(false);
    this.isScrolling = true;
    clearTimeout(this.rest);
    this.rest = setTimeout(() => { this.isScrolling = false; this.changed(); }, REST_MS);
    this.changed();
  }

  setFollow(follow) {
    this.store.follow = follow;
    this.redraw();
  }

  // Where a row stands: those after the chosen one make room for what is said about it.
  top(index) {
    return index * ROW + (this.at >= 0 && index > this.at ? this.detailHeight : 0);
  }

  rowAt(pixels) {
    if (this.at < 0 || pixels < this.top(this.at) + ROW) return Math.floor(pixels / ROW);
    return Math.max(this.at, Math.floor((pixels - this.detailHeight) / ROW));
  }

  paint() {
    this.pending = 0;
    const { box, store } = this;
    this.at = this.index;
    this.spacer.style.height = `${this.top(store.shown.length)}px`;
    if (store.follow) box.scrollTop = box.scrollHeight;
    this.painted = box.scrollTop;
    const from = Math.max(0, this.rowAt(box.scrollTop) - SPARE_ROWS);
    const to = Math.min(store.shown.length, this.rowAt(box.scrollTop + this.height) + 1 + SPARE_ROWS);
    this.paintRows(from, to);
    if (this.isStale) this.paintBar();
    this.isStale = false;
  }

  paintRows(from, to) {
    const isOpen = this.at >= from && this.at < to;
    const cut = isOpen ? this.at + 1 : to;
    this.rows.keep(from, to);
    const put = this.isScrolling && !this.isStale ? place : fill;
    put(this.above, this.rows.from(from, cut));
    put(this.below, this.rows.from(cut, to));
    this.rows.hideSpare();
    this.below.hidden = cut === to;
    this.detail.el.hidden = !isOpen;
    // Each stands at its own place, so that the browser has to paint only those that come into sight;
    // moved by transforms, for which it lays out nothing.
    for (const [index, { element }] of this.rows.drawn) element.style.transform = `translateY(${this.top(index)}px)`;
    if (!isOpen) return;
    this.detail.el.style.top = `${this.top(this.at) + ROW}px`;
    const height = this.detail.el.offsetHeight;
    if (height !== this.detailHeight) {
      this.detailHeight = height;
      this.changed();
    }
    if (this.wanted) this.reveal(this.at);
    this.wanted = false;
  }

  paintBar() {
    const { store } = this;
    this.sum.textContent = summary(store.tally);
    this.followButton.setAttribute("aria-pressed", String(store.follow));
    this.refusalsButton.setAttribute("aria-pressed", String(store.search.refusals));
    this.unfoldButton.setAttribute("aria-pressed", String(store.unfolded));
    this.sentButton.setAttribute("aria-pressed", String(store.asSent));
    this.box.dataset.rows = store.rows.length;
    this.announce();
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

  click(event) {
    const element = event.target.closest?.("[data-index]");
    if (!element) return;
    const index = Number(element.dataset.index);
    if (event.target.classList.contains("smtpnb-fold")) this.store.toggle(index);
    else this.choose(index === this.index ? -1 : index);
  }

  get index() {
    return this.store.placeOf(this.store.current);
  }

  key(event) {
    const isInside = this.detail.el.contains(event.target);
    if (isInside && event.key !== "Escape") return event.stopPropagation();
    const page = Math.max(1, Math.floor(this.box.clientHeight / ROW) - 1);
    const end = this.store.shown.length - 1;
    const at = this.index;
    const moves = { ArrowDown: at + 1, ArrowUp: at - 1, PageDown: at + page, PageUp: at - page, Home: 0, End: end };
    if (event.key in moves) this.choose(this.onto(Math.min(end, Math.max(0, moves[event.key])), at));
    else if (event.key === "Enter" || event.key === " ") this.store.toggle(at);
    else if (event.key === "Escape") this.leave();
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  leave() {
    this.box.focus();
    this.choose(-1);
  }

  // The head of a session is no line to stand on: the next one that way is.
  onto(index, from) {
    const { shown } = this.store;
    if (!shown[index]?.session) return index;
    const beyond = index < from ? index - 1 : index + 1;
    return shown[beyond] ? beyond : from;
  }

  choose(index) {
    const line = this.store.shown[index];
    if (line?.session) return;
    this.store.current = line ? line.row[0] : 0;
    if (line) {
      this.store.follow = false;
      this.wanted = true;
      this.at = index;
      this.detailHeight = 0;
      this.reveal(index);
      this.say(line, index, this.detail.show(line));
    }
    this.redraw();
  }

  say({ row }, index, title) {
    // What a person asked for is not talked over by a count that waited for its turn.
    clearTimeout(this.later);
    this.later = 0;
    this.said = summary(this.store.tally);
    const place = `Line ${index + 1} of ${this.store.shown.length}, ${SPEAKERS[row[1]]}`;
    this.status.textContent = `${place}, ${row[3] & TLS ? "inside TLS" : "in clear"}: ${row[5]}. ${title}`;
  }

  // The row, and below it as much as fits of what is said about it.
  reveal(index) {
    const { box } = this;
    const top = this.top(index);
    const over = top + ROW + this.detailHeight - box.clientHeight;
    this.spacer.style.height = `${this.top(this.store.shown.length)}px`;
    if (over > box.scrollTop) box.scrollTop = over;
    const head = this.store.shown[index - 1]?.session ? ROW : 0;
    if (top - head < box.scrollTop) box.scrollTop = top - head;
  }

  copy() {
    const lines = this.store.rows.map((row) => (PREFIXES[row[1]] || "*: ") + row[5]);
    navigator.clipboard.writeText(lines.join("\n") + "\n").then(
      () => { this.status.textContent = `${count(lines.length, "line")} copied`; },
      () => { this.status.textContent = "The browser does not allow this page to copy"; },
    );
  }
}

function render(store, { model, el }) {
  const view = new View(store, model.get("height"));
  el.append(view.el);
  store.views.add(view);
  const scrollTop = store.scrollTop;
  const chosen = store.shown[view.index];
  if (chosen) view.detail.show(chosen);
  view.isStale = true;
  view.paint();
  if (!store.follow) view.box.scrollTop = scrollTop;
  store.ask(store.last);
  return () => {
    view.watch.disconnect();
    store.views.delete(view);
  };
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
