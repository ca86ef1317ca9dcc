// The inbox of a sandbox. What stands in a message is hostile: text only becomes text nodes, and
// HTML only goes into a frame that runs nothing and loads nothing.

const COLUMNS = ["time", "from", "to", "subject", "size"];
const NAMES = ["Received", "From", "To", "Subject", "Size"];

function listen(model) {
  const state = { list: [], total: 0, open: null, chosen: -1, views: new Set() };
  model.on("msg:custom", (message, buffers) => {
    if (message.kind === "list") {
      Object.assign(state, { list: message.messages, total: message.total });
      if (!message.total) Object.assign(state, { open: null, chosen: -1 });
    }
    if (message.kind === "file") save(message, buffers);
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

// The HTML as wide as a phone's screen, or as the page.
function framed(html) {
  const box = make("div", "");
  const element = frame(html, "The message's HTML");
  const phone = button("Phone width", "Show it as a phone would", () => {
    const isPhone = phone.getAttribute("aria-pressed") !== "true";
    phone.setAttribute("aria-pressed", String(isPhone));
    element.style.width = isPhone ? "375px" : "";
  });
  phone.setAttribute("aria-pressed", "false");
  box.append(phone, element);
  return box;
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

function section(title, content, open) {
  const details = make("details", "");
  details.open = open;
  details.append(make("summary", "", title), content);
  return details;
}

function letter(message, fetchFile) {
  const parts = [section("Envelope: what the servers see", table(message.envelope, "smtpnb-facts"), true)];
  parts.push(section("Headers: what the reader sees", table(message.headers, "smtpnb-facts"), true));
  if (message.html) parts.push(section("HTML", framed(message.html), true));
  if (message.text) parts.push(section("Text", make("pre", "", message.text), !message.html));
  if (message.files.length) parts.push(attachments(message, fetchFile));
  parts.push(section("Source", make("pre", "", message.source), false));
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
  const clear = button("Clear", "Forget all messages", () => model.send({ clear: true }));
  tools.append(title, search, clear);
  root.append(tools, box, detail);
  el.append(root);

  const choose = (number) => {
    Object.assign(state, { chosen: number, open: null });
    model.send({ open: number });
    paint();
  };
  const row = (message) => {
    const element = make("tr", message.number === state.chosen ? "smtpnb-chosen" : "");
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
  search.addEventListener("input", () => paint());
  body.addEventListener("keydown", (event) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    const all = [...body.querySelectorAll(".smtpnb-open")];
    const at = all.indexOf(document.activeElement);
    if (!step || at < 0) return;
    event.preventDefault();
    all[Math.min(Math.max(at + step, 0), all.length - 1)].focus();
  });
  let shown = null;
  const paint = () => {
    const found = state.list.filter(fits);
    const all = count(state.total, "message");
    title.textContent = search.value ? `${integer.format(found.length)} of ${all}` : all;
    clear.disabled = !state.total;
    const focused = body.contains(document.activeElement);
    body.replaceChildren(...found.map(row));
    if (focused) body.querySelector(".smtpnb-chosen button")?.focus();
    if (state.open !== shown) {
      shown = state.open;
      detail.replaceChildren(...(shown ? letter(shown, (place) => model.send({ open: shown.number, file: place })) : []));
    }
  };
  state.views.add(paint);
  paint();
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
