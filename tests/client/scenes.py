"""What one may ask of a component, and of which server: the scenes of the stories that are told."""

from __future__ import annotations

import contextlib
import io
import tempfile
from collections.abc import Callable
from email.message import EmailMessage
from typing import Any

from client.test_events import listen
from drivers.fronts import Front, letter
from smtp_nb import Attachment
from smtp_nb.errors import SMTPError
from smtp_nb.sandbox import SandboxServer

HEAD = b"Subject: x\r\nMessage-ID: <1@x.test>\r\n\r\n"
LISTS = {"class": ["ann@x.test", "ben@x.test", "cy@x.test"]}


def tell(front: Front, ask: Callable[[Front, Any], None], **options: Any) -> list[Any]:
    """All events of one asking, in order."""
    faults = options.pop("faults", {})
    with SandboxServer(lists=LISTS, refuse=["nobody@*"], hostname="mx.test", **options) as server:
        for name, arguments in faults.items():
            server.inject(name, **arguments)
        smtp = front.SMTP.from_url(server.url, **letter(server.port))
        smtp.config("Hello=me.test")
        smtp.message_date, smtp.message_id = "Fri, 01 Mar 2024 21:24:52 +0100", "<1@x.test>"
        heard = listen(smtp)
        with contextlib.suppress(SMTPError):
            ask(front, smtp)
    return heard


def send(front: Front, smtp: Any) -> None:
    front.run(smtp.send())


def send_html(front: Front, smtp: Any) -> None:
    smtp.message_html = "<p>It <b>works</b>.</p>"
    smtp.attachments.append(Attachment(data=bytes(range(256)), filename="all.bin"))
    front.run(smtp.send())


def send_markdown(front: Front, smtp: Any) -> None:
    smtp.message_text, smtp.message_markdown = "", "# It works"
    front.run(smtp.send())


def send_raw(front: Front, smtp: Any) -> None:
    smtp.message = HEAD + b".one\r\n..two\r\n\xff\r\n"
    front.run(smtp.send())


def send_given(front: Front, smtp: Any) -> None:
    message = EmailMessage()
    message["From"], message["To"], message["Bcc"] = "ann@x.test", "ben@x.test", "cy@x.test"
    message["Date"], message["Message-ID"] = "Fri, 01 Mar 2024 21:24:52 +0100", "<1@x.test>"
    message.set_content("It works.")
    front.run(smtp.send(message))


def send_nothing_at_all(front: Front, smtp: Any) -> None:
    smtp.message_text = ""
    front.run(smtp.send())


def send_to_terminals(front: Front, smtp: Any) -> None:
    with front.connected(smtp):
        for method in ("only", "or_email", "and_email"):
            front.run(getattr(smtp, f"send_to_terminal_{method}")())


def send_twice(front: Front, smtp: Any) -> None:
    with front.connected(smtp):
        front.run(smtp.send())
        smtp.send_to = "nobody@x.test"
        with contextlib.suppress(SMTPError):
            front.run(smtp.send())
        smtp.send_to = "ben@x.test"
        front.run(smtp.send())


def command(front: Front, smtp: Any) -> None:
    with front.connected(smtp):
        for line in ("noop", "HELP", "XYZZY", "EHLO again.test", "MAIL FROM:<eve@x.test>"):
            front.run(smtp.send_command(line))
        front.run(smtp.send())


def each_switch_off(front: Front, smtp: Any) -> None:
    for kind in ("To", "Cc", "Bcc"):
        smtp.config(f"StopOn{kind}Errors=False")
    smtp.send_to, smtp.cc = "ben@x.test, nobody@a.test", "nobody@b.test"
    smtp.bcc = "nobody@c.test"
    front.run(smtp.send())


def send_stream(front: Front, smtp: Any) -> None:
    smtp.set_message_stream(iter([HEAD, b"x" * 70 + b"\r\n"]))
    front.run(smtp.send())


def send_long(front: Front, smtp: Any) -> None:
    smtp.set_message_stream(io.BytesIO(HEAD + (b"x" * 98 + b"\r\n") * 50_000))
    front.run(smtp.send())


def send_to_one_and_nobody(front: Front, smtp: Any) -> None:
    smtp.bcc = "nobody@x.test"
    front.run(smtp.send())


def send_to_nobody(front: Front, smtp: Any) -> None:
    smtp.send_to = "nobody@x.test"
    front.run(smtp.send())


def verify(front: Front, smtp: Any) -> None:
    front.run(smtp.verify("ann@x.test"))


def expand(front: Front, smtp: Any) -> None:
    front.run(smtp.expand("class"))


def expand_nothing(front: Front, smtp: Any) -> None:
    front.run(smtp.expand("nothing"))


def run_queue(front: Front, smtp: Any) -> None:
    with tempfile.TemporaryDirectory() as directory:
        front.run(smtp.queue(directory))
        for address in ("nobody@x.test", "cy@x.test"):
            smtp.send_to = address
            front.run(smtp.queue(directory))
        front.run(smtp.process_queue(directory))


def bad_stream(front: Front, smtp: Any) -> None:
    smtp.set_message_stream(io.BytesIO(HEAD + (b"x" * 76 + b"\r\n") * 2600 + b"\n"))
    front.run(smtp.send())


ASKED = [
    send,
    send_html,
    send_markdown,
    send_raw,
    send_given,
    send_nothing_at_all,
    send_to_terminals,
    send_twice,
    command,
    each_switch_off,
    send_stream,
    send_long,
    send_to_one_and_nobody,
    send_to_nobody,
    verify,
    expand,
    expand_nothing,
    run_queue,
    bad_stream,
]
WAYS = {
    "plain": {},
    "without chunking": {"without": ["CHUNKING"]},
    "step by step": {"without": ["CHUNKING", "PIPELINING"]},
    "login": {"auth": {"alice": "wonderland"}, "mechanisms": ["PLAIN"]},
}
ON_A_BAD_DAY = {
    "STARTTLS": {"tls": "starttls"},
    "TLS": {"tls": "implicit", "without": ["CHUNKING"]},
    "a certificate of nobody's": {"tls": "starttls", "certificate": "self-signed"},
    "a busy server": {"faults": {"reply": {"stage": "MAIL", "code": 451}}},
    "a server that leaves": {"faults": {"421": {"stage": "RCPT"}}},
    "a refused end": {"faults": {"reply": {"stage": "END", "code": 554}}},
    "no greeting": {"faults": {"reply": {"stage": "GREETING", "code": 554}}},
    "no EHLO": {"faults": {"reply": {"stage": "EHLO", "code": 502}}},
}
