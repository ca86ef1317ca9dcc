"""Misdeeds that belong to one place only."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import count

from hostile.misbehaving_server import Deed
from hostile.misdeeds import (
    BROKEN,
    CLOSE,
    CLOSED,
    DEAF,
    FINE,
    LATER,
    LEAVES,
    NEVER,
    NO_REPLY,
    OUT_OF_PLACE,
    RESET,
    SILENCE,
    TIMED_OUT,
    M,
    Verdict,
    endless,
    reworded,
    says,
)
from smtp_nb.drivers.scripted import Step
from smtp_nb.errors import (
    AuthenticationError,
    FirewallError,
    FirewallTimeout,
    LinkError,
    MalformedReply,
    PlaintextInjected,
    RefusedError,
    TLSError,
)

# Codes of the wrong kind: a stage, what is wrong there, and what has to come of each.
_SECOND = (b"221", b"235", b"250", b"252", b"299")
_THIRD = (b"334", b"354", b"399")
_STRANGE = Verdict(MalformedReply, 161)
_UNCLEAR = Verdict(LinkError, 162, "UNKNOWN %s")
WRONG_CODES: list[tuple[str, tuple[bytes, ...], Verdict]] = [
    ("banner", _SECOND + _THIRD, _STRANGE),
    ("ehlo", _THIRD, _STRANGE),
    ("starttls", _SECOND + _THIRD, _STRANGE),
    ("auth", _THIRD, Verdict(AuthenticationError, 161)),
    ("mail", _THIRD, OUT_OF_PLACE),
    ("rcpt", _THIRD, OUT_OF_PLACE),
    ("mail_grouped", _THIRD, OUT_OF_PLACE),
    ("rcpt_grouped", _THIRD, OUT_OF_PLACE),
    ("data", (*_SECOND, b"334", b"399"), OUT_OF_PLACE),
    ("data_grouped", (*_SECOND, b"334", b"399"), OUT_OF_PLACE),
    ("end", _THIRD, _UNCLEAR),
    ("quit", (*_THIRD, b"299"), FINE),
]


# More than was asked for, right behind the good answer: what is read before it is asked for is
# never taken for the answer to what comes next.
BEHIND = [
    M("surplus", reworded(lambda good: good + b"250 surplus\r\n"), NO_REPLY),
    M("surplus_lines", reworded(lambda good: good + b"250-a\r\n250 b\r\n" * 3), NO_REPLY),
    M("surplus_half", reworded(lambda good: good + b"25"), NO_REPLY),
    M("surplus_354", reworded(lambda good: good + b"354 go on\r\n"), NO_REPLY),
    M("said_twice", reworded(lambda good: good + good), NO_REPLY),
    M("then_421", reworded(lambda good: good + b"421 4.3.2 bye\r\n", CLOSE), CLOSED),
    M("then_close", reworded(bytes, CLOSE), CLOSED),
    M("then_reset", reworded(bytes, RESET), BROKEN),
]
INJECTED = Verdict(PlaintextInjected, 276)
# What came in one piece with the reply to DATA came before the message, and is no answer to it.
LOST_LATER = {CLOSED: replace(CLOSED, outcome="UNKNOWN 0"),
              BROKEN: replace(BROKEN, outcome="UNKNOWN 0")}  # fmt: skip
BEHIND_AT = [
    ("banner", {}),
    ("ehlo", {}),
    ("starttls", dict.fromkeys((NO_REPLY,), INJECTED)),
    ("auth", {}),
    ("mail", {}),
    ("rcpt", {}),
    ("data", {}),
    ("end", dict.fromkeys((NO_REPLY, CLOSED, BROKEN), FINE)),
    ("quit", dict.fromkeys((NO_REPLY, CLOSED, BROKEN), FINE)),
]
BEHIND_EXCEPTIONS = {
    ("starttls", "then_421"): INJECTED,
    ("data", "then_close"): LOST_LATER[CLOSED],
    ("data", "then_reset"): LOST_LATER[BROKEN],
}


LONG = {"message": b"Subject: long\r\n\r\n" + (b"x" * 76 + b"\r\n") * 14000}
PAUSE = Step("wait", number=35)


def _steps(*steps: Step) -> Deed:
    return lambda good: steps


def _said(octets: bytes) -> Step:
    return Step("S", octets)


# In the middle of the content, which is long.
BODY = [
    ("reset", _steps(RESET), BROKEN),
    ("deaf", _steps(DEAF), TIMED_OUT),
    ("451_early", _steps(_said(b"451 4.3.0 full\r\n")), LATER),
    ("554_early", _steps(_said(b"554 5.3.4 too long\r\n")), NEVER),
    ("421_early", _steps(_said(b"421 4.3.2 bye\r\n")), LEAVES),
    ("garbage_early", _steps(_said(b"what?\r\n")), replace(NO_REPLY, outcome="UNKNOWN 0")),
    ("half_early", _steps(_said(b"55"), CLOSE), replace(CLOSED, outcome="UNKNOWN 0")),
    ("354_again", _steps(_said(b"354 more\r\n")), replace(OUT_OF_PLACE, outcome="UNKNOWN 354")),
]

# While the client is idle; then it has another message.
BETWEEN = [
    ("close", _steps(PAUSE, CLOSE), FINE),
    ("reset", _steps(PAUSE, RESET), FINE),
    ("421", _steps(PAUSE, _said(b"421 4.4.2 idle\r\n"), CLOSE), FINE),
    ("421_stays", _steps(PAUSE, _said(b"421 4.4.2 idle\r\n")), FINE),
    ("250", _steps(PAUSE, _said(b"250 by the way\r\n")), FINE),
    ("554", _steps(PAUSE, _said(b"554 no more of you\r\n")), FINE),
    ("garbage", _steps(PAUSE, _said(b"hello?\r\n")), FINE),
    ("half", _steps(PAUSE, _said(b"42")), FINE),
    ("endless", lambda good: [PAUSE, _said(b"250-x\r\n" * 1000)], FINE),
    ("slow", _steps(PAUSE), FINE),
]

# TLS: in place of its handshake.
_ALERT = b"\x15\x03\x03\x00\x02\x02"
NO_TLS, FLOODS = Verdict(TLSError, 276), Verdict(LinkError, 162)
HANDSHAKE = [
    ("close", _steps(CLOSE), CLOSED),
    ("reset", _steps(RESET), BROKEN),
    ("silence", _steps(SILENCE), TIMED_OUT),
    ("smtp", _steps(_said(b"220 mx.test\r\n")), NO_TLS),
    ("http", _steps(_said(b"HTTP/1.1 400 Bad Request\r\n\r\n")), NO_TLS),
    ("garbage", _steps(_said(bytes(range(256)))), NO_TLS),
    ("alert", _steps(_said(_ALERT + b"\x28")), NO_TLS),
    ("goodbye", _steps(_said(b"\x15\x03\x03\x00\x02\x01\x00")), NO_TLS),
    ("long_record", _steps(_said(b"\x16\x03\x03\xff\xff" + b"x" * 65535)), NO_TLS),
    ("empty_records", _steps(_said(b"\x16\x03\x03\x00\x00" * 100)), NO_TLS),
    (
        "endless",
        lambda good: (_said(b"\x16\x03\x03\x40\x00" + b"\0" * 16384) for _ in count()),
        FLOODS,
    ),
    ("old", _steps(_said(b"\x80\x2e\x01\x00\x02" + b"\0" * 50)), NO_TLS),
    ("half", _steps(_said(b"\x16\x03\x03\x02\x00\x02\x00"), CLOSE), CLOSED),
    ("half_silence", _steps(_said(b"\x16\x03\x03\x02\x00\x02\x00"), SILENCE), TIMED_OUT),
    ("drip", lambda good: _dripping(b"\x16\x03\x03\x40\x00" + b"\0" * 1000), TIMED_OUT),
]


def _dripping(octets: bytes) -> Iterator[Step]:
    for at in range(len(octets)):
        yield Step("S", octets[at : at + 1])
        yield Step("wait", number=5)


# The login's challenges.
CHALLENGES = [
    ("none", says(b"235 2.7.0 welcome\r\n"), Verdict(AuthenticationError, 161)),
    ("no_base64", says(b"334 !!!\r\n"), Verdict(AuthenticationError, 161)),
    ("empty", says(b"334 \r\n"), Verdict(AuthenticationError, 161)),
    ("no_text", says(b"334\r\n"), Verdict(AuthenticationError, 161)),
    ("beyond_ascii", says("334 ä\r\n".encode()), Verdict(AuthenticationError, 161)),
    ("endless", endless(b" ", b"A"), NO_REPLY),
    ("many_lines", says(b"334-PDFAeD4=\r\n334 PDFAeD4=\r\n"), Verdict(AuthenticationError, 161)),
    ("again", says(b"334 PDFAeD4=\r\n334 PDFAeD4=\r\n"), NO_REPLY),
    ("close", says(b"334 PDFA", CLOSE), CLOSED),
]

# Groups (RFC 2920) that come back in disorder.
GROUPED = [
    ("refused", "MAIL", says(b"250 ok\r\n503 no groups\r\n503 no groups\r\n"),
     Verdict(RefusedError, 161, "REFUSED 503")),
    ("one_missing", "RCPT", _steps(), OUT_OF_PLACE),
    ("two_missing", "RCPT", _steps(SILENCE), TIMED_OUT),
    ("one_too_many", "MAIL", says(b"250 ok\r\n250 ok\r\n"), OUT_OF_PLACE),
    ("354_first", "MAIL", says(b"354 go on\r\n"), OUT_OF_PLACE),
    ("354_after_554", "RCPT", says(b"554 no\r\n"), NEVER),
    ("354_after_refused_mail", "MAIL", says(b"554 no\r\n"), NEVER),
]  # fmt: skip

# Proxies. They have to do with the line, never with the message.
NO_PROXY, PROXY_SILENT = Verdict(FirewallError, 118), Verdict(FirewallTimeout, 118, waits=True)
PROXY = [
    ("close", "tunnel", _steps(CLOSE), NO_PROXY),
    ("reset", "tunnel", _steps(RESET), NO_PROXY),
    ("silence", "tunnel", _steps(SILENCE), PROXY_SILENT),
    ("smtp", "tunnel", says(b"220 mx.test ESMTP\r\n\r\n"), NO_PROXY),
    ("socks", "tunnel", says(b"\5\xff"), NO_PROXY),
    ("407", "tunnel", says(b"HTTP/1.1 407 Who are you\r\n\r\n"), NO_PROXY),
    ("407_endless", "tunnel", endless(b"HTTP/1.1 407 x\r\nX: ", b"y"), NO_PROXY),
    ("502", "tunnel", says(b"HTTP/1.1 502 Bad <b>Gateway</b>\r\n\r\n"), NO_PROXY),
    ("302", "tunnel", says(b"HTTP/1.1 302 Found\r\nLocation: /\r\n\r\n"), NO_PROXY),
    ("page", "tunnel", says(b"<html>log in first</html>\r\n\r\n"), NO_PROXY),
    ("code_1000", "tunnel", says(b"HTTP/1.1 2000 OK\r\n\r\n"), NO_PROXY),
    ("folded", "tunnel", says(b"HTTP/1.1 200 OK\r\nX\x00: y\r\n\r\n"), NO_PROXY),
    ("100_for_ever", "tunnel", endless(b"", b"HTTP/1.1 100 Continue\r\n\r\n"), NO_PROXY),
    ("half", "tunnel", says(b"HTTP/1.1 20", CLOSE), NO_PROXY),
    ("half_silence", "tunnel", says(b"HTTP/1.1 200 OK\r\nX: y", SILENCE), PROXY_SILENT),
    ("drip", "tunnel", lambda good: _dripping(b"HTTP/1.1 200 OK\r\n\r\n" * 9), PROXY_SILENT),
    ("close", "socks5", _steps(CLOSE), NO_PROXY),
    ("reset", "socks5", _steps(RESET), NO_PROXY),
    ("silence", "socks5", _steps(SILENCE), PROXY_SILENT),
    ("half", "socks5", says(b"\5", CLOSE), NO_PROXY),
    ("half_silence", "socks5", says(b"\5\0\5\0\0", SILENCE), PROXY_SILENT),
    ("smtp", "socks5", says(b"220 mx.test ESMTP\r\n"), NO_PROXY),
    ("http", "socks5", says(b"HTTP/1.1 400 Bad Request\r\n\r\n"), NO_PROXY),
    ("version_4", "socks5", says(b"\4\0"), NO_PROXY),
    ("no_method", "socks5", says(b"\5\xff"), NO_PROXY),
    ("kerberos", "socks5", says(b"\5\1"), NO_PROXY),
    ("login", "socks5", says(b"\5\2"), NO_PROXY),
    ("refused", "socks5", says(b"\5\0\5\5\0\1\0\0\0\0\0\0"), NO_PROXY),
    ("unknown_status", "socks5", says(b"\5\0\5\x63\0\1\0\0\0\0\0\0"), NO_PROXY),
    ("unknown_address", "socks5", says(b"\5\0\5\0\0\x09\0\0\0\0\0\0"), NO_PROXY),
    ("endless", "socks5", endless(b"", b"\5"), NO_PROXY),
    ("drip", "socks5", lambda good: _dripping(b"\5\0\5\0\0\3\xff" + b"x" * 300), PROXY_SILENT),
    ("close", "socks4", _steps(CLOSE), NO_PROXY),
    ("silence", "socks4", _steps(SILENCE), PROXY_SILENT),
    ("refused", "socks4", says(b"\0\x5b\0\0\0\0\0\0"), NO_PROXY),
    ("version_5", "socks4", says(b"\5\x5a\0\0\0\0\0\0"), NO_PROXY),
    ("half", "socks4", says(b"\0\x5a\0", CLOSE), NO_PROXY),
    ("identd", "socks4a", says(b"\0\x5c\0\0\0\0\0\0"), NO_PROXY),
    ("half_silence", "socks4a", says(b"\0\x5a\0\0", SILENCE), PROXY_SILENT),
]  # fmt: skip
