// The composer: a form, what its reader will see, and the cell that sends the same. Nothing leaves
// without a press of Send, and one press sends once.

const WAIT_MS = 300;
const MAIL_FIELDS = ["sender", "to", "cc", "bcc", "subject", "body", "attach", "reply_to", "importance", "kind", "raw"];
const EMPTY = { sender: "", to: "", cc: "", bcc: "", reply_to: "", subject: "", importance: "", kind: "text", body: "", raw: false, attach: [] };

// What all views of one composer share; a view may be drawn anew at any time.
class Draft {
  constructor(model) {
    Object.assign(this, {
      model, views: new Set(), form: { ...EMPTY }, turn: 0, edit: 0, limit: 0, said: "", focus: null,
      touched: new Set(), attempted: false, wanted: null, asking: "", sending: false, cancelled: false,
      checked: { edit: 0, cell: "", problems: [], recipients: 0, headers: [], text: "", html: "" },
      ended: null, sentCell: "", loaded: false,
    });
    model.on("msg:custom", (message) => this.take(message));
    model.send({ ready: true });
  }

  take(message) {
    if (message.kind === "all") this.load(message);
    else if (message.kind === "checked") this.takeVerdict(message);
    else if (message.kind === "sending") Object.assign(this, { sending: true, ended: null, turn: message.turn });
    else if (message.kind === "file") this.takeFile(message);
    this.paint();
  }

  load(message) {
    const isOver = this.loaded && message.ended && message.turn > 0 && !message.sending;
    if (!this.loaded) {
      this.form = message.form;
      for (const name of MAIL_FIELDS) if (String(this.form[name])) this.touched.add(name);
    }
    this.loaded = true;
    Object.assign(this, { turn: message.turn, sending: message.sending, ended: message.ended, limit: message.limit });
    this.sentCell = message.sentCell;
    this.cancelled = false;
    if (!this.edit) this.checked = { ...message, edit: 0 };
    if (isOver) this.model.send({ seen: true });
  }

  takeVerdict(message) {
    if (message.edit !== undefined && message.edit < this.edit) return;
    this.checked = { ...message, edit: this.edit };
    if (message.refused) {
      Object.assign(this, { sending: false, attempted: true });
      for (const view of this.views) view.focusFirst(message.problems.filter(([, , isError]) => isError));
    }
    if (this.wanted && message.edit === this.edit) this.decide();
  }

  takeFile({ name, path, problem }) {
    this.said = path ? `${path} is in the notebook's folder now, and attached` : `${name}: ${problem}`;
    if (!path || this.form.attach.includes(path)) return;
    this.form.attach.push(path);
    this.touched.add("attach");
    this.change();
  }

  change() {
    this.edit += 1;
    this.asking = "";
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.check(), WAIT_MS);
    this.paint();
  }

  check() {
    clearTimeout(this.timer);
    this.model.send({ check: this.form, edit: this.edit });
  }

  // A press of Send, or its key: first the newest verdict, then a question if there is one to ask.
  press(byKey) {
    if (this.wanted || this.sending || this.asking) return;
    this.edit += 1;
    Object.assign(this, { wanted: { byKey }, said: "", attempted: true });
    this.check();
    this.paint();
  }

  decide() {
    const { byKey } = this.wanted;
    this.wanted = null;
    const errors = this.checked.problems.filter(([, , isError]) => isError);
    if (errors.length) {
      for (const view of this.views) view.focusFirst(errors);
      return;
    }
    const doubts = this.checked.problems.map(([, text]) => text);
    const isAgain = this.sentCell === this.checked.cell;
    const whom = count(this.checked.recipients, "recipient");
    if (isAgain && this.ended?.outcome === "UNKNOWN") this.asking = "It may have been delivered already. Send it a second time?";
    else if (isAgain && this.ended?.outcome) this.asking = "This message was sent before. Send it a second time?";
    else if (doubts.length) this.asking = `Check: ${doubts.join("; ")}. Send it to ${whom} all the same?`;
    else if (byKey) this.asking = `Send it to ${whom}?`;
    else this.deliver();
    if (this.asking) for (const view of this.views) view.focusQuestion();
  }

  deliver() {
    if (this.sending) return;
    Object.assign(this, { asking: "", sending: true, ended: null });
    this.model.send({ send: this.form, turn: this.turn });
    this.paint();
    for (const view of this.views) view.leaveQuestion();
  }

  cancel() {
    this.cancelled = true;
    this.model.send({ cancel: true });
    this.paint();
  }

  get status() {
    if (this.sending) return this.cancelled ? "Stopping…" : "Sending… (a cell that runs is finished first)";
    if (this.wanted) return "Checking… (a cell that runs is finished first)";
    return this.said;
  }

  paint() {
    for (const view of this.views) view.paint();
  }
}

class Form {
  constructor(draft) {
    this.draft = draft;
    this.prefix = `smtpnb-composer-${(forms += 1)}`;
    this.el = make("div", "smtpnb smtpnb-composer");
    this.el.dataset.lmSuppressShortcuts = "true"; // JupyterLab would take the keys
    this.fields = new Map();
    const left = make("div", "smtpnb-form");
    left.setAttribute("role", "group");
    left.setAttribute("aria-label", "Message");
    for (const [name, label] of LINES) left.append(this.field(name, label, lineInput()));
    left.append(this.field("kind", "Format", choice(KINDS)), this.makeBody(), this.makeFiles(), this.makeMore());
    const panes = make("div", "smtpnb-panes");
    panes.append(left, this.makeRight());
    this.el.append(panes, this.makeEnd());
    this.listen();
  }

  field(name, label, input) {
    const made = new Field(this.prefix, name, label, input);
    this.fields.set(name, made);
    return made.box;
  }

  makeBody() {
    const input = make("textarea", "smtpnb-input smtpnb-body");
    input.rows = 8;
    return this.field("body", "Text", input);
  }

  makeFiles() {
    const box = this.field("attach", "Attach", lineInput());
    this.files = new Files(this.fields.get("attach"), this.draft, () => this.draft.change());
    return box;
  }

  makeMore() {
    const more = make("details", "smtpnb-more");
    const raw = make("input", "smtpnb-check");
    raw.type = "checkbox";
    more.append(
      make("summary", "", "More"),
      this.field("reply_to", "Reply-To", lineInput()),
      this.field("importance", "Importance", choice(IMPORTANCES)),
      this.field("raw", "Leave {{ … }} as it is", raw),
    );
    this.more = more;
    return more;
  }

  makeRight() {
    const right = make("div", "smtpnb-seen");
    this.headers = make("dl", "smtpnb-facts");
    this.letter = make("div", "smtpnb-letter");
    this.cell = make("pre", "smtpnb-cell");
    this.cell.tabIndex = 0;
    this.cell.setAttribute("aria-label", "The cell that sends the same");
    const head = make("div", "smtpnb-title", "The same as a cell ");
    if (navigator.clipboard) head.append(button("Copy", "Copy the cell", () => this.copy()));
    right.append(make("div", "smtpnb-title", "What its reader sees"), this.headers, this.letter, head, this.cell);
    return right;
  }

  makeEnd() {
    const end = make("div", "smtpnb-end");
    this.send = button("Send", "Send it now (Ctrl+Enter asks first)", () => this.draft.press(false));
    this.send.classList.add("smtpnb-send");
    this.send.dataset.field = "send";
    this.stop = button("Cancel", "Stop sending", () => this.draft.cancel());
    this.status = make("span", "smtpnb-status");
    this.status.setAttribute("role", "status");
    const line = make("div", "smtpnb-line");
    line.append(this.send, this.stop, this.status);
    this.question = make("div", "smtpnb-question");
    this.question.setAttribute("role", "group");
    this.asked = make("span", "");
    this.asked.id = `${this.prefix}-asked`;
    this.question.setAttribute("aria-labelledby", this.asked.id);
    this.yes = button("Send it", "", () => this.draft.deliver());
    const no = button("Not yet", "", () => this.refuse());
    this.question.append(this.asked, this.yes, no);
    this.general = make("div", "smtpnb-general");
    this.ended = make("div", "smtpnb-ended");
    this.ended.setAttribute("role", "status");
    end.append(line, this.question, this.general, this.ended);
    return end;
  }

  refuse() {
    this.draft.asking = "";
    this.draft.paint();
    this.send.focus();
  }

  leaveQuestion() {
    if (!this.el.contains(document.activeElement) || document.activeElement === document.body) this.send.focus();
  }

  listen() {
    const { draft } = this;
    this.el.addEventListener("input", (event) => {
      const name = event.target.dataset.field;
      if (!(name in EMPTY) || name === "attach") return;
      draft.form[name] = event.target.type === "checkbox" ? event.target.checked : event.target.value;
      draft.change();
    });
    this.el.addEventListener("change", (event) => this.touch(event.target.dataset.field));
    this.el.addEventListener("focusin", (event) => { draft.focus = event.target.dataset.field ?? null; });
    this.el.addEventListener("focusout", () => setTimeout(() => {
      if (this.el.isConnected && !this.el.contains(document.activeElement)) draft.focus = null;
    }));
    this.el.addEventListener("keydown", (event) => this.key(event));
  }

  touch(name) {
    if (!name) return;
    this.draft.touched.add(name);
    this.draft.paint();
  }

  key(event) {
    event.stopPropagation();
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      this.draft.press(true);
    } else if (event.key === "Escape" && this.draft.asking) this.refuse();
  }

  focusFirst(errors) {
    this.paint();
    const wrong = new Set(errors.map(([name]) => name));
    const first = MAIL_FIELDS.find((name) => wrong.has(name));
    if (first === "reply_to") this.more.open = true;
    if (first) this.fields.get(first).input.focus();
    else this.send.focus();
  }

  focusQuestion() {
    this.paint();
    this.yes.focus();
  }

  restoreFocus() {
    if (this.draft.focus) this.el.querySelector(`[data-field="${this.draft.focus}"]`)?.focus();
  }

  paint() {
    const { draft } = this;
    const { checked } = draft;
    for (const [name, field] of this.fields) {
      // A file that is missing is missed in the text.
      field.touched ||= draft.touched.has(name) || (name === "attach" && draft.touched.has("body"));
      field.paint(checked.problems, draft.attempted);
      this.fill(name, field.input);
    }
    if (draft.loaded && !this.opened) {
      this.opened = true;
      this.more.open = Boolean(draft.form.reply_to || draft.form.importance || draft.form.raw);
    }
    this.files.paint();
    this.paintLetter(checked);
    this.cell.textContent = checked.cell;
    const general = checked.problems.filter(([name]) => !name);
    this.general.replaceChildren(...general.map(problemLine));
    this.paintEnd();
  }

  // What a person is typing is never written over.
  fill(name, input) {
    if (name === "attach" || input === document.activeElement) return;
    const value = this.draft.form[name];
    if (input.type === "checkbox") input.checked = value;
    else if (input.value !== value) input.value = value;
  }

  paintLetter({ headers, text, html, problems }) {
    const isWrong = problems.some(([, , isError]) => isError) && !headers.length;
    const facts = headers.flatMap(([name, value]) => [make("dt", "", name), make("dd", "", value)]);
    const { attach } = this.draft.form;
    if (attach.length) facts.push(make("dt", "", "Attached"), make("dd", "", attach.join(", ")));
    this.headers.replaceChildren(...facts);
    const key = JSON.stringify([text, html, isWrong]);
    if (key === this.painted) return;
    this.painted = key;
    if (isWrong) this.letter.replaceChildren(make("p", "smtpnb-hint", "It is shown here once nothing is wrong any more."));
    else if (html) this.letter.replaceChildren(this.framed(html, text));
    else {
      const plain = make("pre", "", text || "(no text)");
      plain.tabIndex = 0;
      plain.setAttribute("aria-label", "The text");
      this.letter.replaceChildren(plain);
    }
  }

  // A frame that runs nothing cannot tell its height, so that is reckoned from the text.
  framed(html, text) {
    const element = frame(html, "Preview of the HTML");
    const lines = text.split("\n").reduce((sum, line) => sum + 1 + Math.floor(line.length / 60), 0);
    element.style.height = `${Math.min(Math.max(lines * 1.8 + 3, 6), 28)}em`;
    return element;
  }

  paintEnd() {
    const { draft } = this;
    const isBusy = draft.sending || Boolean(draft.wanted);
    // Not `disabled`: that would take the focus away.
    this.send.setAttribute("aria-disabled", String(isBusy || Boolean(draft.asking)));
    this.stop.hidden = !draft.sending;
    this.stop.disabled = draft.cancelled;
    if (this.status.textContent !== draft.status) this.status.textContent = draft.status;
    this.question.hidden = !draft.asking;
    this.asked.textContent = draft.asking;
    const key = JSON.stringify(draft.ended);
    if (key === this.saidEnd) return;
    this.saidEnd = key;
    this.ended.replaceChildren(...this.outcome(draft.ended));
    if (draft.ended && draft.focus) this.ended.scrollIntoView({ block: "nearest" });
  }

  outcome(ended) {
    if (!ended) return [];
    const parts = [make("div", "smtpnb-title", ended.outcome ? `${ended.outcome}: ${ended.title}` : `Not sent: ${ended.title}`)];
    if (ended.recipients.length) {
      const list = make("ul", "smtpnb-recipients");
      list.append(...ended.recipients.map(([address, outcome, words]) => {
        const line = make("li", "");
        line.append(make("strong", outcome === "ACCEPTED" ? "" : "smtpnb-error", outcome), " ", make("bdi", "", address));
        if (words) line.append(make("span", "smtpnb-words", ` ${words}`));
        return line;
      }));
      parts.push(list);
    }
    if (ended.remedy) parts.push(make("div", "", `What to do: ${ended.remedy}.`));
    return parts;
  }

  copy() {
    const say = (text) => { this.draft.said = text; this.draft.paint(); };
    navigator.clipboard.writeText(this.draft.checked.cell).then(
      () => say("The cell is copied"),
      () => say("The browser does not allow this page to copy"),
    );
  }
}

function render(draft, { el }) {
  const view = new Form(draft);
  draft.views.add(view);
  el.append(view.el);
  view.paint();
  requestAnimationFrame(() => view.restoreFocus());
  return () => draft.views.delete(view);
}

// Called once for each model; what `model` is differs between initialize and render.
export default () => {
  let draft;
  return {
    initialize({ model }) {
      draft = new Draft(model);
    },
    render: (context) => render(draft, context),
  };
};
