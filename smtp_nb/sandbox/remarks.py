"""Beginners' mistakes, by key, and the words in which the server reports them.

Each key stands for one misconception. Most are refused, and the reply names the fault by itself.
What works all the same is named after the reply, so that it is seen where the client looks.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from hashlib import sha256
from typing import NamedTuple

from smtp_nb.model.reply import Reply
from smtp_nb.protocol.commands import LAST_IN_GROUP
from smtp_nb.protocol.server import replies
from smtp_nb.protocol.server.auth import malformed
from smtp_nb.protocol.server.policy import END, ReceivedTransaction, Request
from smtp_nb.sasl.server.server import NO_NUL


class Remark(NamedTuple):
    """One thing that the client did against the rules.

    Attributes:
        key: names the misconception.
        text: what was wrong, for the trail.
        advice: what to do, for the reply; empty where the reply says so by itself.
    """

    key: str
    text: str
    advice: str = ""


REFUSED: dict[Reply, Remark] = {
    replies.BARE_LINE_END: Remark(
        "bare-lf", "a line feed without its carriage return in a command"
    ),
    replies.BAD_NAME: Remark("helo-domain", "what follows EHLO is not a host name"),
    replies.BAD_BASE64: Remark("not-base64", "what answers a challenge is not in base64"),
    malformed(NO_NUL): Remark("no-nul", "PLAIN without its two NULs"),
    replies.HELLO_AGAIN: Remark("no-ehlo-after-tls", "no EHLO inside TLS"),
}
"""By the reply that the rules give."""

UNFINISHED = {
    "no-crlf": "a line without its end (CRLF)",
    "no-dot": "content without the dot on a line of its own",
    "bare-lf": "content with line feeds that lack their carriage return",
}
"""What the client has begun and not ended, by its key."""

PLAIN_AFTER_STARTTLS = Remark("plain-after-starttls", "plain text after STARTTLS")
NO_QUIT = Remark("no-quit", "the client left without QUIT")
AGAIN = Remark(
    "retry-of-5yz", "tried again after a 5yz", "refused for good before: do not try again"
)


def on_turn(before: str, is_same_group: bool, offers_groups: bool) -> Iterator[Remark]:
    """Whether the client waited where it has to (RFC 2920 section 3.1).

    Args:
        before: the stage of the request before.
        is_same_group: both came in one read.
    """
    if is_same_group and (before in LAST_IN_GROUP or not offers_groups):
        yield Remark(
            "out-of-turn",
            f"said before the reply to {before} was there",
            f"out of turn: wait for the reply to {before} first",
        )


def on_command(request: Request, hostname: str) -> Iterator[Remark]:
    """What is wrong with a command."""
    if remark := REFUSED.get(request.reply):
        yield remark
    if replies.ONE_ADDRESS in request.reply.text and request.reply.code == 501:
        yield Remark("second-address", "two addresses in one command")
    name = request.shown.partition(" ")[2].strip(" ").lower()
    is_hello = request.stage in ("EHLO", "HELO") and request.reply.code == 250
    if is_hello and name == hostname.lower() != "localhost":
        yield Remark(
            "helo-domain", "the server's own name in EHLO", "that is my name: give your host's"
        )


def on_content(request: Request) -> Iterator[Remark]:
    """What is wrong with a message that is whole."""
    transaction = request.transaction
    if request.stage != END or transaction is None:
        return
    content = transaction.content
    if bare := content.count(b"\n") - content.count(b"\r\n"):
        yield Remark(
            "bare-lf",
            f"line feeds without carriage return in the content: {bare}",
            f"{bare} line feed{'s' * (bare > 1)} came without CR",
        )
    if lacks_empty_line(content):
        yield Remark(
            "no-empty-line",
            "no empty line between header and text",
            "the empty line after the headers was missing",
        )
    if lost := transaction.lost_dots:
        yield Remark(
            "unstuffed-dot",
            f"lines that begin with a dot, without a second one before it: {lost}",
            "a line that begins with a dot needs a second one",
        )


_HEADER = re.compile(rb"[!-9;-~]+[ \t]*:")


def lacks_empty_line(content: bytes) -> bool:
    """True if header fields are followed by what is neither such a field nor an empty line."""
    start = 0
    while start < len(content):
        end = content.find(b"\n", start)
        end = len(content) if end < 0 else end
        line = content[start:end].rstrip(b"\r")
        if not line:
            return False
        is_continued = start > 0 and line[:1] in (b" ", b"\t")
        if not (is_continued or _HEADER.match(line)):
            return start > 0
        start = end + 1
    return False


def refusal_key(
    request: Request, reply: Reply, client: tuple[str, str, str]
) -> tuple[object, ...] | None:
    """What a client is not to try again, if this reply refuses it for good.

    A command with other parameters is another one, and so is a message with other content.
    """
    transaction = request.transaction
    if not 550 <= reply.code <= 554 or request.stage not in ("MAIL", "RCPT", END):
        return None
    sender = transaction.sender if transaction else ""
    if request.stage != END:
        return *client, request.stage, sender, request.shown
    digest = sha256(transaction.content).digest() if transaction else b""
    return *client, END, sender, *_recipients(transaction), digest


def _recipients(transaction: ReceivedTransaction | None) -> tuple[str, ...]:
    return tuple(address for address, _ in transaction.recipients) if transaction else ()


def with_advice(reply: Reply, remarks: list[Remark]) -> Reply:
    """The reply, with the remarks about the request after it."""
    advice = "; ".join(remark.advice for remark in remarks if remark.advice)
    if not advice or reply.code == 334:  # a challenge is base64 and nothing else
        return reply
    # The first line: those after it are the keywords of EHLO.
    return replace(reply, lines=(f"{reply.lines[0]} ({advice})", *reply.lines[1:]))
