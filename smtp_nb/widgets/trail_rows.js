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

// The one that ends a message.
function isLastDot(row) {
  return row[1] === CLIENT && row[5] === ".";
}

function added(className, text, title) {
  const mark = make("span", className, text);
  mark.title = title;
  return mark;
}

function laneOf({ row, session }) {
  return session ? "" : `smtpnb-text smtpnb-${LANES[row[1]]}`;
}

const PLAIN = /^[ -~]*$/; // its direction need not be looked for

// Elements are used again for other rows: a browser draws new text in an element much faster than a
// new element.
class Rows {
  constructor(store) {
    this.store = store;
    this.drawn = new Map(); // by their place
    this.spare = new Map(); // by their kind; they may still be in the page
  }

  // What they show is not what it was.
  forget() {
    for (const row of this.drawn.values()) row.isFresh = false;
  }

  // Only those from `first` up to `end` are in sight.
  keep(first, end) {
    for (const index of this.drawn.keys()) if (index < first || index >= end) this.drop(index);
  }

  drop(index) {
    const row = this.drawn.get(index);
    this.drawn.delete(index);
    if (!this.spare.has(row.kind)) this.spare.set(row.kind, []);
    this.spare.get(row.kind).push(row);
  }

  // The elements of these rows.
  from(first, end) {
    return Array.from({ length: end - first }, (_, k) => {
      const known = this.drawn.get(first + k);
      if (known?.isFresh) return known.element;
      const row = this.draw(first + k, known);
      this.drawn.set(first + k, row);
      return row.element;
    });
  }

  // Those that found no new use yet are seen no longer: to take them out of the page would cost more.
  hideSpare() {
    for (const rows of this.spare.values()) {
      for (const { element } of rows) {
        element.style.visibility = "hidden";
        delete element.dataset.index;
      }
    }
  }

  // One that is not used, best of the same lane.
  used(kind, line) {
    const rows = this.spare.get(kind) ?? [];
    const at = rows.findIndex((row) => row.lane?.className === laneOf(line));
    return at < 0 ? rows.pop() : rows.splice(at, 1)[0];
  }

  draw(index, known) {
    const line = this.store.shown[index];
    const kind = this.kindOf(line);
    if (known && known.kind !== kind) this.drop(index);
    const row = known?.kind === kind ? known : this.used(kind, line) ?? this.make(kind, line);
    const { element, lane } = row;
    row.isFresh = true;
    element.style.visibility = "";
    if (lane && lane.className !== laneOf(line)) lane.className = laneOf(line);
    const classes = this.classes(index);
    if (element.className !== classes) element.className = classes;
    element.setAttribute("aria-posinset", String(index + 1));
    element.setAttribute("aria-setsize", String(this.store.shown.length));
    element.dataset.index = index;
    const isCurrent = !line.session && line.row[0] === this.store.current;
    if (isCurrent) element.setAttribute("aria-current", "true");
    else element.removeAttribute("aria-current");
    for (const [name, text] of Object.entries(this.texts(line))) row.texts[name].data = text;
    if (row.words) row.words.dir = PLAIN.test(line.row[5]) ? "ltr" : "auto";
    return row;
  }

  // Rows of a kind differ in their texts and classes alone.
  kindOf({ row, reply, session }) {
    if (session) return "session";
    const folds = reply.rows.length > 1 && reply.rows[0] === row ? "folds" : "";
    const wire = this.store.asSent && row[1] !== INFO;
    return `line ${folds} ${wire ? `wire ${row[3] & STUFFED} ${isLastDot(row)}` : ""}`;
  }

  texts({ row, reply, session }) {
    if (session) return { session: headOfSession(session, this.store.sessions.get(session)) };
    const connection = row[7] > 1 ? `[${row[7]}] ` : "";
    const texts = {
      time: decimal.format(row[2]),
      wait: row.wait === null || row.wait === undefined ? "" : `${Math.round(row.wait * 1000)} ms`,
      tls: row[3] & TLS ? "TLS" : "",
      who: connection + PREFIXES[row[1]],
      words: row[5],
      verdict: reply.rows[0] === row ? this.verdict(row) : "",
    };
    if (reply.rows.length > 1 && reply.rows[0] === row) {
      texts.fold = reply.open ? "▾ fold" : `▸ ${count(reply.rows.length - 1, "more line")}`;
    }
    return texts;
  }

  make(kind, line) {
    const element = make("div", "");
    element.setAttribute("role", "listitem");
    const parts = {};
    for (const name of Object.keys(this.texts(line))) {
      parts[name] = make(name === "words" ? "bdi" : "span", name === "words" ? "" : `smtpnb-${name}`, " ");
    }
    const { who, words, fold, ...cells } = parts;
    const lane = words && make("span", laneOf(line));
    if (lane) {
      lane.append(who, words);
      if (kind.includes("wire")) this.showWire(line.row, words);
      if (fold) lane.append(fold);
      cells.tls.after(lane);
      element.append(cells.time, cells.wait, cells.tls, lane, cells.verdict);
    } else element.append(cells.session);
    // The dot that ends a message is marked by an element of its own.
    const textOf = (part) => part.firstChild.firstChild ?? part.firstChild;
    const texts = Object.fromEntries(Object.entries(parts).map(([name, part]) => [name, textOf(part)]));
    return { kind, element, lane, words, texts };
  }

  // What a reply says, in a word.
  verdict(row) {
    return row[1] === SERVER ? this.store.words.verdicts[row[5][0]] || "" : "";
  }

  // What SMTP adds to a line on the wire.
  showWire(row, words) {
    if (row[3] & STUFFED) words.before(added("smtpnb-dot", ".", ADDED_DOT));
    if (isLastDot(row)) words.replaceChildren(added("smtpnb-dot", ".", LAST_DOT));
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
