// The live trail in the page: two lanes, drawn as far as they are in sight. What a server says is
// hostile: it only ever becomes a text node.

const ROW = 20; // pixels
const SPARE_ROWS = 2; // drawn beyond the edges
const LANES = ["client", "server", "note"];
const SPEAKERS = ["Client", "Server", "Note"];
const PREFIXES = ["C: ", "S: ", ""];
const ANNOUNCE_MS = 1000;

const decimal = new Intl.NumberFormat(undefined, { minimumFractionDigits: 3, maximumFractionDigits: 3 });

// Whether two rows left in one write.
function together(row, other) {
  return row[4] > 0 && other !== undefined && other[4] === row[4] && other[7] === row[7];
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
    this.refusalsButton = button("Refusals", "Show only replies that refuse something", () =>
      this.store.find({ refusals: !this.store.search.refusals }));
    bar.append(this.sum, this.makeSearch(), this.refusalsButton, this.followButton, this.unfoldButton);
    if (navigator.clipboard) bar.append(button("Copy", "Copy all lines as text", () => this.copy()));
    return bar;
  }

  makeSearch() {
    const field = make("input", "smtpnb-search");
    field.type = "search";
    field.placeholder = "Search";
    field.setAttribute("aria-label", "Show only lines with these words");
    field.dataset.lmSuppressShortcuts = "true";
    field.addEventListener("input", () => this.store.find({ words: field.value }));
    field.addEventListener("keydown", (event) => event.stopPropagation());
    return field;
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
    this.spacer.style.height = `${store.shown.length * ROW}px`;
    if (store.follow) box.scrollTop = box.scrollHeight;
    this.painted = box.scrollTop;
    const from = Math.max(0, Math.floor(box.scrollTop / ROW) - SPARE_ROWS);
    const to = Math.min(store.shown.length, Math.ceil((box.scrollTop + this.height) / ROW) + SPARE_ROWS);
    this.list.style.top = `${from * ROW}px`;
    this.list.replaceChildren(...store.shown.slice(from, to).map((_, k) => this.makeRow(from + k)));
    this.paintBar();
    this.announce();
  }

  paintBar() {
    const { store } = this;
    this.sum.textContent = summary(store.tally);
    this.followButton.setAttribute("aria-pressed", String(store.follow));
    this.refusalsButton.setAttribute("aria-pressed", String(store.search.refusals));
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
    const { row, reply, session } = this.store.shown[index];
    const [number, direction, seconds, flags, , text] = row;
    const element = make("div", this.classes(index));
    element.setAttribute("role", "listitem");
    element.setAttribute("aria-posinset", String(index + 1));
    element.setAttribute("aria-setsize", String(this.store.shown.length));
    element.dataset.index = index;
    if (session) {
      element.append(make("span", "smtpnb-session", session));
      return element;
    }
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
    const { row, session } = this.store.shown[index];
    const [number, , , flags] = row;
    const names = ["smtpnb-row"];
    if (session) return "smtpnb-row smtpnb-begins";
    if (flags & TLS) names.push("smtpnb-protected");
    if (flags & REFUSAL) names.push("smtpnb-refusal");
    if (number === this.store.current) names.push("smtpnb-current");
    const above = together(row, this.store.shown[index - 1]?.row);
    const below = together(row, this.store.shown[index + 1]?.row);
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
    return this.store.shown.findIndex((line) => !line.session && line.row[0] === this.store.current);
  }

  key(event) {
    const page = Math.max(1, Math.floor(this.box.clientHeight / ROW) - 1);
    const end = this.store.shown.length - 1;
    const at = this.index;
    const moves = { ArrowDown: at + 1, ArrowUp: at - 1, PageDown: at + page, PageUp: at - page, Home: 0, End: end };
    if (event.key in moves) this.choose(this.onto(Math.min(end, Math.max(0, moves[event.key])), at));
    else if (event.key === "Enter" || event.key === " ") this.store.toggle(at);
    else if (event.key === "Escape") this.choose(-1);
    else return;
    event.preventDefault();
    event.stopPropagation();
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
    this.detail.hidden = !line;
    if (line) {
      this.store.follow = this.store.follow && index === this.store.shown.length - 1;
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

  // What a line means comes first, then the line itself; each line of a reply with its own meaning.
  explain({ row, reply }, index) {
    const rows = reply.open ? [row] : reply.rows;
    const about = this.store.explained[row[6]];
    const title = about ? about.title : "A remark by smtp_nb: no such line was sent or received";
    const facts = about ? [["Why", about.why], ["Do", about.do], ["Source", about.source]] : [];
    this.detail.replaceChildren(
      make("div", "smtpnb-title", title),
      this.makeFacts(facts),
      rows.length > 1 ? this.makeFacts(rows.map((each) => [PREFIXES[each[1]] + each[5], this.meaning(each)]), "smtpnb-lines")
        : make("code", "smtpnb-line", PREFIXES[row[1]] + row[5]),
    );
    this.detail.scrollTop = 0;
    const place = `Line ${index + 1} of ${this.store.shown.length}, ${SPEAKERS[row[1]]}`;
    this.status.textContent = `${place}, ${row[3] & TLS ? "inside TLS" : "in clear"}: ${row[5]}. ${title}`;
  }

  meaning(row) {
    const about = this.store.explained[row[6]];
    return about ? [about.title, about.why].filter(Boolean).join(". ") : "";
  }

  makeFacts(facts, className = "") {
    const list = make("dl", `smtpnb-facts ${className}`);
    for (const [name, text] of facts) {
      if (text) list.append(make("dt", "", name), make("dd", "", text));
    }
    return list;
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
