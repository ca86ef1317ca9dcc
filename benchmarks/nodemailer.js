// Nodemailer's pool: all messages are given to it at once, as its documentation shows.
//
//     node nodemailer.js FOLDER-WITH-NODE_MODULES CONNECTIONS < job.json      prints seconds
const [tools, connections] = process.argv.slice(2);
const nodemailer = require(`${tools}/node_modules/nodemailer`);
const job = JSON.parse(require("fs").readFileSync(0, "utf8"));
const fill = (text, row) => text.replace(/\{(\w+)\}/g, (_, name) => row[name]);

const pool = nodemailer.createTransport({
  pool: true, host: "127.0.0.1", port: job.port, secure: false, ignoreTLS: true,
  maxConnections: Number(connections), maxMessages: Infinity,
});
const message = (row) => ({
  from: job.sender, to: row.email, subject: fill(job.subject, row),
  text: fill(job.text, row), html: fill(job.html, row),
  attachments: job.attachment ? [{ filename: "report.pdf", path: job.attachment }] : [],
});
const began = process.hrtime.bigint();
Promise.all(job.rows.map((row) => pool.sendMail(message(row)))).then((outcomes) => {
  console.log(Number(process.hrtime.bigint() - began) / 1e9);
  if (outcomes.some((outcome) => outcome.rejected.length)) process.exit(1);
  pool.close();
});
