"""The password of an account shows nowhere: not after success, and not after any failure."""

from __future__ import annotations

import base64
import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pandas as pd
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.serialization import pkcs12

from canary import (
    CANARY,
    Witness,
    as_text,
    assert_clean,
    assert_secret,
    log,
    ours,
    texts_of_error,
)
from drivers.fronts import NAMES, Front, letter, open_front
from drivers.peers import Line, Peer, greet
from smtp_nb import Certificate, CertStoreType, MailMerge, Template
from smtp_nb.client.session.remembered import Remembered
from smtp_nb.client.session.session_settings import settings_from
from smtp_nb.errors import SMTPError
from smtp_nb.sandbox import SandboxServer
from wire import pki

MECHANISMS = {"sasl_plain": b"PLAIN", "login": b"LOGIN", "cram_md5": b"CRAM-MD5"}
CREDENTIALS = {"user": "alice", "password": CANARY}
PROMPTS = {b"PLAIN": [], b"LOGIN": [b"VXNlcm5hbWU6", b"UGFzc3dvcmQ6"], b"CRAM-MD5": [b"PDFAeD4="]}


@pytest.fixture(params=NAMES)
def front(request: pytest.FixtureRequest) -> Iterator[Front]:
    with open_front(request.param) as opened:
        yield opened


@pytest.fixture(params=MECHANISMS)
def mechanism(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    return name


# -- real logins --------------------------------------------------------------------------------


@pytest.mark.parametrize("tls", [None, "starttls", "implicit"])
def test_a_login_that_works(front: Front, mechanism: str, tls: Any) -> None:
    with SandboxServer(tls=tls, auth={"alice": CANARY}) as server:
        smtp = front.SMTP.from_url(server.url, **letter(server.port), auth_mechanism=mechanism)
        assert_secret(front, smtp)
        assert server.messages[0].user == "alice"
        assert_clean(repr(server) + server._repr_html_(), "the server")
        for session in server.sessions:
            assert_clean(f"{session}{session!r}{session._repr_html_()}", "the server's trail")


def test_a_password_that_is_wrong(front: Front, mechanism: str) -> None:
    with SandboxServer(tls="starttls", auth={"alice": "wonderland"}) as server:
        smtp = front.SMTP.from_url(server.url, **letter(server.port), auth_mechanism=mechanism)
        smtp.password = CANARY
        assert_secret(front, smtp, SMTPError)


def test_a_login_that_the_user_stops(front: Front, mechanism: str) -> None:
    with SandboxServer(auth={"alice": CANARY}) as server:
        smtp = front.SMTP.from_url(server.url, **letter(server.port), auth_mechanism=mechanism)
        smtp.on_pi_trail += lambda event: "AUTH" in event.message[:4] and smtp.interrupt()
        assert_secret(front, smtp, SMTPError)


def test_a_password_that_may_not_leave(front: Front, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("smtp_nb.flows.connecting.login.is_loopback", lambda address: False)
    with SandboxServer(auth={"alice": CANARY}) as server:
        smtp = front.SMTP.from_url(server.url, **letter(server.port))
        assert_secret(front, smtp, SMTPError)


@pytest.mark.parametrize("tail", ["\r\n", "\0", "\ud800"])
def test_a_password_that_cannot_be_sent(front: Front, tail: str) -> None:
    with Peer(lambda line: line.stall()) as peer:
        smtp = front.make(**letter(peer.port, user="alice", password=CANARY + tail))
        assert_secret(front, smtp, SMTPError)


# -- servers that fail in the middle of a login ---------------------------------------------------

Ending = Callable[[Line, list[bytes]], None]


def failing(ending: Ending, mechanism: bytes) -> Callable[[Line], None]:
    """Lead a client through its login up to its last line, and end it in some way.

    The ending gets every line that the client said in AUTH, the one with the password the last.
    """

    def habit(line: Line) -> None:
        greet(line, b"AUTH PLAIN LOGIN CRAM-MD5")
        said = [line.hear()]
        for prompt in PROMPTS[mechanism]:
            line.say(b"334 " + prompt)
            said.append(line.hear())
        ending(line, said)
        line.hear_the_end()

    return habit


def close(line: Line, said: list[bytes]) -> None:
    line.sock.close()


def reset(line: Line, said: list[bytes]) -> None:
    line.reset()


def be_silent(line: Line, said: list[bytes]) -> None:
    line.stall()


def saying(*words: bytes) -> Ending:
    """Answer with these lines: `%s` is what was said last, `%d` what that is in plain, `%h` half
    of it, `%e` the same as Python writes octets."""

    def ending(line: Line, said: list[bytes]) -> None:
        last = said[-1]
        plain = base64.b64decode(last.rpartition(b" ")[2]).replace(b"\0", b" ")
        for word in words:
            for sign, meaning in {
                b"%s": last,
                b"%d": plain,
                b"%h": last[: len(last) * 2 // 3],
                b"%e": repr(plain).encode(),
                b"%l": last.lower(),
            }.items():
                word = word.replace(sign, meaning)
            line.say(word)

    return ending


ENDINGS: dict[str, Ending] = {
    "closes": close,
    "resets": reset,
    "is silent": be_silent,
    "half a reply": lambda line, said: (
        line.sock.sendall(b"535 no: " + said[-1]),
        close(line, said),
    ),
    "echoes": saying(b"535 5.7.8 I do not like %s"),
    "echoes in plain": saying(b"535 5.7.8 wrong: %d"),
    "echoes a part": saying(b"500 5.5.6 line too long: %h"),
    "echoes escaped": saying(b"535 5.7.8 no such login: %e"),
    "echoes in small letters": saying(b"535 5.7.8 unknown %l"),
    "echoes in many lines": saying(b"535-5.7.8 you said", b"535-5.7.8 %s", b"535 5.7.8 %d"),
    "echoes and lets in": saying(b"235 2.7.0 welcome, %d"),
    "echoes and defers": saying(b"454 4.7.0 later, %s"),
    "echoes and hangs up": saying(b"421 4.7.0 bye, %d"),
    "echoes without a code": saying(b"%s"),
    "echoes in plain without a code": saying(b"%d"),
    "echoes in a reply that goes on differently": saying(b"535-5.7.8 no", b"550 %s"),
    "echoes with a bare line feed": saying(b"535 %s\nand more"),
    "echoes on a line without end": saying(b"535 " + b"%s" * 300),
    "echoes unasked": saying(b"535 5.7.8 no", b"%s"),
    "a challenge that is no base64": saying(b"334 ***"),
    "a challenge beyond ASCII": saying(b"334 \xc3\xa4\xff"),
    "the echo for a challenge": saying(b"334 %s"),
    "the plain echo for a challenge": saying(b"334 %d"),
    "challenges on and on": saying(*[b"334 cGxlYXNlPw=="] * 30),
    "an empty challenge": saying(b"334 "),
}


@pytest.mark.parametrize("ending", ENDINGS.values(), ids=ENDINGS)
def test_a_login_that_fails(front: Front, mechanism: str, ending: Ending) -> None:
    with Peer(failing(ending, MECHANISMS[mechanism])) as peer:
        smtp = front.make(**letter(peer.port, auth_mechanism=mechanism, timeout=0.2, **CREDENTIALS))
        assert_secret(front, smtp, SMTPError)


@pytest.mark.parametrize(
    "reply",
    [b"500 5.5.1 what is %s?", b"334 %s", b"%s", b"235-%s\r\n235 %s"],
)
def test_an_initial_response_that_is_echoed(front: Front, reply: bytes) -> None:
    """At once, before any prompt, by a server that knows no initial responses."""

    def habit(line: Line) -> None:
        greet(line, b"AUTH PLAIN")
        said = line.hear()
        line.say(reply.replace(b"%s", said))
        line.hear_the_end()

    with Peer(habit) as peer:
        smtp = front.make(**letter(peer.port, timeout=0.2, **CREDENTIALS))
        assert_secret(front, smtp)


def test_an_echo_in_the_middle_of_a_session(front: Front) -> None:
    """Some servers log the login into the next replies, or refuse the sender with it."""

    def habit(line: Line) -> None:
        greet(line, b"AUTH PLAIN")
        said = line.hear()
        line.say(b"235 ok")
        line.hear()
        line.say(b"550 5.7.1 not after " + said)
        line.hear_the_end()

    with Peer(habit) as peer:
        smtp = front.make(**letter(peer.port, timeout=0.2, **CREDENTIALS))
        assert_secret(front, smtp, SMTPError)


# -- before any login ---------------------------------------------------------------------------


def failure(call: Callable[[], object]) -> BaseException:
    with pytest.raises(SMTPError) as caught:
        call()
    return caught.value


def test_a_url_that_is_wrong(front: Front) -> None:
    for tail in (
        "",
        "@",
        "@x:y",
        "@x?tsl=none",
        "@x?tls=maybe",
        "@x?pin=1",
        "@x?tls=none&tls=none",
    ):
        url = f"smtp://alice:{quote(CANARY, safe='')}{tail}"
        for where, text in texts_of_error(
            failure(lambda url=url: settings_from(front.SMTP.from_url(url), Remembered()))
        ):
            assert_clean(ours(text), where)


def test_a_keyword_that_is_wrong(front: Front) -> None:
    for wrong in ({"pasword": "x"}, {"timeout": "soon"}, {"send_to": "no"}, {"mail_port": -1}):
        error = failure(lambda wrong=wrong: front.make(**CREDENTIALS, **wrong))
        for where, text in texts_of_error(error):
            assert_clean(ours(text), where)


@pytest.mark.parametrize(
    "put",
    [
        lambda smtp: smtp.config(f"Pasword={CANARY}"),
        lambda smtp: smtp.settings.__setitem__("Pasword", CANARY),
        lambda smtp: type(smtp)(pasword=CANARY),
        lambda smtp: type(smtp).from_url("smtp://x.test", pasword=CANARY),
    ],
    ids=["config", "settings", "keyword", "URL"],
)
def test_a_name_that_is_mistyped(front: Front, put: Callable[[Any], object]) -> None:
    error = failure(lambda: put(front.make()))
    assert "Did you mean" in str(error)
    for where, text in texts_of_error(error):
        assert_clean(ours(text), where)


@pytest.mark.parametrize("wrong", [CANARY.encode(), [CANARY], {"password": CANARY}])
@pytest.mark.parametrize("name", ["Password", "AuthorizationIdentity", "FirewallPassword"])
def test_a_password_that_is_no_text(front: Front, name: str, wrong: Any) -> None:
    smtp = front.make()
    error = failure(lambda: smtp.settings.__setitem__(name, wrong))
    assert_clean(f"{error}{error!r}{error.args}", name)


def test_what_is_set_is_not_told(front: Front) -> None:
    smtp = front.make(user="alice")
    shown = [smtp.config(f"{name}={CANARY}") for name in ("Password", "FirewallPassword")]
    shown.append(smtp.config(f"AuthorizationIdentity={CANARY}"))
    assert shown == ["<hidden>"] * 3
    for where, text in Witness(smtp).texts():
        assert_clean(text, where)


# -- merges -------------------------------------------------------------------------------------


@pytest.mark.parametrize("password", [CANARY, "wonderland"], ids=["right", "wrong"])
def test_a_merge_and_its_journal(tmp_path: Path, password: str) -> None:
    journal = tmp_path / "results.smtp-merge.sqlite"
    frame = pd.DataFrame({"email": ["ann@x.test", "ben@x.test"], "name": ["Ann", "Ben"]})
    with log() as lines, SandboxServer(auth={"alice": CANARY}) as server:
        url = server.url
        with SandboxServer(auth={"alice": password}) as other:
            url = url.replace(f":{server.port}", f":{other.port}")
            merge = MailMerge(
                frame,
                Template(subject="Hi {{ name }}", text="Dear {{ name }}"),
                to="email",
                from_="teacher@school.test",
                server=url,
                name="results",
                journal=journal,
            )
            shown = [repr(merge), repr(vars(merge)), str(merge.check()), repr(merge.preview(1))]
            error = None
            try:
                results = merge.run()
                shown += [results.to_string(), repr(results.attrs), merge.table().to_string()]
            except SMTPError as raised:
                error = raised
            assert len(other.messages) == (2 if password == CANARY else 0)
    assert_clean("\n".join(shown), "the merge")
    for path in tmp_path.iterdir():
        assert_clean(as_text(path.read_bytes()), path.name)
    if error is not None:
        for where, text in texts_of_error(error):
            assert_clean(ours(text), where)
    assert_clean("\n".join(lines.lines), "the log")


def test_a_merge_that_cannot_begin() -> None:
    frame = pd.DataFrame({"email": ["ann@x.test"]})
    url = f"smtp://alice:{quote(CANARY, safe='')}@127.0.0.1"
    for wrong in ({"to": "mail"}, {"to": "email", "name": "/"}, {"to": "email", "windw": 3}):
        error = failure(
            lambda wrong=wrong: MailMerge(frame, Template(text="x"), server=url, **wrong)
        )
        for where, text in texts_of_error(error):
            assert_clean(ours(text), where)


def test_the_canary_would_be_found() -> None:
    """The hunt itself: it finds what is not hidden."""
    hidden = [
        base64.b64encode(f"\0alice\0{CANARY}".encode()).decode(),
        CANARY.encode("utf-16").hex(),
    ]
    for text in (CANARY, repr(CANARY.encode()), f"x{CANARY}x".encode().hex(), *hidden):
        with contextlib.suppress(AssertionError):
            assert_clean(text, "a text")
            pytest.fail(f"not found in {text!r}")


# -- certificates -------------------------------------------------------------------------------


@pytest.mark.parametrize("is_accepted", [True, False])
def test_the_password_of_a_certificates_store(front: Front, is_accepted: bool) -> None:
    """Ours is set, whether the session comes about or not."""
    issued = pki.issue("Ann")
    lock = serialization.BestAvailableEncryption(CANARY.encode())
    store = pkcs12.serialize_key_and_certificates(b"", issued.key, issued.certificate, None, lock)
    with SandboxServer(tls="starttls", auth={"alice": CANARY}) as server:
        smtp = front.SMTP.from_url(server.url, **letter(server.port))
        smtp.ssl_cert = Certificate(CertStoreType.PFX_BLOB, store, CANARY, "*")
        if not is_accepted:
            smtp.config("CACertFilePaths=")
        assert_secret(front, smtp, None if is_accepted else SMTPError)
        assert_clean(f"{smtp.ssl_cert}{smtp.ssl_cert!r}{vars(smtp.ssl_cert)}", "the certificate")
