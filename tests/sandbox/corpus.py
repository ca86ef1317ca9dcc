"""Messages that made the inbox raise, wait or swell; and random ones."""

from __future__ import annotations

import random
from base64 import b64encode
from datetime import UTC, datetime

from smtp_nb.sandbox.messages.mailbox import Message


def message(content: bytes, **changes: object) -> Message:
    """As the sandbox keeps it."""
    values: dict[str, object] = {
        "mail_from": "ann@x.test",
        "rcpt_tos": ("ben@x.test",),
        "content": content,
        "parameters": {},
        "rcpt_parameters": ({},),
        "verb": "MAIL",
        "queue_id": "000001",
        "session": 1,
        "tls": None,
        "user": None,
        "received_at": datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC),
    }
    return Message(**values | changes)  # type: ignore[arg-type]


def nested(depth: int, kind: bytes) -> bytes:
    """Parts in parts."""
    if kind == b"message":
        return b"Content-Type: message/rfc822\r\n\r\n" * depth + b"Subject: core\r\n\r\nhi\r\n"
    heads = b"".join(
        b"Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n" % (n, n)
        for n in range(depth)
    )
    return heads + b"\r\ncore\r\n" + b"".join(b"--b%d--\r\n" % n for n in range(depth)[::-1])


IMAGE = b64encode(b"\x89PNG" + bytes(300_000))
ECHO = (
    b"Content-Type: multipart/related; boundary=x\r\n\r\n--x\r\nContent-Type: text/html\r\n\r\n"
    + b"<img src=cid:x>" * 400
    + b"\r\n--x\r\nContent-Type: image/png\r\nContent-ID: <x>\r\n"
    + b"Content-Transfer-Encoding: base64\r\n\r\n"
    + IMAGE
    + b"\r\n--x--\r\n"
)

CORPUS: dict[str, bytes] = {
    "surrogate": b"Subject: =?unicode_escape?q?=5Cud800?=\r\n\r\nhi",
    "idna": b"Subject: =?idna?q?" + b"a" * 9000 + b"?=\r\n\r\nhi",
    "punycode": b"Subject: =?punycode?q?" + b"a" * 9000 + b"-b?=\r\n\r\nhi",
    "rot13": b"Subject: =?rot13?q?uv?=\r\n\r\nhi",
    "zlib": b"Subject: =?zlib?b?eJwDAAAAAAE=?=\r\n\r\nhi",
    "undefined": b"Subject: =?undefined?q?a?=\r\n\r\nhi",
    "broken base64": b"Subject: =?utf-8?b?a?= =?utf-8?b?====?=\r\n\r\nhi",
    "angle": b"From: <\r\n\r\nhi",
    "quote": b'From: "\r\n\r\nhi',
    "quoted word": b"Reply-To: =?utf-8?q?=22?= <\r\n\r\nhi",
    "open id": b"Message-ID: <\r\n\r\nhi",
    "empty id": b"Message-ID: <>\r\n\r\nhi",
    "literal id": b"Message-ID: <a@[>\r\n\r\nhi",
    "comments": b"To: " + b"(" * 300 + b"\r\n\r\nhi",
    "NUL charset": b'Content-Type: text/html; charset="\0"\r\n\r\nhi',
    "escape charset": b"Content-Type: text/plain; charset=unicode_escape\r\n\r\n\\ud800",
    "idna charset": b"Content-Type: text/plain; charset=idna\r\n\r\n" + b"a" * 100_000,
    "encoded type": b"Content-Type: =?utf-8?q?multipart/mixed?=; boundary=a\r\n\r\n--a\r\n\r\nhi",
    "type with tag": b"Content-Type: image/png\"><b>\r\nContent-ID: <a>\r\n\r\nhi",
    "no name": b"Content-Disposition: attachment; filename*=x\r\n\r\nhi",
    "pieces": b"Content-Disposition: attachment; filename*0*=zlib''%ff; filename*1=b\r\n\r\nhi",
    "name of escapes": b"Content-Disposition: x; filename*=unicode_escape''%5Cud800\r\n\r\n",
    "surrogate octets": b"Subject: \xed\xa0\x80\r\nFrom: \xff\r\n\r\n\xed\xa0\x80",
    "nested messages": nested(3000, b"message"),
    "nested multiparts": nested(5000, b"multipart"),
    "200 nested": nested(200, b"multipart"),
    "20,000 addresses": b"To: " + b"a@b.test, " * 20_000 + b"\r\n\r\nhi",
    "20,000 words": b"Subject: " + b"=?utf-8?q?a?= " * 20_000 + b"\r\n\r\nhi",
    "20,000 parameters": b"Content-Type: text/plain" + b"; a=b" * 20_000 + b"\r\n\r\nhi",
    "20,000 continuations": b"Subject: a" + b"\r\n b" * 20_000 + b"\r\n\r\nhi",
    "60,000 fields": b"X: y\r\n" * 60_000 + b"\r\nhi",
    "5,000 parts": b"Content-Type: multipart/mixed; boundary=x\r\n" + b"\r\n--x\r\n\r\nhi" * 5000,
    "quotes": b"To: " + b'"' * 4000 + b"\r\n" + (b"Cc: " + b'"' * 4000 + b"\r\n") * 100 + b"\r\nhi",
    "echo": ECHO,
    "references": b"Content-Type: text/html\r\n\r\n" + b"cid:x " * 200_000,
    "controls": b"Content-Type: text/plain\r\n\r\n" + b"\x1b" * 1_000_000,
    "lines": b"\r\n" * 500_000,
    "boundaries": b"Content-Type: multipart/mixed; boundary=x\r\n\r\n" + b"--x-\r\n" * 100_000,
    "nothing": b"",
    "only a line end": b"\r\n",
    "lone CR": b"Subject: a\rBcc: b\r\rhi",
}  # fmt: skip

_CHARSETS = (b"utf-8", b"latin1", b"idna", b"unicode_escape", b"zlib", b"rot13", b"\0", b"")
_TYPES = (
    b"text/plain", b"text/html", b"multipart/mixed", b"multipart/related", b"message/rfc822",
    b"image/png", b"multipart/digest", b"message/delivery-status", b"/", b"text", b"",
)  # fmt: skip
_WORDS = (
    b"<", b">", b'"', b"(", b")", b"@", b"[", b",", b";", b":", b"=", b"\\", b"?", b" ",
    b"=?utf-8?q?a?=", b"=?utf-8?b?YQ?=", b"\xff", b"\0", b"\x1b", b"a@b.test", b"\r\n ",
)  # fmt: skip
_NAMES = (
    b"Subject", b"From", b"To", b"Cc", b"Date", b"Message-ID", b"Reply-To", b"Content-ID",
    b"Content-Disposition", b"Content-Transfer-Encoding", b"MIME-Version", b"X-a",
)  # fmt: skip


def random_message(seed: int) -> bytes:
    """A message that nobody would write, the same for each seed."""
    return _entity(random.Random(seed), 0)


def _entity(dice: random.Random, depth: int) -> bytes:
    boundary = b"b%d" % dice.randrange(3)
    kind = dice.choice(_TYPES)
    lines = [dice.choice(_NAMES) + b": " + _words(dice) for _ in range(dice.randrange(6))]
    lines.append(
        b"Content-Type: %s; charset=%s; boundary=%s" % (kind, dice.choice(_CHARSETS), boundary)
    )
    if dice.random() < 0.3:
        encoding = dice.choice((b"base64", b"quoted-printable", b"x-uuencode", b"?"))
        lines.append(b"Content-Transfer-Encoding: " + encoding)
    dice.shuffle(lines)
    end = dice.choice((b"\r\n", b"\r\n", b"\n", b"\r"))
    head = end.join(lines) + end + end
    if depth < 5 and (kind.startswith((b"multipart", b"message")) or dice.random() < 0.1):
        inner = [_entity(dice, depth + 1) for _ in range(dice.randrange(4))]
        between = end + b"--" + boundary + end
        return head + between + between.join(inner) + end + b"--" + boundary + b"--" + end
    return head + _words(dice) + b" cid:a " + end


def _words(dice: random.Random) -> bytes:
    words = [dice.choice(_WORDS) for _ in range(dice.randrange(12))]
    if dice.random() < 0.3:
        words.append(
            b"=?%s?%s?%s?=" % (dice.choice(_CHARSETS), dice.choice((b"q", b"b")), b"=22YQ=")
        )
    return b"".join(words)
