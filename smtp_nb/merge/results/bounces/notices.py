"""Bounces written for people alone: qmail and Yahoo, Exim, Sendmail, Exchange, Gmail.

Each says in its own words that it is one. An answer of a person or of an absence assistant does
not, so a report has to look like one by its sender as by its words, unless it carries
X-Failed-Recipients or begins as qmail's do (QSBMF).
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from smtp_nb.merge.results.bounces.report import (
    FAILED,
    MAX_RECIPIENTS,
    Statement,
    code_in,
    unique,
    words,
)
from smtp_nb.sandbox.messages.parts import ParsedPart

MAX_NOTICE = 64 * 1024
"""Bytes of a body that are read."""

_SENDER = re.compile(r"mailer-?daemon|postmaster|mail delivery|microsoftexchange", re.IGNORECASE)
_SAYS_SO = re.compile(
    r"undeliver|deliver[^.\n]{0,40}fail|fail[^.\n]{0,40}deliver|failure notice|returned mail"
    r"|(?:n't|not|unable to|cannot)(?: be| been| yet been| able to)? (?:deliver|reach)"
    r"|did not reach|delivery (?:delayed|incomplete)|delayed \d+ hours",
    re.IGNORECASE,
)
_QMAIL = re.compile(r"\s*Hi\. This is the ")
_DELAYED = re.compile(
    r"delayed|not (?:yet )?been delivered|will (?:keep|continue|retry|be retried)"
    r"|still (?:trying|being)",
    re.IGNORECASE,
)
_FOR_GOOD = re.compile(
    r"permanent|giv(?:en|ing) up|following address(?:\(es\)|es)? failed", re.IGNORECASE
)
# Where the message that could not be delivered begins.
_COPY = re.compile(r"(?im)^(?:-{3,}|original message headers:|return-path:|received:)[^\n]*$")
_ADDRESS = r"[^\s<>()\"',;:@]{1,64}@[A-Za-z0-9][A-Za-z0-9.-]{0,254}"
_ANYWHERE = re.compile(rf"(?<![^\s<>()\"',;:@]){_ADDRESS}")
# A line that names a recipient and says nothing else.
_NAMING = re.compile(
    rf"(?m)^[ \t]{{0,20}}+(?:[^<>()@:\n]{{0,80}}[<(])?({_ADDRESS})"
    r"(?:[>)]|<mailto:[^>\n]{0,300}>)?:?(?: on [^\n]{0,80})?[ \t]*\r?$"
)
_TAG = re.compile(r"<[^<>]{0,1000}>")


def body_text(root: ParsedPart) -> str:
    """What a person would read first: the plain text, else the HTML without its tags."""
    leaves = list(root.leaves())
    for kind in ("text/plain", "text/html"):
        for leaf in leaves:
            if leaf.content_type == kind:
                text = leaf.text(MAX_NOTICE)
                return text if kind == "text/plain" else _TAG.sub("\n", text)
    return ""


def is_notice(root: ParsedPart, text: str) -> bool:
    """True if it is a bounce by its looks."""
    if root.get("X-Failed-Recipients") or _QMAIL.match(text):
        return True
    # A null return path is no sign: answers of absent people have one too (RFC 3834 section 3.3).
    if not _SENDER.search(root.get("From")):
        return False
    return _SAYS_SO.search(f"{root.get('Subject')}\n{notice_of(text)}") is not None


def notice_of(text: str) -> str:
    """The part before the copy of the message."""
    found = _COPY.search(text)
    return text[: found.start()] if found else text


def read_notice(root: ParsedPart, text: str) -> Iterator[Statement]:
    """What it says of each recipient."""
    notice = notice_of(text)
    said = f"{root.get('Subject')}\n{notice}"
    is_delayed = bool(_DELAYED.search(said)) and not _FOR_GOOD.search(said)
    action = "delayed" if is_delayed else FAILED
    found = _named(notice)
    listed = unique(map(str.strip, root.get("X-Failed-Recipients").split(",")))
    if not found and not listed:
        listed = unique(found[0] for found in _ANYWHERE.finditer(notice))
    for address in listed:
        found.setdefault(address, notice)
    for address, about in list(found.items())[:MAX_RECIPIENTS]:
        yield Statement((words(address),), action, code_in(about), words(about))
    if not found:
        yield Statement((), action, code_in(notice), words(notice))


def _named(notice: str) -> dict[str, str]:
    """The recipients who have a line of their own, with what follows it."""
    found: dict[str, str] = {}
    lines = list(_NAMING.finditer(notice))[:MAX_RECIPIENTS]
    for place, line in enumerate(lines):
        end = lines[place + 1].start() if place + 1 < len(lines) else len(notice)
        about = notice[line.end() : end]
        # Exchange names each twice: for its reader, and for the administrator.
        found[line[1]] = f"{found.get(line[1], '')}{about}"
    return found
