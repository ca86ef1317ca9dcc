// Parts of the stepper: what may be typed, the faults of the sandbox, and what our client is about to
// do. Text from anywhere only becomes a text node.

const LINE_END_TYPED = "\\r\\n"; // few fonts have the pictures of CR and LF

// A line, or bytes as they are, with the commands that the state allows below it.
class Speech {
  constructor(send) {
    this.send = send;
    this.el = make("div", "smtpnb-speech");
    this.form = make("form", "smtpnb-say");
    this.label = make("label", "smtpnb-label", "Say");
    this.input = make("input", "smtpnb-input");
    this.list = make("datalist", "");
    this.list.id = freshId("suggestions");
    this.input.id = freshId("line");
    this.label.htmlFor = this.input.id;
    Object.assign(this.input, { type: "text", autocomplete: "off", spellcheck: false });
    this.input.setAttribute("list", this.list.id);
    this.input.dataset.lmSuppressShortcuts = "true"; // JupyterLab would take some keys
    this.end = make("span", "smtpnb-end", "CR LF");
    this.end.title = "These two bytes end the line";
    this.ends = button("Insert CR LF", "Insert them where you write", () => this.insert(LINE_END_TYPED));
    this.submit = button("Send", "Send it", () => {});
    this.submit.type = "submit";
    this.form.append(this.label, this.input, this.end, this.ends, this.submit, this.list);
    this.form.addEventListener("submit", (event) => this.say(event));
    this.chips = make("div", "smtpnb-chips");
    this.chips.setAttribute("role", "toolbar");
    this.chips.setAttribute("aria-label", "What may come now");
    this.chips.addEventListener("keydown", (event) => this.walk(event));
    this.el.append(this.form, this.chips);
    this.isRaw = false;
    this.paintMode();
  }

  say(event) {
    event.preventDefault();
    this.send(this.isRaw ? { octets: this.input.value } : { say: this.input.value });
    this.sent = true;
    this.input.focus();
  }

  insert(text) {
    const { selectionStart: from, selectionEnd: to } = this.input;
    this.input.setRangeText(text, from, to, "end");
    this.input.focus();
  }

  setRaw(isRaw) {
    this.isRaw = isRaw;
    this.paintMode();
    this.input.focus();
  }

  paintMode() {
    this.end.hidden = this.isRaw;
    this.ends.hidden = !this.isRaw;
    this.label.textContent = this.isRaw ? "Bytes" : "Say";
    this.input.placeholder = this.isRaw ? "\\r and \\n for CR and LF, \\x2e for any byte" : "a line";
  }

  paint(now) {
    // What was refused stays, to be mended.
    if (this.sent && !now.said) this.input.value = "";
    this.sent = false;
    for (const part of [this.input, this.submit, this.ends]) part.disabled = now.isOver;
    const all = [...now.legal.map((one) => [...one, true]), ...now.illegal.map((one) => [...one, false])];
    this.list.replaceChildren(...all.map(([, line]) => Object.assign(make("option", ""), { value: line })));
    const focused = this.chips.contains(document.activeElement) ? document.activeElement.textContent : null;
    this.chips.replaceChildren(...all.map((one, at) => this.chip(one, at)));
    this.chips.hidden = !all.length;
    if (focused === null) return;
    const same = [...this.chips.children].find((each) => each.textContent === focused) ?? this.chips.firstChild;
    if (same) this.stand(same);
    else this.input.focus();
  }

  chip([verb, line, isLegal], at) {
    const title = isLegal ? `Write ${line}` : `Write ${line}, which is wrong now`;
    const chip = button(verb === "." ? "the dot" : verb, title, () => {
      this.input.value = this.isRaw ? `${line}${LINE_END_TYPED}` : line;
      this.input.focus();
    });
    chip.classList.toggle("smtpnb-illegal", !isLegal);
    chip.tabIndex = at ? -1 : 0;
    return chip;
  }

  walk(event) {
    const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1, Home: -Infinity, End: Infinity }[event.key];
    if (!step || event.altKey) return;
    const all = [...this.chips.children];
    const at = all.indexOf(document.activeElement) + step;
    event.preventDefault();
    event.stopPropagation();
    this.stand(all[Math.min(Math.max(at, 0), all.length - 1)]);
  }

  stand(chip) {
    for (const each of this.chips.children) each.tabIndex = each === chip ? 0 : -1;
    chip.focus();
  }
}

// What the sandbox does wrong on purpose.
class Faults {
  constructor(send) {
    this.el = make("details", "smtpnb-faults");
    this.head = make("summary", "", "Faults of the sandbox");
    this.select = make("select", "smtpnb-select");
    this.select.setAttribute("aria-label", "What goes wrong");
    this.select.dataset.lmSuppressShortcuts = "true";
    this.active = make("ul", "smtpnb-active");
    this.heal = button("Heal all", "Nothing goes wrong any more", () => send({ press: "heal" }));
    const bar = make("div", "smtpnb-switches");
    bar.append(this.select, button("Inject fault", "It goes wrong from now on", () => send({ fault: this.select.value })), this.heal);
    this.el.append(this.head, bar, this.active);
  }

  paint(faults) {
    this.el.hidden = !faults;
    if (!faults) return;
    if (!this.select.options.length) {
      this.select.append(...faults.names.map((name) => Object.assign(make("option", "", name), { value: name })));
    }
    const { length } = faults.active;
    this.head.textContent = `Faults of the sandbox: ${length || "none"}`;
    this.active.replaceChildren(...faults.active.map((text) => make("li", "", text)));
    this.heal.disabled = !length;
  }

  toggle() {
    this.el.open = !this.el.open;
    (this.el.open ? this.select : this.head).focus();
  }
}

// What our client is about to do, and the lines of its flows that wait for that.
class Intention {
  constructor(send) {
    this.el = make("div", "smtpnb-intention");
    this.doing = make("div", "smtpnb-doing");
    this.doing.setAttribute("role", "status");
    this.why = make("div", "smtpnb-why");
    this.where = make("div", "smtpnb-where");
    this.source = make("code", "smtpnb-source");
    this.next = button("Next", "Let the client do it", () => send({ press: "next" }));
    this.run = button("Run to the end", "Let send() return", () => send({ press: "run" }));
    this.more = make("details", "");
    this.flow = make("ol", "smtpnb-flow");
    this.more.append(make("summary", "", "All lines that wait"), this.flow);
    this.el.append(this.doing, this.why, this.where, this.source, this.more);
  }

  paint(now) {
    const said = now.isOver ? now.doing : `Next: ${now.doing}`;
    if (this.doing.textContent !== said) this.doing.textContent = said;
    this.why.textContent = now.why;
    this.where.textContent = now.where && `Waits in ${now.where}:`;
    this.source.textContent = now.source;
    this.source.hidden = !now.source;
    this.more.hidden = !now.flow.length;
    this.more.firstChild.textContent = `All ${now.flow.length} lines that wait, from send() down`;
    this.flow.replaceChildren(...now.flow.map(([name, place, source]) => {
      const line = make("li", "");
      line.append(make("b", "", name), ` ${place} `, make("code", "", source));
      return line;
    }));
    this.next.disabled = this.run.disabled = now.isOver;
  }
}
