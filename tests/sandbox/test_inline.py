"""The memory wire: the same conversation as over a socket, without one, on a virtual clock."""

from __future__ import annotations

import random
import subprocess
import sys
import textwrap
from typing import Any

import pytest

from drivers.fronts import NAMES, open_front
from smtp_nb import SMTP, AsyncSMTP
from smtp_nb.classroom import Terminal
from smtp_nb.errors import InputError, LinkError, SMTPError, SMTPTimeout, StateError
from smtp_nb.model.enums import TrailDirection
from smtp_nb.model.trail.trail import Trail
from smtp_nb.sandbox import FAULTS, SandboxServer

INFO = TrailDirection.INFO
QUEUE_ID = r"queued as \S+"


def told(trail: Any) -> list[tuple[Any, ...]]:
    """What a trail says, without what is random: queue ids, boundaries, challenges."""
    import re

    lines = []
    for event in trail:
        if "the client left" in event.message:
            continue  # a server behind a socket learns of that in its own time
        text = re.sub(QUEUE_ID, "queued", event.message)
        text = re.sub(r"^334 .+", "334 challenge", text)
        text = re.sub(r"SIZE=\d+|BDAT \d+|\b\d+ bytes", "#", text)
        lines.append((event.direction, text, event.tls, bool(event.group), event.final))
    return lines


def converse(server: SandboxServer, front: str, seed: int = 1, timeout: int = 5) -> list[Any]:
    """A few messages over one connection or several; what both sides saw, and the outcomes."""
    deal = random.Random(seed)
    trail, outcomes = Trail(), []
    with open_front(front) as here:
        smtp = here.SMTP.from_url(server.url, from_="ann@x.test", timeout=timeout)
        smtp.on_pi_trail = trail
        if server._shared.service.mechanisms == ("SCRAM-SHA-256",):
            smtp.auth_mechanism = "scram_sha_256"
        for number in range(deal.randrange(2, 5)):
            smtp.send_to = [f"p{n}@x.test" for n in range(deal.randrange(1, 4))]
            smtp.subject, smtp.message_text = f"no. {number}", "words\n" * deal.choice((1, 10, 900))
            try:
                if deal.random() < 0.5 and not smtp.connected:
                    here.run(smtp.connect())
                receipt = here.run(smtp.send())
                outcomes.append(str(receipt.outcome))
            except SMTPError as error:
                receipt = error.receipt
                outcomes.append((type(error).__name__, str(receipt.outcome) if receipt else ""))
        try:
            here.run(smtp.disconnect())
        except SMTPError as error:
            outcomes.append(type(error).__name__)
    saw = [told(session) for session in server.sessions]
    trips = [session.trail.tally.round_trips for session in server.sessions]
    mail = [(m.mail_from, m.rcpt_tos, m.subject, m.session) for m in server.messages]
    return [told(trail), trail.tally.round_trips, outcomes, saw, trips, mail]


SERVERS: list[dict[str, Any]] = [
    {},
    {"without": ("CHUNKING",)},
    {"without": ("PIPELINING", "CHUNKING")},
    {"tls": "starttls", "auth": {"alice": "secret"}},
    {"tls": "implicit"},
]


@pytest.mark.parametrize("front", NAMES)
@pytest.mark.parametrize("given", SERVERS, ids=str)
def test_a_conversation_is_the_same_as_over_a_socket(given, front):
    for seed in range(4):
        both = []
        for inline in (False, True):
            with SandboxServer(inline=inline, **given) as server:
                both.append(converse(server, front, seed))
        assert both[0] == both[1]


# The client's `timeout` is what ends a wait for a reply that never comes.
ARGUMENTS: dict[str, dict[str, Any]] = {
    "slow": {"delay": 0.01},
    "tarpit": {"growth": 0.002},
    "dribble": {"gap": 0.0005, "stage": "RCPT"},
    "wrong_order": {"stage": "MAIL"},
    "keyword": {"keyword": "-PIPELINING"},
    "hang_after_354": {"times": 1},
    "wrong_proof": {"after": 0},
    "bad_challenge": {"times": 1},
    "421": {"stage": "RCPT", "times": 1},
    "close": {"times": 1},
    "drop_before_final_reply": {"times": 1},
    "drop_after_final_reply": {"times": 1},
}


@pytest.mark.parametrize("front", NAMES)
@pytest.mark.parametrize("fault", FAULTS)
def test_each_fault_is_the_same_as_over_a_socket(fault, front):
    both = []
    for inline in (False, True):
        needs_login = FAULTS[fault].stage in ("AUTH", "STARTTLS")
        given: dict[str, Any] = (
            {"tls": "starttls", "auth": {"alice": "secret"}} if needs_login else {}
        )
        if fault == "wrong_proof":
            given["mechanisms"] = ("SCRAM-SHA-256",)
        if fault == "hang_after_354":
            given["without"] = ("CHUNKING",)
        with SandboxServer(inline=inline, **given) as server:
            server.inject(fault, **ARGUMENTS.get(fault, {}))
            both.append(converse(server, front, timeout=1 if fault == "hang_after_354" else 5))
            assert server.faults[0].hits
    assert both[0] == both[1]


@pytest.mark.parametrize(
    ("without", "seconds"),
    [((), 1.0), (("CHUNKING",), 2.0), (("CHUNKING", "PIPELINING"), 4.0)],
)
@pytest.mark.parametrize("front", NAMES)
def test_latency_is_arithmetic(without, seconds, front):
    """Twenty messages at 50 ms a trip: one, two or four trips each."""
    with SandboxServer(inline=True, latency="50ms", without=without) as server:
        with open_front(front) as here:
            smtp = here.SMTP.from_url(server.url, from_="a@x.test", send_to="b@x.test")
            with here.connected(smtp):
                began = smtp._clock()
                for _ in range(20):
                    here.run(smtp.send())
                assert round(smtp._clock() - began, 9) == seconds
        assert [event.seconds for event in server.sessions[0]] == sorted(
            event.seconds for event in server.sessions[0]
        )


def test_two_runs_take_the_same_moments():
    runs = []
    for _ in range(2):
        with SandboxServer(inline=True, latency=0.03) as server:
            converse(server, "blocking", 5)
            session = server.sessions[0]
            runs.append(
                [(e.seconds, *line) for e, line in zip(session, told(session), strict=True)]
            )
    assert runs[0] == runs[1]


def test_a_timeout_is_waited_for_on_the_virtual_clock():
    with SandboxServer(inline=True) as server:
        server.inject("slow", delay=3600, stage="MAIL")
        smtp = SMTP.from_url(server.url, from_="a@x.test", send_to="b@x.test", timeout=60)
        with pytest.raises(SMTPTimeout):
            smtp.send()
        assert smtp._clock() == 60


def test_no_socket_no_thread_and_no_third_party_module_is_used():
    program = """
        import sys
        before = set(sys.modules)
        import socket, threading
        from smtp_nb import SMTP
        from smtp_nb.sandbox import SandboxServer

        def refuse(*arguments, **keywords):
            raise AssertionError("used")

        for module, name in ((socket, "socket"), (socket, "socketpair"), (socket, "getaddrinfo"),
                             (socket, "create_connection"), (socket, "create_server"),
                             (socket, "gethostbyname"), (socket, "getfqdn")):
            setattr(module, name, refuse)
        threading.Thread.start = refuse
        with SandboxServer(inline=True, auth={"ann": "secret"}) as server:
            with SMTP.from_url(server.url, from_="a@x.test", send_to="b@x.test") as smtp:
                smtp.send()
                smtp.send()
        assert len(server.messages) == 2
        loaded = {name.partition(".")[0] for name in set(sys.modules) - before}
        print(*sorted(loaded - sys.stdlib_module_names - {"smtp_nb"}))
    """
    run = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(program)], capture_output=True, text=True
    )
    assert (run.stdout.strip(), run.stderr) == ("", "")


def test_an_inline_server_has_no_port_and_leads_nowhere_else():
    with SandboxServer(inline=True) as server:
        assert "wire=memory:" in server.url
        assert server.host == "sandbox.test"
        with pytest.raises(StateError, match="no port"):
            _ = server.port
        smtp = SMTP.from_url(server.url, from_="a@x.test", send_to="b@x.test")
        smtp.mail_server = "mail.example.org"
        with pytest.raises(LinkError, match=r"only reaches sandbox\.test"):
            smtp.send()
        clone = SMTP.from_url(server.url).clone()
        with clone:
            assert clone.connected
        smtp.reset()
        assert smtp._memory_server is None


def test_a_url_of_a_server_that_is_gone_is_refused():
    for wire in ("memory:999999", "memory:", "memory:x", "disk:1", "memory:٣"):
        for front in (SMTP, AsyncSMTP):
            with pytest.raises(InputError, match="no server of this process"):
                front.from_url(f"smtp://sandbox.test/?tls=none&wire={wire}")


def test_a_stopped_server_takes_no_connection_and_starts_again():
    server = SandboxServer(inline=True).start()
    smtp = SMTP.from_url(server.url, from_="a@x.test", send_to="b@x.test")
    smtp.connect()
    server.stop()
    assert not server.sessions[0].is_open
    with pytest.raises(SMTPError):
        smtp.send()
    with pytest.raises(LinkError, match="could not connect"):
        SMTP.connect(smtp)
    with server.start():
        SMTP.from_url(server.url, from_="a@x.test", send_to="b@x.test").send()
    assert len(server.messages) == 1


def test_reset_ends_the_sessions_and_heals():
    with SandboxServer(inline=True) as server:
        server.inject("greylist")
        smtp = SMTP.from_url(server.url, from_="a@x.test", send_to="b@x.test")
        smtp.connect()
        server.reset()
        assert server.faults == ()
        assert len(server.sessions) == 0
        other = SMTP.from_url(server.url, from_="a@x.test", send_to="b@x.test")
        assert other.send()
        assert [session.number for session in server.sessions] == [1]


def test_an_interrupt_in_a_handler_stops_the_call():
    with SandboxServer(inline=True) as server:
        smtp = SMTP.from_url(server.url, from_="a@x.test", send_to="b@x.test")
        smtp.on_pi_trail = lambda event: smtp.interrupt() if "RCPT" in event.message else None
        with pytest.raises(SMTPError) as caught:
            smtp.send()
        assert caught.value.code == 301
        assert not smtp.connected
        assert not server.messages


def test_time_passes_while_a_caller_sleeps_and_a_session_knows_when_it_began():
    with SandboxServer(inline=True) as server:
        for seconds in (0, 300, 0.25):
            server.sleep(seconds)
            SMTP.from_url(server.url, from_="a@x.test", send_to="b@x.test").send()
        assert [session.opened_at for session in server.sessions] == [0, 300, 300.25]
        assert server.clock() == 300.25
        for wrong in (-1, float("nan"), float("inf")):
            with pytest.raises(InputError, match="cannot sleep"):
                server.sleep(wrong)
    with pytest.raises(StateError, match="inline"):
        SandboxServer().sleep(1)


def test_what_was_said_before_hanging_up_arrives_in_spite_of_latency():
    with SandboxServer(inline=True, latency="50ms") as server:
        with Terminal(server) as terminal:
            terminal.dialogue("HELO me.test\nMAIL FROM:<a@a.test>\nRCPT TO:<b@b.test>\nDATA")
            terminal.send(b"no dot\r\n")
        assert server.sessions[0].remarks == ["no-dot"]
        with Terminal(server) as terminal:
            terminal.read()
            terminal.send(b"HELO me.test\r\nQUIT\r\n")
        assert server.sessions[1].exchanges[-1].command == "QUIT"
        assert "no-quit" not in server.sessions[1].remarks
