"""No login shows its password or token: by any mechanism, at any step, however it ends."""

from __future__ import annotations

import base64
import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from spnego._ntlm_raw.messages import Challenge, NegotiateFlags

from canary import CANARY, TOKEN, as_text, assert_clean, assert_secret
from drivers.fronts import NAMES, Front, letter, open_front
from drivers.peers import Line, Peer, greet
from smtp_nb.errors import SMTPError
from smtp_nb.model.secret import Secret
from smtp_nb.sandbox import SandboxServer
from smtp_nb.sasl.server.server import SERVICES, serve
from smtp_nb.sasl.server.verifier import CredentialVerifier, Service

PASSWORD = Secret(CANARY)
BEARERS = ("XOAUTH2", "OAUTHBEARER")


def giving(renew: bool) -> Secret:
    return Secret(TOKEN)


# What a client says in each: lines up to the one that the server judges.
LENGTHS = {"PLAIN": 1, "EXTERNAL": 1, "CRAM-MD5": 2, "NTLM": 2, "XOAUTH2": 2, "OAUTHBEARER": 2}
LONGEST = 3

# Each way in, and where its secret is kept.
WAYS: dict[str, tuple[str, dict[str, Any]]] = {
    "sasl_plain": ("PLAIN", {"password": PASSWORD}),
    "login": ("LOGIN", {"password": PASSWORD}),
    "cram_md5": ("CRAM-MD5", {"password": PASSWORD}),
    "sasl_digest_md5": ("DIGEST-MD5", {"password": PASSWORD}),
    "scram_sha_1": ("SCRAM-SHA-1", {"password": PASSWORD}),
    "scram_sha_256": ("SCRAM-SHA-256", {"password": PASSWORD}),
    "ntlm": ("NTLM", {"password": PASSWORD}),
    "ntlm in version 2": ("NTLM", {"password": PASSWORD, "UseNTLMv2": True}),
    "xoauth2": ("XOAUTH2", {"token_source": giving}),
    "oauthbearer": ("OAUTHBEARER", {"token_source": giving}),
    "xoauth2 by setting": ("XOAUTH2", {"AuthorizationIdentity": Secret(f"Bearer {TOKEN}")}),
    "external": ("EXTERNAL", {"AuthorizationIdentity": PASSWORD}),
    "acting": ("SCRAM-SHA-1", {"password": PASSWORD, "AuthorizationIdentity": PASSWORD}),
    "acting by digest": ("DIGEST-MD5", {"password": PASSWORD, "AuthorizationIdentity": PASSWORD}),
}
MEMBERS = {"PLAIN": "sasl_plain", "DIGEST-MD5": "sasl_digest_md5"}


@pytest.fixture(params=NAMES)
def front(request: pytest.FixtureRequest) -> Iterator[Front]:
    with open_front(request.param) as opened:
        yield opened


def sender(front: Front, way: str, port: int, **properties: Any) -> Any:
    """A component that logs in by that way; capitals are settings."""
    name, secrets = WAYS[way]
    mechanism = MEMBERS.get(name, name.lower().replace("-", "_"))
    smtp = front.make(**letter(port, user="alice", auth_mechanism=mechanism), **properties)
    for where, value in secrets.items():
        if where[0].isupper():
            smtp.settings[where] = value
        else:
            setattr(smtp, where, value)
    return smtp


# -- whole logins -------------------------------------------------------------------------------


@pytest.mark.parametrize("way", [way for way in WAYS if WAYS[way][0] in SERVICES])
@pytest.mark.parametrize("is_right", [True, False], ids=["right", "wrong"])
def test_a_login_at_the_sandbox(front: Front, way: str, is_right: bool) -> None:
    name = WAYS[way][0]
    known = TOKEN if name in BEARERS else CANARY
    auth = {"alice": known if is_right else "wonderland"}
    with SandboxServer(auth=auth, mechanisms=[name]) as server:
        smtp = sender(front, way, server.port)
        is_taken = is_right and not (way.startswith("acting") or name == "EXTERNAL")
        assert_secret(front, smtp, None if is_taken else SMTPError)
        assert len(server.messages) == is_taken
        assert_clean(repr(server) + server._repr_html_(), "the server")
        for session in server.sessions:
            assert_clean(f"{session}{session!r}{session._repr_html_()}", "the server's trail")


@pytest.mark.parametrize("way", ["xoauth2", "xoauth2 by setting", "acting", "external"])
def test_a_message_that_waits_in_a_queue(front: Front, way: str, tmp_path: Path) -> None:
    smtp = sender(front, way, 25)
    front.run(smtp.queue(tmp_path))
    assert_clean("".join(as_text(path.read_bytes()) for path in tmp_path.rglob("*.*")), "the queue")
    assert_clean(repr(smtp) + repr(vars(smtp)) + repr(smtp.settings), "the component")


# -- logins that fail at some step --------------------------------------------------------------

FLAGS = (
    NegotiateFlags.unicode
    | NegotiateFlags.ntlm
    | NegotiateFlags.extended_session_security
    | NegotiateFlags.request_target
)


def ntlm() -> Service:
    """A server that says no to every answer."""
    yield b""
    yield Challenge(FLAGS, b"12345678", target_name="MX").pack()
    return None


def service_for(name: str) -> Service:
    return ntlm() if name == "NTLM" else serve(name, CredentialVerifier({"alice": CANARY}.get))


# Lines to end with, without their line ends: `%s` is what was said last, `%d` what that is in
# plain, `%p` the secret, `%e` a challenge with the secret in an error.
ENDINGS: dict[str, tuple[bytes, ...]] = {
    "closes": (),
    "echoes": (b"535 5.7.8 I do not like %s",),
    "echoes in plain": (b"535-5.7.8 no", b"535 5.7.8 %d"),
    "echoes and lets in": (b"235 2.7.0 welcome, %d",),
    "the echo for a challenge": (b"334 %s", b"501 no"),
    "a challenge with the secret": (b"334 %p", b"501 no"),
    "an error with the secret": (b"334 %e", b"501 no"),
    "challenges on and on": (b"334 cGxlYXNlPw==",) * 30,
    "empty challenges": (b"334 ",) * 5,
    "dislikes initial responses": (b"501 5.5.4 what is %s", b"501 no", b"501 no"),
}


def end(line: Line, words: tuple[bytes, ...], last: bytes, secret: str) -> None:
    """Say the lines, and nothing more."""
    try:
        plain = base64.b64decode(last.rpartition(b" ")[2])
    except ValueError:  # it has given up
        plain = last
    meanings = {
        b"%s": last,
        b"%d": plain.translate(bytes.maketrans(b"\0\1\r\n", b"    ")),
        b"%p": base64.b64encode(secret.encode()),
        b"%e": base64.b64encode(b"e=" + secret.encode()),
    }
    for word in words:
        for sign, meaning in meanings.items():
            word = word.replace(sign, meaning)
        line.say(word)
    line.sock.shutdown(socket.SHUT_WR)


def failing(words: tuple[bytes, ...], name: str, steps: int) -> Callable[[Line], None]:
    """Lead a client so many steps into its login, and end it in some way."""
    secret = TOKEN if name in BEARERS else CANARY

    def habit(line: Line) -> None:
        greet(line, b"AUTH " + name.encode())
        service = service_for(name)
        challenge, last = next(service), line.hear()
        is_initial = last.count(b" ") == 2
        for _ in range(steps - 1):
            if is_initial:
                try:
                    challenge = service.send(base64.b64decode(last.rpartition(b" ")[2]))
                except StopIteration:
                    break
            line.say(b"334 " + base64.b64encode(challenge))
            last, is_initial = line.hear(), True
        end(line, words, last, secret)
        line.hear_the_end()

    return habit


def cases() -> Iterator[Any]:
    """Every way, up to the line with the secret; what is said before that only where it matters."""
    for way, (name, _) in WAYS.items():
        length = LENGTHS.get(name, LONGEST)
        for ending, words in ENDINGS.items():
            yield pytest.param(way, length, words, id=f"{way}-{ending}")
            if length > 1 and "with the secret" in ending:
                yield pytest.param(way, length - 1, words, id=f"{way}-{ending}, earlier")


@pytest.mark.parametrize("front", ["blocking"], indirect=True)
@pytest.mark.parametrize(("way", "steps", "words"), list(cases()))
def test_a_login_that_fails(front: Front, way: str, steps: int, words: tuple[bytes, ...]) -> None:
    with Peer(failing(words, WAYS[way][0], steps)) as peer:
        assert_secret(front, sender(front, way, peer.port, timeout=5))


@pytest.mark.parametrize("way", ["scram_sha_1", "xoauth2"])
@pytest.mark.parametrize("front", ["asyncio"], indirect=True)
@pytest.mark.parametrize("words", ENDINGS.values(), ids=ENDINGS)
def test_a_login_that_fails_on_the_other_front(
    front: Front, way: str, words: tuple[bytes, ...]
) -> None:
    with Peer(failing(words, WAYS[way][0], 2)) as peer:
        assert_secret(front, sender(front, way, peer.port, timeout=5))


# -- sources of tokens --------------------------------------------------------------------------


def test_a_source_that_breaks(front: Front) -> None:
    def broken(renew: bool) -> str:
        secret = Secret(TOKEN)
        raise RuntimeError(f"refresh_token={secret.reveal()}")

    with SandboxServer(auth={"alice": "x"}, mechanisms=["XOAUTH2"]) as server:
        smtp = sender(front, "xoauth2", server.port)
        smtp.token_source = broken
        assert_secret(front, smtp, SMTPError)


@pytest.mark.parametrize("tail", [" ", "\1", "\r\nRSET", "ä"])
def test_a_token_that_is_none(front: Front, tail: str) -> None:
    with SandboxServer(auth={"alice": "x"}, mechanisms=["XOAUTH2"]) as server:
        smtp = sender(front, "xoauth2", server.port)
        smtp.token_source = lambda renew: Secret(TOKEN.rstrip("=") + tail + "x")
        assert_secret(front, smtp, SMTPError)
        assert "AUTH" not in str(server.sessions[0]).partition("OAUTH2")[2]
