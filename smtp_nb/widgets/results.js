// The results of a merge.

function render(store, { model, el }) {
  const root = make("div", "smtpnb smtpnb-results");
  const panel = new ResultsPanel(store);
  root.append(panel.el);
  el.append(root);
  if (store.sums) panel.changed();
  else model.send({ ready: true });
  return () => panel.close();
}

// Called once for each model; what `model` is differs between initialize and render.
export default () => {
  const store = new ResultsStore();
  return {
    initialize({ model }) {
      model.on("msg:custom", (message) => store.take(message));
    },
    render: (context) => render(store, context),
  };
};
