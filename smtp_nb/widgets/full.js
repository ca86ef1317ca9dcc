// What a cell shows in full. Its HTML was made in Python, where every value in it was escaped.

function render({ model, el }) {
  const root = make("div", "smtpnb smtpnb-full");
  el.append(root);
  const show = (message) => {
    if (message.kind === "full") root.innerHTML = message.html;
  };
  model.on("msg:custom", show);
  model.send({ ready: true });
  return () => model.off("msg:custom", show);
}

export default { render };
