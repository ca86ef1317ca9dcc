"""Each misconception leaves its remark, and the server says in words what was wrong."""

from __future__ import annotations

import smtplib
from base64 import b64encode

import pytest

from protocol.server.talk import login_service
from sandbox.line import Line
from smtp_nb import SMTP
from smtp_nb.protocol.server.policy import EXTENSIONS, Service
from smtp_nb.sandbox import SandboxServer
from smtp_nb.sandbox.remarks import lacks_empty_line

HELLO = b"EHLO me.test\r\n"
MAIL, RCPT = b"MAIL FROM:<a@x.test>\r\n", b"RCPT TO:<b@x.test>\r\n"
DATA, QUIT = b"DATA\r\n", b"QUIT\r\n"
OPENED = [HELLO, MAIL, RCPT, DATA]
PLAIN = tuple(name for name in EXTENSIONS if name != "PIPELINING")

# What a student says, read by read, the key, and words of the reply or of `waiting`.
STUDENTS = {
    "no line end": ([b"EHLO me.test"], "no-crlf", "12 octets without an end of line (CRLF)"),
    "only a line feed": ([b"EHLO me.test\n"], "bare-lf", "CR and LF only stand together"),
    "only line feeds in the content": ([*OPENED, b"hi\n.\n"], "bare-lf", "came without CR"),
    "a line feed in the content": (
        [*OPENED, b"a\nb\r\n.\r\n", QUIT], "bare-lf", "1 line feed came without CR"),
    "no dot": ([*OPENED, b"hi\r\n"], "no-dot", "the dot on a line of its own"),
    "a dot glued to the text": ([*OPENED, b"hi.\r\n"], "no-dot", "the dot on a line of its own"),
    "QUIT in the content": ([*OPENED, b"hi\r\n", QUIT], "no-dot", "the dot on a line of its own"),
    "body before 354": (
        [HELLO, MAIL, RCPT, DATA + b"hi\r\n.\r\n", QUIT],
        "out-of-turn", "wait for the reply to DATA"),
    "all at once": ([HELLO + MAIL, QUIT], "out-of-turn", "wait for the reply to EHLO"),
    "a group after HELO, which is offered none": (
        [b"HELO me.test\r\n", MAIL + RCPT, QUIT], "out-of-turn", "wait for the reply to MAIL"),
    "two addresses": (
        [HELLO, MAIL, b"RCPT TO:<a@x.test>,<b@x.test>\r\n", QUIT], "second-address", "one address"),
    "two in brackets": (
        [HELLO, MAIL, b"RCPT TO:<a@x.test,b@x.test>\r\n", QUIT], "second-address", "one address"),
    "two with a blank": (
        [HELLO, MAIL, b"RCPT TO:<a@x.test> <b@x.test>\r\n", QUIT], "second-address", "one address"),
    "an address for a name": ([b"EHLO ann@x.test\r\n", QUIT], "helo-domain", "one domain name"),
    "the server's name": ([b"HELO sandbox.test\r\n", QUIT], "helo-domain", "that is my name"),
    "no empty line": (
        [*OPENED, b"Subject: x\r\nhello there\r\n.\r\n", QUIT], "no-empty-line",
        "the empty line after the headers was missing"),
    "a dot not doubled": (
        [*OPENED, b"\r\n.hidden\r\n.\r\n", QUIT], "unstuffed-dot", "needs a second one"),
    "a login in clear": (
        [HELLO, b"AUTH PLAIN alice:wonderland\r\n", QUIT], "not-base64", "Not base64"),
    "a name in clear": (
        [HELLO, b"AUTH LOGIN\r\n", b"alice\r\n", QUIT], "not-base64", "Not base64"),
    "no NULs": (
        [HELLO, b"AUTH PLAIN " + b64encode(b"alice:wonderland") + b"\r\n", QUIT], "no-nul", "NUL"),
    "NULs typed out": (
        [HELLO, b"AUTH PLAIN " + b64encode(rb"\0alice\0wonderland") + b"\r\n", QUIT],
        "no-nul", "NUL"),
    "no QUIT": ([*OPENED, b"\r\nhi\r\n.\r\n"], "no-quit", "left without"),
}  # fmt: skip


@pytest.mark.parametrize("student", STUDENTS)
def test_a_wrong_student_gets_exactly_the_remark_and_is_told(student):
    reads, key, words = STUDENTS[student]
    login = login_service() if b"AUTH" in b"".join(reads) else None
    line = Line(login or Service("sandbox.test", PLAIN))
    for read in reads:
        line.say(read)
    before = line.session.remarks
    line._connection.connection_lost(None)
    assert set(line.session.remarks) == {key}
    assert before == line.session.remarks or key == "no-quit"
    replies = b"".join(data for _, data in line.got).decode()
    assert words in replies + line.session.waiting


@pytest.mark.parametrize("inline", [False, True])
def test_a_refusal_that_is_tried_again_is_remarked_upon(inline):
    with SandboxServer(inline=inline, refuse="nobody@x.test") as server:
        for _ in range(2):
            smtp = SMTP.from_url(server.url, from_="a@x.test", send_to="nobody@x.test")
            with pytest.raises(Exception, match="No such mailbox"):
                smtp.send()
        assert [session.remarks for session in server.sessions] == [[], ["retry-of-5yz"]]
        assert "do not try again" in str(server.sessions[1])


def test_plain_text_after_starttls_is_told_in_clear():
    with SandboxServer(tls="starttls") as server:
        client = smtplib.SMTP(server.host, server.port)
        client.ehlo("me.test")
        assert client.docmd("STARTTLS")[0] == 220
        code, words = client.docmd("EHLO me.test")
        assert (code, b"TLS handshake" in words) == (554, True)
        client.close()
        assert server.sessions[0].remarks == ["plain-after-starttls"]


@pytest.mark.parametrize("tls", [None, "starttls"])
@pytest.mark.parametrize("inline", [False, True])
def test_a_right_client_gets_none(inline, tls):
    with SandboxServer(inline=inline, tls=tls) as server:
        heard = []
        with SMTP.from_url(server.url, from_="a@x.test", send_to="b@x.test", subject="x") as smtp:
            end = server.sessions[0].subscribe(heard.append)
            smtp.message_text = ".dot\n\n..two\nafter"
            smtp.send()
            end()
            smtp.send()
        session = server.sessions[0]
        assert session.remarks == []
        assert len(session.messages) == 2
        assert [event.message for event in heard if "QUIT" in event.message] == []
        assert heard
        trail = [one.command for one in session.exchanges]
        assert trail[0] == ""
        assert trail[1] == "EHLO"
        assert all(one.reply for one in session.exchanges)


def test_a_subscriber_that_fails_disturbs_nothing():
    with SandboxServer(inline=True) as server:
        smtp = SMTP.from_url(server.url, from_="a@x.test", send_to="b@x.test")
        smtp.connect()
        server.sessions[0].subscribe(lambda event: 1 / 0)
        assert smtp.send()


@pytest.mark.parametrize(
    ("content", "lacks"),
    [
        (b"", False),
        (b"Subject: x\r\n", False),
        (b"Subject: x\r\n\r\nhello\r\n", False),
        (b"Subject: x\r\n folded\r\n\r\nhello\r\n", False),
        (b"hello\r\n", False),
        (b"\r\nhello\r\n", False),
        (b"Subject: x\r\nhello\r\n", True),
        (b"Subject: x\r\n folded\r\nhello", True),
    ],
)
def test_an_empty_line_is_missed_after_headers_only(content, lacks):
    assert lacks_empty_line(content) is lacks


def test_no_ehlo_after_tls_is_told():
    with SandboxServer(tls="starttls") as server:
        with smtplib.SMTP(server.host, server.port) as client:
            client.starttls()
            code, words = client.docmd("MAIL FROM:<a@x.test>")
            assert (code, b"Say EHLO again" in words) == (503, True)
        assert server.sessions[0].remarks == ["no-ehlo-after-tls"]
