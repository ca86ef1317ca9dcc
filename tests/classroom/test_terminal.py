"""A conversation by hand: any octets, what the state allows, and the way back."""

from __future__ import annotations

import random
import socket
from base64 import b64encode

import pytest

from classroom.servers import DOORS, SHORT, greeted, sandbox
from smtp_nb.classroom import Terminal
from smtp_nb.classroom.mirror import EXAMPLES
from smtp_nb.errors import (
    ConnectionClosed,
    InputError,
    LinkError,
    PlaintextInjected,
    SMTPTimeout,
    StateError,
)
from smtp_nb.sandbox import SandboxServer

LETTER = """
MAIL FROM:<ann@x.test>
RCPT TO:<ben@x.test>
DATA
Subject: hello

first line
..dotted
.
QUIT
"""


@pytest.mark.parametrize("door", DOORS)
def test_a_letter_by_hand_arrives_and_is_marked(door):
    with sandbox(door) as server, greeted(server, door, name="ann") as terminal:
        replies = terminal.dialogue(LETTER)
        assert [reply.code for reply in replies] == [250, 250, 354, 250, 221]
        assert replies.code == 221
        (message,) = server.messages
        assert message.content == b"Subject: hello\r\n\r\nfirst line\r\n.dotted\r\n"
        session = server.sessions[0]
        assert terminal.session is session
        assert (session.by, session.student, session.remarks) == ("hand", "ann", [])
        assert {one.by for one in session.exchanges} == {"hand"}
        assert terminal.state == "closed"
        assert terminal.legal == ()


@pytest.mark.parametrize("door", DOORS)
def test_both_sides_show_the_same_conversation(door):
    with sandbox(door) as server, greeted(server, door) as terminal:
        terminal.dialogue(LETTER)
        ours, theirs = str(terminal.trail), str(terminal.session)
        shown = [line for line in theirs.splitlines() if "TLS is up" not in line]
        assert ours.splitlines() == shown
        assert terminal.trail.tally.round_trips == terminal.session.round_trips


def test_octets_leave_as_they_are():
    with SandboxServer(inline=True) as server, Terminal(server) as terminal:
        said = b"\x00\xff\r nonsense\n\r\n"
        terminal.send(said)
        assert terminal.read()[-1].code == 500
        assert server.sessions[0].wire[1][1] == said
        terminal.line("NOOP wörds")
        assert server.sessions[0].wire[3:] == []
        assert terminal.read().code == 250
        assert server.sessions[0].wire[3][1] == "NOOP wörds\r\n".encode()


@pytest.mark.parametrize("inline", [True, False])
def test_read_returns_all_replies_that_are_due(inline):
    with SandboxServer(inline=inline) as server, Terminal(server) as terminal:
        terminal.line("EHLO me.test")
        greeting, hello = terminal.read()
        assert (greeting.code, hello.code, len(hello.lines) > 10) == (220, 250, True)
        terminal.send(b"NOOP\r\nMAIL FROM:<a@x.test>\r\nRCPT TO:nobody\r\n")
        assert [reply.code for reply in terminal.read()] == [250, 250, 501]
        assert str(terminal).count("501") == 1


@pytest.mark.parametrize("inline", [True, False])
def test_a_server_that_does_not_answer_says_what_it_waits_for(inline):
    with SandboxServer(inline=inline) as server, Terminal(server, timeout=SHORT) as terminal:
        terminal.read()
        with pytest.raises(SMTPTimeout, match="the server waits for a command"):
            terminal.read()
        terminal.send(b"EHLO me.test")
        with pytest.raises(SMTPTimeout, match="12 octets without an end of line"):
            terminal.read()
        terminal.send(b"\r\n")
        assert terminal.read().code == 250
        terminal.dialogue("MAIL FROM:<a@x.test>\nRCPT TO:<b@x.test>\nDATA\nhi\n<wait>")
        assert "=== no reply in 0.05 s: the server waits for the dot" in str(terminal)
        assert terminal.waiting.startswith("the dot on a line of its own")


def test_the_greeting_is_not_lost_on_who_speaks_first():
    with SandboxServer(inline=True) as server, Terminal(server) as terminal:
        assert (terminal.state, "EHLO" in terminal.legal) == ("connected", True)
        assert terminal.read().code == 220


# -- what the state allows ------------------------------------------------------------------------

WALK = ["EHLO", "HELO", "MAIL", "RCPT", "DATA", "RSET", "NOOP", "AUTH", "VRFY", ".", "*", "TLS"]
REFUSED = {500, 502, 503, 504, 530, 538, 554}


def step(terminal: Terminal, word: str) -> int:
    """Do what `legal` names; the code of the reply."""
    if word == "TLS":
        terminal.starttls()
        return 220
    terminal.line(EXAMPLES.get(word, word))
    return terminal.read().code


SERVERS = {
    "open": {},
    "login": {"auth": {"ann": "secret"}},
    "tls": {"tls": "starttls", "auth": {"ann": "secret"}},
    "bare": {"tls": "starttls", "without": ("CHUNKING", "VRFY", "HELP", "SEND", "STARTTLS")},
}


@pytest.mark.parametrize("options", SERVERS.values(), ids=SERVERS)
def test_legal_is_what_the_server_takes(options):
    """Every command in every state of random walks, on one terminal for each try."""
    deal = random.Random(5)
    with SandboxServer(inline=True, **options) as server:
        for _ in range(2):
            path: list[str] = []
            for _ in range(6):
                with Terminal(server) as terminal:
                    terminal.read()
                    for word in path:
                        step(terminal, word)
                    legal, state = terminal.legal, terminal.state
                if state in ("data", "login", "tls", "closed") and "EHLO" not in legal:
                    assert legal in ((".",), ("*",), ("TLS",), ())
                else:
                    assert set(legal) == taken(server, path)
                path.append(deal.choice([one for one in legal if one in WALK]))


def taken(server: SandboxServer, path: list[str]) -> set[str]:
    found = set()
    for verb in EXAMPLES:
        with Terminal(server) as terminal:
            terminal.read()
            for word in path:
                step(terminal, word)
            if step(terminal, verb) not in REFUSED:
                found.add(verb)
    return found


def test_every_state_has_its_name():
    with SandboxServer(inline=True, tls="starttls", auth={"ann": "secret"}) as server:
        with Terminal(server) as terminal:
            terminal.read()
            states = [terminal.state]
            said = ["EHLO me", "STARTTLS", "<tls>", "EHLO me", "AUTH LOGIN", "*", "AUTH PLAIN "
                    + b64encode(b"\0ann\0secret").decode(), "MAIL FROM:<a@x.test>",
                    "RCPT TO:<b@x.test>", "DATA", ".", "QUIT"]  # fmt: skip
            for line in said:
                terminal.dialogue(line)
                states.append(terminal.state)
        assert states == [
            "connected", "greeted", "tls", "tls", "greeted", "login", "greeted", "greeted", "mail",
            "rcpt", "data", "greeted", "closed",
        ]  # fmt: skip


def test_a_refused_command_moves_nothing():
    with SandboxServer(inline=True, refuse="nobody@x.test") as server, greeted(server) as terminal:
        for line, state in [
            ("MAIL FROM:ann@x.test", "greeted"),
            ("DATA", "greeted"),
            ("MAIL FROM:<ann@x.test>", "mail"),
            ("RCPT TO:<nobody@x.test>", "mail"),
            ("DATA", "mail"),
            ("RCPT TO:<ben@x.test>", "rcpt"),
            ("BDAT 2\n<raw 6869>\n<wait>", "data"),
            ("RSET", "greeted"),
        ]:
            terminal.dialogue(line)
            assert terminal.state == state, line


def test_what_another_server_offers_is_learnt_from_its_ehlo(monkeypatch):
    with SandboxServer(without=["CHUNKING", "EXPN"]) as server:
        monkeypatch.setattr("smtp_nb.classroom.target.shared_at", lambda *place: None)
        with Terminal(server.url) as terminal:
            terminal.dialogue("EHLO me.test\nMAIL FROM:<a@x.test>\nRCPT TO:<b@x.test>")
            assert terminal.session is None
            assert terminal.remarks == []
            assert {"CHUNKING", "BDAT", "EXPN", "AUTH"}.isdisjoint(terminal.legal)
            assert {"RCPT", "DATA", "VRFY"} <= set(terminal.legal)
            assert terminal.waiting == "a command"


def test_a_url_of_a_sandbox_of_this_process_is_known_for_one():
    for inline in (True, False):
        with SandboxServer(inline=inline) as server, Terminal(server.url, name="ann") as terminal:
            terminal.read()
            assert server.sessions[0].by == "hand"


# -- the way back ---------------------------------------------------------------------------------


@pytest.mark.parametrize("door", DOORS)
def test_back_replays_all_but_the_last_step(door):
    with sandbox(door) as server, greeted(server, door) as terminal:
        terminal.dialogue("MAIL FROM:<ann@x.test>\nRCPT TO:<ben@x.test>")
        before, session = str(terminal.trail), terminal.session
        terminal.dialogue("RSET")
        terminal.back()
        assert str(terminal.trail) == before
        assert terminal.state == "rcpt"
        assert terminal.session is not session
        terminal.back()
        assert terminal.state == "mail"
        terminal.dialogue("QUIT")
    assert [one.by for one in server.sessions] == ["abandoned", "abandoned", "hand"]
    assert [one.remarks for one in server.sessions] == [[], [], []]


def test_back_takes_a_handshake_back_with_its_command():
    with SandboxServer(inline=True, tls="starttls") as server, Terminal(server) as terminal:
        terminal.dialogue("EHLO me.test")
        terminal.starttls()
        terminal.back()
        assert terminal.state == "greeted"
        terminal.back()
        assert terminal.state == "connected"
        with pytest.raises(StateError, match="nothing has been said yet"):
            terminal.back()


def test_back_goes_on_after_the_end_of_a_conversation():
    with SandboxServer(inline=True) as server, greeted(server) as terminal:
        terminal.dialogue("QUIT")
        with pytest.raises(ConnectionClosed, match="has ended the connection"):
            terminal.read()
        with pytest.raises(StateError, match="closed"):
            terminal.send(b"NOOP\r\n")
        terminal.back()
        assert terminal.dialogue("NOOP").code == 250


# -- where it may lead ----------------------------------------------------------------------------


def another_address() -> str:
    """An address of this machine that others can reach."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))  # no packet leaves: it only picks an address
        except OSError:
            return "127.0.0.1"
        return str(probe.getsockname()[0])


def test_no_raw_octet_leaves_this_machine_unless_it_is_asked_for(monkeypatch):
    address = another_address()
    if address.startswith("127."):
        pytest.skip("this machine has no other address")
    with SandboxServer(host=address, allow_remote=True) as server:
        url = f"smtp://{address}:{server.port}?tls=none"
        with pytest.raises(InputError, match="raw bytes do not leave it"):
            Terminal(url)
        assert len(server.sessions) == 0
        real = socket.getaddrinfo
        monkeypatch.setattr(
            socket, "getaddrinfo", lambda host, *rest, **how: real(address, *rest, **how)
        )
        with pytest.raises(InputError, match=f"{address} is not this machine"):
            Terminal(url.replace(address, "elsewhere.test"))
        with Terminal(url, unsafe=True) as terminal:
            assert terminal.read().code == 220
        heard = [data for one in server.sessions for who, data in one.wire if who.name == "CLIENT"]
        assert heard == []


@pytest.mark.parametrize("nothing", [5, None, b"smtp://x", SandboxServer])
def test_what_is_no_server_is_refused(nothing):
    with pytest.raises(InputError, match="not a server to talk to"):
        Terminal(nothing)


def test_a_server_that_is_not_there_is_an_error():
    with pytest.raises(StateError, match="not running"):
        Terminal(SandboxServer())
    with SandboxServer() as server:
        url = server.url
    with pytest.raises(LinkError, match="could not connect"):
        Terminal(url)


def test_what_is_injected_after_starttls_is_refused():
    with SandboxServer(inline=True, tls="starttls") as server, Terminal(server) as terminal:
        server.inject("starttls_injection")
        terminal.dialogue("EHLO me.test")
        with pytest.raises(PlaintextInjected, match="more bytes in clear"):
            terminal.starttls()
        assert terminal.state == "closed"


def test_a_refused_starttls_leaves_the_connection():
    with SandboxServer(inline=True) as server, Terminal(server) as terminal:
        terminal.dialogue("EHLO me.test\n<tls>\nNOOP")
        assert "the server refused STARTTLS" in str(terminal)
        assert terminal.state == "greeted"


# -- what is shown --------------------------------------------------------------------------------


@pytest.mark.parametrize("inline", [True, False])
def test_no_form_shows_a_password_or_an_address(inline):
    secret = b64encode(b"\0alice\0wonderland").decode()
    users = {"alice": "wonderland"}
    with SandboxServer(inline=inline, auth=users) as server, greeted(server) as terminal:
        terminal.dialogue(
            f"AUTH LOGIN\n{b64encode(b'alice').decode()}\n{b64encode(b'wrong').decode()}\n"
            f"AUTH PLAIN {secret}\nNOOP wonderland\nMAIL FROM:<ann@x.test>\n"
        )
        saved = [repr(terminal), terminal._repr_html_()]
        for text in (*saved, str(terminal), *terminal.forms(show_addresses=True)):
            for hidden in ("wonderland", secret, b64encode(b"wrong").decode()):
                assert hidden not in text
            assert "AUTH PLAIN" in text
        assert not any("ann@x.test" in text for text in saved)
        assert "ann@x.test" in terminal.forms(show_addresses=True)[0]


def test_remarks_stand_where_they_belong():
    with SandboxServer(inline=True) as server, greeted(server) as terminal:
        terminal.dialogue("MAIL FROM:<a@x.test>\nRCPT TO:<b@x.test>,<c@x.test>")
        assert terminal.remarks == ["second-address"]
        lines = str(terminal).splitlines()
        assert lines[-2] == "=== two addresses in one command (second-address)"
        assert lines[-1].startswith("<** 501")


def test_the_end_of_a_conversation_is_said():
    with SandboxServer(inline=True) as server, Terminal(server) as terminal:
        terminal.dialogue("QUIT\nNOOP\nNOOP")
        assert str(terminal).endswith("=== the conversation is over; 2 lines were not said")
    with SandboxServer(inline=True) as server, Terminal(server) as terminal:
        server.inject("close", stage="NOOP")
        terminal.dialogue("NOOP\nNOOP")
        assert str(terminal).endswith("=== the conversation is over; 1 line was not said")
