// The wall of a class. What students and their programs say only becomes text nodes.

const NEWS_MS = 2000; // a silent class is looked at so often
const SURE_MS = 4000; // a second click within it resets
const EVERYONE = "";
const IDLE = "a command"; // goes without saying

function listen(model) {
  const state = { wall: null, at: 0, said: "", views: new Set() };
  model.on("msg:custom", (message) => {
    if (message.kind === "wall") Object.assign(state, { wall: message, at: performance.now() });
    if (message.kind === "said") state.said = message.text;
    if (message.kind === "file") keep(message);
    for (const paint of state.views) paint();
  });
  return state;
}

// Let the browser keep a file that was made here.
function keep({ name, text }) {
  const link = make("a", "");
  link.href = URL.createObjectURL(new Blob([text], { type: "text/plain" }));
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
}

function silence(tile, at) {
  if (tile.silent === null || !tile.isOpen) return "";
  return `${Math.round(tile.silent + (performance.now() - at) / 1000)} s silent`;
}

// One student: made once, filled at each change, so that the focus stays where it is.
class TileView {
  constructor(open) {
    this.el = make("li", "smtpnb-tile");
    this.button = make("button", "smtpnb-open");
    this.button.type = "button";
    this.parts = Object.fromEntries(
      ["name", "place", "line", "waiting", "remarks", "silent"].map((part) => [part, make("span", `smtpnb-${part}`)]));
    this.button.append(...Object.values(this.parts));
    this.button.addEventListener("click", () => open(this.tile.key));
    this.el.append(this.button);
  }

  fill(tile, isOpened) {
    this.tile = tile;
    const { name, place, line, waiting, remarks } = this.parts;
    name.textContent = tile.key;
    place.replaceChildren(this.sign(tile.sign), ` ${tile.place}${tile.isStuck ? ", stuck" : ""}`);
    line.textContent = tile.line;
    waiting.textContent = tile.waiting && tile.waiting !== IDLE ? `waiting for: ${tile.waiting}` : "";
    remarks.replaceChildren(...tile.remarks.map(([key, times]) => make("span", "smtpnb-badge", `${key} ${times}`)));
    this.el.className = ["smtpnb-tile", tile.isStuck && "smtpnb-stuck", !tile.isOpen && "smtpnb-away"].filter(Boolean).join(" ");
    this.button.setAttribute("aria-pressed", String(isOpened));
  }

  sign(text) {
    const sign = make("span", "smtpnb-sign", text);
    sign.setAttribute("aria-hidden", "true");
    return sign;
  }

  tick(at) {
    const text = silence(this.tile, at);
    if (this.parts.silent.textContent !== text) this.parts.silent.textContent = text;
  }
}

class Wall {
  constructor(state, model) {
    Object.assign(this, { state, model, tiles: new Map(), trailShown: "", sure: 0 });
    this.el = make("section", "smtpnb smtpnb-wall");
    this.el.setAttribute("aria-label", "The class");
    this.title = make("div", "smtpnb-title");
    this.title.setAttribute("role", "status");
    this.said = make("div", "smtpnb-said");
    this.said.setAttribute("role", "alert");
    this.strip = make("div", "smtpnb-strip");
    this.faults = make("div", "smtpnb-faults");
    this.poll = make("div", "smtpnb-poll");
    this.list = make("ul", "smtpnb-tiles");
    this.list.setAttribute("aria-label", "Students, those first who are stuck");
    this.list.addEventListener("keydown", (event) => this.walk(event));
    this.detail = make("div", "smtpnb-detail");
    this.detail.hidden = true;
    this.el.append(this.title, this.makeSwitches(), this.makeDesk(), this.said, this.makeJoin(), this.faults, this.strip, this.poll, this.list, this.detail);
  }

  makeSwitches() {
    const bar = make("div", "smtpnb-switches");
    bar.setAttribute("role", "group");
    bar.setAttribute("aria-label", "Switches");
    this.fault = this.makeSelect("What goes wrong");
    this.whom = this.makeSelect("For whom");
    const press = (name) => () => this.send({ press: name });
    this.pause = button("Pause", "Hold all replies", () => this.send({ press: this.wall.isPaused ? "resume" : "pause" }));
    this.projector = button("Projector", "Show no names and no addresses", press("projector"));
    this.reset = button("Reset", "No fault, no open session: begin again", () => this.askReset());
    const inject = button("Inject fault", "It goes wrong from now on", () => this.send({ fault: this.fault.value, student: this.whom.value }));
    this.heal = button("Heal all", "Nothing goes wrong any more", press("heal"));
    bar.append(this.fault, this.whom, inject, this.heal, this.pause, this.reset, this.projector);
    this.buttons = [inject, this.heal, this.pause, this.reset];
    return bar;
  }

  // What the teacher says to all, and takes home.
  makeDesk() {
    const desk = make("div", "smtpnb-switches");
    this.message = make("input", "smtpnb-select smtpnb-tell");
    Object.assign(this.message, { type: "text", maxLength: 200, placeholder: "A message to all" });
    this.message.setAttribute("aria-label", "A message to all students");
    this.message.dataset.lmSuppressShortcuts = "true";
    const tell = () => {
      if (this.message.value) this.send({ tell: this.message.value });
      this.message.value = "";
    };
    this.message.addEventListener("keydown", (event) => {
      event.stopPropagation();
      if (event.key === "Enter") tell();
    });
    const ask = (file) => () => this.send({ file });
    this.tell = button("Tell all", "It comes with each student's next reply (Enter)", tell);
    desk.append(
      this.message,
      this.tell,
      button("CSV", "Download this wall as a table", ask("csv")),
      button("Class log", "Download the conversations of the class, addresses cut", ask("log")),
    );
    return desk;
  }

  makeSelect(label) {
    const select = make("select", "smtpnb-select");
    select.setAttribute("aria-label", label);
    select.dataset.lmSuppressShortcuts = "true";
    return select;
  }

  makeJoin() {
    this.join = make("details", "smtpnb-join");
    this.code = make("code", "smtpnb-code");
    const how = make("p", "smtpnb-how", "Students write this, with --as and their name:");
    this.join.append(make("summary", "", "How to join"), how, this.code);
    return this.join;
  }

  get wall() {
    return this.state.wall;
  }

  send(message) {
    this.state.said = "";
    this.model.send(message);
  }

  askReset() {
    if (performance.now() < this.sure) {
      this.sure = 0;
      this.send({ press: "reset" });
    } else {
      this.sure = performance.now() + SURE_MS;
      setTimeout(() => this.paintReset(), SURE_MS + 50);
    }
    this.paintReset();
  }

  paintReset() {
    this.reset.textContent = performance.now() < this.sure ? "Really reset?" : "Reset";
  }

  paint() {
    if (this.said.textContent !== this.state.said) this.said.textContent = this.state.said;
    if (!this.wall) return;
    const { wall } = this;
    if (this.title.textContent !== wall.title) this.title.textContent = wall.title;
    this.pause.textContent = wall.isPaused ? "Resume" : "Pause";
    this.projector.setAttribute("aria-pressed", String(wall.isMasked));
    this.tell.disabled = !wall.isRunning;
    for (const each of this.buttons) each.disabled = !wall.isRunning;
    this.heal.disabled = !wall.isRunning || !wall.faults.length;
    this.code.textContent = wall.join;
    this.join.hidden = !wall.join;
    this.options(this.fault, wall.names.map((name) => [name, name]));
    this.options(this.whom, [[EVERYONE, "for everyone"], ...wall.tiles.map(({ key }) => [key, `for ${key}`]).sort()]);
    this.words(this.faults, "Goes wrong on purpose:", wall.faults);
    this.words(this.strip, "Remarks:", wall.strip.map(([key, times]) => `${key} ${times}`));
    this.paintPoll();
    this.paintTiles();
    this.paintDetail();
  }

  options(select, wanted) {
    const spelled = JSON.stringify(wanted);
    if (select.dataset.spelled === spelled) return;
    const { value } = select;
    select.dataset.spelled = spelled;
    select.replaceChildren(...wanted.map(([key, text]) => Object.assign(make("option", "", text), { value: key })));
    if (wanted.some(([key]) => key === value)) select.value = value;
  }

  words(box, title, items) {
    box.hidden = !items.length;
    box.replaceChildren(`${title} `, ...items.map((item) => make("span", "smtpnb-badge", item)));
  }

  paintPoll() {
    const { poll } = this.wall;
    this.poll.hidden = !poll;
    if (!poll) return;
    const most = Math.max(1, ...poll.options.map(([, votes]) => votes));
    const rows = poll.options.map(([option, votes, isRight], at) => {
      const row = make("div", "smtpnb-option");
      const bar = make("span", "smtpnb-bar");
      bar.style.width = `${(100 * votes) / most}%`;
      const track = make("span", "smtpnb-track");
      track.append(bar);
      row.append(make("span", "", `${at + 1}  ${option}${isRight ? " ✓ right" : ""}`), track, make("span", "", count(votes, "vote")));
      return row;
    });
    this.poll.replaceChildren(make("div", "smtpnb-question", poll.question), ...rows);
  }

  paintTiles() {
    const { wall, state } = this;
    const focused = this.list.contains(document.activeElement) ? document.activeElement : null;
    const wanted = wall.tiles.map((tile) => {
      if (!this.tiles.has(tile.key)) this.tiles.set(tile.key, new TileView((key) => this.open(key)));
      const view = this.tiles.get(tile.key);
      view.fill(tile, tile.key === wall.opened);
      view.tick(state.at);
      return view;
    });
    const shown = [...this.list.children];
    if (wanted.length !== shown.length || wanted.some((view, at) => view.el !== shown[at])) {
      this.list.replaceChildren(...wanted.map((view) => view.el));
      focused?.focus();
    }
    const keys = new Set(wall.tiles.map((tile) => tile.key));
    for (const key of this.tiles.keys()) if (!keys.has(key)) this.tiles.delete(key);
  }

  tick() {
    for (const view of this.tiles.values()) view.tick(this.state.at);
  }

  open(key) {
    this.send({ open: key === this.wall.opened ? null : key });
  }

  async paintDetail() {
    const { opened, trail } = this.wall;
    this.detail.hidden = !opened;
    this.list.classList.toggle("smtpnb-short", Boolean(opened));
    if (opened === this.trailShown) return;
    this.trailShown = opened;
    this.heading ??= make("div", "smtpnb-whose");
    this.heading.textContent = opened ? `Trail of ${opened}` : "";
    if (opened) this.tiles.get(opened)?.el.scrollIntoView({ block: "nearest" });
    if (!opened || this.child) return;
    const close = button("Close", "Close this trail", () => this.open(this.wall.opened));
    const head = make("div", "smtpnb-detailhead");
    head.append(this.heading, close);
    this.detail.append(head);
    const child = await this.model.widget_manager.get_model(trail);
    this.child = await this.model.widget_manager.create_view(child);
    this.detail.append(this.child.el);
  }

  walk(event) {
    const step = { ArrowDown: 1, ArrowRight: 1, ArrowUp: -1, ArrowLeft: -1, Home: -Infinity, End: Infinity }[event.key];
    const all = [...this.list.querySelectorAll(".smtpnb-open")];
    const at = all.indexOf(document.activeElement);
    if (!step || at < 0) return;
    event.preventDefault();
    event.stopPropagation();
    all[Math.min(Math.max(at + step, 0), all.length - 1)].focus();
  }
}

function render(state, { model, el }) {
  const wall = new Wall(state, model);
  el.append(wall.el);
  const paint = () => wall.paint();
  state.views.add(paint);
  paint();
  model.send({ ready: true });
  const seconds = setInterval(() => wall.tick(), 1000);
  const news = setInterval(() => document.hidden || model.send({ ready: true }), NEWS_MS);
  return () => {
    state.views.delete(paint);
    clearInterval(seconds);
    clearInterval(news);
    wall.child?.remove();
  };
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
