// What a line means, below the line: the meaning first, then each line of a reply with its own, then
// what may come next by the table of states.

const REMARK = "A remark by smtp_nb: no such line was sent or received";
const OF_MESSAGE = "A line of the message";
const STUFFED_WHY = "It begins with a dot, so DATA sends one more before it: a dot alone on a line ends the message"
  + " (RFC 5321 section 4.5.2)";

class Detail {
  constructor(store) {
    this.store = store;
    this.el = make("div", "smtpnb-detail");
    this.el.tabIndex = 0; // it may have to be scrolled
    this.el.setAttribute("role", "group");
    this.el.setAttribute("aria-label", "What the line means");
    this.el.hidden = true;
  }

  // Returns the title.
  show({ row, reply }) {
    const rows = reply.open ? [row] : reply.rows;
    const about = this.store.explained[row[6]];
    const title = about ? about.title : row[1] === CONTENT ? OF_MESSAGE : REMARK;
    const facts = about ? [["Why", about.why], ["Do", about.do], ["Source", about.source]] : [];
    if (row[3] & STUFFED) facts.push(["Why", STUFFED_WHY]);
    const lines = rows.map((each) => [PREFIXES[each[1]] + each[5], this.meaning(each, rows)]);
    this.el.replaceChildren(
      make("div", "smtpnb-title", title),
      this.facts(facts),
      rows.length > 1 ? this.facts(lines, "smtpnb-lines") : make("code", "smtpnb-line", PREFIXES[row[1]] + row[5]),
      ...this.next(rows[rows.length - 1]),
    );
    this.el.scrollTop = 0;
    return title;
  }

  // Each line of a reply to EHLO is a keyword with a meaning of its own, if the table knows it.
  meaning(row, rows) {
    const about = this.store.explained[row[6]];
    if (!about) return "";
    if (row !== rows[0] && row[6] === rows[0][6]) {
      return rows.some((each) => each[6] !== row[6]) ? "Nothing that the table knows" : "";
    }
    return [about.title.replace(/^250: /, ""), about.why].filter(Boolean).join(". ");
  }

  facts(facts, className = "") {
    const list = make("dl", `smtpnb-facts ${className}`);
    for (const [name, text] of facts) {
      if (text) list.append(make("dt", "", name), make("dd", "", text));
    }
    return list;
  }

  next(row) {
    const state = this.store.words.states[row[9]];
    if (!state || row[1] >= INFO) return [];
    const allowed = state.next.filter(([verb]) => !(verb === "STARTTLS" && row[3] & TLS));
    const verbs = allowed.map(([verb]) => verb).join(", ") || "nothing";
    const first = row[1] === SERVER ? "" : "the server's reply, then ";
    const box = make("details", "smtpnb-next");
    box.append(make("summary", "", `What may come next: ${first}${verbs}`));
    box.append(make("div", "", `After this line, ${state.what}.`), this.facts(allowed, "smtpnb-lines"));
    return [box];
  }
}
