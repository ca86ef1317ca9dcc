"""The secrets of a proxy show nowhere, however it takes them and whatever it echoes."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator
from urllib.parse import quote

import pytest

from canary import CANARY, assert_clean, assert_secret, texts_of_error
from drivers.fronts import NAMES, Front, letter, open_front
from drivers.peers import Line, Peer, free_port, greet, talk
from smtp_nb import Firewall
from smtp_nb.client.session.remembered import Remembered
from smtp_nb.client.session.session_settings import settings_from
from smtp_nb.errors import SMTPError

KINDS = ("tunnel", "socks4", "socks4a", "socks5")
FIELD = f"X-Api-Key: Bearer {CANARY}"


@pytest.fixture(params=NAMES)
def front(request: pytest.FixtureRequest) -> Iterator[Front]:
    with open_front(request.param) as opened:
        yield opened


def hear_request(line: Line) -> list[bytes]:
    """The lines of an HTTP request."""
    said = [line.hear()]
    while said[-1]:
        said.append(line.hear())
    return said


@pytest.mark.parametrize("status", [b"407 Proxy Authentication Required", b"502 no", b"nonsense"])
@pytest.mark.parametrize("data", ["", FIELD])
def test_an_http_proxy_that_echoes(front: Front, status: bytes, data: str) -> None:
    def habit(line: Line) -> None:
        wanted = b"x-api" if data else b"proxy-authorization"
        secret = next(text for text in hear_request(line) if text.lower().startswith(wanted))
        plain = base64.b64decode(secret.split()[-1]) if not data else secret.split()[-1]
        line.say(b"HTTP/1.1 " + status + b" " + secret + plain, secret, b"", secret + plain)

    login = ("", "") if data else ("alice", CANARY)
    with Peer(habit) as peer:
        smtp = front.make(**letter(25, mail_server="mail.test"))
        smtp.firewall = Firewall("tunnel", "127.0.0.1", peer.port, *login)
        smtp.config(f"FirewallData={data}")
        assert_secret(front, smtp, SMTPError)


def test_an_http_proxy_that_takes_it(front: Front) -> None:
    def habit(line: Line) -> None:
        hear_request(line)
        line.say(b"HTTP/1.1 200 OK", b"")
        greet(line)
        talk(line)

    with Peer(habit) as peer:
        smtp = front.make(**letter(25))
        smtp.firewall = Firewall("tunnel", "127.0.0.1", peer.port, "alice", CANARY)
        smtp.config(f"FirewallData={FIELD}")
        assert_secret(front, smtp)


def says(*answers: bytes) -> Callable[[Line], None]:
    """Answers whatever comes."""

    def habit(line: Line) -> None:
        for answer in answers:
            line.sock.recv(65536)
            line.sock.sendall(answer)
        line.hear_the_end()

    return habit


@pytest.mark.parametrize(
    "answers",
    [
        (b"\5\2", b"\1\1"),
        (b"\5\2", b"\1\0", b"\5\5\0\1" + bytes(6)),
        (b"\5\2", CANARY.encode()),
        (b"\5\2", b"\1\0", b"\5\0\0\x01" + bytes(6) + b"554 " + CANARY.encode() + b"\r\n"),
        (b"\5\xff",),
        (b"",),
    ],
)
def test_a_socks_server_that_fails(front: Front, answers: tuple[bytes, ...]) -> None:
    with Peer(says(*answers)) as peer:
        smtp = front.make(**letter(25))
        smtp.firewall = Firewall("socks5", "127.0.0.1", peer.port, "alice", CANARY)
        smtp.timeout = 0.2
        assert_secret(front, smtp, SMTPError)


@pytest.mark.parametrize("kind", KINDS)
def test_a_proxy_that_is_not_there(front: Front, kind: str) -> None:
    smtp = front.make(**letter(25))
    smtp.firewall = Firewall(kind, "127.0.0.1", free_port(), "alice", CANARY)
    assert_secret(front, smtp, SMTPError)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("tail", ["\r\n", "\0", "x" * 128])
def test_a_password_that_cannot_be_said(front: Front, kind: str, tail: str) -> None:
    smtp = front.make(**letter(25))
    smtp.firewall = Firewall(kind, "127.0.0.1", free_port(), "alice", CANARY + tail)
    assert_secret(front, smtp, SMTPError)


@pytest.mark.parametrize("data", [f"{CANARY}", f"X: y\r\n{CANARY}: y", f"X: {CANARY}\0"])
def test_a_field_that_cannot_be_said(front: Front, data: str) -> None:
    smtp = front.make()
    with pytest.raises(SMTPError) as caught:
        smtp.config(f"FirewallData={data}")
    assert_clean(f"{caught.value}{vars(caught.value)!r}", "the error")


def test_the_systems_proxy(front: Front, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("all_proxy", f"socks5://alice:{quote(CANARY, safe='')}@127.0.0.1:99999")
    monkeypatch.setenv("no_proxy", "")
    smtp = front.make(mail_server="mail.test")
    smtp.firewall.auto_detect = True
    error = failure_of(smtp)
    for where, text in texts_of_error(error):
        if where != "IPython's verbose traceback":  # os.environ is the user's own
            assert_clean(text, where)


def failure_of(smtp: object) -> BaseException:
    """No local of this frame holds the password."""
    with pytest.raises(SMTPError) as caught:
        settings_from(smtp, Remembered())  # type: ignore[arg-type]  # a component of either front
    return caught.value
