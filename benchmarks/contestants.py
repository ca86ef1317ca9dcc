"""The same job, done with each library as its own documentation shows it.

    python benchmarks/contestants.py NAME '{"port": …}'      prints what it took, as JSON

Afterwards each knows what became of each row, but for those that never know. What a peer has no way
for (several connections, a look at outcomes) is done around it in the simplest way.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from resource import RUSAGE_CHILDREN, RUSAGE_SELF, getrusage

from letters import HOST, HTML, SENDER, SUBJECT, TEXT, Job, Row, email_message, jinja

HERE = Path(__file__).parent
Outcomes = dict[object, object]


def _attached(job: Job) -> bytes | None:
    return None if job.attachment is None else job.attachment.read_bytes()


def _in_threads(job: Job, work: Callable[[list[Row]], Outcomes]) -> None:
    """One connection works here, several each in a thread of its own."""
    if job.connections == 1:
        work(job.table)
        return
    with ThreadPoolExecutor(job.connections) as pool:
        list(pool.map(work, job.shares()))


def with_smtplib(job: Job) -> float:
    """smtplib.SMTP.send_message with EmailMessage."""
    import smtplib

    began = time.perf_counter()

    def work(rows: list[Row]) -> Outcomes:
        attachment = _attached(job)
        with smtplib.SMTP(HOST, job.port) as smtp:
            return {row["email"]: smtp.send_message(email_message(row, attachment)) for row in rows}

    _in_threads(job, work)
    return time.perf_counter() - began


def with_aiosmtplib(job: Job) -> float:
    """aiosmtplib.SMTP.send_message with EmailMessage."""
    import asyncio

    import aiosmtplib

    async def work(rows: list[Row]) -> Outcomes:
        attachment, outcomes = _attached(job), {}
        client = aiosmtplib.SMTP(hostname=HOST, port=job.port, use_tls=False, start_tls=False)
        async with client:
            for row in rows:
                message = email_message(row, attachment)
                outcomes[row["email"]] = await client.send_message(message)
        return outcomes

    async def whole() -> None:
        await asyncio.gather(*map(work, job.shares()))

    began = time.perf_counter()
    asyncio.run(whole())
    return time.perf_counter() - began


def with_redmail(job: Job) -> float:
    """redmail.EmailSender with Jinja2 bodies."""
    from redmail import EmailSender

    began = time.perf_counter()

    def work(rows: list[Row]) -> Outcomes:
        attachments = {} if job.attachment is None else {"report.pdf": job.attachment}
        email = EmailSender(host=HOST, port=job.port, use_starttls=False)
        with email:  # without it, each message would have a connection of its own
            return {
                row["email"]: email.send(
                    subject=SUBJECT.format(**row),
                    sender=SENDER,
                    receivers=[str(row["email"])],
                    text=jinja(TEXT),
                    html=jinja(HTML),
                    body_params=row,
                    attachments=attachments,
                )
                for row in rows
            }

    _in_threads(job, work)
    return time.perf_counter() - began


def with_yagmail(job: Job) -> float:
    """yagmail.SMTP.send."""
    import yagmail

    began = time.perf_counter()

    def work(rows: list[Row]) -> Outcomes:
        attachments = None if job.attachment is None else str(job.attachment)
        smtp = yagmail.SMTP(
            SENDER, "none", HOST, job.port,
            smtp_starttls=False, smtp_ssl=False, smtp_skip_login=True,
        )  # fmt: skip
        with smtp:
            return {
                row["email"]: smtp.send(
                    to=str(row["email"]),
                    subject=SUBJECT.format(**row),
                    contents=[TEXT.format(**row), yagmail.raw(HTML.format(**row))],
                    attachments=attachments,
                )
                for row in rows
            }

    _in_threads(job, work)
    return time.perf_counter() - began


def with_smtp_nb(job: Job) -> float:
    """MailMerge, with its journal (synchronous=FULL) on disk and a listener on the trail."""
    import pandas as pd

    from smtp_nb import SMTP, MailMerge, Template, Trail

    frame = pd.DataFrame(job.table)
    template = Template(
        subject=jinja(SUBJECT),
        text=jinja(TEXT),
        html=jinja(HTML),
        attachments=[] if job.attachment is None else [job.attachment],
    )
    smtp = SMTP(mail_server=HOST, mail_port=job.port)
    trail = Trail(maxlen=1000)
    smtp.on_pi_trail += trail
    journal = job.folder / "merge.sqlite"
    began = time.perf_counter()
    merge = MailMerge(
        frame, template, to="email", from_=SENDER, server=smtp, name="bench", journal=journal,
        connections=job.connections,
    )  # fmt: skip
    results = merge.run(progress=None)
    seconds = time.perf_counter() - began
    assert (results.outcome == "ACCEPTED").all()
    assert len(trail)
    return seconds


def with_nodemailer(job: Job) -> float:
    """Nodemailer's pool."""
    command = ["node", str(HERE / "nodemailer.js"), str(job.tools), str(job.connections)]
    given = {"port": job.port, "sender": SENDER, "text": TEXT, "html": HTML, "rows": job.table,
             "subject": SUBJECT, "attachment": job.attachment and str(job.attachment)}  # fmt: skip
    done = subprocess.run(
        command, check=True, stdout=subprocess.PIPE, text=True, input=json.dumps(given)
    )
    return float(done.stdout)


def with_smtp_source(job: Job) -> float:
    """Postfix's smtp-source: composes nothing, and sends one message to one address again and
    again."""
    example = job.folder / "example.eml"
    raw = email_message(job.table[0], _attached(job)).as_bytes()
    example.write_bytes(raw)
    began = time.perf_counter()
    subprocess.run(
        ["smtp-source", "-d", "-s", str(job.connections), "-m", str(job.rows), "-F", str(example),
         "-f", SENDER, "-t", "student@school.test", f"{HOST}:{job.port}"],
        check=True,
    )  # fmt: skip
    return time.perf_counter() - began


def with_flood(job: Job) -> float:
    """No contestant: prepared octets as fast as the sink takes them, a round trip a message. Nobody
    who waits for 354, as everybody has to, can be faster on this sink."""
    import socket

    body = email_message(job.table[0], _attached(job)).as_bytes().replace(b"\n", b"\r\n")
    envelope = f"RSET\r\nMAIL FROM:<{SENDER}>\r\nRCPT TO:<s@school.test>\r\nDATA\r\n".encode()
    message = body + b".\r\n" + envelope
    with socket.create_connection((HOST, job.port)) as line:
        line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, True)
        line.recv(1000)
        line.sendall(envelope)
        began = time.perf_counter()
        for _ in range(job.rows):
            while not line.recv(1000).endswith(b"354 go on\r\n"):
                pass
            line.sendall(message)
        return time.perf_counter() - began


CONTESTANTS: dict[str, Callable[[Job], float]] = {
    "smtp_nb": with_smtp_nb,
    "smtplib": with_smtplib,
    "aiosmtplib": with_aiosmtplib,
    "redmail": with_redmail,
    "yagmail": with_yagmail,
    "Nodemailer": with_nodemailer,
    "smtp-source": with_smtp_source,
    "sink": with_flood,
}


def peak_kib() -> int:
    """The most memory that this process has had; the system's own count begins before it did."""
    status = Path("/proc/self/status").read_text()
    own = next(line for line in status.splitlines() if line.startswith("VmHWM"))
    return int(own.split()[1])


def main() -> None:
    name, given = sys.argv[1], json.loads(sys.argv[2])
    paths = {key: given[key] and Path(given[key]) for key in ("attachment", "folder", "tools")}
    job = Job(**{**given, **paths})
    seconds = CONTESTANTS[name](job)
    is_child = name in ("Nodemailer", "smtp-source")
    used = getrusage(RUSAGE_CHILDREN if is_child else RUSAGE_SELF)
    peak = used.ru_maxrss if is_child else peak_kib()
    print(json.dumps({"seconds": seconds, "peak_kib": peak}))


if __name__ == "__main__":
    main()
