"""Each value of the smaller enumerations at work: what a server or a listener notices of it."""

from __future__ import annotations

import contextlib
from typing import Any

import pytest

from drivers.fronts import Front, letter, said
from smtp_nb import RecipientType, SSLProvider, SSLStartMode, TrailDirection
from smtp_nb.errors import SMTPError
from smtp_nb.sandbox import SandboxServer


def each(owner: str, values: dict[str, Any]) -> Any:
    """A parameter for each value, which says that it covers its row."""
    return [
        pytest.param(value, marks=pytest.mark.covers(f"{owner}.{name}"), id=name)
        for name, value in values.items()
    ]


MODES = {
    "sslAutomatic": SSLStartMode.AUTOMATIC,
    "sslImplicit": SSLStartMode.IMPLICIT,
    "sslExplicit": SSLStartMode.EXPLICIT,
    "sslNone": SSLStartMode.NONE,
}
# What a server meets that says nothing of TLS: is it spoken to in clear, and gets it the message?
MET = {
    SSLStartMode.AUTOMATIC: (False, False),  # its port is none of those that begin in clear
    SSLStartMode.IMPLICIT: (False, False),
    SSLStartMode.EXPLICIT: (True, False),
    SSLStartMode.NONE: (True, True),
}


@pytest.mark.covers("SMTP.SSLStartMode")
@pytest.mark.parametrize("mode", each("SmtpSSLStartModes", MODES))
def test_the_start_mode_decides_what_a_server_without_tls_gets(front: Front, mode: SSLStartMode):
    with SandboxServer() as server:
        smtp = front.make(**letter(server.port, ssl_start_mode=mode))
        with contextlib.suppress(SMTPError):
            front.run(smtp.send())
        spoken = any(line.startswith("EHLO") for line in said(server))
        assert (spoken, len(server.messages) == 1) == MET[mode]


@pytest.mark.covers("SMTP.SSLStartMode")
@pytest.mark.parametrize(
    ("tls", "mode"), [("starttls", SSLStartMode.EXPLICIT), ("implicit", SSLStartMode.IMPLICIT)]
)
def test_the_start_mode_fits_the_server(front: Front, tls: Any, mode: SSLStartMode):
    with SandboxServer(tls=tls) as server:
        smtp = front.make(**letter(server.port, ssl_start_mode=mode))
        smtp.config(f"CACertFilePaths={server.ca_file}")
        assert front.run(smtp.send()).tls is not None
        assert ("STARTTLS" in said(server)) is (mode is SSLStartMode.EXPLICIT)


PROVIDERS = {
    "sslpAutomatic": SSLProvider.AUTOMATIC,
    "sslpPlatform": SSLProvider.PLATFORM,
    "sslpInternal": SSLProvider.INTERNAL,
}


@pytest.mark.covers("SMTP.SSLProvider", "Base.UseInternalSecurityAPI")
@pytest.mark.parametrize("provider", each("SmtpSSLProviders", PROVIDERS))
@pytest.mark.parametrize("internal", [True, False])
def test_there_is_one_engine_whatever_is_set(front: Front, provider: SSLProvider, internal: bool):
    with SandboxServer(tls="starttls") as server:
        smtp = front.SMTP.from_url(server.url, **letter(server.port), ssl_provider=provider)
        smtp.settings["UseInternalSecurityAPI"] = internal
        assert front.run(smtp.send()).tls.protocol == "TLSv1.3"


@pytest.mark.covers("PITrail.Client", "PITrail.Server", "PITrail.Info", "PITrail.Direction")
def test_a_line_of_the_trail_says_who_speaks(front: Front):
    with SandboxServer() as server:
        smtp = front.make(**letter(server.port))
        heard: dict[TrailDirection, list[str]] = {direction: [] for direction in TrailDirection}
        smtp.on_pi_trail += lambda event: heard[event.direction].append(event.message)
        front.run(smtp.send())
        assert heard[TrailDirection.CLIENT] == said(server)
    assert heard[TrailDirection.SERVER][-1].startswith("221 ")
    assert "Remote host disconnected" in heard[TrailDirection.INFO]


KINDS = {"To": RecipientType.TO, "Cc": RecipientType.CC, "BCc": RecipientType.BCC}


@pytest.mark.parametrize("kind", each("EmailRecipientTypes", KINDS))
def test_a_recipient_of_each_type_gets_the_message_and_its_place(front: Front, kind: RecipientType):
    with SandboxServer() as server:
        smtp = front.make(**letter(server.port))
        smtp.message_recipients[0].recipient_type = kind
        smtp.config("AllowEmptyTo=True")
        receipt = front.run(smtp.send())
        message = server.messages[0]
    assert [result.kind for result in receipt.recipients] == [kind]
    assert message.rcpt_tos == ("ben@example.test",)
    named = [name for name in ("To", "Cc", "Bcc") if message.parsed[name]]
    assert named == ([] if kind is RecipientType.BCC else [kind.name.title()])
