// Rows of the live trail: the head of a session, and a line in its lane.

const LANES = ["client", "server", "note", "client"];
const SPEAKERS = ["Client", "Server", "Remark", "Client, message"];
const PREFIXES = ["C: ", "S: ", "", "C: "];
const LINE_END = "CR LF"; // what ends every line of SMTP; few fonts have its pictures
const ADDED_DOT = "Added by the client, as DATA wants it before every line that begins with a dot; the server removes it";
const LAST_DOT = "A dot alone on its line ends the message";
const COLUMNS_SHOWN = { time: "Seconds", wait: "Waited", tls: "", client: "Client", server: "Server", verdict: "Reply" };

const decimal = new Intl.NumberFormat(undefined, { minimumFractionDigits: 3, maximumFractionDigits: 3 });
const clock = new Intl.DateTimeFormat(undefined, { timeStyle: "medium" });
const calendar = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "medium" });

// Whether two rows left in one write.
function together(row, other) {
  return row[4] > 0 && other !== undefined && other[4] === row[4] && other[7] === row[7];
}

function headOfColumns() {
  const head = make("div", "smtpnb-row smtpnb-head");
  head.setAttribute("aria-hidden", "true");
  const names = Object.entries(COLUMNS_SHOWN);
  head.append(...names.map(([column, name]) => make("span", `smtpnb-${column}`, name)));
  return head;
}

// Server, user and start, as far as they are known.
function headOfSession(number, facts) {
  const began = new Date((facts?.began ?? 0) * 1000);
  const isToday = began.toDateString() === new Date().toDateString();
  const words = [
    `Session ${integer.format(number)}`,
    facts?.connection > 1 ? `connection ${facts.connection}` : "",
    facts?.server,
    facts?.user ? `logged in as ${facts.user}` : "",
    facts?.began ? (isToday ? clock : calendar).format(began) : "",
  ];
  return words.filter(Boolean).join(" · ");
}

function added(className, text, title) {
  const mark = make("span", className, text);
  mark.title = title;
  return mark;
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

class Rows {
  constructor(store) {
    this.store = store;
    this.drawn = new Map(); // by their place
    this.asSent = false; // with the line ends and the dots of the wire
  }

  forget() {
    this.drawn.clear();
  }

  // Only those from `first` up to `end` are in sight.
  keep(first, end) {
    for (const index of this.drawn.keys()) if (index < first || index >= end) this.drawn.delete(index);
  }

  from(first, end) {
    return Array.from({ length: end - first }, (_, k) => {
      if (!this.drawn.has(first + k)) this.drawn.set(first + k, this.make(first + k));
      return this.drawn.get(first + k);
    });
  }

  make(index) {
    const { row, reply, session } = this.store.shown[index];
    const element = make("div", this.classes(index));
    element.setAttribute("role", "listitem");
    element.setAttribute("aria-posinset", String(index + 1));
    element.setAttribute("aria-setsize", String(this.store.shown.length));
    element.dataset.index = index;
    if (session) {
      element.append(make("span", "smtpnb-session", headOfSession(session, this.store.sessions.get(session))));
      return element;
    }
    if (row[0] === this.store.current) element.setAttribute("aria-current", "true");
    const waited = row.wait === null || row.wait === undefined ? "" : `${Math.round(row.wait * 1000)} ms`;
    // Empty ones are left out: a frame may have forty rows to draw.
    const cell = (name, text) => (text ? [make("span", `smtpnb-${name}`, text)] : []);
    element.append(
      ...cell("time", decimal.format(row[2])),
      ...cell("wait", waited),
      ...cell("tls", row[3] & TLS ? "TLS" : ""),
      this.text(row, reply),
      ...cell("verdict", reply.rows[0] === row ? this.verdict(row) : ""),
    );
    return element;
  }

  // What a reply says, in a word.
  verdict(row) {
    return row[1] === SERVER ? this.store.words.verdicts[row[5][0]] || "" : "";
  }

  text(row, reply) {
    const [, direction, , , , text] = row;
    const lane = make("span", `smtpnb-text smtpnb-${LANES[direction]}`);
    const words = make("bdi", "", text);
    words.dir = "auto";
    const connection = row[7] > 1 ? `[${row[7]}] ` : "";
    lane.append(make("span", "smtpnb-who", connection + PREFIXES[direction]), words);
    if (this.asSent && direction !== INFO) this.showWire(row, words);
    if (reply.rows.length > 1 && reply.rows[0] === row) {
      const more = reply.open ? "▾ fold" : `▸ ${count(reply.rows.length - 1, "more line")}`;
      lane.append(make("span", "smtpnb-fold", more));
    }
    return lane;
  }

  // What SMTP adds to a line on the wire.
  showWire(row, words) {
    if (row[3] & STUFFED) words.before(added("smtpnb-dot", ".", ADDED_DOT));
    if (row[1] === CLIENT && row[5] === ".") words.replaceChildren(added("smtpnb-dot", ".", LAST_DOT));
    words.after(added("smtpnb-end", LINE_END, "The two bytes that end every line of SMTP"));
  }

  classes(index) {
    const { row, session } = this.store.shown[index];
    if (session) return "smtpnb-row smtpnb-begins";
    const names = ["smtpnb-row"];
    if (row[1] === CONTENT) names.push("smtpnb-content");
    if (row[3] & TLS) names.push("smtpnb-protected");
    if (row[3] & REFUSAL) names.push("smtpnb-refusal");
    if (row[0] === this.store.current) names.push("smtpnb-current");
    const above = together(row, this.store.shown[index - 1]?.row);
    const below = together(row, this.store.shown[index + 1]?.row);
    if (above || below) names.push("smtpnb-group");
    if (below && !above) names.push("smtpnb-first");
    if (above && !below) names.push("smtpnb-last");
    return names.join(" ");
  }
}
