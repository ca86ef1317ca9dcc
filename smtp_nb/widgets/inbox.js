// The inbox of a sandbox. What stands in a message is hostile: text only becomes text nodes, and
// HTML only goes into a frame that runs nothing and loads nothing.

const COLUMNS = ["time", "from", "to", "subject", "size"];
// Name, width and height of the screens that a letter is shown on.
const SIZES = [["Page", 0, 0], ["Phone", 375, 667], ["Desktop", 1280, 800]];
const NAMES = ["Received", "From", "To", "Subject", "Size"];

// A cell that changes what is saved draws a new view, so what a person chose belongs to the model.
function listen(model) {
  const state = { list: [], total: 0, open: null, chosen: -1, views: new Set(), talks: new Set() };
  Object.assign(state, { words: "", scrollTop: 0, unfolded: new Map() });
  model.on("msg:custom", (message, buffers) => {
    if (message.kind === "list") {
      Object.assign(state, { list: message.messages, total: message.total });
      if (!message.total) Object.assign(state, { open: null, chosen: -1 });
    }
    if (message.kind === "file") return save(message, buffers);
    if (message.kind === "conversation") {
      for (const talk of state.talks) talk.take(message);
      return;
    }
    if (message.kind === "message" && message.number === state.chosen) state.open = message;
    for (const paint of state.views) paint();
  });
  return state;
}

// The file's type stays unknown, so that the browser saves it and never shows it as a page.
function save(message, buffers) {
  const link = make("a", "");
  link.href = URL.createObjectURL(new Blob(buffers, { type: "application/octet-stream" }));
  link.download = message.name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
}

function table(rows, className) {
  const element = make("table", className);
  for (const [name, value] of rows) {
    const row = make("tr", "");
    const head = make("th", "", name);
    head.scope = "row";
    const words = make("bdi", "", value);
    const cell = make("td", "");
    cell.append(words);
    row.append(head, cell);
    element.append(row);
  }
  return element;
}

// The HTML as wide as the page, a phone's screen, or a desk's, which is scaled to fit.
function framed(html) {
  const box = make("div", "");
  const element = frame(html, "The message's HTML");
  const stage = make("div", "smtpnb-stage");
  stage.append(element);
  let chosen = SIZES[0];
  const fit = () => {
    const [, width, height] = chosen;
    const scale = width && stage.clientWidth ? Math.min(1, stage.clientWidth / width) : 1;
    element.style.width = width ? `${width}px` : "";
    element.style.height = height ? `${height}px` : "";
    element.style.transform = scale < 1 ? `scale(${scale})` : "";
    stage.style.height = height ? `${Math.ceil(height * scale)}px` : "";
  };
  const choices = SIZES.map((size) => {
    const [name, width, height] = size;
    const words = width ? `${width} by ${height} pixels` : "As wide as this page";
    return button(name, words, () => {
      chosen = size;
      choices.forEach((each, at) => each.setAttribute("aria-pressed", String(SIZES[at] === chosen)));
      fit();
    });
  });
  choices.forEach((each, at) => each.setAttribute("aria-pressed", String(at === 0)));
  new ResizeObserver(fit).observe(stage);
  const sizes = make("div", "smtpnb-sizes");
  sizes.setAttribute("role", "group");
  sizes.setAttribute("aria-label", "Size of the screen");
  sizes.append(...choices);
  box.append(sizes, stage);
  return box;
}

// What client and server said about a message, in two lanes; asked for when it is unfolded.
function conversation(message, talks, unfolded, ask) {
  const list = make("ol", "smtpnb-talk");
  let said = []; // what stays is not drawn again, so that a part that was unfolded stays so
  const details = section("The conversation that brought it", list, false, unfolded);
  const talk = {
    take: ({ number, lines }) => {
      if (!details.isConnected) talks.delete(talk);
      else if (number === message.number) {
        said = lines.map((line, at) => {
          const text = JSON.stringify(line);
          return said[at]?.text === text ? said[at] : { text, element: spoken(line) };
        });
        fill(list, said.map((line) => line.element));
      }
    },
  };
  details.addEventListener("toggle", () => {
    if (!details.open) return;
    talks.add(talk);
    ask();
  });
  return details;
}

const WHO = { client: "C: ", server: "S: ", note: "" };

function spoken([speaker, seconds, tls, text, refuses, meaning]) {
  const line = make("li", `smtpnb-${speaker}${refuses ? " smtpnb-refusal" : ""}${tls ? " smtpnb-protected" : ""}`);
  const words = make("span", "smtpnb-said");
  const [first, ...more] = text.split("\n");
  words.append(make("span", "smtpnb-who", WHO[speaker]), make("bdi", "", first));
  line.append(words);
  if (more.length) {
    const rest = make("pre", "", more.join("\n"));
    line.append(section(count(more.length, "more line"), rest, false));
  }
  const facts = [seconds === null ? "" : `${seconds.toFixed(3)} s`, tls ? "TLS" : "", meaning];
  const about = facts.filter(Boolean).join(" · ");
  if (about) line.append(make("span", "smtpnb-meaning", about));
  return line;
}

function attachments(message, fetchFile) {
  const line = make("p", "smtpnb-files", "Attached: ");
  message.files.forEach((name, place) => {
    const size = message.sizes[place];
    if (size === undefined) line.append(make("bdi", "", name));
    else line.append(button(`${name}, ${count(size, "byte")}`, "Download it", () => fetchFile(place)));
    line.append(" ");
  });
  return line;
}

function section(title, content, open, unfolded) {
  const details = make("details", "");
  details.open = unfolded?.get(title) ?? open;
  details.append(make("summary", "", title), content);
  if (unfolded) details.addEventListener("toggle", () => unfolded.set(title, details.open));
  return details;
}

function letter(message, unfolded, fetchFile, talk) {
  const part = (title, content, open) => section(title, content, open, unfolded);
  const parts = [part("Envelope: what the servers see", table(message.envelope, "smtpnb-facts"), true)];
  parts.push(part("Headers: what the reader sees", table(message.headers, "smtpnb-facts"), true));
  if (message.html) parts.push(part("HTML", framed(message.html), true));
  if (message.text) parts.push(part("Text", make("pre", "", message.text), !message.html));
  if (message.files.length) parts.push(attachments(message, fetchFile));
  parts.push(talk);
  parts.push(part("Source", make("pre", "", message.source), false));
  return parts;
}

function render(state, { model, el }) {
  const root = make("div", "smtpnb smtpnb-inbox");
  const title = make("div", "smtpnb-title");
  title.setAttribute("role", "status");
  const list = make("table", "smtpnb-list");
  const head = make("thead", "");
  const body = make("tbody", "");
  const names = make("tr", "");
  names.append(...NAMES.map((name, at) => Object.assign(make("th", `smtpnb-${COLUMNS[at]}`, name), { scope: "col" })));
  head.append(names);
  list.append(head, body);
  const box = make("div", "smtpnb-box");
  box.append(list);
  const detail = make("div", "smtpnb-letter");
  const tools = make("div", "smtpnb-tools");
  const search = make("input", "smtpnb-search");
  Object.assign(search, { type: "search", placeholder: "Search" });
  search.setAttribute("aria-label", "Search sender, recipients and subject");
  const clear = button("Clear", "Forget all messages", () => asks(true));
  const sure = make("span", "smtpnb-sure");
  const yes = button("Clear", "", () => { model.send({ clear: true }); asks(false); });
  const no = button("Keep", "", () => asks(false));
  sure.append(make("span", "smtpnb-question"), yes, no);
  sure.setAttribute("role", "group");
  sure.addEventListener("keydown", (event) => { if (event.key === "Escape") asks(false); });
  const asks = (isAsked) => {
    const hadFocus = sure.contains(document.activeElement) || document.activeElement === clear;
    clear.hidden = isAsked;
    sure.hidden = !isAsked;
    sure.firstChild.textContent = `Forget ${count(state.total, "message")}?`;
    sure.setAttribute("aria-label", sure.firstChild.textContent);
    if (hadFocus) (isAsked ? no : clear).focus();
  };
  asks(false);
  tools.append(title, search, clear, sure);
  root.append(tools, box, detail);
  el.append(root);

  const choose = (number) => {
    if (number !== state.chosen) state.unfolded.clear();
    Object.assign(state, { chosen: number, open: null });
    model.send({ open: number });
    paint();
  };
  const rows = new Map(); // those that stay in the list are kept, with the focus on them
  const row = (message) => {
    const text = JSON.stringify(message);
    const known = rows.get(message.number);
    const element = known?.text === text ? known.element : drawn(message);
    rows.set(message.number, { text, element });
    element.classList.toggle("smtpnb-chosen", message.number === state.chosen);
    return element;
  };
  const drawn = (message) => {
    const element = make("tr", "");
    for (const column of COLUMNS) {
      const value = column === "size" ? integer.format(message.size) : message[column];
      const cell = make("td", `smtpnb-${column}`);
      if (column === "subject") {
        const open = make("button", "smtpnb-open", value || "(no subject)");
        open.type = "button";
        open.addEventListener("click", () => choose(message.number));
        cell.append(open);
      } else cell.append(make("bdi", "", value));
      element.append(cell);
    }
    return element;
  };
  const fits = (message) => {
    const words = search.value.toLowerCase().split(/\s+/);
    const text = `${message.from} ${message.to} ${message.subject}`.toLowerCase();
    return words.every((word) => text.includes(word));
  };
  search.value = state.words;
  search.addEventListener("input", () => { state.words = search.value; paint(); });
  box.addEventListener("scroll", () => { if (box.isConnected) state.scrollTop = box.scrollTop; }, { passive: true });
  body.addEventListener("keydown", (event) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    const all = [...body.querySelectorAll(".smtpnb-open")];
    const at = all.indexOf(document.activeElement);
    if (!step || at < 0) return;
    event.preventDefault();
    all[Math.min(Math.max(at + step, 0), all.length - 1)].focus();
  });
  const parts = (message) => {
    const { number } = message;
    const ask = () => model.send({ open: number, conversation: true });
    const talk = conversation(message, state.talks, state.unfolded, ask);
    return letter(message, state.unfolded, (place) => model.send({ open: number, file: place }), talk);
  };
  let shown = null;
  const paint = () => {
    const found = state.list.filter(fits);
    const all = count(state.total, "message");
    title.textContent = search.value ? `${integer.format(found.length)} of ${all}` : all;
    clear.disabled = !state.total;
    const oldest = state.list.at(-1)?.number ?? Infinity;
    for (const number of rows.keys()) if (number < oldest) rows.delete(number);
    fill(body, found.map(row));
    if (state.open !== shown) {
      shown = state.open;
      detail.replaceChildren(...(shown ? parts(shown) : []));
    }
  };
  state.views.add(paint);
  const { scrollTop } = state;
  paint();
  requestAnimationFrame(() => { box.scrollTop = scrollTop; }); // before it is in the page it has none
  model.send({ ready: true });
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
