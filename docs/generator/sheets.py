"""The table of replies to print, from the tables that `explain` reads."""

from __future__ import annotations

from generator.text import page, prose, table
from smtp_nb.model.knowledge import meanings

CLASSES = {
    "2": "Done: go on",
    "3": "Halfway: the next part is yours",
    "4": "Not now: try the same again later",
    "5": "No: change something first",
}
_SUBJECTS = range(8)


def replies() -> str:
    """The commands, every reply by its first digit, and the subjects of enhanced codes."""
    return page(
        "Table of replies",
        "Two sides of A4 for the desk: what a server can answer, and what to do then. Print this"
        " page: the menus stay off the paper.",
        "```{container} sheet",
        _commands(),
        *(_class(digit, words) for digit, words in CLASSES.items()),
        _subjects(),
        "```",
    )


def _class(digit: str, words: str) -> str:
    found = meanings.table("replies")
    rows = [
        (f"**{code}**", prose(one.meaning), prose(one.cause), prose(one.remedy) or "–")
        for code, one in found.items()
        if code.startswith(digit) and code != digit
    ]
    head = ("code", "what it means", "why", "what to do")
    return f"**{digit}yz  {words}**\n\n{table(head, rows)}"


def _subjects() -> str:
    found = meanings.table("enhanced")
    rows = [(f"**x.{subject}.z**", prose(found[f"{subject}.0"].meaning)) for subject in _SUBJECTS]
    title = (
        "**Enhanced codes (RFC 3463): `550 5.1.1` is 5 for no, 1 for the address, and a detail**"
    )
    return f"{title}\n\n{table(('code', 'what it is about'), rows)}"


def _commands() -> str:
    rows = [
        (f"**{command if command.isalpha() else 'a dot alone'}**", prose(one.meaning))
        for command, one in meanings.table("commands").items()
    ]
    return f"**Commands**\n\n{table(('command', 'what it is for'), rows)}"
