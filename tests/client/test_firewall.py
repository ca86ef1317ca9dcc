"""The firewall and its settings: which proxy a line goes through, and with what."""

from __future__ import annotations

import os

import pytest

from smtp_nb import Firewall
from smtp_nb.client.session.remembered import Remembered
from smtp_nb.client.session.session_settings import settings_from
from smtp_nb.errors import FirewallError, InputError

ROOT = "-----BEGIN CERTIFICATE-----"


@pytest.mark.covers("IPPort.ProxyExceptionsList")
@pytest.mark.parametrize(
    ("exceptions", "is_direct"),
    [
        ("", False),
        ("mail.test", True),
        ("other.test; MAIL.test", True),
        ("*.test", True),
        ("test", False),
        ("192.0.2.1", False),
    ],
)
def test_the_exceptions_are_reached_without_the_proxy(front, exceptions, is_direct):
    smtp = front.make(mail_server="Mail.test")
    smtp.firewall.firewall_type, smtp.firewall.host = "tunnel", "proxy.test"
    smtp.config(f"ProxyExceptionsList={exceptions}")
    assert (settings_from(smtp, Remembered()).proxy is None) is is_direct


@pytest.mark.covers("SMTP.Firewall")
@pytest.mark.covers("IPPort.FirewallHost")
@pytest.mark.covers("IPPort.FirewallPort")
@pytest.mark.covers("IPPort.FirewallUser")
@pytest.mark.covers("IPPort.FirewallPassword")
@pytest.mark.covers("IPPort.FirewallType")
@pytest.mark.covers("Firewall.FirewallType")
@pytest.mark.covers("Firewall.Host")
@pytest.mark.covers("Firewall.Port")
@pytest.mark.covers("Firewall.User")
@pytest.mark.covers("Firewall.Password")
def test_the_firewall_settings_are_the_firewalls_fields(front):
    smtp = front.make(mail_server="mail.test")
    for setting in ("Type=1", "Host=proxy.test", "User=ann", "Password=secret"):
        smtp.config(f"Firewall{setting}")
    proxy = settings_from(smtp, Remembered()).proxy
    assert (proxy.host, proxy.port, proxy.user) == ("proxy.test", 80, "ann")
    assert proxy.password.reveal() == "secret"
    smtp.firewall.firewall_type = "socks5"
    assert smtp.config("FirewallPort") == "1080"
    smtp.firewall.host, smtp.firewall.user = "socks.test", "ben"
    assert (smtp.config("FirewallHost"), smtp.config("FirewallUser")) == ("socks.test", "ben")
    assert "secret" not in repr(smtp.firewall)


def test_no_proxy_is_looked_up_behind_the_users_back(front, monkeypatch):
    monkeypatch.setenv("all_proxy", "socks5h://socks.test")
    smtp = front.make(mail_server="mail.test")
    assert smtp.firewall.auto_detect is False
    assert settings_from(smtp, Remembered()).proxy is None


@pytest.mark.covers("Firewall.AutoDetect")
@pytest.mark.covers("IPPort.FirewallAutoDetect")
@pytest.mark.parametrize(
    ("environment", "kind", "where", "looks_up"),
    [
        ({"http_proxy": "web.test"}, "TUNNEL", ("web.test", 80), True),
        ({"https_proxy": "http://[::1]:3128/"}, "TUNNEL", ("::1", 3128), True),
        ({"https_proxy": "https://web.test"}, "TUNNEL", ("web.test", 443), True),
        (
            {"http_proxy": "a.test", "all_proxy": "socks5://b.test"},
            "SOCKS5",
            ("b.test", 1080),
            False,
        ),
        ({"all_proxy": "SOCKS5H://b.test:9"}, "SOCKS5", ("b.test", 9), True),
        ({"all_proxy": "socks4://b.test"}, "SOCKS4", ("b.test", 1080), False),
        ({"all_proxy": "socks4a://b.test"}, "SOCKS4A", ("b.test", 1080), True),
        ({"socks_proxy": "http://b.test:9"}, "SOCKS5", ("b.test", 9), True),
        ({"all_proxy": "a.test", "smtp_proxy": "c.test"}, "TUNNEL", ("c.test", 80), True),
    ],
)
def test_the_systems_proxy(front, environment, kind, where, looks_up, monkeypatch):
    _set_proxies(monkeypatch, environment)
    smtp = front.make(mail_server="mail.test")
    smtp.firewall.auto_detect = True
    proxy = settings_from(smtp, Remembered()).proxy
    assert (proxy.kind.name, (proxy.host, proxy.port), proxy.looks_up) == (kind, where, looks_up)
    assert (proxy.tls is not None) is str(environment.get("https_proxy")).startswith("https:")


def test_the_systems_proxy_may_want_a_login(front, monkeypatch):
    _set_proxies(monkeypatch, {"https_proxy": "http://ann%40x:p%3Aw@web.test"})
    smtp = front.make(mail_server="mail.test")
    smtp.config("FirewallAutoDetect=True")
    proxy = settings_from(smtp, Remembered()).proxy
    assert (proxy.user, proxy.password.reveal()) == ("ann@x", "p:w")


@pytest.mark.parametrize("no_proxy", ["mail.test", ".test", "*"])
def test_what_the_system_reaches_without_a_proxy(front, no_proxy, monkeypatch):
    _set_proxies(monkeypatch, {"https_proxy": "http://web.test", "no_proxy": no_proxy})
    smtp = front.make(mail_server="mail.test")
    smtp.firewall.auto_detect = True
    assert settings_from(smtp, Remembered()).proxy is None


def test_a_firewall_that_was_set_comes_before_the_systems(front, monkeypatch):
    _set_proxies(monkeypatch, {"https_proxy": "http://web.test"})
    smtp = front.make(mail_server="mail.test")
    smtp.firewall = Firewall("socks5", "socks.test", auto_detect=True)
    assert settings_from(smtp, Remembered()).proxy.host == "socks.test"


@pytest.mark.parametrize(
    "url",
    [
        "ftp://x:hunter22@a.test",
        "http://x:hunter22@a.test:70000",
        "http://x:hunter22@",
        "http://[x",
    ],
)
def test_a_system_that_names_no_proxy(front, url, monkeypatch):
    _set_proxies(monkeypatch, {"https_proxy": url})
    smtp = front.make(mail_server="mail.test")
    smtp.firewall.auto_detect = True
    with pytest.raises(FirewallError, match="https_proxy") as caught:
        settings_from(smtp, Remembered())
    assert caught.value.code == 118
    assert "hunter22" not in str(caught.value)
    assert caught.value.__cause__ is None
    assert caught.value.__context__ is None


def _set_proxies(monkeypatch, environment):
    for name in [name for name in os.environ if name.lower().endswith("_proxy")]:
        monkeypatch.delenv(name)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)


@pytest.mark.parametrize("kind", ["socks4", "socks5"])
def test_a_star_leaves_the_look_up_to_the_firewall(front, kind):
    smtp = front.make(mail_server="mail.test", firewall=Firewall(kind, "socks.test"))
    assert settings_from(smtp, Remembered()).proxy.looks_up is False
    smtp.mail_server = "*mail.test"
    assert settings_from(smtp, Remembered()).proxy.looks_up is True
    assert settings_from(smtp, Remembered()).host == "mail.test"


def test_header_fields_are_for_a_tunnel_only(front):
    smtp = front.make(mail_server="mail.test", firewall=Firewall("socks5", "socks.test"))
    smtp.config("FirewallData=X-Token: 1")
    with pytest.raises(InputError, match="no header fields"):
        settings_from(smtp, Remembered())


def test_tls_to_the_proxy_trusts_what_was_not_meant_for_the_server_alone(front):
    smtp = front.make(mail_server="mail.test", firewall=Firewall("tunnel", "web.test", tls=True))
    assert smtp.firewall.port == 443
    smtp.config(f"SSLServerPin=sha256:{'0' * 64}")
    smtp.config("SSLSecurityFlags=0x80000010")
    smtp.settings["SSLServerCACerts"] = ROOT
    trusted = settings_from(smtp, Remembered()).proxy.tls
    assert (trusted.pins, trusted.security_flags, trusted.identity) == ((), 0, None)
    assert trusted.ca_data == ROOT.encode()


@pytest.mark.covers("SMTP.MailServer")
def test_a_star_needs_a_socks_server(front):
    with pytest.raises(InputError, match="SOCKS"):
        front.run(front.make(mail_server="*mail.test").connect())
