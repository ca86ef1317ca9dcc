// HTML of others behind glass: a frame that runs nothing and loads nothing.

const POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'";

function frame(html, title) {
  const element = document.createElement("iframe");
  element.className = "smtpnb-frame";
  element.title = title;
  element.setAttribute("sandbox", "");
  element.setAttribute("referrerpolicy", "no-referrer");
  element.srcdoc = `<meta http-equiv="Content-Security-Policy" content="${POLICY}">${html}`;
  return element;
}
