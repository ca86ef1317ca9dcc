// The rows of a live trail in the page, and which of them are shown.
//
// Rows arrive in numbered batches: [number, direction, seconds, flags, group, text,
// explanation, connection, session, state]. A model has one Store, however many views it has: a custom message
// reaches all of them, and rows that were sent again for one view must not show twice in another.

const MOST_ROWS = 200_000;
const CLIENT = 0, SERVER = 1, INFO = 2, CONTENT = 3;
const TLS = 1, FINAL = 2, REFUSAL = 4, STUFFED = 8;

class Store {
  constructor(model) {
    this.model = model;
    this.rows = []; // in the order of their numbers
    this.lines = []; // { row, reply }; a folded reply is one line, { session } begins another one
    this.shown = this.lines; // those of them that the search lets through
    this.search = { words: "", refusals: false };
    this.sessions = new Map(); // what is known of each
    this.begun = new Map(); // the newest session of each connection
    this.words = { verdicts: {}, states: [] };
    this.speakers = new Map(); // the last row of each connection
    this.explained = {};
    this.tally = { lines: 0, trips: 0, refusals: 0, seconds: 0, tls: false };
    this.unfolded = false;
    this.asSent = false; // with the line ends and the dots of the wire
    this.asked = 0; // the gap that was asked for; its rows may be gone for good
    this.current = 0; // the number of the chosen row
    this.follow = true;
    this.scrollTop = 0;
    this.views = new Set();
    model.on("msg:custom", (message) => {
      if (message.kind === "rows") this.take(message);
    });
  }

  get last() {
    return this.rows.length ? this.rows[this.rows.length - 1][0] : 0;
  }

  ask(have) {
    this.model.send({ ready: true, have });
  }

  take(message) {
    this.tally = message.tally;
    Object.assign(this.explained, message.explained);
    Object.assign(this.words, message.words);
    for (const [number, facts] of Object.entries(message.sessions)) this.sessions.set(+number, facts);
    if (this.rows.length && this.rows[0][0] < message.from) this.forgetBelow(message.from);
    this.askForGap(message);
    this.add(message.rows);
    if (this.rows.length > MOST_ROWS) this.forgetBelow(this.rows[MOST_ROWS / 4][0]);
    this.changed();
  }

  // Messages that were sent before the page listened are lost: ask for their rows, once.
  askForGap(message) {
    if (!message.rows.length) return;
    const expected = Math.max(this.last + 1, message.from);
    if (message.rows[0][0] > expected && this.asked !== expected) {
      this.asked = expected;
      this.ask(expected - 1);
    }
  }

  add(rows) {
    if (!rows.length) return;
    if (rows[0][0] > this.last) return rows.forEach((row) => this.append(row));
    const known = new Set(this.rows.map((row) => row[0]));
    const fresh = rows.filter((row) => !known.has(row[0]));
    if (fresh.length) this.rebuild([...this.rows, ...fresh].sort((a, b) => a[0] - b[0]));
  }

  append(row) {
    this.beginSession(row);
    this.measure(row);
    const before = this.rows[this.rows.length - 1];
    this.rows.push(row);
    if (this.reply && row[1] === SERVER && before[1] === SERVER && !(before[3] & FINAL)) {
      this.reply.rows.push(row);
      if (this.reply.open) this.lines.push({ row, reply: this.reply });
    } else {
      this.reply = { rows: [row], open: this.unfolded };
      this.lines.push({ row, reply: this.reply });
    }
  }

  beginSession(row) {
    if (this.begun.get(row[7]) === row[8]) return;
    this.begun.set(row[7], row[8]);
    this.reply = null;
    this.lines.push({ row, session: row[8] });
  }

  // How long the client waited for a server's line.
  measure(row) {
    if (row[1] >= INFO) return;
    const asked = this.speakers.get(row[7]);
    row.wait = row[1] === SERVER && asked && asked[1] !== SERVER ? row[2] - asked[2] : null;
    this.speakers.set(row[7], row);
  }

  rebuild(rows) {
    this.rows = [];
    this.lines = [];
    this.begun.clear();
    this.speakers.clear();
    rows.forEach((row) => this.append(row));
  }

  forgetBelow(first) {
    this.rebuild(this.rows.filter((row) => row[0] >= first));
  }

  unfoldAll(unfolded) {
    this.unfolded = unfolded;
    this.rebuild(this.rows);
    this.changed();
  }

  toggle(index) {
    const { reply } = this.shown[index] || {};
    if (!reply || reply.rows.length < 2) return;
    const head = this.lines.findIndex((line) => line.reply === reply);
    const rest = reply.rows.slice(1).map((row) => ({ row, reply }));
    if (reply.open) this.lines.splice(head + 1, rest.length);
    else this.lines.splice(head + 1, 0, ...rest);
    reply.open = !reply.open;
    this.current = reply.rows[0][0];
    this.changed();
  }

  // Where the row of this number is shown, or -1. The head of a session has the number of its first
  // line, and stands before it.
  placeOf(number) {
    let low = 0, high = this.shown.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.shown[middle].row[0] < number) low = middle + 1;
      else high = middle;
    }
    if (this.shown[low]?.session) low += 1;
    return this.shown[low]?.row[0] === number ? low : -1;
  }

  find(search) {
    Object.assign(this.search, search);
    this.changed();
  }

  matches(line) {
    const rows = line.reply ? (line.reply.open ? [line.row] : line.reply.rows) : [];
    const words = this.search.words.toLowerCase();
    return rows.some((row) =>
      (!this.search.refusals || row[3] & REFUSAL) && row[5].toLowerCase().includes(words));
  }

  changed() {
    const all = !this.search.words && !this.search.refusals;
    this.shown = all ? this.lines : this.lines.filter((line) => this.matches(line));
    for (const view of this.views) view.redraw();
  }
}
