"""What fails and what to do, from the tables of `explain`: by the error's text, and by its code."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator

from generator.text import page, prose, section, table
from smtp_nb.model.explain import ProviderRow, providers
from smtp_nb.model.knowledge.faults import faults
from smtp_nb.model.knowledge.meanings import Meaning
from smtp_nb.model.knowledge.meanings import table as known

MARKER = "<!-- generated: known failures -->"
# Tables are read line by line, so the second line of a reply follows the first at once.
_SECOND_LINE = re.compile(r"(?<=[A-Za-z])(?=[2345]\d\d[ -]\d\.)")
# Whose words they are, by the first word of the source.
_SERVERS = {"Google": "Google", "Microsoft": "Microsoft 365", "Amazon": "Amazon SES"}


def explained(text: str) -> str:
    """A page with every known failure in place of the marker."""
    if MARKER not in text:
        raise ValueError(f"the page has no line {MARKER!r}")
    return text.replace(MARKER, "\n\n".join(_sections()))


def _sections() -> Iterator[str]:
    servers: dict[str, list[ProviderRow]] = defaultdict(list)
    for row in providers():
        first = row.entry.source.split()[0].rstrip(":")
        servers[_SERVERS.get(first, "Other mail servers")].append(row)
    for title in (*_SERVERS.values(), "Other mail servers"):
        yield f"## {title}"
        yield from (_item(row.example, row.entry) for row in servers[title])
    groups: dict[str, list[tuple[str, Meaning]]] = defaultdict(list)
    for fault in faults():
        groups[fault.group].append((fault.example, fault.entry))
    for title, found in groups.items():
        yield f"## {title}"
        yield from (_item(example, entry) for example, entry in found)


def _item(example: str, entry: Meaning) -> str:
    """A text as servers write it, and what it means."""
    said = _SECOND_LINE.split(example)[0]
    todo = f" *What to do:* {_sentence(entry.remedy)}" if entry.remedy else ""
    return f"`{said}`\n: **{prose(entry.meaning)}.** {prose(entry.cause)}{todo}"


def _sentence(words: str) -> str:
    return prose(f"{words[0].upper()}{words[1:]}.")


def replies() -> str:
    """All codes, the three digits and the enhanced ones."""
    return page(
        "Reply codes",
        "A server's reply begins with three digits; most add an enhanced status code of three"
        " numbers (RFC 3463). Of these the first is 2 for yes, 4 for *not now* and 5 for no; the"
        " table leaves it out. What well-known servers mean by their own words is in"
        " [Troubleshooting](troubleshooting.md).",
        section("reply-codes", "Three digits", _codes("replies", "")),
        section("enhanced-codes", "Enhanced status codes", _codes("enhanced", "x.")),
    )


def _codes(name: str, before: str) -> str:
    lines = [
        (
            f"`{before}{key}`",
            f"**{prose(entry.meaning)}.** {prose(entry.cause)}",
            _sentence(entry.remedy) if entry.remedy else "",
        )
        for key, entry in known(name).items()
    ]
    return table(("code", "what it means", "what to do"), lines)
