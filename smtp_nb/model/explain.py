"""Explanations of replies: what they mean and what to do, in plain words.

The knowledge is data: seven tables beside this file. For a reply the closest match wins: a
provider's own words, then the enhanced status code (RFC 3463), then the three digits, then the
first digit. What is no reply is looked up as an outcome, an offer, a command, an error of ours, or
a fault below SMTP.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from html import escape
from typing import Any, NamedTuple

from smtp_nb.errors import CODES, WINSOCK, ArgumentRefused, SMTPError, error_class, error_classes
from smtp_nb.model.about import About, about_at, deed
from smtp_nb.model.display import visible
from smtp_nb.model.knowledge.faults import fault_in
from smtp_nb.model.knowledge.meanings import Meaning, entry_of, rows_of, table
from smtp_nb.model.outcome import Outcome
from smtp_nb.model.reply import Reply
from smtp_nb.wording import worded

_CODE = re.compile(
    r"(?<![0-9.])(?P<code>[2345][0-9]{2})"
    r"(?:[ -]+(?P<after>[245]\.[0-9]{1,3}\.[0-9]{1,3})\b|\b(?!\.[0-9]))"
)
_ENHANCED = re.compile(r"(?<![0-9.])[245]\.[0-9]{1,3}\.[0-9]{1,3}(?![0-9.])")
_CONTINUED = re.compile(r"(?m)^[0-9]{3}[ -](?:[245]\.[0-9]{1,3}\.[0-9]{1,3} ?)?")
_OFFER = re.compile(r"250[ -]([A-Z0-9-]+)(?= |$)")
_REPLY = re.compile(r"\s*[2345][0-9]{2}(?![0-9])|\s*[245]\.[0-9]")
_COMMAND = re.compile(r"\s*([A-Za-z]{4,8}|\.)(?= |$)")


class ProviderRow(NamedTuple):
    """Well-known words: a pattern, what they mean, and an example from a server.

    Attributes:
        again_s: after how many seconds a quota that is used up lets mail pass; 0 for all else.
    """

    code: re.Pattern[str]
    words: re.Pattern[str]
    entry: Meaning
    example: str
    again_s: float


@dataclass(frozen=True, slots=True)
class Explanation:
    """The meaning of a reply.

    Attributes:
        code: the three digits, or the number of an smtp_nb error; 0 if there are none.
        enhanced_code: RFC 3463, or empty.
        meaning: what it means, in a phrase.
        cause: why servers send it.
        remedy: what to do, in the imperative.
        source: the RFC or the provider's page.
        about: its subject: an `About`, one for each stage, or "stage"; empty for a success.
        again_s: after how many seconds a quota that is used up lets mail pass; 0 for all else.
    """

    code: int
    enhanced_code: str
    meaning: str
    cause: str
    remedy: str
    source: str
    about: str = ""
    again_s: float = 0.0

    def about_at(self, stage: str) -> About:
        """Return what it is about as the reply to MAIL, to RCPT or to the end of the data (END)."""
        return about_at(self.about, self._any_code, stage)

    @property
    def _any_code(self) -> int:
        return self.code or _any_code(self.enhanced_code)

    @property
    def short(self) -> str:
        """One sentence: what it means and what to do."""
        return f"{self.meaning}: {self.remedy}." if self.remedy else f"{self.meaning}."

    @property
    def title(self) -> str:
        """The codes and the meaning."""
        codes = " ".join(filter(None, (str(self.code or ""), self.enhanced_code)))
        return f"{codes}: {self.meaning}" if codes else self.meaning

    def _rows(self) -> Iterator[tuple[str, str]]:
        about, merge = deed(self.about, self._any_code) or ("", "")
        named = (
            ("Why", self.cause),
            ("Do", self.remedy),
            ("About", about),
            ("Merge", merge),
            ("Source", self.source),
        )
        yield from ((name, visible(text)) for name, text in named if text)

    def __str__(self) -> str:
        rows = (f"  {name + ':':7} {text}" for name, text in self._rows())
        return "\n".join([visible(self.title), *rows])

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        printer.text(str(self))

    def _repr_html_(self) -> str:
        rows = "".join(f"<dt>{name}</dt><dd>{escape(text)}</dd>" for name, text in self._rows())
        return f"<p><strong>{escape(visible(self.title))}</strong></p><dl>{rows}</dl>"


def explain(what: str | int | Reply | SMTPError) -> Explanation:
    """Explain a reply, an error or a line of the trail.

    Args:
        what: a `Reply`, an `SMTPError`, or text: `"550 5.7.26 …"`, `"5.7.26"`, a command, or an
            outcome like `"UNKNOWN"`; the words of a fault of TLS, a login, a proxy or the network;
            the number or class of an error of ours, like `"10061"` or `"SMTPTimeout"`. A code may
            be a number: 550.

    Returns:
        Always an explanation; a vague one where the tables have no entry.
    """
    if isinstance(what, SMTPError):
        if what.receipt is not None and what.receipt.outcome is Outcome.UNKNOWN:
            return _of_outcome(Outcome.UNKNOWN)  # whatever the server said: it is in doubt
        return explain(what.reply) if what.reply is not None else _of_error(what)
    if isinstance(what, Reply):
        return _of_codes(what.code, what.enhanced_code, what.text)
    if not isinstance(what, str | int):
        raise ArgumentRefused(
            f"explain takes no {type(what).__name__}",
            remedy="Give a reply, an error, or their text",
        )
    return _of_text(str(what))


def _of_error(error: SMTPError) -> Explanation:
    return Explanation(
        code=error.code,
        enhanced_code="",
        meaning=error.description.rstrip("."),
        cause=summary_of(type(error)),
        remedy=worded(error.remedy, error.front).rstrip("."),
        source=NUMBERED,
    )


NUMBERED = "smtp_nb errors, numbered as in IPWorks SMTP 2022 (.NET)"


def summary_of(kind: type[SMTPError]) -> str:
    """Return what the class of an error means, in a sentence."""
    return (kind.__doc__ or "").split("\n")[0].split(";")[0].rstrip(".") + "."


def error_entry(name: str) -> Meaning | None:
    """Return what is known about an error of ours, by its class or its number."""
    if kind := error_classes().get(name):
        return _entry_of_class(kind, summary_of(kind).rstrip("."))
    number = int(name) if re.fullmatch(r"[0-9]{1,5}", name) else 0
    words = CODES[number][1] if number in CODES else WINSOCK.get(number, ("", ""))[1]
    return _entry_of_class(error_class(number), words) if words else None


def _entry_of_class(kind: type[SMTPError], words: str) -> Meaning:
    meaning = f"{words[:1].upper()}{words[1:]}"
    return Meaning(meaning, summary_of(kind), kind.default_remedy, NUMBERED)


def _of_outcome(name: str) -> Explanation:
    return Explanation(0, "", *outcomes()[name])


def _of_text(text: str) -> Explanation:
    if text.strip() in outcomes():
        return _of_outcome(text.strip())
    if (offer := _OFFER.match(text)) and (entry := extensions().get(offer[1])):
        return Explanation(250, "", *entry)
    if (command := _COMMAND.match(text)) and (entry := commands().get(command[1].upper())):
        return Explanation(0, "", *entry)
    if entry := _of_ours(text.strip()):
        return Explanation(0, "", *entry)
    # A status of HTTP has three digits as well; a reply of SMTP begins with them.
    if not _REPLY.match(text) and (entry := fault_in(text)):
        return Explanation(0, "", *entry)
    code, enhanced = _codes_in(text)
    if code or enhanced:
        return _of_codes(code, enhanced, text)
    return Explanation(
        0,
        "",
        "This text holds no code that SMTP knows",
        "A reply begins with three digits, often followed by a code like 5.7.1.",
        "give the server's whole line",
        "RFC 5321 section 4.2",
    )


def _of_ours(text: str) -> Meaning | None:
    """An error's class or number; a number that is a reply's too stands in brackets."""
    bare = text.removeprefix("[").removesuffix("]")
    return None if text == bare and _REPLY.match(text) else error_entry(bare)


def _codes_in(text: str) -> tuple[int, str]:
    found = _CODE.search(text)
    enhanced = (found and found["after"]) or ""
    if not enhanced and (loose := _ENHANCED.search(text)):
        enhanced = loose[0]
    code = int(found["code"]) if found else 0
    if code and enhanced and enhanced[0] != str(code)[0]:
        enhanced = ""  # RFC 2034 section 4: the two agree in their first digit
    return code, enhanced


def _of_codes(code: int, enhanced: str, text: str) -> Explanation:
    if row := _by_provider(code, enhanced, text):
        return Explanation(code, enhanced, *row.entry, again_s=row.again_s)
    return Explanation(code, enhanced, *_by_code(code, enhanced))


def _by_provider(code: int, enhanced: str, text: str) -> ProviderRow | None:
    if code // 100 < 4 and enhanced[:1] not in ("4", "5"):
        return None  # a success needs no provider's reasons
    codes = f"{code or _any_code(enhanced)} {enhanced}".rstrip()
    words = " ".join(_CONTINUED.sub("", text).split())  # a sentence may run over several lines
    for row in providers():
        if row.code.match(codes) and row.words.search(words):
            return row
    return None


def _any_code(enhanced: str) -> int:
    return {"4": 450, "5": 550}.get(enhanced[:1], 0)


def _by_code(code: int, enhanced: str) -> Meaning:
    """Return the closest entry of the three tables; the first digit always has one."""
    if entry := _by_enhanced_code(code, enhanced):
        return entry
    kind = enhanced[:1] or str(code)[0]
    return replies().get(str(code)) or replies()[kind]


def _by_enhanced_code(code: int, enhanced: str) -> Meaning | None:
    if not enhanced or enhanced.startswith("2"):
        return None
    _, subject, detail = enhanced.split(".")
    if detail == "0" and code in _PRECISE:
        return None
    entry = enhanced_codes().get(f"{subject}.{detail}") or enhanced_codes().get(f"{subject}.0")
    # 421 says more than a code after it: this connection ends, and another one may work at once.
    return entry._replace(about=About.CLOSING) if entry and code == 421 else entry


# Three digits that say more than a bare X.N.0 after them.
_PRECISE = frozenset({421, 452, 454, 530, 534, 535, 538, 552})


@cache
def replies() -> dict[str, Meaning]:
    """Return the entries by three digits, or by the first of them."""
    return table("replies")


@cache
def enhanced_codes() -> dict[str, Meaning]:
    """Return the entries by 'subject.detail'."""
    return table("enhanced")


@cache
def commands() -> dict[str, Meaning]:
    """Return the entries by a client's command."""
    return table("commands")


@cache
def extensions() -> dict[str, Meaning]:
    """Return the entries by a keyword in the reply to EHLO."""
    return table("extensions")


@cache
def outcomes() -> dict[str, Meaning]:
    """Return the entries by outcome."""
    return table("outcomes")


@cache
def providers() -> tuple[ProviderRow, ...]:
    """Return the well-known words of well-known servers, the closest match first."""
    return tuple(
        ProviderRow(
            re.compile(rf"(?:{row['code']})(?![0-9.])"),
            re.compile(row["text"], re.IGNORECASE),
            entry_of(row),
            row["example"],
            float(row["again_s"] or 0),
        )
        for row in rows_of("providers")
    )
