// Which reply comes next? What was said is hostile: it only ever becomes a text node.

const SPEAKERS = { C: "client", S: "server" };

class Questions {
  constructor(model) {
    this.model = model;
    this.state = null;
    this.at = 0;
    this.el = make("div", "smtpnb smtpnb-quiz");
    this.sum = make("span", "smtpnb-sum", "Waiting for the questions");
    this.previous = button("Previous", "The question before", () => this.go(-1));
    this.next = button("Next", "The next question", () => this.go(1));
    this.card = make("div", "smtpnb-card");
    this.status = make("div", "smtpnb-unseen");
    this.status.setAttribute("role", "status");
    const bar = make("div", "smtpnb-bar");
    bar.append(this.sum, this.previous, this.next);
    this.el.append(bar, this.card, this.status);
  }

  take(message) {
    if (message.kind !== "quiz") return;
    const isFirst = this.state === null;
    this.state = message;
    if (isFirst) this.at = message.questions.length - 1;
    this.paint();
  }

  go(step) {
    this.at += step;
    this.paint();
    this.card.querySelector(".smtpnb-button:not(:disabled)")?.focus();
  }

  paint() {
    const { questions, count: all, points, total } = this.state;
    const question = questions[this.at];
    this.sum.textContent = `Question ${question.number} of ${all} · ${points} of ${total} points`;
    this.previous.disabled = this.at === 0;
    this.next.disabled = this.at + 1 >= questions.length;
    const hadFocus = this.card.contains(document.activeElement);
    this.card.replaceChildren(this.makeSaid(question), make("div", "smtpnb-text", question.text), ...this.makeChoices(question));
    if (question.verdicts.length) this.status.textContent = question.verdicts[question.verdicts.length - 1];
    if (!hadFocus) return;
    const open = this.card.querySelector(".smtpnb-button:not(:disabled)");
    (open ?? (this.next.disabled ? this.previous : this.next)).focus();
  }

  makeSaid(question) {
    const list = make("dl", "smtpnb-said");
    for (const [letter, line] of question.said) {
      const name = make("dt", `smtpnb-${SPEAKERS[letter]}`, letter);
      name.title = SPEAKERS[letter];
      list.append(name, make("dd", `smtpnb-${SPEAKERS[letter]}`, line));
    }
    return list;
  }

  makeChoices(question) {
    const [first, code] = question.given;
    const classes = this.state.classes.map(([digit, words]) => [digit, `${digit}: ${words}`]);
    const parts = [this.makeChoice(question, "It begins with", classes, first), ...this.makeVerdict(question, 0)];
    if (!first) return parts;
    const codes = question.codes.map((each) => [each, String(each)]);
    return [...parts, this.makeChoice(question, "The code is", codes, code), ...this.makeVerdict(question, 1)];
  }

  makeChoice(question, name, choices, given) {
    const group = make("fieldset", "smtpnb-choices");
    group.append(make("legend", "", name));
    for (const [value, words] of choices) {
      const choice = button(words, "", () => this.model.send({ answer: [question.number, value] }));
      choice.disabled = given !== 0;
      choice.setAttribute("aria-pressed", String(given === value));
      group.append(choice);
    }
    return group;
  }

  makeVerdict(question, place) {
    const text = question.verdicts[place];
    if (text === undefined) return [];
    const isRight = question.right[place];
    const line = make("div", `smtpnb-verdict ${isRight ? "smtpnb-right" : "smtpnb-wrong"}`);
    line.append(make("span", "smtpnb-mark", isRight ? "✓ " : "✗ "), document.createTextNode(text));
    return [line];
  }
}

function render({ model, el }) {
  const view = new Questions(model);
  el.append(view.el);
  const take = (message) => view.take(message);
  model.on("msg:custom", take);
  model.send({ ready: true });
  return () => model.off("msg:custom", take);
}

export default { render };
