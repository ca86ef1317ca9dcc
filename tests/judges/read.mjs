// Reads a batch of messages, each in base64, as one JSON array from stdin, and writes what two
// independent parsers read in them: [{mailparser: {...}, postal: {...}}, ...].
import { simpleParser } from "mailparser";
import PostalMime from "postal-mime";

const FIELDS = ["from", "sender", "reply-to", "to", "cc"];

// Mailboxes in order, those in groups too.
const flat = (entries) =>
  (entries ?? []).flatMap((entry) =>
    entry.group ? flat(entry.group) : [[entry.name ?? "", entry.address ?? ""]],
  );
const listed = (value) => (value === undefined ? [] : Array.isArray(value) ? value : [value]);
const camel = (name) => name.replace(/-(.)/g, (_, letter) => letter.toUpperCase());

async function byMailparser(raw) {
  const options = { skipTextLinks: true, skipHtmlToText: true, keepCidLinks: true };
  const mail = await simpleParser(raw, options);
  const addresses = FIELDS.map((name) => [
    name,
    flat(listed(mail.headers.get(name)).flatMap((field) => field.value)),
  ]);
  return {
    ...Object.fromEntries(addresses),
    subject: mail.subject ?? "",
    references: listed(mail.references).join(" "),
    "message-id": mail.messageId ?? "",
    text: mail.text ?? "",
    html: mail.html || "",
    pictures: mail.attachments.filter((file) => file.related).map((file) => file.cid),
    files: mail.attachments.map((file) => [file.filename ?? "", file.content.toString("base64")]),
  };
}

async function byPostalMime(raw) {
  const mail = await PostalMime.parse(raw);
  const addresses = FIELDS.map((name) => [name, flat(listed(mail[camel(name)]))]);
  return {
    ...Object.fromEntries(addresses),
    subject: mail.subject ?? "",
    references: mail.references ?? "",
    "message-id": mail.messageId ?? "",
    text: mail.text ?? "",
    html: mail.html ?? "",
    pictures: mail.attachments
      .filter((file) => file.related)
      .map((file) => file.contentId.slice(1, -1)),
    files: mail.attachments.map((file) => [
      file.filename ?? "",
      Buffer.from(file.content).toString("base64"),
    ]),
  };
}

let input = "";
for await (const piece of process.stdin.setEncoding("utf8")) input += piece;
const found = [];
for (const message of JSON.parse(input)) {
  const raw = Buffer.from(message, "base64");
  found.push({ mailparser: await byMailparser(raw), postal: await byPostalMime(raw) });
}
process.stdout.write(JSON.stringify(found));
