"""What the rows of the reference mean, each in the words of the place where it lives."""

from __future__ import annotations

import smtp_nb
from generator.docstrings import attribute, markdown
from smtp_nb.client.reference import Row
from smtp_nb.client.registry import REGISTRY
from smtp_nb.errors import CODES, WINSOCK

# What stands between the brackets of a constructor, in words.
_FORMS = {
    "": "Empty, to be filled.",
    "certificateFile": "A public certificate from a file.",
    "certificateData": "A public certificate from octets.",
    "field, value": "With both fields.",
    "address": "A To recipient.",
    "address, recipientType": "A recipient of that type, as member, number or name.",
}
_ENTRIES = {
    "subject": "the entry with this subject, or a part of it",
    "configurationString": "the entry with this subject, and options",
    "encoded": "the private key of this certificate",
}


def meaning(row: Row) -> str:
    """One or two sentences on a row, as Markdown; empty if nobody says."""
    if row.kind in ("property", "setting") and row.name in REGISTRY:
        return REGISTRY[row.name].doc
    if row.kind == "error":
        return _error(int(row.name))
    if row.kind == "constructor":
        return _constructor(row.name)
    owner, _, name = row.python.partition(".")
    if row.kind == "event":
        return markdown(getattr(smtp_nb, f"{row.name}Event").__doc__).partition("\n\n")[0]
    return attribute(getattr(smtp_nb, owner), name)


def _error(code: int) -> str:
    if code in CODES:
        return CODES[code][1].capitalize() + "."
    name, words = WINSOCK[code]
    return f"{name}: {words}."


def _constructor(name: str) -> str:
    form = name.partition("(")[2].removesuffix(")")
    if form in _FORMS:
        return _FORMS[form]
    place = "a store as octets" if "storeBlob" in form else "a store in a file"
    return f"From {place}: {_ENTRIES[form.rpartition(', ')[2]]}."
