// How far a merge is.

const BLOCKED = "While the cell runs, its stop button stops the merge between two messages.";

function listen(model) {
  const state = { latest: null, views: new Set() };
  model.on("msg:custom", (message) => {
    if (message.kind !== "progress") return;
    state.latest = message;
    for (const paint of state.views) paint(message);
  });
  return state;
}

function duration(seconds) {
  const minutes = Math.floor(seconds / 60);
  return minutes ? `${integer.format(minutes)} min ${seconds % 60} s` : `${seconds} s`;
}

function sentence(now) {
  const words = [`${integer.format(now.done)} of ${integer.format(now.total)}`];
  for (const [outcome, count] of now.counts) words.push(`${integer.format(count)} ${outcome}`);
  if (now.note && now.note !== now.state) words.push(now.note);
  return words.join(" · ");
}

function pace(now) {
  if (now.done >= now.total || !now.rate) return "";
  return `${integer.format(now.rate)} a second` + (now.eta === null ? "" : `, ${duration(now.eta)} left`);
}

function render(state, { model, el }) {
  const root = make("div", "smtpnb smtpnb-merge");
  const bar = make("div", "smtpnb-progress");
  const fill = make("div", "smtpnb-fill");
  bar.setAttribute("role", "progressbar");
  bar.setAttribute("aria-label", "Messages with an outcome");
  bar.append(fill);
  const line = make("div", "smtpnb-counts");
  const speed = make("div", "smtpnb-pace");
  const status = make("div", "smtpnb-unseen");
  status.setAttribute("role", "status");
  const buttons = make("div", "smtpnb-buttons");
  const pause = button("Pause", "", () => model.send({ press: pause.dataset.press }));
  const cancel = button("Cancel", "", () => model.send({ press: "cancel" }));
  const hint = make("span", "smtpnb-hint", BLOCKED);
  buttons.append(pause, cancel, hint);
  root.append(line, bar, speed, buttons, status);
  el.append(root);

  let announced = 0;
  const paint = (now) => {
    const over = now.done >= now.total || !["running", "paused"].includes(now.state);
    fill.style.width = `${now.total ? (100 * now.done) / now.total : 100}%`;
    bar.setAttribute("aria-valuemin", "0");
    bar.setAttribute("aria-valuemax", String(now.total));
    bar.setAttribute("aria-valuenow", String(now.done));
    line.textContent = now.state === "running" ? sentence(now) : `${sentence(now)} · ${now.state}`;
    speed.textContent = now.state === "running" ? pace(now) : "";
    pause.textContent = now.state === "paused" ? "Resume" : "Pause";
    pause.dataset.press = now.state === "paused" ? "resume" : "pause";
    pause.disabled = cancel.disabled = !now.hasJob || over;
    hint.hidden = now.hasJob || over;
    buttons.hidden = over;
    if (over || performance.now() - announced > 5000) {
      announced = performance.now();
      status.textContent = line.textContent;
    }
  };
  state.views.add(paint);
  if (state.latest) paint(state.latest);
  else model.send({ ready: true });
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
