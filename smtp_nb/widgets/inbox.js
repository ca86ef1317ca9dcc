// The inbox of a sandbox. What stands in a message is hostile: text only becomes text nodes, and
// HTML only goes into a frame that runs nothing and loads nothing.

const POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'";
const COLUMNS = ["time", "from", "to", "subject", "size"];
const NAMES = ["Received", "From", "To", "Subject", "Size"];

function listen(model) {
  const state = { list: [], total: 0, open: null, chosen: -1, views: new Set() };
  model.on("msg:custom", (message) => {
    if (message.kind === "list") Object.assign(state, { list: message.messages, total: message.total });
    if (message.kind === "message" && message.number === state.chosen) state.open = message;
    for (const paint of state.views) paint();
  });
  return state;
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

function frame(html) {
  const element = document.createElement("iframe");
  element.className = "smtpnb-frame";
  element.title = "The message's HTML";
  element.setAttribute("sandbox", "");
  element.setAttribute("referrerpolicy", "no-referrer");
  element.srcdoc = `<meta http-equiv="Content-Security-Policy" content="${POLICY}">${html}`;
  return element;
}

function section(title, content, open) {
  const details = make("details", "");
  details.open = open;
  details.append(make("summary", "", title), content);
  return details;
}

function letter(message) {
  const parts = [section("Envelope: what the servers see", table(message.envelope, "smtpnb-facts"), true)];
  parts.push(section("Headers: what the reader sees", table(message.headers, "smtpnb-facts"), true));
  if (message.html) parts.push(section("HTML", frame(message.html), true));
  if (message.text) parts.push(section("Text", make("pre", "", message.text), !message.html));
  if (message.files.length) parts.push(make("p", "", `Attached: ${message.files.join(", ")}`));
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
  root.append(title, box, detail);
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
  let shown = null;
  const paint = () => {
    const count = integer.format(state.total);
    title.textContent = state.total === 1 ? "1 message" : `${count} messages`;
    const focused = body.contains(document.activeElement);
    body.replaceChildren(...state.list.map(row));
    if (focused) body.querySelector(".smtpnb-chosen button")?.focus();
    if (state.open !== shown) {
      shown = state.open;
      detail.replaceChildren(...(shown ? letter(shown) : []));
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
