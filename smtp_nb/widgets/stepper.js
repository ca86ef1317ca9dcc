// A conversation step by step: the diagram on the left, the trail on the right, below them what may
// be done. The keys work wherever the focus is, but for ? and f, which are letters in a field.

function listen(model) {
  const state = { now: null, views: new Set() };
  model.on("msg:custom", (message) => {
    if (message.kind === "stepper") state.now = message;
    for (const paint of state.views) paint();
  });
  return state;
}

class StepperPage {
  constructor(state, model) {
    Object.assign(this, { state, model });
    const send = (message) => model.send(message);
    this.el = make("div", "smtpnb smtpnb-stepper");
    this.el.setAttribute("role", "group");
    this.el.setAttribute("aria-label", "Step by step");
    this.diagram = make("div", "smtpnb-diagram");
    this.diagram.tabIndex = 0; // it may have to be scrolled
    this.diagram.setAttribute("role", "group");
    this.diagram.setAttribute("aria-label", "State diagram");
    new ResizeObserver(() => this.centre()).observe(this.diagram);
    this.talk = make("div", "smtpnb-talk");
    const panes = make("div", "smtpnb-panes");
    panes.append(this.diagram, this.talk);
    this.place = make("div", "smtpnb-place");
    this.place.setAttribute("role", "status");
    this.said = make("div", "smtpnb-said");
    this.said.setAttribute("role", "alert");
    this.speech = new Speech(send);
    this.intention = new Intention(send);
    this.faults = new Faults(send);
    const keys = make("div", "smtpnb-keys", "Alt+← goes back, ? explains, f opens the faults");
    this.el.append(panes, this.place, this.intention.el, this.speech.el, this.said, this.makeSwitches(send), this.faults.el, keys);
    this.el.addEventListener("keydown", (event) => this.key(event));
  }

  makeSwitches(send) {
    const bar = make("div", "smtpnb-switches");
    bar.setAttribute("role", "group");
    bar.setAttribute("aria-label", "Steps");
    const { next, run } = this.intention;
    this.back = button("Back", "Do all steps but the last again, on a new session", () => send({ press: "back" }));
    this.explain = button("Explain", "What the chosen line means, or the last one", () => this.explainLine());
    this.wrong = this.makeSwitch("Let me do wrong", (isOn) => send({ wrong: isOn }));
    this.raw = this.makeSwitch("Bytes as they are", (isOn) => this.speech.setRaw(isOn));
    bar.append(next, run, this.back, this.explain, this.wrong.label, this.raw.label);
    return bar;
  }

  makeSwitch(text, act) {
    const label = make("label", "smtpnb-switch");
    const box = make("input", "");
    box.type = "checkbox";
    box.setAttribute("role", "switch");
    box.addEventListener("change", () => act(box.checked));
    label.append(box, ` ${text}`);
    return { label, box };
  }

  key(event) {
    const isField = ["INPUT", "SELECT"].includes(event.target.tagName) && event.target.type !== "checkbox";
    if (event.altKey && event.key === "ArrowLeft") this.back.click(); // the browser's own way back
    else if (!isField && event.key === "?") this.explainLine();
    else if (!isField && event.key === "f" && this.state.now?.faults) this.faults.toggle();
    else {
      if (isField) event.stopPropagation();
      return;
    }
    event.preventDefault();
    event.stopPropagation();
  }

  // The trail explains the line that it stands on.
  explainLine() {
    const box = this.talk.querySelector(".smtpnb-box");
    if (!box) return;
    if (!box.querySelector("[aria-current]")) box.dispatchEvent(new KeyboardEvent("keydown", { key: "End" }));
    box.focus();
  }

  paint() {
    const { now } = this.state;
    if (!now) return;
    const isHand = now.mode === "hand";
    if (this.drawn !== now.svg) this.draw(now.svg);
    this.speech.el.hidden = this.wrong.label.hidden = this.raw.label.hidden = !isHand;
    this.intention.el.hidden = this.intention.next.hidden = this.intention.run.hidden = isHand;
    this.back.disabled = !now.count;
    this.paintPlace(now, isHand);
    if (this.said.textContent !== now.said) this.said.textContent = now.said;
    if (isHand) this.speech.paint(now);
    else this.intention.paint(now);
    this.wrong.box.checked = now.isWrong ?? false;
    this.faults.paint(now.faults);
    this.showTrail(now.trail);
  }

  draw(svg) {
    this.drawn = svg;
    this.diagram.innerHTML = svg; // made in Python, every word escaped
    this.centre();
  }

  // Scroll to where the conversation is.
  centre() {
    const here = this.diagram.querySelector("circle.smtpnb-here")?.getBoundingClientRect();
    if (!here) return;
    const box = this.diagram.getBoundingClientRect();
    this.diagram.scrollLeft += (here.left + here.right - box.left - box.right) / 2;
  }

  paintPlace(now, isHand) {
    const steps = count(now.count, "step");
    const waiting = isHand && !now.isOver ? `the server waits for ${now.waiting}` : "";
    const text = [`State: ${now.state}`, steps, waiting].filter(Boolean).join(" · ");
    if (this.place.textContent !== text) this.place.textContent = text;
  }

  async showTrail(id) {
    if (this.isTrailAsked) return;
    this.isTrailAsked = true;
    const child = await this.model.widget_manager.get_model(id);
    this.child = await this.model.widget_manager.create_view(child);
    this.talk.append(this.child.el);
  }
}

function render(state, { model, el }) {
  const page = new StepperPage(state, model);
  el.append(page.el);
  const paint = () => page.paint();
  state.views.add(paint);
  paint();
  model.send({ ready: true });
  return () => {
    state.views.delete(paint);
    page.child?.remove();
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
