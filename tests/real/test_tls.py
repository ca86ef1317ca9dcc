"""TLS with a real Postfix, which writes down in Received what was agreed on."""

from __future__ import annotations

import re
from typing import Any

import pytest

from drivers.fronts import Front
from real.letters import component
from servers.postfix import Postfix

pytestmark = pytest.mark.real
USING = re.compile(
    rb"using (?P<protocol>\S+) with cipher (?P<cipher>\S+) \((?P<bits>\d+)/\d+ bits\)"
    rb"(?:\s+key-exchange (?:ECDHE \()?(?P<group>[\w-]+))?"
)
OFFERS: dict[str, dict[str, Any]] = {
    "as it is": {},
    "TLS 1.2": {"SSLEnabledProtocols": 3072},
    "a group": {"TLS13SupportedGroups": "ecdhe_secp521r1,ecdhe_secp384r1"},
    "a suite": {"SSLEnabledCipherSuites": "TLS_CHACHA20_POLY1305_SHA256"},
    "an old suite": {"SSLEnabledCipherSuites": "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256"},
    "strong": {"SSLCipherStrength": 256},
    "signatures": {"TLS13SignatureAlgorithms": "ecdsa_secp256r1_sha256,ecdsa_secp384r1_sha384"},
}


def with_settings(front: Front, postfix: Postfix, settings: dict[str, Any]) -> Any:
    smtp = component(front, postfix)
    for name, value in settings.items():
        smtp.settings[name] = value
    return smtp


@pytest.mark.covers(
    "SSL.SSLNegotiatedProtocol",
    "SSL.SSLNegotiatedCipher",
    "SSL.SSLNegotiatedCipherStrength",
    "SSL.SSLNegotiatedKeyExchange",
)
@pytest.mark.parametrize("implicit", [False, True])
@pytest.mark.parametrize("offer", OFFERS.values(), ids=OFFERS)
def test_both_ends_tell_the_same(
    front: Front, postfix: Postfix, offer: dict[str, Any], implicit: bool
) -> None:
    smtp = with_settings(front, postfix, offer)
    if implicit:
        smtp.ssl_start_mode, smtp.mail_port = "implicit", postfix.tls_port
    info = front.run(smtp.send()).tls
    (arrived,) = postfix.messages()
    found = USING.search(arrived.trace)
    assert found is not None
    theirs = {name: (value or b"").decode() for name, value in found.groupdict().items()}
    assert theirs["protocol"] == info.protocol
    assert theirs["cipher"] == info.cipher
    assert int(theirs["bits"]) == info.bits
    if theirs["group"]:
        assert theirs["group"].lower() in (info.key_exchange.lower(), _nist(info.key_exchange))


def _nist(group: str) -> str:
    return {"secp256r1": "p-256", "secp384r1": "p-384", "secp521r1": "p-521"}.get(group, "")


@pytest.mark.covers("SSL.ReuseSSLSession")
@pytest.mark.parametrize("enabled", [3072, 12288])
def test_a_session_is_resumed(front: Front, postfix: Postfix, enabled: int) -> None:
    wanted = {"SSLEnabledProtocols": enabled, "ReuseSSLSession": True}
    smtp = with_settings(front, postfix, wanted)
    steps: list[list[str]] = []
    smtp.on_ssl_status += lambda event: steps[-1].append(event.message)
    for _ in range(3):
        steps.append([])
        assert front.run(smtp.send())
    shown = [any("server certificate" in step for step in handshake) for handshake in steps]
    assert shown == [True, False, False]
    assert len(postfix.messages()) == 3
