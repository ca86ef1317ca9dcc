// Everything that `explain` knows, in one table that is searched and filtered.

const GROUP = 0, WHAT = 1, MEANING = 2, CAUSE = 3, ABOUT = 4, REMEDY = 5, SOURCE = 6, CODES = 7;
const HEADS = [["what", "What"], ["meaning", "Meaning"], ["remedy", "What to do"]];
const CODE = /^[0-9][0-9.]*$/;
const DRAWN = 100;

function listen(model) {
  const state = { rows: [], words: "", group: "", first: "", most: DRAWN, views: new Set(), loaded: false };
  model.on("msg:custom", (message) => {
    if (message.kind !== "rows") return;
    if (!state.loaded) state.words = message.words;
    Object.assign(state, { rows: message.rows, first: message.first, loaded: true });
    state.texts = state.rows.map((row) => row.slice(0, CODES).join(" ").toLowerCase());
    for (const paint of state.views) paint();
  });
  model.send({ ready: true });
  return state;
}

// As in Python: a code finds what begins with it, a word what holds it.
function fits(state, place, words) {
  const row = state.rows[place];
  return words.every((word) =>
    CODE.test(word) ? row[CODES].some((code) => code.startsWith(word)) : state.texts[place].includes(word));
}

function wordsOf(text) {
  return text.toLowerCase().match(/[a-z0-9_.-]+/g) ?? [];
}

function cell(className, ...lines) {
  const element = make("td", className);
  element.append(...lines.filter(Boolean));
  return element;
}

function line(row) {
  const element = make("tr", "");
  const what = make("th", "smtpnb-what");
  what.scope = "row";
  what.append(make("bdi", "", row[WHAT]), make("div", "smtpnb-faint", row[GROUP]));
  // Only refusals are about something: a column for it would be empty in most rows.
  const about = row[ABOUT] && make("div", "smtpnb-faint", `It is about ${row[ABOUT]}`);
  const meaning = cell("smtpnb-meaning", make("div", "", row[MEANING]), make("div", "smtpnb-faint", row[CAUSE]), about);
  const remedy = row[REMEDY] ? `${row[REMEDY][0].toUpperCase()}${row[REMEDY].slice(1)}.` : "";
  const last = cell("smtpnb-remedy", make("div", "", remedy), make("div", "smtpnb-faint", row[SOURCE]));
  element.append(what, meaning, last);
  return element;
}

let tables = 0;

class Table {
  constructor(state) {
    this.state = state;
    this.el = make("div", "smtpnb smtpnb-explanations");
    this.el.dataset.lmSuppressShortcuts = "true"; // JupyterLab would take the keys
    this.prefix = `smtpnb-explanations-${(tables += 1)}`;
    this.first = make("div", "smtpnb-first");
    this.el.append(this.first, this.makeTools(), this.makeBox());
    this.el.addEventListener("keydown", (event) => event.stopPropagation());
  }

  makeTools() {
    const { state } = this;
    const tools = make("div", "smtpnb-tools");
    this.title = make("span", "smtpnb-title");
    this.title.setAttribute("role", "status");
    this.search = make("input", "smtpnb-search");
    Object.assign(this.search, { type: "search", placeholder: "Search codes and words" });
    this.search.setAttribute("aria-label", "Show only rows with this code or these words");
    this.search.addEventListener("input", () => this.change({ words: this.search.value }));
    this.filter = make("select", "smtpnb-group");
    this.filter.setAttribute("aria-label", "Show only rows of one kind");
    this.filter.addEventListener("change", () => this.change({ group: this.filter.value }));
    this.all = button("Show all", "Clear the search and the kind", () => this.change({ words: "", group: "" }));
    tools.append(this.title, this.search, this.filter, this.all);
    return tools;
  }

  makeBox() {
    const box = make("div", "smtpnb-box");
    box.tabIndex = 0;
    box.setAttribute("role", "region");
    box.setAttribute("aria-label", "Meanings");
    const table = make("table", "");
    const names = make("tr", "");
    names.append(...HEADS.map(([name, label]) => Object.assign(make("th", `smtpnb-${name}`, label), { scope: "col" })));
    const head = make("thead", "");
    head.append(names);
    this.body = make("tbody", "");
    table.append(head, this.body);
    this.more = button("Show more", "", () => this.change({ most: this.state.most + DRAWN }));
    this.none = make("p", "smtpnb-none", "Nothing has these words. A reply's whole line can be explained too: %smtp explain \"550 5.7.1 …\"");
    box.append(table, this.none, this.more);
    this.box = box;
    return box;
  }

  change(facts) {
    Object.assign(this.state, "most" in facts ? {} : { most: DRAWN }, facts);
    if (!("most" in facts)) this.box.scrollTop = 0;
    for (const paint of this.state.views) paint();
  }

  paintFilter(counts) {
    const { state } = this;
    const options = [["", "All kinds"], ...[...counts].map(([group, number]) => [group, `${group} (${integer.format(number)})`])];
    const key = JSON.stringify(options);
    if (key !== this.offered) {
      this.offered = key;
      this.filter.replaceChildren(...options.map(([value, label]) => Object.assign(make("option", "", label), { value })));
    }
    this.filter.value = state.group;
  }

  paint() {
    const { state } = this;
    // Made in Python, where every value in it was escaped.
    if (this.shownFirst !== state.first) this.first.innerHTML = this.shownFirst = state.first;
    const words = wordsOf(state.words);
    const found = state.rows.filter((_, place) => fits(state, place, words));
    const counts = new Map(state.rows.map((row) => [row[GROUP], 0]));
    for (const row of found) counts.set(row[GROUP], counts.get(row[GROUP]) + 1);
    this.paintFilter(counts);
    const named = state.words.trim().toLowerCase();
    const shown = found.filter((row) => !state.group || row[GROUP] === state.group)
      .sort((one, other) => (other[WHAT].toLowerCase() === named) - (one[WHAT].toLowerCase() === named));
    if (this.search !== document.activeElement) this.search.value = state.words;
    const all = count(state.rows.length, "meaning");
    this.title.textContent = shown.length < state.rows.length ? `${integer.format(shown.length)} of ${all}` : all;
    this.all.hidden = !state.words && !state.group;
    this.body.replaceChildren(...shown.slice(0, state.most).map(line));
    this.none.hidden = !state.loaded || shown.length > 0;
    this.more.hidden = shown.length <= state.most;
  }
}

function render(state, { el }) {
  const view = new Table(state);
  const paint = () => view.paint();
  state.views.add(paint);
  el.append(view.el);
  paint();
  return () => state.views.delete(paint);
}

// Called once for each model; what `model` is differs between initialize and render.
export default () => {
  let state;
  return {
    initialize({ model }) {
      state = listen(model);
    },
    render: (context) => render(state, context),
  };
};
