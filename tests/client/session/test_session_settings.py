"""From the component's properties to what a session is told."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from drivers.fronts import Front, letter
from drivers.peers import Line, Peer, greet, talk
from smtp_nb import SMTP, SSLStartMode
from smtp_nb.client.session.remembered import Remembered
from smtp_nb.client.session.session_settings import settings_from
from smtp_nb.errors import (
    AuthenticationError,
    CertificateError,
    ClearTextRefused,
    InputError,
)
from smtp_nb.sandbox import SandboxServer


@pytest.mark.covers("SMTP.SSLStartMode", "SmtpSSLStartModes.sslAutomatic")
@pytest.mark.parametrize(
    ("port", "mode"),
    [
        (25, SSLStartMode.EXPLICIT),
        (587, SSLStartMode.EXPLICIT),
        (2525, SSLStartMode.EXPLICIT),
        (465, SSLStartMode.IMPLICIT),
        (4465, SSLStartMode.IMPLICIT),
    ],
)
def test_automatic_tls_goes_by_the_port(port: int, mode: SSLStartMode) -> None:
    smtp = SMTP(mail_server="mail.test", mail_port=port, ssl_start_mode="automatic")
    assert settings_from(smtp, Remembered()).start_mode is mode


@pytest.mark.covers("SMTP.Timeout", "IPPort.ConnectionTimeout")
def test_patience_is_that_of_the_rfc_until_timeout_is_set() -> None:
    smtp = SMTP(mail_server="mail.test")
    settings = settings_from(smtp, Remembered())
    assert (settings.timeout_s, settings.banner_timeout_s, settings.final_timeout_s) == (
        60.0,
        300.0,
        600.0,
    )
    smtp.timeout = 60
    settings = settings_from(smtp, Remembered())
    assert (settings.timeout_s, settings.banner_timeout_s, settings.final_timeout_s) == (60,) * 3
    smtp.config("FinalReplyTimeout=900")
    smtp.config("ConnectionTimeout=5")
    settings = settings_from(smtp, Remembered())
    assert (settings.final_timeout_s, settings.connect_timeout_s) == (900, 5)
    smtp.timeout = 0
    smtp.config("FinalReplyTimeout=0")
    settings = settings_from(smtp, Remembered())
    assert (settings.timeout_s, settings.banner_timeout_s, settings.final_timeout_s) == (None,) * 3


@pytest.mark.covers("SMTP.Hello")
def test_hello_is_what_is_set_else_the_address(front: Front) -> None:
    with SandboxServer() as server:
        smtp = front.make(**letter(server.port))
        smtp.config("Hello=laptop.example.test")
        front.run(smtp.send())
        assert server.sessions[0].hello == "laptop.example.test"


@pytest.mark.parametrize("name", ["two words", "a\r\nMAIL FROM:<x>", "-.-", "a" * 300])
def test_hello_is_a_domain(name: str) -> None:
    with pytest.raises(InputError):
        SMTP().settings["Hello"] = name


@pytest.mark.covers("SSL.CACertFilePaths", "SSL.SSLServerCACerts")
def test_roots_come_from_files_and_from_text(front: Front) -> None:
    with SandboxServer(tls="implicit") as server:
        assert server.ca_file is not None
        own = letter(server.port, ssl_start_mode="implicit")
        with pytest.raises(CertificateError):
            front.run(front.make(**own).send())
        from_file, from_text = front.make(**own), front.make(**own)
        from_file.settings["CACertFilePaths"] = f"{server.ca_file};{server.ca_file}"
        from_text.settings["SSLServerCACerts"] = Path(server.ca_file).read_text("ascii")
        for smtp in (from_file, from_text):
            front.run(smtp.send())
        assert len(server.messages) == 2


def test_a_file_of_roots_that_cannot_be_read_is_named(front: Front) -> None:
    with Peer(lambda line: line.stall()) as peer:
        smtp = front.make(**letter(peer.port, ssl_start_mode="implicit"))
        smtp.settings["CACertFilePaths"] = "/no/such/ca.pem"
        with pytest.raises(InputError, match=r"/no/such/ca\.pem") as caught:
            front.run(smtp.send())
        assert peer.visits == 0
    assert caught.value.code == 271


@pytest.mark.covers("SMTP.User", "SMTP.Password")
@pytest.mark.parametrize("tls", [None, "starttls", "implicit"])
def test_the_login_is_used(front: Front, tls: Any) -> None:
    with SandboxServer(tls=tls, auth={"alice": "wonderland"}) as server:
        smtp = front.SMTP.from_url(server.url, **letter(server.port))
        front.run(smtp.send())
        assert server.messages[0].user == "alice"
        smtp.password = "looking glass"
        with pytest.raises(AuthenticationError) as caught:
            front.run(smtp.send())
    assert caught.value.reply.code == 535


@pytest.mark.covers("error.276")
def test_a_password_does_not_cross_a_wire_in_clear(
    front: Front, monkeypatch: pytest.MonkeyPatch
) -> None:
    def habit(line: Line) -> None:
        greet(line, b"AUTH PLAIN LOGIN CRAM-MD5")
        talk(line)

    # This machine's loopback stands for a wire: only the address can tell them apart.
    monkeypatch.setattr("smtp_nb.flows.connecting.login.is_loopback", lambda address: False)
    with Peer(habit) as peer:
        smtp = front.make(**letter(peer.port, user="alice", password="wonderland"))
        for mechanism in ("user_password", "sasl_plain", "login"):
            smtp.auth_mechanism = mechanism
            with pytest.raises(ClearTextRefused, match="AllowClearTextAuth") as caught:
                front.run(smtp.send())
            assert caught.value.code == 276
        smtp.auth_mechanism = "user_password"
        smtp.config("AllowClearTextAuth=True")
        front.run(smtp.send())
