// What the scripts of all views share. Text from anywhere only becomes a text node.

const integer = new Intl.NumberFormat();

function make(tag, className, text) {
  const element = document.createElement(tag);
  element.className = className;
  if (text !== undefined) element.textContent = text;
  return element;
}

function button(label, title, act) {
  const element = make("button", "smtpnb-button", label);
  element.type = "button";
  if (title) element.title = title;
  element.addEventListener("click", act);
  return element;
}

function count(value, noun) {
  return `${integer.format(value)} ${noun}${value === 1 ? "" : "s"}`;
}

// An id for a label or a list. Each view runs a copy of this script, so no counter would do.
function freshId(what) {
  return `smtpnb-${what}-${Math.random().toString(36).slice(2)}`;
}

// Makes these rows the children of a list. Those that stay are not touched, so that the browser
// has nothing to do for them.
function fill(list, rows) {
  const wanted = new Set(rows);
  for (const child of [...list.children]) if (!wanted.has(child)) child.remove();
  let at = list.firstChild;
  for (const row of rows) {
    if (row === at) at = at.nextSibling;
    else list.insertBefore(row, at);
  }
}

// The same without their order, which costs a browser more than what is in them.
function place(list, rows) {
  for (const row of rows) if (row.parentNode !== list) list.append(row);
}
