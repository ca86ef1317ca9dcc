"""The trail as the server saw it."""

from __future__ import annotations

import smtplib
from base64 import b64encode

import pytest

from smtp_nb.model.enums import TrailDirection
from smtp_nb.model.events import PITrailEvent
from smtp_nb.model.reply import Reply
from smtp_nb.sandbox import SandboxServer
from smtp_nb.sandbox.session import MAX_LINES, Session

CLIENT, SERVER, INFO = TrailDirection.CLIENT, TrailDirection.SERVER, TrailDirection.INFO


def told(session: Session) -> list[tuple[TrailDirection, str]]:
    return [(event.direction, event.message) for event in session]


def test_a_session_reads_like_the_conversation(connect, server):
    client = connect(server)
    client.ask(b"HELO client.test\r\n")
    client.ask(b"MAIL FROM:<a@x.test>\r\n")
    client.ask(b"RCPT TO:<b@x.test>\r\n")
    client.ask(b"DATA\r\n")
    client.ask(b"hello\r\n.\r\n")
    client.ask(b"QUIT\r\n")
    client.rest()
    session = server.sessions[0]
    assert told(session) == [
        (SERVER, "220 sandbox.test ESMTP smtp_nb sandbox"),
        (CLIENT, "HELO client.test"),
        (SERVER, "250 sandbox.test greets client.test"),
        (CLIENT, "MAIL FROM:<a@x.test>"),
        (SERVER, "250 Sender ok"),
        (CLIENT, "RCPT TO:<b@x.test>"),
        (SERVER, "250 Recipient ok"),
        (CLIENT, "DATA"),
        (SERVER, "354 End data with a dot on a line of its own"),
        (INFO, "7 bytes of content"),
        (CLIENT, "."),
        (SERVER, f"250 Ok: queued as {server.messages[0].queue_id}"),
        (CLIENT, "QUIT"),
        (SERVER, "221 Bye"),
    ]
    assert session.hello == "client.test"
    assert session.number == server.messages[0].session == 1
    assert {event.group for event in session} == {0}


def test_lines_that_came_together_carry_one_group_number(connect, server):
    client = connect(server, ehlo=True)
    client.ask(b"MAIL FROM:<a@x.test>\r\nRCPT TO:<b@x.test>\r\n", 2)
    client.ask(b"RSET\r\n")
    groups = {event.message: event.group for event in server.sessions[0]}
    assert groups["MAIL FROM:<a@x.test>"] == groups["RCPT TO:<b@x.test>"] != 0
    assert groups["250 2.1.5 Recipient ok"] == groups["MAIL FROM:<a@x.test>"]
    assert groups["RSET"] == 0


def test_a_reply_of_many_lines_goes_on_until_its_last():
    session = Session(1, "peer", ())
    session.server(Reply(250, ("one", "two", "three")))
    assert [(event.message, event.final) for event in session] == [
        ("250-one", False),
        ("250-two", False),
        ("250 three", True),
    ]


def test_a_session_is_a_sequence_of_events():
    session = Session(1, "peer", ())
    session.client("NOOP")
    assert isinstance(session[0], PITrailEvent)
    assert len(session) == 1
    assert session[0:1] == list(session)
    assert str(session) == " -> NOOP"
    assert "1 line" in repr(session)


def test_a_session_keeps_the_last_lines():
    session = Session(1, "peer", ())
    for number in range(MAX_LINES + 5):
        session.client(f"NOOP {number}")
    assert len(session) == MAX_LINES
    assert session[0].message == "NOOP 5"


def test_tls_shows_from_the_handshake_on():
    with SandboxServer(tls="implicit") as server:
        import ssl

        context = ssl.create_default_context(cafile=server.ca_file)
        with smtplib.SMTP_SSL("localhost", server.port, context=context) as client:
            client.noop()
        session = server.sessions[0]
    assert session[0].message.startswith("TLS is up: TLSv1.")
    assert all(event.tls for event in session)


def test_what_was_said_inside_auth_is_told_on_demand_alone():
    with SandboxServer(auth={"alice": "wonderland"}) as server:
        with smtplib.SMTP(server.host, server.port) as client:
            client.ehlo()
            client.user, client.password = "alice", "wonderland"
            client.auth("PLAIN", client.auth_plain)
        with smtplib.SMTP(server.host, server.port) as client:
            client.ehlo()
            client.user, client.password = "alice", "wrong guess"
            with pytest.raises(smtplib.SMTPAuthenticationError, match="535"):
                client.auth("LOGIN", client.auth_login, initial_response_ok=False)
        first, second = server.sessions
    assert first.logins() == ["PLAIN \\0alice\\0wonderland"]
    assert second.logins() == ["LOGIN", "alice", "wrong guess"]
    shown = str(first) + str(second) + first._repr_html_() + second._repr_html_()
    assert "AUTH PLAIN <hidden>" in shown
    for secret in (b"wonderland", b"wrong guess", b"\0alice\0wonderland"):
        assert secret.decode() not in shown
        assert b64encode(secret).decode() not in shown


def test_a_known_password_is_hidden_wherever_it_stands():
    session = Session(1, "peer", ("wonder/land",))
    session.client("NOOP wonder/land")
    session.client(f"XAUTH {b64encode(b'wonder/land').decode()}")
    shown = [event.message for event in session]
    assert shown[0] == "NOOP <hidden>"
    assert "d29uZGVy" not in shown[1]
