// All rows of a merge's results, of which those in sight are drawn. What servers say is hostile: it
// only ever becomes a text node. The plot was made in Python, of numbers alone.

const RESULT_COLUMNS = ["row", "recipient", "outcome", "why"];
const RESULT_NAMES = ["Row", "Recipient", "Outcome", "Why"];
// Those who need a person first, as in Python.
const RESULT_RANKS = ["UNKNOWN", "REFUSED", "INVALID", "DEFERRED", "NOT_SENT", "DUPLICATE", "SKIPPED", "ACCEPTED"];
const SPARE_RESULTS = 4;
const byText = new Intl.Collator(undefined, { numeric: true }).compare;

class ResultsStore {
  constructor() {
    this.sums = null;
    this.rows = [];
    this.views = new Set();
  }

  take(message) {
    if (message.kind === "results") {
      this.sums = message;
      this.rows.length = Math.min(this.rows.length, message.total);
    } else if (message.kind === "rows") {
      message.rows.forEach((row, k) => { this.rows[message.first + k] = row; });
    } else return;
    for (const view of this.views) view.changed();
  }
}

function compareResults(column) {
  if (column === "row") return (a, b) => (a[0] ?? Infinity) - (b[0] ?? Infinity);
  if (column === "outcome") return (a, b) => RESULT_RANKS.indexOf(a[2]) - RESULT_RANKS.indexOf(b[2]);
  const at = RESULT_COLUMNS.indexOf(column);
  return (a, b) => byText(a[at], b[at]);
}

// The bar of outcomes; each part of its legend chooses the rows with that outcome.
function outcomeBar(counts, choose) {
  const bar = make("div", "smtpnb-outcomes");
  bar.setAttribute("role", "img");
  bar.setAttribute("aria-label", counts.map(([name, number]) => `${integer.format(number)} ${name}`).join(", "));
  const legend = make("div", "smtpnb-legend");
  for (const [name, number] of counts) {
    const part = make("span", `smtpnb-part smtpnb-is-${name}`);
    part.style.flexGrow = number;
    bar.append(part);
    const words = `${integer.format(number)} ${name}`;
    const item = choose ? button(words, "Show only these", () => choose(name)) : make("span", "", words);
    item.dataset.outcome = name;
    item.prepend(make("span", `smtpnb-swatch smtpnb-is-${name}`));
    legend.append(item);
  }
  return [bar, legend];
}

class ResultsPanel {
  constructor(store) {
    this.store = store;
    this.order = ["", 1];
    this.outcome = "";
    this.chosen = null;
    this.pending = 0;
    this.shown = [];
    this.el = make("div", "smtpnb-panel");
    this.head = make("div", "smtpnb-sums");
    this.detail = make("div", "smtpnb-detail");
    this.detail.hidden = true;
    this.el.append(this.head, this.makeTools(), this.makeTable(), this.detail);
    this.el.hidden = true;
    store.views.add(this);
  }

  makeTools() {
    const tools = make("div", "smtpnb-tools");
    this.found = make("span", "smtpnb-found");
    this.status = make("span", "smtpnb-unseen");
    this.status.setAttribute("role", "status");
    this.search = make("input", "smtpnb-search");
    Object.assign(this.search, { type: "search", placeholder: "Search" });
    this.search.setAttribute("aria-label", "Search recipients, outcomes and reasons");
    this.search.dataset.lmSuppressShortcuts = "true";
    this.search.addEventListener("input", () => this.changed());
    tools.append(this.found, this.search, this.status);
    return tools;
  }

  makeTable() {
    const table = make("div", "smtpnb-table");
    table.setAttribute("role", "table");
    table.setAttribute("aria-label", "Results by recipient");
    this.table = table;
    const head = make("div", "smtpnb-row smtpnb-head");
    head.setAttribute("role", "row");
    head.setAttribute("aria-rowindex", "1");
    this.heads = RESULT_COLUMNS.map((column, at) => {
      const cell = make("div", `smtpnb-of-${column}`);
      cell.setAttribute("role", "columnheader");
      cell.append(button(RESULT_NAMES[at], `Sort by ${RESULT_NAMES[at].toLowerCase()}`, () => this.sort(column)));
      head.append(cell);
      return cell;
    });
    const headGroup = make("div", "");
    headGroup.setAttribute("role", "rowgroup");
    headGroup.append(head);
    table.append(headGroup, this.makeBox());
    return table;
  }

  makeBox() {
    this.box = make("div", "smtpnb-box");
    this.box.tabIndex = 0;
    this.box.setAttribute("role", "rowgroup");
    this.box.setAttribute("aria-label", "Rows; arrow keys choose one");
    this.box.dataset.lmSuppressShortcuts = "true"; // JupyterLab would take the arrow keys
    this.spacer = make("div", "smtpnb-spacer");
    this.list = make("div", "smtpnb-list");
    for (const each of [this.spacer, this.list]) each.setAttribute("role", "presentation");
    this.spacer.append(this.list);
    this.box.append(this.spacer);
    this.box.addEventListener("scroll", () => this.draw());
    this.box.addEventListener("keydown", (event) => this.key(event));
    this.box.addEventListener("click", (event) => {
      const row = event.target.closest?.("[data-index]");
      if (row) this.choose(Number(row.dataset.index));
    });
    return this.box;
  }

  close() {
    this.store.views.delete(this);
    this.watch?.disconnect();
  }

  changed() {
    if (!this.pending) this.pending = requestAnimationFrame(() => this.paint());
  }

  sort(column) {
    const [before, way] = this.order;
    this.order = before !== column ? [column, 1] : way > 0 ? [column, -1] : ["", 1];
    this.changed();
  }

  only(outcome) {
    this.outcome = this.outcome === outcome ? "" : outcome;
    this.changed();
  }

  paint() {
    this.pending = 0;
    const { store } = this;
    if (!store.sums) return;
    this.el.hidden = false;
    if (this.painted !== store.sums) this.paintSums();
    for (const each of this.head.querySelectorAll("[data-outcome]")) {
      each.setAttribute("aria-pressed", String(each.dataset.outcome === this.outcome));
    }
    const words = this.search.value.toLowerCase().split(/\s+/).filter(Boolean);
    this.shown = store.rows.filter((row) => {
      if (this.outcome && row[2] !== this.outcome) return false;
      if (!words.length) return true;
      const text = row.join(" ").toLowerCase();
      return words.every((word) => text.includes(word));
    });
    const [column, way] = this.order;
    if (column) {
      const compare = compareResults(column);
      this.shown.sort((a, b) => way * compare(a, b));
    }
    RESULT_COLUMNS.forEach((name, at) => {
      const sorted = name !== column ? "none" : way > 0 ? "ascending" : "descending";
      this.heads[at].setAttribute("aria-sort", sorted);
    });
    const all = count(store.rows.length, "recipient");
    this.found.textContent =
      this.shown.length === store.rows.length
        ? `${all} · choose a row to read its whole reply` : `${integer.format(this.shown.length)} of ${all}`;
    this.status.textContent = this.found.textContent;
    this.table.setAttribute("aria-rowcount", String(this.shown.length + 1));
    this.draw();
  }

  paintSums() {
    const { sums } = this.store;
    this.painted = sums;
    const title = make("div", "smtpnb-title", sums.headline);
    const advice = sums.advice.map((line) => make("div", "smtpnb-advice", line));
    this.head.replaceChildren(title, ...outcomeBar(sums.counts, (name) => this.only(name)), ...advice);
    if (sums.speed) this.head.append(...plotted(sums));
    if (!this.watch) {
      this.watch = new ResizeObserver(() => this.draw());
      this.watch.observe(this.box);
    }
  }

  // A narrow page has rows of two lines.
  get rowHeight() {
    return parseFloat(getComputedStyle(this.box).getPropertyValue("--smtpnb-row")) || 24;
  }

  draw() {
    const height = this.rowHeight;
    const { box, shown } = this;
    this.spacer.style.height = `${shown.length * height}px`;
    const from = Math.max(0, Math.floor(box.scrollTop / height) - SPARE_RESULTS);
    const to = Math.min(shown.length, Math.ceil((box.scrollTop + box.clientHeight) / height) + SPARE_RESULTS);
    this.list.style.top = `${from * height}px`;
    this.list.replaceChildren(...shown.slice(from, to).map((row, k) => this.makeRow(row, from + k)));
  }

  makeRow(row, index) {
    const element = make("div", `smtpnb-row${row === this.chosen ? " smtpnb-current" : ""}`);
    element.setAttribute("role", "row");
    element.setAttribute("aria-rowindex", String(index + 2));
    if (row === this.chosen) element.setAttribute("aria-current", "true");
    element.dataset.index = index;
    RESULT_COLUMNS.forEach((column, at) => {
      const cell = make("div", `smtpnb-of-${column}`);
      cell.setAttribute("role", "cell");
      if (column === "outcome") cell.append(make("span", `smtpnb-swatch smtpnb-is-${row[at]}`));
      const words = make("bdi", "", row[at] ?? "");
      cell.append(words);
      if (column === "why" && !row[at] && row[4]) words.textContent = row[4];
      element.append(cell);
    });
    return element;
  }

  key(event) {
    if (this.pending) { // the rows that a person sees next, not those of before
      cancelAnimationFrame(this.pending);
      this.paint();
    }
    const at = this.shown.indexOf(this.chosen);
    const page = Math.max(1, Math.floor(this.box.clientHeight / this.rowHeight) - 1);
    const end = this.shown.length - 1;
    const moves = { ArrowDown: at + 1, ArrowUp: at - 1, PageDown: at + page, PageUp: at - page, Home: 0, End: end };
    if (event.key in moves) this.choose(Math.min(end, Math.max(0, moves[event.key])));
    else if (event.key === "Escape") this.choose(-1);
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  choose(index) {
    this.chosen = this.shown[index] ?? null;
    this.detail.hidden = !this.chosen;
    if (this.chosen) {
      const height = this.rowHeight;
      const { box } = this;
      if (index * height < box.scrollTop) box.scrollTop = index * height;
      const under = (index + 1) * height - box.clientHeight;
      if (under > box.scrollTop) box.scrollTop = under;
      this.explain(this.chosen);
    }
    this.draw();
  }

  explain([row, recipient, outcome, why, reply]) {
    const list = make("dl", "smtpnb-facts");
    const where = row === null ? "" : `, row ${integer.format(row)}`;
    const facts = [["Recipient", recipient + where], ["Outcome", outcome], ["Why", why], ["Reply", reply]];
    for (const [name, text] of facts) {
      if (!text) continue;
      const value = make("dd", "");
      value.append(make("bdi", "", text));
      list.append(make("dt", "", name), value);
    }
    this.detail.replaceChildren(list);
    this.status.textContent = facts.map(([, text]) => text).filter(Boolean).join(". ");
  }
}

// The picture in a page's own colours. An inert document reads it, so that nothing in it runs.
function drawn(plot) {
  const picture = new DOMParser().parseFromString(plot, "text/html").querySelector("svg");
  return picture ? [document.importNode(picture, true)] : [];
}

function plotted({ speed, plot }) {
  const box = make("div", "smtpnb-plot");
  box.append(...drawn(plot));
  return [make("div", "smtpnb-speed", speed), box];
}
