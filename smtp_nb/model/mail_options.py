"""MAIL parameters that the user may request, each with its extension and grammar."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import NamedTuple

from smtp_nb.errors import InputError


class MailOption(NamedTuple):
    """One parameter.

    Attributes:
        extension: the keyword of EHLO that offers it.
        value: its grammar; empty for one without a value.
        example: as it is written.
    """

    extension: str
    value: str
    example: str


_DATE = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)"
MAIL_OPTIONS = {
    # RFC 3461 sections 4.3 and 4.4
    "RET": MailOption("DSN", "FULL|HDRS", "RET=HDRS"),
    "ENVID": MailOption("DSN", r"(?:[!-*,-<>-~]|\+[0-9A-F]{2}){1,100}", "ENVID=QQ314159"),
    # RFC 4865 section 5
    "HOLDFOR": MailOption("FUTURERELEASE", r"[1-9]\d{0,8}", "HOLDFOR=3600"),
    "HOLDUNTIL": MailOption("FUTURERELEASE", _DATE, "HOLDUNTIL=2027-01-31T08:00:00Z"),
    # RFC 2852 section 4: a time that has passed only asks for a notification.
    "BY": MailOption("DELIVERBY", r"[1-9]\d{0,8};RT?|-?\d{1,9};NT?", "BY=120;R"),
    # RFC 6710 section 3
    "MT-PRIORITY": MailOption("MT-PRIORITY", "-?[0-9]", "MT-PRIORITY=3"),
    # RFC 8689 section 2
    "REQUIRETLS": MailOption("REQUIRETLS", "", "REQUIRETLS"),
}


def mail_options(value: str | Mapping[str, object]) -> str:
    """Return parameters as sent: from `RET=HDRS ENVID=QQ314159`, or a mapping of the same.

    In a text, values are written as on the wire; in a mapping ENVID is encoded (xtext, RFC 3461
    section 4), and REQUIRETLS takes True.

    Raises:
        InputError: a parameter is unknown, malformed, or repeated.
    """
    words = value.split(" ") if isinstance(value, str) else map(_word, value.items())
    found: dict[str, str] = {}
    for word in filter(None, words):
        name, equals, text = word.partition("=")
        option = MAIL_OPTIONS.get(name := name.upper())
        if option is None:
            raise InputError(
                f"{name!r} is not a MAIL parameter that can be requested",
                remedy=f"Use {', '.join(MAIL_OPTIONS)}",
            )
        is_good = re.fullmatch(option.value, text, re.ASCII | re.IGNORECASE)
        if name in found or not is_good or bool(equals) is not bool(option.value):
            raise InputError(
                f"{word!r} is malformed or repeated", remedy=f"Write it like {option.example}"
            )
        found[name] = f"{name}={text}" if equals else name
    if {"HOLDFOR", "HOLDUNTIL"} <= found.keys():
        raise InputError("HOLDFOR and HOLDUNTIL exclude each other", remedy="Give one of them")
    return " ".join(found.values())


def _word(item: tuple[str, object]) -> str:
    name, value = item
    if name.upper() == "ENVID":
        return f"{name}={_xtext(str(value))}"
    if value is False:
        return ""
    return name if value is True else f"{name}={value}".replace(" ", "\0")


def _xtext(text: str) -> str:
    """Return text as RFC 3461 section 4 encodes it; non-ASCII text is left, and refused later."""
    return "".join(
        char
        if "!" <= char <= "~" and char not in "+="
        else f"+{ord(char):02X}"
        if ord(char) < 128
        else char
        for char in text
    )
