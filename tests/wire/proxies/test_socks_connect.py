"""The tunnel through a SOCKS server, octet by octet."""

from __future__ import annotations

import pytest

from smtp_nb.errors import AddressError, FirewallError, InjectionError, InputError
from smtp_nb.model.enums import FirewallType
from smtp_nb.model.secret import Secret
from smtp_nb.wire.proxies.socks_connect import MAX_FIELD, SocksConnect

SOCKS4, SOCKS4A, SOCKS5 = FirewallType.SOCKS4, FirewallType.SOCKS4A, FirewallType.SOCKS5
BANNER = b"220 mx.test ready\r\n"
BOUND = b"\0\x01\x7f\0\0\1\x04\0"
GRANTED = b"\0\x5a" + b"\0" * 6


def talk(tunnel: SocksConnect, *answers: bytes, piece: int = 65536) -> list[bytes]:
    """What is said before the first answer and after each of them."""
    said = [tunnel.outgoing()]
    for answer in answers:
        for at in range(0, max(len(answer), 1), piece):
            tunnel.receive(answer[at : at + piece])
        said.append(tunnel.outgoing())
    return said


CASES = [
    (SOCKS4, "192.0.2.1", "", [GRANTED], [b"\4\1\0\x19\xc0\0\2\1\0"]),
    (SOCKS4, "192.0.2.1", "ann", [GRANTED], [b"\4\1\0\x19\xc0\0\2\1ann\0"]),
    (SOCKS4A, "mx.test", "ann", [GRANTED], [b"\4\1\0\x19\0\0\0\1ann\0mx.test\0"]),
    (SOCKS4A, "192.0.2.1", "", [GRANTED], [b"\4\1\0\x19\xc0\0\2\1\0"]),
    (SOCKS5, "mx.test", "", [b"\5\0", b"\5\0" + BOUND],
     [b"\5\1\0", b"\5\1\0\3\7mx.test\0\x19"]),
    (SOCKS5, "192.0.2.1", "", [b"\5\0", b"\5\0" + BOUND],
     [b"\5\1\0", b"\5\1\0\1\xc0\0\2\1\0\x19"]),
    (SOCKS5, "2001:db8::1", "", [b"\5\0", b"\5\0" + BOUND],
     [b"\5\1\0", b"\5\1\0\4\x20\1\x0d\xb8" + b"\0" * 11 + b"\1\0\x19"]),
    (SOCKS5, "mx.test", "ann", [b"\5\2", b"\1\0", b"\5\0" + BOUND],
     [b"\5\2\0\2", b"\1\3ann\6s3cret", b"\5\1\0\3\7mx.test\0\x19"]),
    (SOCKS5, "mx.test", "ann", [b"\5\0", b"\5\0" + BOUND],
     [b"\5\2\0\2", b"\5\1\0\3\7mx.test\0\x19"]),
    (SOCKS5, "mx.test", "", [b"\5\0", b"\5\0\0\3\4p.it\0\1"],
     [b"\5\1\0", b"\5\1\0\3\7mx.test\0\x19"]),
    (SOCKS5, "mx.test", "", [b"\5\0", b"\5\0\0\4" + b"\0" * 18],
     [b"\5\1\0", b"\5\1\0\3\7mx.test\0\x19"]),
]  # fmt: skip


@pytest.mark.parametrize("rest", [b"", BANNER], ids=["", "banner"])
@pytest.mark.parametrize("piece", [1, 2, 65536])
@pytest.mark.parametrize(("kind", "host", "user", "answers", "said"), CASES)
def test_each_word_is_said_once_and_the_banner_is_kept(
    kind: FirewallType,
    host: str,
    user: str,
    answers: list[bytes],
    said: list[bytes],
    piece: int,
    rest: bytes,
) -> None:
    tunnel = SocksConnect(kind, host, 25, user, Secret("s3cret"))
    *first, last = answers
    heard = talk(tunnel, *first, piece=piece)
    assert not tunnel.is_done
    for at in range(0, len(last), piece):
        tunnel.receive(last[at : at + piece] + (rest if at + piece >= len(last) else b""))
    assert tunnel.is_done
    assert tunnel.rest == rest
    assert (heard, tunnel.outgoing()) == (said, b"")


REFUSALS = [
    (SOCKS4, [b"\0\x5b" + b"\0" * 6], "0x5b: Request rejected"),
    (SOCKS4A, [b"\0\x5d" + b"\0" * 6], "0x5d: .*different user-ids"),
    (SOCKS4, [b"\0\xff" + b"\0" * 6], "0xff: Unknown"),
    (SOCKS4, [b"\4\x5a" + b"\0" * 6], "invalid data"),
    (SOCKS5, [b"\5\xff"], r"methods were rejected.*firewall\.password"),
    (SOCKS5, [b"\5\1"], "invalid data"),
    (SOCKS5, [b"\4\0"], "invalid data"),
    (SOCKS5, [b"HTTP/1.1 400 Bad Request\r\n\r\n"], r"invalid data.*type and port"),
    (SOCKS5, [BANNER], "invalid data"),
    (SOCKS5, [b"\5\2", b"\1\1"], r"authentication failed.*firewall\.user"),
    (SOCKS5, [b"\5\2", b"\5\0"], "invalid data"),
    *(
        (SOCKS5, [b"\5\0", b"\5" + bytes([status]) + BOUND], f"{status:#04x}: {words}")
        for status, words in {
            1: "General", 2: "Connection not allowed", 3: "Network", 4: "Host",
            5: "Connection refused", 6: "TTL", 7: "Command not supported", 8: "Address type",
            9: "Unknown", 255: "Unknown",
        }.items()
    ),
    (SOCKS5, [b"\5\0", b"\4\0" + BOUND], "invalid data"),
    (SOCKS5, [b"\5\0", b"\5\0\0\7" + BOUND], "invalid data"),
    (SOCKS5, [b""], "closed the connection"),
]  # fmt: skip


@pytest.mark.parametrize("piece", [1, 65536])
@pytest.mark.parametrize(("kind", "answers", "words"), REFUSALS)
def test_a_no_is_the_firewalls_error_in_its_own_words(
    kind: FirewallType, answers: list[bytes], words: str, piece: int
) -> None:
    tunnel = SocksConnect(kind, "192.0.2.1", 25, "ann", Secret("s3cret"))
    with pytest.raises(FirewallError, match=words) as caught:
        talk(tunnel, *answers, piece=piece)
    assert caught.value.code == 118
    assert caught.value.__cause__ is None


def test_a_server_that_asks_for_a_login_nobody_gave() -> None:
    tunnel = SocksConnect(SOCKS5, "mx.test", 25)
    with pytest.raises(FirewallError, match=r"Set firewall\.user"):
        tunnel.receive(b"\5\2")


@pytest.mark.parametrize("kind", [SOCKS4, SOCKS4A, SOCKS5])
@pytest.mark.parametrize("evil", ["a\0b", "a\r\nb", "a\nb", "a\x85b", "\ud800"])
def test_a_control_character_is_refused_before_an_octet_is_written(
    kind: FirewallType, evil: str
) -> None:
    for host, user, password in ((evil, "", ""), ("mx.test", evil, "x"), ("mx.test", "a", evil)):
        with pytest.raises(InjectionError):
            SocksConnect(kind, host, 25, user, Secret(password))


@pytest.mark.parametrize("size", [MAX_FIELD + 1, 255, 256, 70_000])
def test_what_its_length_octet_cannot_say_is_refused(size: int) -> None:
    long, name = "x" * size, ".".join(["x" * 63] * 4)[:size] + ".test"
    for host, user, password in ((name, "", ""), ("mx", long, "x"), ("mx", "a", long)):
        with pytest.raises(InputError, match="longer than 127 bytes"):
            SocksConnect(SOCKS5, host, 25, user, Secret(password))
    with pytest.raises(InputError):
        SocksConnect(SOCKS5, "mx", 25, "é" * 64, Secret("x"))  # octets, not characters


def test_the_longest_field_goes_out_whole() -> None:
    tunnel = SocksConnect(SOCKS5, "mx", 25, "u" * MAX_FIELD, Secret("p" * MAX_FIELD))
    said = talk(tunnel, b"\5\2")[1]
    assert said == b"\1\x7f" + b"u" * 127 + b"\x7f" + b"p" * 127


def test_a_login_of_socks5_is_a_name_and_a_password() -> None:
    with pytest.raises(InputError, match="password"):
        SocksConnect(SOCKS5, "mx.test", 25, "ann")


@pytest.mark.parametrize("host", ["x" * 64 + ".test", "a..b", ".", "", "ü.test"])
def test_a_name_that_is_none_is_refused(host: str) -> None:
    with pytest.raises(AddressError):
        SocksConnect(SOCKS5, host, 25)


@pytest.mark.parametrize("kind", [SOCKS4, SOCKS4A])
def test_version_4_knows_no_ipv6(kind: FirewallType) -> None:
    with pytest.raises(InputError, match="IPv6"):
        SocksConnect(kind, "2001:db8::1", 25)
