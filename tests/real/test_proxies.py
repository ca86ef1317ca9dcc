"""Mail to a real Postfix through real proxies, in clear and under TLS, on both fronts."""

from __future__ import annotations

from typing import Any, NamedTuple

import pytest

from drivers.fronts import Front
from drivers.peers import free_port
from servers.postfix import Postfix
from servers.proxies import PASSWORD, TINYPROXY_PASSWORD, USER, Proxies
from smtp_nb import Firewall, Outcome
from smtp_nb.errors import FirewallError

pytestmark = pytest.mark.real


class Way(NamedTuple):
    """One way through a proxy to Postfix."""

    kind: str
    proxy: str
    server: str = "localhost"
    login: tuple[str, str] = ("", "")


LOGIN, TINY_LOGIN = (USER, PASSWORD), (USER, TINYPROXY_PASSWORD)
WAYS = [
    Way("socks5", "microsocks"),
    Way("socks5", "microsocks", "*localhost"),
    Way("socks5", "microsocks", login=LOGIN),
    Way("socks5", "microsocks_login", "*localhost", LOGIN),
    Way("socks5", "dante"),
    Way("socks5", "dante", "127.0.0.1"),
    Way("socks4", "dante"),
    Way("socks4", "dante", login=("ann", "")),
    Way("tunnel", "tinyproxy"),
    Way("tunnel", "tinyproxy_login", login=TINY_LOGIN),
]


def component(front: Front, way: Way, proxies: Proxies, postfix: Postfix, mode: str) -> Any:
    smtp = front.make(
        mail_server=way.server,
        mail_port=postfix.tls_port if mode == "implicit" else postfix.port,
        ssl_start_mode=mode,
        firewall=Firewall(way.kind, "127.0.0.1", getattr(proxies, way.proxy), *way.login),
        from_="teacher@school.test",
        send_to="bob@school.test",
        subject="Through a wall",
        message_text="It works.",
    )
    smtp.settings["CACertFilePaths"] = str(postfix.ca_file)
    return smtp


@pytest.mark.covers("FirewallTypes.fwNone", "FirewallTypes.fwTunnel")
@pytest.mark.covers("FirewallTypes.fwSOCKS4", "FirewallTypes.fwSOCKS5")
@pytest.mark.covers("Firewall.Firewall()", "SMTP.MailServer")
@pytest.mark.parametrize("mode", ["explicit", "implicit"])
@pytest.mark.parametrize("way", WAYS, ids=lambda way: "-".join(way[:3]) + way.login[0])
def test_mail_passes_under_tls(
    front: Front, way: Way, proxies: Proxies, postfix: Postfix, mode: str
) -> None:
    smtp = component(front, way, proxies, postfix, mode)
    smtp.user, smtp.password = postfix.user, postfix.password
    receipt = front.run(smtp.send())
    assert receipt.outcome is Outcome.ACCEPTED
    assert receipt.tls is not None
    assert [message.recipient for message in postfix.messages()] == ["bob@school.test"]


@pytest.mark.parametrize("way", WAYS, ids=lambda way: "-".join(way[:3]) + way.login[0])
def test_the_banner_is_kept_every_time(
    front: Front, way: Way, proxies: Proxies, postfix: Postfix
) -> None:
    """It often rides in one packet with the proxy's answer."""
    smtp = component(front, way, proxies, postfix, "none")
    for _ in range(10):
        with front.connected(smtp):
            assert smtp.last_reply.startswith("250")


class Refusal(NamedTuple):
    """A proxy that says no."""

    kind: str
    proxy: str
    words: str
    login: tuple[str, str] = ("", "")
    port: int = 0


REFUSALS = [
    Refusal("socks5", "microsocks", "0x05: Connection refused"),
    Refusal("socks5", "microsocks_login", "methods were rejected"),
    Refusal("socks5", "microsocks_login", "authentication failed|closed", (USER, "wrong")),
    Refusal("socks5", "dante", "0x02: Connection not allowed", port=1),
    Refusal("socks5", "dante", "0x05: Connection refused"),
    Refusal("socks4", "dante", "0x5b: Request rejected"),
    Refusal("tunnel", "tinyproxy", "the proxy answered 50[02]"),
    Refusal("tunnel", "tinyproxy_login", "407 .*firewall.user"),
    Refusal("tunnel", "tinyproxy_login", "40[17]", (USER, "wrong")),
    Refusal("tunnel", "microsocks", "does not answer in HTTP|closed the connection|reset"),
]


@pytest.mark.covers("error.118")
@pytest.mark.parametrize("refusal", REFUSALS, ids=lambda refusal: "-".join(refusal[:3]))
def test_a_proxy_that_says_no_is_quoted(front: Front, refusal: Refusal, proxies: Proxies) -> None:
    smtp = front.make(
        mail_server="127.0.0.1",
        mail_port=refusal.port or free_port(),
        firewall=Firewall(
            refusal.kind, "127.0.0.1", getattr(proxies, refusal.proxy), *refusal.login
        ),
        timeout=20,
    )
    with pytest.raises(FirewallError, match=refusal.words) as caught:
        front.run(smtp.connect())
    assert caught.value.code == 118
    assert not smtp.connected
