// The fields of the composer: each with its label, its hint, and what is wrong with it.

let forms = 0;

const LINES = [
  ["sender", "From"],
  ["to", "To"],
  ["cc", "Cc"],
  ["bcc", "Bcc"],
  ["subject", "Subject"],
];
const KINDS = [["text", "Plain text"], ["markdown", "Markdown"], ["html", "HTML"]];
const IMPORTANCES = [["", "not said"], ["low", "low"], ["normal", "normal"], ["high", "high"]];

class Field {
  constructor(prefix, name, label, input) {
    this.name = name;
    this.input = input;
    this.touched = false;
    input.id = `${prefix}-${name}`;
    input.dataset.field = name;
    const title = make("label", "smtpnb-label", label);
    title.htmlFor = input.id;
    this.said = make("div", "smtpnb-said");
    this.said.id = `${input.id}-said`;
    this.said.hidden = true;
    this.box = make("div", "smtpnb-field");
    this.box.append(title, input, this.said);
  }

  // Errors come first; nothing is said of a field that has not been touched yet.
  paint(problems, attempted) {
    const found = problems.filter((problem) => problem[0] === this.name);
    const shown = this.touched || attempted ? found : [];
    const wrong = shown.some(([, , isError]) => isError);
    this.said.hidden = !shown.length;
    this.said.replaceChildren(...shown.map(problemLine));
    this.input.setAttribute("aria-invalid", String(wrong));
    if (shown.length) this.input.setAttribute("aria-describedby", this.said.id);
    else this.input.removeAttribute("aria-describedby");
  }
}

function problemLine([, text, isError]) {
  const line = make("div", isError ? "smtpnb-error" : "smtpnb-doubt");
  line.append(make("strong", "", isError ? "Error: " : "Check: "), make("bdi", "", text));
  return line;
}

function lineInput() {
  const input = make("input", "smtpnb-input");
  Object.assign(input, { type: "text", autocomplete: "off", spellcheck: false });
  return input;
}

function choice(options) {
  const input = make("select", "smtpnb-input");
  for (const [value, label] of options) input.append(Object.assign(make("option", "", label), { value }));
  return input;
}

// Files: paths in the notebook's folder, one by one, or uploads, which are kept there.
class Files {
  constructor(field, state, changed) {
    Object.assign(this, { field, state, changed });
    const { input } = field;
    input.placeholder = "a path in the notebook's folder";
    this.list = make("ul", "smtpnb-files");
    const add = button("Add", "Attach the file of this path", () => this.add());
    const upload = make("input", "smtpnb-unseen");
    Object.assign(upload, { type: "file", tabIndex: -1, multiple: true });
    upload.setAttribute("aria-hidden", "true");
    upload.addEventListener("change", () => this.upload(upload));
    const choose = button("Upload…", "Keep a file of this computer in the notebook's folder and attach it",
      () => upload.click());
    const tools = make("div", "smtpnb-attach");
    input.before(tools);
    tools.append(input, add, choose, upload);
    tools.after(this.list);
    input.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" || event.ctrlKey || event.metaKey) return;
      event.preventDefault();
      this.add();
    });
  }

  add() {
    const path = this.field.input.value.trim();
    if (path) this.keep(path);
    this.field.input.value = "";
  }

  keep(path) {
    this.field.touched = true;
    if (!this.state.form.attach.includes(path)) this.state.form.attach.push(path);
    this.changed();
  }

  paint() {
    this.list.hidden = !this.state.form.attach.length;
    this.list.replaceChildren(...this.state.form.attach.map((path, place) => {
      const line = make("li", "");
      const remove = button("Remove", "", () => {
        this.state.form.attach.splice(place, 1);
        this.changed();
        this.field.input.focus();
      });
      remove.setAttribute("aria-label", `Remove ${path}`);
      line.append(make("bdi", "", path), " ", remove);
      return line;
    }));
  }

  async upload(chooser) {
    for (const file of chooser.files) {
      if (file.size > this.state.limit) {
        const most = integer.format(Math.floor(this.state.limit / 2 ** 20));
        this.state.said = `${file.name} is larger than ${most} MiB: put it into the notebook's folder and write its path`;
        continue;
      }
      this.state.said = `Uploading ${file.name}…`;
      this.state.model.send({ upload: file.name }, undefined, [await file.arrayBuffer()]);
    }
    chooser.value = "";
    this.changed();
  }
}
