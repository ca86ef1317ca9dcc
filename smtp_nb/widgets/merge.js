// How far a merge is, who did not get it, and in the end its results.

const BLOCKED = "While the cell runs, its stop button stops the merge between two messages.";
const ANNOUNCED_MS = 5000;

function listen(model) {
  const state = { latest: null, views: new Set(), results: new ResultsStore() };
  model.on("msg:custom", (message) => {
    state.results.take(message);
    if (message.kind === "progress") state.latest = message;
    if (state.latest) for (const paint of state.views) paint(state.latest);
  });
  return state;
}

function duration(seconds) {
  const minutes = Math.floor(seconds / 60);
  return minutes ? `${integer.format(minutes)} min ${seconds % 60} s` : `${seconds} s`;
}

function sentence(now) {
  const words = [];
  // A run that had nothing to do says why, and "0 of 0" would say nothing.
  if (now.total || !now.note) words.push(`${integer.format(now.done)} of ${integer.format(now.total)}`);
  for (const [outcome, number] of now.counts) words.push(`${integer.format(number)} ${outcome}`);
  if (now.note && now.note !== now.state && !now.over) words.push(now.note);
  if (now.over && now.note) words.push(now.note);
  if (now.state !== "running") words.push(now.state);
  return words.join(" · ");
}

function pace(now) {
  if (now.over || now.done >= now.total || !now.rate) return "";
  return `${integer.format(now.rate)} a second` + (now.eta === null ? "" : `, ${duration(now.eta)} left`);
}

// The last ones who did not get their message, while the merge goes on.
function missedTable(now) {
  const table = make("table", "smtpnb-missed");
  const more = now.missing > now.missed.length ? `, the last ${now.missed.length} of them` : "";
  table.append(make("caption", "", `Did not get it: ${integer.format(now.missing)}${more}`));
  const head = make("tr", "");
  const names = RESULT_NAMES.map((name, at) => make("th", `smtpnb-of-${RESULT_COLUMNS[at]}`, name));
  head.append(...names.map((name) => Object.assign(name, { scope: "col" })));
  table.append(head);
  for (const row of now.missed) {
    const line = make("tr", "");
    RESULT_COLUMNS.forEach((column, at) => {
      const cell = make("td", "");
      cell.className = `smtpnb-of-${column}`;
      if (column === "outcome") cell.append(make("span", `smtpnb-swatch smtpnb-is-${row[at]}`));
      cell.append(make("bdi", "", row[at] ?? ""));
      if (column === "why" && row[4]) cell.append(make("div", "smtpnb-reply", row[4]));
      line.append(cell);
    });
    table.append(line);
  }
  return table;
}

class MergePanel {
  constructor(state, send) {
    this.state = state;
    this.announced = 0;
    this.el = make("div", "smtpnb smtpnb-merge");
    this.line = make("div", "smtpnb-counts");
    this.bar = make("div", "smtpnb-progress");
    this.bar.setAttribute("role", "progressbar");
    this.bar.setAttribute("aria-label", "Messages with an outcome");
    this.speed = make("div", "smtpnb-pace");
    this.live = make("div", "smtpnb smtpnb-results smtpnb-so-far");
    this.plot = make("div", "smtpnb-plot");
    this.missed = make("div", "smtpnb-who");
    this.live.append(this.plot, this.missed);
    this.status = make("div", "smtpnb-unseen");
    this.status.setAttribute("role", "status");
    this.buttons = make("div", "smtpnb-buttons");
    this.pause = button("Pause", "", () => send({ press: this.pause.dataset.press }));
    this.cancel = button("Cancel", "", () => send({ press: "cancel" }));
    this.hint = make("span", "smtpnb-hint", BLOCKED);
    this.buttons.append(this.pause, this.cancel, this.hint);
    this.results = make("div", "smtpnb smtpnb-results");
    this.panel = new ResultsPanel(state.results);
    this.results.append(this.panel.el);
    this.el.append(this.line, this.bar, this.speed, this.buttons, this.live, this.results, this.status);
    this.panel.changed();
  }

  paint(now) {
    const sums = this.state.results.sums;
    this.paintBar(now, sums);
    this.line.textContent = sentence(now);
    this.speed.textContent = pace(now);
    this.pause.textContent = now.state === "paused" ? "Resume" : "Pause";
    this.pause.dataset.press = now.state === "paused" ? "resume" : "pause";
    this.pause.disabled = this.cancel.disabled = !now.hasJob || now.state === "cancelling";
    this.hint.hidden = now.hasJob;
    this.buttons.hidden = now.over;
    this.live.hidden = sums !== null;
    if (!sums) {
      this.plot.replaceChildren(...drawn(now.plot));
      this.missed.replaceChildren(...(now.missing ? [missedTable(now)] : []));
    }
    if (now.over || performance.now() - this.announced > ANNOUNCED_MS) {
      this.announced = performance.now();
      this.status.textContent = this.line.textContent;
    }
  }

  paintBar(now, sums) {
    const counts = sums ? sums.counts : now.counts;
    const total = sums ? sums.counts.reduce((sum, [, number]) => sum + number, 0) : now.total;
    this.bar.replaceChildren(...counts.map(([outcome, number]) => {
      const part = make("div", `smtpnb-fill smtpnb-is-${outcome}`);
      part.style.width = `${total ? (100 * number) / total : 0}%`;
      part.title = `${integer.format(number)} ${outcome}`;
      return part;
    }));
    this.bar.setAttribute("aria-valuemin", "0");
    this.bar.setAttribute("aria-valuemax", String(now.total));
    this.bar.setAttribute("aria-valuenow", String(now.done));
  }
}

function render(state, { model, el }) {
  const panel = new MergePanel(state, (message) => model.send(message));
  el.append(panel.el);
  const paint = (now) => panel.paint(now);
  state.views.add(paint);
  if (state.latest) paint(state.latest);
  else model.send({ ready: true });
  return () => {
    state.views.delete(paint);
    panel.panel.close();
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
