"""Converters: what a property or setting is given, turned into the value that it keeps."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from enum import IntEnum, IntFlag
from operator import index
from typing import Any, TypeVar

from smtp_nb.errors import SettingError, Unsupported
from smtp_nb.model.address import (
    MAX_TEXT,
    Mailbox,
    ascii_domain,
    parse_addresses,
    parse_mailbox,
    refuse_controls,
)
from smtp_nb.model.enums import AuthMechanism, SSLProvider
from smtp_nb.model.mail_options import mail_options
from smtp_nb.model.secret import Secret
from smtp_nb.model.unseen import without_login

MAX_SHOWN = 200  # characters: a whole message may be a value
NULL_PATH = "<>"
# The name of a group and its colon (RFC 5322 section 3.4); only its members are recipients.
_GROUP = re.compile(r'(?:^|[,;])\s*(?:"(?:[^"\\]|\\.)*"|[^"<>@,;:]+)\s*:')
T = TypeVar("T")
E = TypeVar("E", bound=IntEnum)
F = TypeVar("F", bound=IntFlag)
# What users hand in is of any type; the result is of one. (name of the property, value) -> kept
Converter = Callable[[str, Any], T]

_BOOLS = {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}


def unreadable(name: str, value: object, wanted: str, nearest: object = "") -> SettingError:
    """The error for a value that a property does not take; it may suggest the nearest one."""
    hint = f"; did you mean {nearest!r}?" if nearest != "" else ""
    return SettingError(f"{name} does not take {_shown(value)}", remedy=f"Use {wanted}{hint}")


def _shown(value: object) -> str:
    """A value in an error: bounded, without the login of a URL in it."""
    text = repr(value)
    return without_login(text) if len(text) <= MAX_SHOWN else f"such a {type(value).__name__}"


def _nearest(value: Any, words: Iterable[str]) -> str:
    """The word that may have been meant, or nothing."""
    from difflib import get_close_matches

    folded = {word.lower(): word for word in words}
    near = get_close_matches(value.strip().lower(), folded, 1) if isinstance(value, str) else []
    return folded[near[0]] if near else ""


def boolean(name: str, value: Any) -> bool:
    """True and False, 1 and 0, Yes and No, in any case."""
    if isinstance(value, bool):
        return value
    found = _BOOLS.get(str(value).strip().lower())
    if found is None:
        near = _nearest(value, ("True", "False", "Yes", "No"))
        raise unreadable(name, value, "True or False (1 or 0, Yes or No)", near)
    return found


def mail_parameters(name: str, value: Any) -> str:
    """Parameters of MAIL, as a text or a mapping."""
    if not (isinstance(value, str) or _is_named(value)):
        raise unreadable(name, value, "a string such as RET=HDRS, or a mapping")
    return mail_options(value)


def _is_named(value: Any) -> bool:
    return isinstance(value, Mapping) and all(isinstance(name, str) for name in value)


def integer(least: int = 0, most: int = 2**31 - 1) -> Converter[int]:
    """A whole number between two bounds."""
    wanted = f"a whole number from {least} to {most}"

    def convert(name: str, value: Any) -> int:
        try:
            number = int(value) if isinstance(value, int) else _whole(value)
        except (TypeError, ValueError):
            raise unreadable(name, value, wanted) from None
        if isinstance(value, bool):
            raise unreadable(name, value, wanted)
        if not least <= number <= most:
            raise unreadable(name, value, wanted, min(max(number, least), most))
        return number

    return convert


def _whole(value: Any) -> int:
    """The number in ASCII digits, or of a type of whole numbers such as numpy's."""
    return int(_ascii(value).strip(), 10) if isinstance(value, str) else index(value)


def _ascii(text: str) -> str:
    """The text, if no other digits than 0 to 9 can be in it."""
    if not text.isascii():
        raise ValueError(text)
    return text


def seconds(name: str, value: Any) -> float:
    """A number of seconds, 0 for no limit."""
    try:
        number = float(_ascii(value) if isinstance(value, str) else value)
    except (TypeError, ValueError):
        number = -1.0
    if isinstance(value, bool) or not 0 <= number <= 10**9:
        raise unreadable(name, value, "a number of seconds; 0 waits without limit")
    return number


def _as_name(word: str) -> str:
    """How a member of an enumeration is written: `non-urgent` is `NON_URGENT`."""
    return word.strip().upper().replace("-", "_").replace(" ", "_")


def member(kind: type[E]) -> Converter[E]:
    """A member of an enumeration, its number, or its name in any case."""
    names = [item.lower() for item in kind.__members__]

    def convert(name: str, value: Any) -> E:
        if isinstance(value, str) and _as_name(value) in kind.__members__:
            return kind[_as_name(value)]
        try:
            if isinstance(value, bool):
                raise TypeError  # it would be the number 1, whatever that is a member for
            return kind(_whole(value))
        except (TypeError, ValueError):
            near = _nearest(value, names)
            raise unreadable(name, value, f"one of {', '.join(names)}", near) from None

    return convert


def flags(kind: type[F]) -> Converter[F]:
    """A set of bits: a number, decimal or hexadecimal, or names joined by `|`."""
    known = sum({int(bits) for bits in kind.__members__.values()})

    def convert(name: str, value: Any) -> F:
        wanted = f"a number such as {known:#x}, or names joined by |: {', '.join(kind.__members__)}"
        try:
            bits = _bits(kind, value) if isinstance(value, str) else index(value)
        except (TypeError, ValueError):
            bits = -1
        if isinstance(value, bool) or bits & ~known:
            raise unreadable(name, value, wanted, _nearest(value, kind.__members__))
        return kind(bits)

    return convert


def _bits(kind: type[F], text: str) -> int:
    """The bits of all words in a text."""
    bits = 0
    for word in text.split("|"):
        named = kind.__members__.get(_as_name(word).replace(".", "_"))
        bits |= int(word, 0) if named is None else int(named)
    return bits


def text(name: str, value: Any) -> str:
    """Any text."""
    if not isinstance(value, str):
        raise unreadable(name, value, "a string")
    return value


def line(name: str, value: Any) -> str:
    """A text on one line, without control characters."""
    refuse_controls(text(name, value), name)
    return str(value)


def choice(*allowed: str) -> Converter[str]:
    """One of a few words, in any case."""

    def convert(name: str, value: Any) -> str:
        for word in allowed:
            if str(value).lower() == word.lower():
                return word
        raise unreadable(name, value, f"one of {', '.join(allowed)}", _nearest(value, allowed))

    return convert


def host(name: str, value: Any) -> str:
    """A host name or address, empty for none. Names beyond ASCII become A-labels."""
    refuse_controls(text(name, value), name)
    bare = str(value).strip()
    if any(character in bare for character in " <>\"'\\/@"):
        # Before the at sign of a URL stands a password, with or without its scheme.
        shown = f"…{bare[bare.rindex('@') :]}" if "@" in bare else bare
        also = "; from_url() takes a whole URL" if name == "MailServer" else ""
        raise unreadable(name, shown, f"a host name or an IP address alone{also}")
    return bare if bare.isascii() else ascii_domain(bare)


def domain(name: str, value: Any) -> str:
    """A domain or address literal for EHLO, empty for the default."""
    return ascii_domain(written) if (written := text(name, value)) else ""


def addresses(name: str, value: Any) -> tuple[Mailbox, ...]:
    """Mailboxes: one text with commas or semicolons, a pair of name and address, or several."""
    if _is_pair(value) and "@" in value[0]:
        raise unreadable(
            name,
            value,
            "a list: ['a@x.test', 'b@y.test'] for two addresses, [('Name', 'a@x.test')] for one",
        )
    return tuple(_boxes(name, value))


def _boxes(name: str, value: Any) -> Iterator[Mailbox]:
    if isinstance(value, Mailbox):
        yield value
    elif isinstance(value, str):
        yield from _from_text(_without_controls(name, value))
    elif _is_pair(value):
        yield _named(name, *value)
    elif isinstance(value, Iterable) and not isinstance(value, bytes | bytearray | memoryview):
        for item in value:
            yield from _boxes(name, item)
    else:
        wanted = "addresses: 'a@x.test, B <b@y.test>', ('B', 'b@y.test') or a list of them"
        raise unreadable(name, value, wanted)


def _from_text(text: str) -> Sequence[Mailbox]:
    if _GROUP.search(text) is None:
        return parse_addresses(text)
    from smtp_nb.compose.address_list import parse_address_list

    return parse_address_list(text).boxes


def empty_group(value: Any) -> str:
    """The text of a group without members, such as `undisclosed-recipients:;`, else nothing."""
    return value.strip() if isinstance(value, str) and _GROUP.search(value) else ""


def _is_pair(value: Any) -> bool:
    """True for a display name and an address, as `email.utils` has them."""
    if not isinstance(value, tuple) or len(value) != 2:
        return False
    return all(isinstance(part, str) for part in value)


def _named(name: str, shown: str, address: str) -> Mailbox:
    """The mailbox of a pair. Whatever the display name holds, it is no address."""
    refuse_controls(shown, f"the display name in {name}")
    box = parse_mailbox(address)
    if box.name or len(shown) > MAX_TEXT:
        raise unreadable(name, (shown, address), "pairs of a name and a bare address")
    return Mailbox(box.local, box.domain, shown.strip(" "))


def _without_controls(name: str, value: str) -> str:
    refuse_controls(value, name)
    return value


def provider(name: str, value: Any) -> SSLProvider:
    """A member of `SSLProvider`; `*`, as the setting of that name has it, is the default one.

    Raises:
        Unsupported: the name of an engine that is not there.
    """
    if isinstance(value, str) and value == "*":
        return SSLProvider.AUTOMATIC
    try:
        return _provider(name, value)
    except SettingError as error:
        if not (isinstance(value, str) and value[:1].isalpha()):
            raise
        raise Unsupported(
            f"the TLS engine {value!r} is not available", remedy=error.remedy
        ) from error


_provider = member(SSLProvider)


def mechanism(name: str, value: Any) -> AuthMechanism:
    """A member of `AuthMechanism`, but for POP3's."""
    found = _mechanism(name, value)
    if found is AuthMechanism.APOP:
        raise SettingError(f"{name} APOP is a command of POP3", remedy="Use CRAM_MD5 or AUTO")
    return found


_mechanism = member(AuthMechanism)


def charset(name: str, value: Any) -> str:
    """The name of a charset, empty for the default."""
    from smtp_nb.compose.encoded_words import check_charset

    return check_charset(written) if (written := text(name, value)) else ""


def date(name: str, value: Any) -> str:
    """A date as in a header, or a datetime (in local time if it has no zone); `*` or empty."""
    from smtp_nb.compose.header import check_date

    if isinstance(value, datetime):
        return check_date(_written(name, value))

    written = text(name, value)
    return written if written in ("", "*") else check_date(written)


def _written(name: str, value: datetime) -> str:
    from email.utils import format_datetime

    try:
        return format_datetime(value if value.tzinfo else value.astimezone())
    except (ValueError, TypeError, OverflowError):  # pandas has one that is no time
        raise unreadable(name, value, "a datetime, or a string as in a header") from None


def message_id(name: str, value: Any) -> str:
    """A Message-ID, with or without its angle brackets; `*` or empty."""
    from smtp_nb.compose.header import check_message_id

    written = text(name, value)
    return written if written in ("", "*") else check_message_id(written)


def header_lines(name: str, value: Any) -> str:
    """Header fields, one on a line, with CRLF line ends."""
    from smtp_nb.compose.other_headers import given_fields

    return given_fields(text(name, value)).source


def secret(name: str, value: Any) -> Secret:
    """A secret, which is never shown again."""
    if isinstance(value, Secret):
        return value
    if not isinstance(value, str):
        raise SettingError(
            f"{name} takes a string or a Secret",
            remedy="Use str or Secret; the value is not shown here",
        )
    return Secret(value)


def proxy_fields(name: str, value: Any) -> Secret:
    """Header fields for a proxy, one on a line, which may hold a login."""
    from smtp_nb.wire.proxies.http_connect import header_fields

    kept = secret(name, value)
    header_fields(kept)
    return kept


def server(name: str, value: Any) -> str:
    """A host name or address; a * in front leaves its look-up to the firewall."""
    star, bare = ("*", value[1:]) if text(name, value).startswith("*") else ("", value)
    return star + host(name, bare)


def address_text(name: str, value: Any) -> str:
    """Mailboxes, checked, as one text."""
    return ", ".join(map(str, addresses(name, value)))


def return_path(name: str, value: Any) -> str:
    """Mailboxes as one text; `<>` is the null path (RFC 5321 section 4.5.5)."""
    is_null = isinstance(value, str) and value.strip() == NULL_PATH
    return NULL_PATH if is_null else address_text(name, value)


def raw(name: str, value: Any) -> str:
    """A whole message as text; bytes that are not UTF-8 survive as surrogate escapes."""
    if isinstance(value, (bytes, bytearray, memoryview)):
        return bytes(value).decode("utf-8", "surrogateescape")
    if isinstance(value, str):
        from smtp_nb.compose.encoded_words import encode

        encode(value, "utf-8", name)
        return value
    raise unreadable(name, value, "a whole message as str or bytes")
