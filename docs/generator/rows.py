"""Meaning of the IPWorks rows, and the page that describes each."""

from __future__ import annotations

import smtp_nb
from generator.docstrings import attribute, summary
from smtp_nb.client.settings.reference import Row
from smtp_nb.client.settings.registry import PROPERTIES, REGISTRY
from smtp_nb.errors import CODES, WINSOCK

# The arguments of a constructor, in words.
_FORMS = {
    "": "Empty, to be filled.",
    "certificateFile": "A public certificate from a file.",
    "certificateData": "A public certificate from bytes.",
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
    """One or two sentences on a row, as Markdown; empty if undocumented."""
    if row.kind in ("property", "setting") and row.name in REGISTRY:
        return REGISTRY[row.name].doc
    if row.kind == "error":
        return error_words(int(row.name))
    if row.kind == "constructor":
        return _constructor(row.name)
    if row.kind == "event":
        return summary(getattr(smtp_nb, f"{row.name}Event").__doc__)
    owner, _, name = row.python.partition(".")
    return attribute(getattr(smtp_nb, owner), name)


def error_words(code: int) -> str:
    """The meaning of an error number."""
    if code in CODES:
        words = CODES[code][1]
        return f"{words[0].upper()}{words[1:]}."
    name, words = WINSOCK[code]
    return f"{name}: {words}."


def _constructor(name: str) -> str:
    form = name.partition("(")[2].removesuffix(")")
    if form in _FORMS:
        return _FORMS[form]
    place = "a store as bytes" if "storeBlob" in form else "a store in a file"
    return f"From {place}: {_ENTRIES[form.rpartition(', ')[2]]}."


def label(row: Row) -> str:
    """The label of its section in the reference pages."""
    if row.kind in ("property", "setting", "method", "event"):
        kind = "property" if row.name in PROPERTIES.values() else row.kind
        return f"{kind}-{row.name}".lower()
    if row.kind == "event field":
        return f"event-{row.owner}".lower()
    if row.kind == "error":
        return f"error-{row.name}" if int(row.name) < 10000 else "error-tcp-ip"
    kind = row.python.partition("(")[0].partition(".")[0]
    return f"type-{kind}".lower()
