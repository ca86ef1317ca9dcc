"""The tunnel through an HTTP proxy, octet by octet."""

from __future__ import annotations

import base64

import pytest

from smtp_nb.errors import FirewallError, InjectionError, InputError
from smtp_nb.model.secret import Secret
from smtp_nb.wire.proxies.http_connect import HttpConnect

BANNER = b"220 mx.test ready\r\n"


def answered(answer: bytes, piece: int) -> HttpConnect:
    tunnel = HttpConnect("mx.test", 25)
    tunnel.outgoing()
    for at in range(0, len(answer), piece):
        tunnel.receive(answer[at : at + piece])
    return tunnel


def test_request_names_the_server_and_logs_in() -> None:
    request = HttpConnect("mx.test", 25, "ann", Secret("s3cret")).outgoing()
    assert request.startswith(b"CONNECT mx.test:25 HTTP/1.1\r\nHost: mx.test:25\r\n")
    assert base64.b64encode(b"ann:s3cret") in request


def test_an_ipv6_address_stands_in_brackets() -> None:
    assert HttpConnect("::1", 25).outgoing().startswith(b"CONNECT [::1]:25 ")


def test_the_banner_in_the_proxys_packet_is_kept() -> None:
    tunnel = answered(b"HTTP/1.0 200 Connection established\r\nVia: p\r\n\r\n" + BANNER, 4096)
    assert tunnel.is_done
    assert tunnel.rest == BANNER


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 200 OK\r\n\r\n",
        b"HTTP/1.1 204 No Content\r\n\r\n",
        b"HTTP/1.1 200 \r\nX: y\r\n\r\n",
        b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n\r\n",
    ],
)
def test_a_yes_in_any_form_and_in_single_octets_opens_the_tunnel(answer: bytes) -> None:
    tunnel = answered(answer, 1)
    assert tunnel.is_done
    assert tunnel.rest == b""


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (b"HTTP/1.1 407 Proxy Authentication Required\r\n\r\n", "407 .*firewall.user"),
        (b"HTTP/1.1 403 Filtered\r\n\r\n", "403 Filtered"),
        (b"220 mx.test ESMTP\r\n\r\n", "does not answer in HTTP"),
        (b"HTTP/1.1 200 OK\r\nX: " + b"y" * 70_000, "does not answer in HTTP"),
    ],
)
def test_anything_else_is_the_firewalls_error(answer: bytes, words: str) -> None:
    with pytest.raises(FirewallError, match=words) as caught:
        answered(answer, 4096)
    assert caught.value.code == 118


def test_the_request_is_made_once_with_fields_of_the_users_own() -> None:
    data = Secret("X-Token: a b\r\nVia:  x\t\n")
    tunnel = HttpConnect("mx.test", 25, data=data)
    assert tunnel.outgoing().endswith(b"Host: mx.test:25\r\nX-Token: a b\r\nVia: x\r\n\r\n")
    assert tunnel.outgoing() == b""


@pytest.mark.parametrize(
    "data",
    ["X-Token", ": x", "X Y: z", "Host: other.test", "content-length: 5", "A: b\0", "A: b\rC: d"],
)
def test_a_field_that_is_none_is_refused_and_not_repeated(data: str) -> None:
    with pytest.raises(InputError, match="line 2 of FirewallData") as caught:
        HttpConnect("mx.test", 25, data=Secret(f"X: y\r\n{data}"))
    assert data not in str(caught.value)


def test_two_logins_are_refused() -> None:
    with pytest.raises(InputError, match="both log in"):
        HttpConnect("mx.test", 25, "ann", data=Secret("Proxy-Authorization: Bearer x"))


def test_a_colon_in_the_users_name_is_refused() -> None:
    with pytest.raises(InputError, match="colon"):
        HttpConnect("mx.test", 25, "ann:x", Secret("y"))


def test_a_proxy_that_promises_for_ever_is_the_firewalls_error() -> None:
    tunnel = HttpConnect("mx.test", 25)
    tunnel.outgoing()
    with pytest.raises(FirewallError, match="no end"):
        tunnel.receive(b"HTTP/1.1 100 Continue\r\n\r\n" * 3000)


def test_a_proxy_that_hangs_up_is_the_firewalls_error() -> None:
    tunnel = HttpConnect("mx.test", 25)
    tunnel.outgoing()
    with pytest.raises(FirewallError, match="closed the connection"):
        tunnel.receive(b"")


@pytest.mark.parametrize(
    ("host", "user", "password"),
    [("mx.test\r\nX: y", "", ""), ("mx.test", "a\nb", ""), ("mx.test", "a", "b\r\nX: y")],
)
def test_a_line_break_is_refused_before_an_octet_is_written(
    host: str, user: str, password: str
) -> None:
    with pytest.raises(InjectionError):
        HttpConnect(host, 25, user, Secret(password))
