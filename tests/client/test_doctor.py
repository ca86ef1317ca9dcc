"""The doctor: each fault of the way to a server, what is said of it and what to do."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from canary import CANARY, assert_clean, log
from drivers.fronts import Front
from drivers.peers import Line, Peer, free_port, full_backlog, greet, talk
from smtp_nb import SMTP, AsyncSMTP
from smtp_nb.errors import Interrupted, StateError
from smtp_nb.model.diagnosis import Checkup, Finding
from smtp_nb.sandbox import SandboxServer

STEPS = ["Settings", "Name", "Connection", "Banner", "Greeting", "TLS", "Certificate"]
STEPS += ["Extensions", "Login"]


def visit(front: Front, smtp: Any, **options: Any) -> Checkup:
    found: Checkup = front.run(smtp.doctor(**{"patience_s": 5.0, "ports": ()} | options))
    assert not smtp.connected
    return found


def assert_trouble(found: Checkup, step: str, text: str, remedy: str, code: int = 0) -> None:
    """One step is bad, with these words; those before it are good, those behind not reached."""
    assert not found
    trouble = found.trouble
    assert trouble is not None
    assert trouble.name == step, str(found)
    assert text in trouble.text
    assert remedy in trouble.remedy
    assert trouble.code == code or not code
    at = found.checks.index(trouble)
    assert {check.finding for check in found.checks[:at]} <= {Finding.GOOD}
    assert {check.finding for check in found.checks[at + 1 :]} <= {Finding.UNSEEN}


@contextlib.contextmanager
def peer(front: Front, habit: Callable[[Line], None], **properties: Any) -> Iterator[Any]:
    with Peer(habit) as running:
        yield front.make(mail_server="127.0.0.1", mail_port=running.port, **properties)


# -- all is well --------------------------------------------------------------------------------


def test_a_server_that_works_is_told_step_by_step(front: Front) -> None:
    with SandboxServer(tls="starttls", auth={"ann": "secret"}) as server:
        found = visit(front, front.SMTP.from_url(server.url))
        assert found, str(found)
        assert [check.name for check in found.checks] == STEPS
        assert "127.0.0.1" in found["name"].text
        assert "TLSv1.3" in found["tls"].text
        assert "sandbox authority" in found["certificate"].text
        assert "PIPELINING" in found["extensions"].text
        assert "ann" in found["login"].text
        assert server.messages == []
        assert "QUIT" in str(server.sessions[-1])


def test_tls_at_once_comes_before_the_banner(front: Front) -> None:
    with SandboxServer(tls="implicit") as server:
        found = visit(front, front.SMTP.from_url(server.url))
    assert found, str(found)
    names = [check.name for check in found.checks]
    assert names.index("TLS") < names.index("Certificate") < names.index("Banner")
    assert found["login"].finding is Finding.UNSEEN


def test_the_conversation_is_in_the_trail(front: Front) -> None:
    with SandboxServer() as server:
        smtp = front.SMTP.from_url(server.url)
        seen: list[str] = []
        smtp.on_pi_trail += lambda event: seen.append(event.message)
        visit(front, smtp)
    assert any(line.startswith("EHLO") for line in seen)


def test_a_session_is_not_disturbed(front: Front) -> None:
    with SandboxServer() as server:
        smtp = front.SMTP.from_url(server.url)
        with front.connected(smtp):
            with pytest.raises(StateError) as caught:
                front.run(smtp.doctor())
            assert caught.value.code == 104
            assert visit(front, smtp.clone())
            assert smtp.connected


# -- each fault ---------------------------------------------------------------------------------


def test_no_server(front: Front) -> None:
    assert_trouble(visit(front, front.make()), "Settings", "no mail server", "Set mail_server", 163)


def test_a_name_that_does_not_exist(front: Front) -> None:
    found = visit(front, front.make(mail_server="nowhere.invalid"))
    assert_trouble(found, "Name", "nowhere.invalid", "spelling")


def test_a_port_where_nobody_listens(front: Front) -> None:
    smtp = front.make(mail_server="127.0.0.1", mail_port=free_port())
    assert_trouble(visit(front, smtp), "Connection", "refused", "No server listens", 10061)


def test_a_port_that_is_blocked_while_another_answers(front: Front) -> None:
    with full_backlog() as blocked, SandboxServer() as server:
        smtp = front.make(mail_server="127.0.0.1", mail_port=blocked)
        found = visit(front, smtp, patience_s=0.2, ports=(free_port(), blocked, server.port))
        assert_trouble(found, "Connection", "", f"set mail_port={server.port}", 201)
    assert "firewall" in found["connection"].remedy


def test_a_network_that_blocks_every_port(front: Front) -> None:
    smtp = front.make(mail_server="127.0.0.1", mail_port=free_port())
    found = visit(front, smtp, ports=(free_port(),))
    assert_trouble(found, "Connection", "", "do not answer either", 10061)


def test_a_server_that_says_nothing(front: Front) -> None:
    with peer(front, lambda line: line.stall()) as smtp:
        found = visit(front, smtp, patience_s=0.2)
    assert_trouble(found, "Banner", "waiting for the banner", "", 201)


def test_a_server_that_says_nothing_because_it_waits_for_tls(front: Front) -> None:
    with SandboxServer(tls="implicit") as server:
        smtp = front.make(mail_server="127.0.0.1", mail_port=server.port)
        found = visit(front, smtp, patience_s=0.5)
    assert_trouble(found, "Banner", "banner", "ssl_start_mode='implicit'", 201)


def test_a_server_that_begins_in_clear_where_tls_was_wanted(front: Front) -> None:
    with SandboxServer(tls="starttls") as server:
        smtp = front.make(mail_server="127.0.0.1", mail_port=server.port, ssl_start_mode="implicit")
        found = visit(front, smtp, patience_s=1.0)
    assert_trouble(found, "TLS", "handshake failed", "ssl_start_mode='explicit'", 276)


def test_a_server_that_does_not_serve_us(front: Front) -> None:
    def habit(line: Line) -> None:
        line.say(b"554 5.7.1 your address is on a list")
        line.hear_the_end()

    with peer(front, habit) as smtp:
        assert_trouble(visit(front, smtp), "Banner", "on a list", "", 161)


def test_a_server_that_hangs_up_at_once(front: Front) -> None:
    with peer(front, lambda line: line.sock.close()) as smtp:
        assert_trouble(visit(front, smtp), "Banner", "closed", "")


def test_starttls_that_was_stripped(front: Front) -> None:
    with peer(front, talk_plainly, ssl_start_mode="explicit") as smtp:
        found = visit(front, smtp)
    assert_trouble(found, "TLS", "does not offer STARTTLS", "strip", 276)


def talk_plainly(line: Line) -> None:
    greet(line)
    talk(line)


CERTIFICATES = {
    "expired": ("it expired", "renew"),
    "wrong-host": ("is for", "name"),
    "self-signed": ("", "pin="),
    "unknown-ca": ("", "ca="),
}


@pytest.mark.parametrize("fault", CERTIFICATES)
@pytest.mark.parametrize("tls", ["starttls", "implicit"])
def test_a_certificate_with_a_fault(front: Front, fault: str, tls: Any) -> None:
    text, remedy = CERTIFICATES[fault]
    with SandboxServer(tls=tls, certificate=fault, auth={"ann": CANARY}) as server:
        found = visit(front, front.SMTP.from_url(server.url))
        assert "AUTH" not in str(server.sessions[-1]).partition("STARTTLS")[2].replace("250", "")
    assert_trouble(found, "Certificate", text, remedy, 280)
    assert found["tls"].finding is Finding.GOOD


@pytest.mark.parametrize("has_roots", [True, False])
def test_a_python_without_roots_is_told(
    front: Front, monkeypatch: pytest.MonkeyPatch, has_roots: bool
) -> None:
    monkeypatch.setattr("smtp_nb.wire.tls.roots.has_roots", lambda: has_roots)
    with SandboxServer(tls="starttls") as server:
        smtp = front.make(mail_server="127.0.0.1", mail_port=server.port)
        smtp.ssl_start_mode = "explicit"
        found = visit(front, smtp)
    assert found.trouble is not None
    assert found.trouble.name == "Certificate"
    assert ("trusts no authority at all" in found.trouble.remedy) is not has_roots
    assert "authority" in found.trouble.text


def test_a_certificate_that_the_user_accepts_is_doubtful(front: Front) -> None:
    with SandboxServer(tls="implicit", certificate="expired") as server:
        smtp = front.SMTP.from_url(server.url)
        smtp.config("SSLSecurityFlags=1")
        found = visit(front, smtp)
    assert found
    assert found["certificate"].finding is Finding.DOUBTFUL
    assert "accepted although: it expired" in found["certificate"].text
    assert "warnings" in found.title


def test_a_password_that_is_wrong(front: Front) -> None:
    with SandboxServer(tls="starttls", auth={"ann": "another"}) as server:
        smtp = front.SMTP.from_url(server.url)
        smtp.user, smtp.password = "ann", CANARY
        with log() as lines:
            found = visit(front, smtp)
    assert_trouble(found, "Login", "535 5.7.8", "app password")
    assert_clean(f"{found}{found._repr_html_()}{found.checks!r}", "the doctor")
    assert_clean("\n".join(lines.lines), "the log")


def test_a_mechanism_that_is_not_offered(front: Front) -> None:
    with SandboxServer(tls="starttls", auth={"ann": "secret"}) as server:
        smtp = front.SMTP.from_url(server.url)
        smtp.auth_mechanism = "sasl_digest_md5"
        found = visit(front, smtp)
    assert_trouble(found, "Login", "", "")


def test_a_password_without_tls(front: Front, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("smtp_nb.flows.connecting.login.is_loopback", lambda address: False)
    with SandboxServer(auth={"ann": CANARY}) as server:
        found = visit(front, front.SMTP.from_url(server.url))
        assert CANARY not in str(server.sessions[-1])
    assert found.trouble is not None
    assert found.trouble.name == "Login"
    assert found["tls"].finding is Finding.DOUBTFUL
    assert "can read the session" in found["tls"].text


def test_a_proxy_that_refuses(front: Front) -> None:
    def habit(line: Line) -> None:
        while line.hear():
            pass
        line.say(b"HTTP/1.1 403 not to port 25", b"")
        line.hear_the_end()

    with Peer(habit) as proxy:
        smtp = front.make(mail_server="mail.test")
        smtp.firewall.firewall_type = "tunnel"
        smtp.firewall.host, smtp.firewall.port = "127.0.0.1", proxy.port
        found = visit(front, smtp)
    assert_trouble(found, "Connection", "403", "", 118)
    assert "the proxy 127.0.0.1" in found["name"].text


def test_a_visit_can_be_interrupted() -> None:
    with Peer(lambda line: line.stall()) as running:
        smtp = SMTP(mail_server="127.0.0.1", mail_port=running.port)
        smtp.on_connection_status += lambda event: smtp.interrupt()
        with pytest.raises(Interrupted):
            smtp.doctor()


def test_a_visit_can_be_cancelled() -> None:
    async def visit() -> None:
        smtp = AsyncSMTP(mail_server="127.0.0.1", mail_port=running.port)
        task = asyncio.create_task(smtp.doctor())
        smtp.on_connection_status += lambda event: task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert smtp.idle

    with Peer(lambda line: line.stall()) as running:
        asyncio.run(visit())
