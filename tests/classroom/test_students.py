"""Wrong students get exactly their remark, and are told; right clients get none."""

from __future__ import annotations

import asyncio
import ssl
import subprocess
from base64 import b64encode
from collections.abc import Callable
from contextlib import closing, suppress
from email.message import EmailMessage
from typing import Any, NamedTuple

import aiosmtplib
import pytest

from classroom.servers import SHORT, ended
from components import require
from sandbox.clients import standard_client
from sandbox.conftest import RawClient
from smtp_nb import SMTP, AsyncSMTP
from smtp_nb.classroom import Terminal
from smtp_nb.errors import RefusedError, TLSError
from smtp_nb.sandbox import SandboxServer

HELLO, TO_MAIL = "EHLO me.test\n", "MAIL FROM:<a@x.test>\n"
TO_DATA = TO_MAIL + "RCPT TO:<b@x.test>\nDATA\n"
PLAIN = b64encode(b"alice:wonderland").decode()
TYPED = b64encode(rb"\0alice\0wonderland").decode()
RIGHT = b64encode(b"\0alice\0wonderland").decode()


def raw(text: str) -> str:
    return f"<raw {text.encode().hex()}>\n"


class Student(NamedTuple):
    """What one says, the remark, and words of a reply, a remark or `waiting` that name the fault.

    Attributes:
        after: says EHLO, inside TLS if there is TLS, before all that.
        needs: what the server must have; None to leave it as the door has it.
    """

    says: str
    key: str
    words: str
    after: bool = True
    needs: str | None = None


STUDENTS = {
    "no dot": Student(TO_DATA + "hello\n", "no-dot", "the dot on a line of its own"),
    "a dot glued on": Student(TO_DATA + "hello.\n", "no-dot", "the dot on a line of its own"),
    "no end of line": Student(raw("NOOP") + "<wait>", "no-crlf", "without an end of line (CRLF)"),
    "QUIT before the dot": Student(
        TO_DATA + "\nhi\nQUIT\n", "no-dot", "the dot on a line of its own"),
    "a line feed in the message": Student(
        TO_DATA + raw("\r\na\nb\r\n.\r\n") + "<wait>\nQUIT", "bare-lf",
        "1 line feed came without CR"),
    "only a line feed": Student(raw("NOOP\n"), "bare-lf", "CR and LF only stand together"),
    "two recipients at once": Student(
        TO_MAIL + "RCPT TO:<a@x.test>,<b@x.test>\nQUIT", "second-address", "one address in each"),
    "the mail domain in EHLO": Student(
        "EHLO a@x.test\nQUIT", "helo-domain", "one domain name", after=False),
    "MAIL before EHLO": Student(TO_MAIL + "QUIT", "", "Say EHLO first", after=False),
    "DATA before RCPT": Student(TO_MAIL + "DATA\nQUIT", "", "No valid recipients"),
    "no brackets": Student("MAIL FROM:a@x.test\nQUIT", "", "with angle brackets"),
    "a space behind the colon": Student("MAIL FROM: <a@x.test>\nQUIT", "", "no space at the colon"),
    "no colon": Student("MAIL FROM <a@x.test>\nQUIT", "", "with a colon"),
    "body before 354": Student(
        TO_MAIL + "RCPT TO:<b@x.test>\n" + raw("DATA\r\n\r\nhi\r\n.\r\n") + "<wait>\nQUIT",
        "out-of-turn", "wait for the reply to DATA"),
    "reads nothing": Student(
        raw("NOOP\r\nRSET\r\n") + "<wait>\nQUIT", "out-of-turn", "wait for the reply to NOOP"),
    "password not in base64": Student(
        "AUTH PLAIN alice:wonderland\nQUIT", "not-base64", "Not base64", needs="auth"),
    "no NULs in the password": Student(
        f"AUTH PLAIN {PLAIN}\nQUIT", "no-nul", "NUL", needs="auth"),
    "NULs typed as two characters": Student(
        f"AUTH PLAIN {TYPED}\nQUIT", "no-nul", "NUL", needs="auth"),
    "base64 in two lines": Student(
        f"AUTH PLAIN {PLAIN[:10]}\n{PLAIN[10:]}\nQUIT", "not-base64", "Not base64", needs="auth"),
    "a newline behind the base64": Student(
        f"AUTH PLAIN {RIGHT}\n\nQUIT", "", "An empty line is not a command", needs="auth"),
    "on in clear after STARTTLS": Student(
        HELLO + "STARTTLS\n" + raw("MAIL FROM:<a@x.test>\r\n") + "<wait>", "plain-after-starttls",
        "comes the TLS handshake", after=False, needs="starttls"),
    "no EHLO inside TLS": Student(
        HELLO + "<tls>\n" + TO_MAIL + "QUIT", "no-ehlo-after-tls", "Say EHLO again",
        after=False, needs="starttls"),
    "no empty line": Student(
        TO_DATA + "Subject: x\nhello there\n.\nQUIT", "no-empty-line",
        "the empty line after the headers was missing"),
    "a dot not doubled": Student(
        TO_DATA + "\n.hidden\n.\nQUIT", "unstuffed-dot", "needs a second one"),
    "tries a 550 again": Student(
        TO_MAIL + "RCPT TO:<no@x.test>\n" * 2 + "QUIT", "retry-of-5yz", "do not try again"),
    "no QUIT": Student(TO_DATA + "\nhi\n.\n", "no-quit", "left without"),
}  # fmt: skip
KEYS = {
    "no-crlf", "bare-lf", "no-dot", "out-of-turn", "second-address", "helo-domain",
    "no-empty-line", "unstuffed-dot", "plain-after-starttls", "no-ehlo-after-tls", "not-base64",
    "no-nul", "no-quit", "retry-of-5yz",
}  # fmt: skip


def test_every_remark_has_its_student():
    assert {student.key for student in STUDENTS.values()} - {""} == KEYS
    assert len(STUDENTS) >= 17


@pytest.mark.parametrize("name", STUDENTS)
@pytest.mark.parametrize("door", ["inline", "socket", "tls", "inline tls"])
def test_a_wrong_student_gets_exactly_the_remark_and_is_told(door, name, monkeypatch):
    student = STUDENTS[name]
    options: dict[str, Any] = {"inline": "inline" in door, "refuse": "no@x.test"}
    if "tls" in door or student.needs == "starttls":
        options["tls"] = "starttls"
    if student.needs == "auth":
        options["auth"] = {"alice": "wonderland"}
    options["without"] = ["PIPELINING"]
    monkeypatch.setattr("smtp_nb.classroom.conversation.QUIET_S", SHORT)
    with SandboxServer(**options) as server, Terminal(server) as terminal:
        terminal.dialogue(HELLO if student.after else "")
        if student.after and "tls" in door:
            terminal.dialogue("<tls>\n" + HELLO)
        terminal.dialogue(student.says)
        session = terminal.session
        terminal.close()
        ended(session)
        assert session.remarks == ([student.key] if student.key else [])
        assert student.words in f"{session}\n{terminal}\n{session.waiting}"


# -- right clients --------------------------------------------------------------------------------


def letter(to: str = "b@x.test") -> EmailMessage:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = "ann@x.test", to, "hello"
    message.set_content(".dot\n..two\n\nend")
    return message


def by_smtplib(server: SandboxServer, tls: str | None) -> None:
    with standard_client(server, tls) as client:
        client.login("alice", "secret")
        client.send_message(letter())
        client.send_message(letter("c@x.test"))


def by_aiosmtplib(server: SandboxServer, tls: str | None) -> None:
    async def send() -> None:
        context = ssl.create_default_context(cafile=server.ca_file) if tls else None
        client = aiosmtplib.SMTP(
            hostname="localhost", port=server.port, use_tls=tls == "implicit",
            start_tls=tls == "starttls", tls_context=context, username="alice", password="secret",
        )  # fmt: skip
        async with client:
            await client.send_message(letter())
            await client.send_message(letter("c@x.test"))

    asyncio.run(send())


def by_our_client(server: SandboxServer, tls: str | None) -> None:
    with SMTP.from_url(server.url) as smtp:
        smtp.send(letter())
        smtp.send(letter("c@x.test"))


def by_our_asyncio_client(server: SandboxServer, tls: str | None) -> None:
    async def send() -> None:
        async with AsyncSMTP.from_url(server.url) as smtp:
            await smtp.send(letter())
            await smtp.send(letter("c@x.test"))

    asyncio.run(send())


def by_hand(server: SandboxServer, tls: str | None) -> None:
    with Terminal(server) as terminal:
        terminal.dialogue(HELLO)
        if tls == "starttls":
            terminal.dialogue("<tls>\n" + HELLO)
        login = b64encode(b"\0alice\0secret").decode()
        terminal.dialogue(f"AUTH PLAIN {login}\n{TO_DATA}\n..dot\n.\n{TO_DATA}\nhi\n.\nQUIT")


def by_curl(server: SandboxServer, tls: str | None) -> None:
    scheme = "smtps" if tls == "implicit" else "smtp"
    command = [
        require("curl")["curl"], "--silent", "--show-error",
        f"{scheme}://localhost:{server.port}/me.test",
        "--mail-from", "ann@x.test", "--mail-rcpt", "b@x.test", "--mail-rcpt", "c@x.test",
        "--user", "alice:secret", "--upload-file", "-",
    ]  # fmt: skip
    command += ["--ssl-reqd"] if tls == "starttls" else []
    command += ["--cacert", str(server.ca_file)] if tls else []
    run(command, letter().as_bytes().replace(b"\n", b"\r\n"))


def by_swaks(server: SandboxServer, tls: str | None) -> None:
    command = [
        require("swaks")["swaks"], "--server", "localhost", "--port", str(server.port),
        "--from", "ann@x.test", "--to", "b@x.test,c@x.test", "--helo", "me.test",
        "--auth", "PLAIN", "--auth-user", "alice", "--auth-password", "secret",
    ]  # fmt: skip
    command += {"starttls": ["--tls"], "implicit": ["--tlsc"]}.get(str(tls), [])
    run(command)


def run(command: list[str], given: bytes = b"") -> None:
    done = subprocess.run(command, input=given, capture_output=True, timeout=60, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def by_telnet(server: SandboxServer, tls: str | None) -> None:
    """Type line after line into a socket and read the reply to each, as telnet does."""
    login = b64encode(b"\0alice\0secret").decode()
    content = "Subject: typed\r\n\r\n..dot\r\n."
    first = [HELLO, "STARTTLS"] if tls == "starttls" else []
    last = [HELLO, f"AUTH PLAIN {login}", *TO_DATA.splitlines(), content, "QUIT"]
    with closing(RawClient(server)) as client:
        if tls == "implicit":
            client.secure(server)
        client.codes(1)
        for line in (*first, *last):
            client.ask(line.strip().encode() + b"\r\n")
            if line == "STARTTLS":
                client.secure(server)


CLIENTS: dict[str, Callable[[SandboxServer, str | None], None]] = {
    "smtplib": by_smtplib,
    "aiosmtplib": by_aiosmtplib,
    "ours": by_our_client,
    "ours, asyncio": by_our_asyncio_client,
    "by hand": by_hand,
    "telnet": by_telnet,
    "curl": by_curl,
    "swaks": by_swaks,
}


@pytest.mark.parametrize("tls", [None, "starttls", "implicit"])
@pytest.mark.parametrize("client", CLIENTS)
def test_a_right_client_gets_no_remark(client, tls):
    with SandboxServer(tls=tls, auth={"alice": "secret"}) as server:
        CLIENTS[client](server, tls)
        assert server.messages
        for session in server.sessions:
            ended(session)
        assert [session.remarks for session in server.sessions] == [[]]


@pytest.mark.parametrize("tls", [None, "starttls"])
@pytest.mark.parametrize("client", ["ours", "ours, asyncio", "by hand"])
def test_a_right_client_gets_no_remark_inline(client, tls):
    with SandboxServer(inline=True, tls=tls, auth={"alice": "secret"}) as server:
        CLIENTS[client](server, tls)
        assert [session.remarks for session in server.sessions] == [[]]


# -- who tries again, and who does not ------------------------------------------------------------


def refusing(**more: Any) -> SandboxServer:
    return SandboxServer(inline=True, refuse="no@x.test", **more)


def send(server: SandboxServer, to: list[str], text: str, **more: Any) -> None:
    smtp = SMTP.from_url(server.url, from_="ann@x.test", send_to=to, message_text=text, **more)
    smtp.config("StopOnToErrors=False")
    with suppress(RefusedError):
        smtp.send()


def test_a_refused_one_of_several_may_stand_in_the_next_message():
    with refusing() as server:
        for text in ("one", "two"):
            for to in (["no@x.test", "b@x.test"], ["b@x.test", "no@x.test"]):
                send(server, to, text)
        assert {key for one in server.sessions for key in one.remarks} == set()


def test_a_message_that_was_mended_is_another_one():
    with SandboxServer(inline=True) as server:
        server.inject("reply", stage="END", code=554, text="5.6.0 I do not like it")
        for text in ("one", "two", "two"):
            send(server, ["b@x.test"], text)
        keys = [one.remarks for one in server.sessions]
    assert keys[:2] == [[], []]


def test_a_command_that_was_mended_is_another_one():
    with refusing() as server, Terminal(server) as terminal:
        terminal.dialogue(HELLO + "MAIL FROM:<zoë@x.test>\nMAIL FROM:<zoë@x.test> SMTPUTF8\nQUIT")
        assert terminal.remarks == []


def test_another_user_of_the_same_machine_is_another_client():
    with refusing(auth={"ann": "x", "ben": "y"}) as server:
        for user in ("ann", "ben"):
            smtp = SMTP.from_url(server.url_for(user), from_="a@x.test", send_to="no@x.test")
            with pytest.raises(RefusedError):
                smtp.send()
        assert [one.remarks for one in server.sessions] == [[], []]


def test_who_goes_back_does_not_try_again():
    with refusing() as server, Terminal(server) as terminal:
        terminal.dialogue(HELLO + TO_MAIL + "RCPT TO:<no@x.test>\nRCPT TO:<b@x.test>")
        terminal.back()
        assert terminal.remarks == []
        terminal.dialogue("RCPT TO:<no@x.test>")
        assert terminal.remarks == ["retry-of-5yz"]


def test_a_4yz_may_be_tried_again():
    with SandboxServer(inline=True) as server, Terminal(server) as terminal:
        server.inject("greylist")
        terminal.dialogue(HELLO + TO_MAIL + "RCPT TO:<b@x.test>\n" * 2 + "DATA\n\nhi\n.\nQUIT")
        assert (terminal.remarks, len(server.messages)) == ([], 1)


def test_a_client_that_refuses_the_certificate_gets_none():
    with SandboxServer(inline=True, tls="starttls", certificate="expired") as server:
        with pytest.raises(TLSError):
            SMTP.from_url(server.url).connect()
        assert [key for one in server.sessions for key in one.remarks if key != "no-quit"] == []
