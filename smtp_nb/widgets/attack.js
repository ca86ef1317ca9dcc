// The attack lab: three panes and a row of switches. Text from anywhere only becomes a text node.

function listen(model) {
  const state = { now: null, views: new Set() };
  model.on("msg:custom", (message) => {
    if (message.kind === "attack") state.now = message;
    for (const paint of state.views) paint();
  });
  return state;
}

// Where an end of line is spelled, it is set apart from the text before it.
function spelled(text) {
  const line = make("code", "smtpnb-text");
  for (const part of text.split(/(\\r|\\n)/)) {
    if (part) line.append(/^\\[rn]$/.test(part) ? make("span", "smtpnb-end", part === "\\r" ? "CR" : "LF") : part);
  }
  return line;
}

class Lab {
  constructor(state, model) {
    Object.assign(this, { state, model });
    this.el = make("div", "smtpnb smtpnb-attack");
    this.el.setAttribute("role", "group");
    this.title = make("div", "smtpnb-title");
    this.story = make("p", "smtpnb-story");
    this.verdict = make("div", "smtpnb-verdict");
    this.verdict.setAttribute("role", "status");
    this.words = make("div", "smtpnb-words");
    this.said = make("div", "smtpnb-said");
    this.said.setAttribute("role", "alert");
    const panes = make("div", "smtpnb-panes");
    panes.append(this.makeInput(), this.makeWire(), this.makeInbox());
    this.el.append(this.title, this.story, this.makeDefences(), this.verdict, this.words, this.said, this.makeChecks(), panes);
  }

  pane(name, ...parts) {
    const pane = make("div", "smtpnb-pane");
    pane.append(make("div", "smtpnb-heading", name), ...parts);
    return pane;
  }

  makeInput() {
    this.presets = make("div", "smtpnb-presets");
    this.presets.setAttribute("role", "group");
    this.presets.setAttribute("aria-label", "Presets");
    this.label = make("label", "smtpnb-label");
    this.input = make("textarea", "smtpnb-input");
    this.input.id = this.label.htmlFor = freshId("attack");
    Object.assign(this.input, { rows: 7, spellcheck: false });
    this.typed = ""; // what it held when it was last sent or shown
    this.input.dataset.lmSuppressShortcuts = "true"; // JupyterLab would take some keys
    this.input.addEventListener("keydown", (event) => {
      event.stopPropagation();
      if (event.key !== "Enter" || event.shiftKey) return;
      event.preventDefault(); // an end of line is written as \r\n
      this.write();
    });
    const attack = button("Attack", "Send this (Enter)", () => this.write());
    return this.pane("Eve", this.presets, this.label, this.input, attack);
  }

  makeWire() {
    this.wire = make("ol", "smtpnb-wire smtpnb-box");
    this.wire.tabIndex = 0; // it may have to be scrolled
    this.wire.setAttribute("aria-label", "On the wire");
    return this.pane("On the wire", this.wire);
  }

  makeInbox() {
    this.inbox = make("ul", "smtpnb-inboxlist");
    this.controls = make("ul", "smtpnb-controls");
    return this.pane("Inbox", this.inbox, make("div", "smtpnb-heading", "Honest mail"), this.controls);
  }

  makeChecks() {
    this.checks = make("div", "smtpnb-checks smtpnb-box");
    this.checks.tabIndex = 0; // it may have to be scrolled
    this.checks.setAttribute("role", "group");
    this.checks.setAttribute("aria-label", "What Ben's server finds");
    return this.checks;
  }

  makeDefences() {
    this.defences = make("div", "smtpnb-defences");
    this.defences.setAttribute("role", "group");
    this.defences.setAttribute("aria-label", "Defences");
    return this.defences;
  }

  write() {
    this.send(this.input.value);
  }

  send(text) {
    this.typed = this.input.value;
    this.model.send({ write: text });
  }

  paint() {
    const { now } = this.state;
    if (!now) return;
    this.el.setAttribute("aria-label", now.title);
    this.title.textContent = now.title;
    this.story.textContent = now.story;
    this.label.textContent = now.asks;
    if (this.written !== now.written) {
      // What was typed while the answer was on its way stays.
      if (this.input.value === this.typed) this.input.value = this.typed = now.written;
      this.written = now.written;
    }
    this.input.rows = Math.min(8, 2 + Math.ceil(now.written.length / 40));
    this.paintPresets(now);
    this.paintDefences(now);
    const sign = now.isSafe ? "✓" : "✗";
    const verdict = `${sign} ${now.verdict}`;
    if (this.verdict.textContent !== verdict) this.verdict.textContent = verdict;
    this.verdict.className = `smtpnb-verdict ${now.isSafe ? "smtpnb-safe" : "smtpnb-unsafe"}`;
    this.words.textContent = now.words;
    if (this.said.textContent !== now.said) this.said.textContent = now.said;
    this.paintChecks(now.checks);
    this.wire.replaceChildren(...now.wire.map((row) => this.wireRow(row)));
    const hostile = this.wire.querySelector(".smtpnb-hostile");
    if (hostile) this.wire.scrollTop = hostile.offsetTop - this.wire.offsetTop - this.wire.clientHeight / 3;
    this.inbox.replaceChildren(...(now.inbox.length ? now.inbox.map((row) => this.letter(row)) : [make("li", "", "empty")]));
    this.controls.replaceChildren(...now.controls.map(([title, passed]) =>
      make("li", passed ? "" : "smtpnb-lost", `${passed ? "✓" : "✗"} ${title} ${passed ? "arrives" : "does not arrive"}`)));
  }

  paintPresets(now) {
    if (!this.presets.children.length) {
      this.presets.append(...now.presets.map(([name, text]) => {
        const chosen = button(name, "Let Eve write this", () => this.send(text));
        chosen.dataset.text = text;
        return chosen;
      }));
    }
    for (const each of this.presets.children) each.setAttribute("aria-pressed", String(each.dataset.text === now.written));
  }

  paintDefences(now) {
    if (!this.defences.children.length) {
      this.switches = now.defences.map(([name, title, why]) => {
        const label = make("label", "smtpnb-defence");
        const box = make("input", "");
        box.type = "checkbox";
        box.setAttribute("role", "switch");
        box.setAttribute("aria-label", title);
        box.addEventListener("change", () => this.model.send({ defence: name, on: box.checked }));
        label.append(box, make("b", "", title), make("span", "smtpnb-why", why));
        this.defences.append(label);
        return box;
      });
    }
    now.defences.forEach(([, , , isOn], at) => { this.switches[at].checked = isOn; });
  }

  // What the victim's server can find out, without the defences and with them.
  paintChecks(checks) {
    this.checks.hidden = !checks.length;
    if (!checks.length) return;
    const table = make("table", "");
    table.append(make("caption", "", "What Ben's server finds"));
    const head = make("tr", "");
    for (const title of ["Check", "looks at", "without the defences", "now", "why"]) {
      head.append(Object.assign(make("th", "", title), { scope: "col" }));
    }
    table.append(head);
    for (const [name, ...cells] of checks) {
      const row = make("tr", "");
      row.append(Object.assign(make("th", "", name), { scope: "row" }));
      row.append(...cells.map((cell) => make("td", "", cell)));
      table.append(row);
    }
    this.checks.replaceChildren(table);
  }

  wireRow([who, text, isHostile]) {
    const row = make("li", isHostile ? "smtpnb-hostile" : "");
    row.append(make("span", "smtpnb-who", who), " ", spelled(text));
    if (isHostile) row.append(" ", make("span", "smtpnb-mark", "Eve"));
    return row;
  }

  letter([sender, recipients, subject, isHostile, results]) {
    const row = make("li", isHostile ? "smtpnb-hostile" : "");
    row.append(make("b", "", subject || "(no subject)"), ` from ${sender} to ${recipients}`);
    if (isHostile) row.append(" ", make("span", "smtpnb-mark", "Eve"));
    if (results) row.append(make("div", "smtpnb-why", results));
    return row;
  }
}

function render(state, { model, el }) {
  const lab = new Lab(state, model);
  el.append(lab.el);
  const paint = () => lab.paint();
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
