"""The To address of a row, and warnings about likely mistakes in it."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Hashable, Iterator, Mapping, Sequence
from functools import lru_cache

from smtp_nb.errors import InputError
from smtp_nb.merge.rows.problem import RowError
from smtp_nb.merge.rows.rows import Rows
from smtp_nb.merge.rows.unfilled import Empty, Unknown, suggestion
from smtp_nb.merge.templates.addressing import REMOVED, AddressPart, is_unclean
from smtp_nb.merge.templates.environment import environment
from smtp_nb.merge.templates.lawful import ROW
from smtp_nb.model.address import Mailbox, parse_mailbox, split_addresses, trimmed

_QUOTABLE = re.compile(r'([^"<>]+?)\s*(<[^<>\s]+>)\Z')

# Domains that people type in the place of a provider's.
_MISTYPED = {
    wrong: right
    for right, many in {
        "gmail.com": "gmial.com gmai.com gamil.com gmaill.com gnail.com gmal.com gmail.co gmail.cm"
        " gmail.om gmil.com gmaul.com gmsil.com",
        "googlemail.com": "goglemail.com",
        "hotmail.com": "hotmial.com hotmai.com hotmal.com hotmil.com hotmail.co",
        "outlook.com": "outlok.com outloook.com outllok.com",
        "yahoo.com": "yaho.com yahooo.com yhaoo.com yahoo.co",
        "icloud.com": "iclod.com icoud.com icloud.co",
        "gmx.de": "gxm.de", "web.de": "wbe.de", "t-online.de": "t-onlin.de",
    }.items()
    for wrong in many.split()
}  # fmt: skip
# Ends of no domain, from a finger beside its key: what was meant by them.
_ENDINGS = {
    wrong: right
    for right, many in {
        "com": "con cmo comm ocm vom xom cim coom conm comn", "net": "nte nett",
        "org": "ogr orgg", "de": "dee ed", "edu": "eud",
    }.items()
    for wrong in many.split()
}  # fmt: skip
_PROVIDERS = {right.partition(".")[0]: right for right in _MISTYPED.values()}
# Scripts whose letters pass for Latin ones.
_LOOK_ALIKE = ("CYRILLIC", "GREEK", "ARMENIAN", "CHEROKEE")


To = Hashable | Sequence[Hashable]


class Cells(tuple[object, ...]):
    """The cells of one row in all columns of `to=[…]`."""

    __slots__ = ()


def several(to: To, rows: Rows) -> list[Hashable]:
    """The columns and templates of `to=`, one as a rule.

    Raises:
        InputError: the list is empty, or names a column twice.
    """
    is_column = isinstance(to, tuple) and to in rows.names  # a column of several levels
    if is_column or not isinstance(to, list | tuple):
        return [to]
    if not to or any(to.count(one) > 1 for one in to):
        raise InputError(f"to={to!r} is not a list of columns", remedy="Name each column once")
    return list(to)


def mailboxes_of(address: object, column: str) -> dict[str, Mailbox]:
    """The mailboxes of a row by what is written of them: one, or those of its cells.

    Raises:
        InputError: there is none, or a cell holds none.
    """
    if not isinstance(address, Cells):
        return {str(address): mailbox_of(address, column)}
    filled = [cell for cell in address if isinstance(cell, InputError) or _is_filled(cell)]
    return {str(cell): mailbox_of(cell, column) for cell in filled or [None]}


def _is_filled(cell: object) -> bool:
    return cell is not None and bool(trimmed(str(cell)))


def mailbox_of(address: object, column: str) -> Mailbox:
    """The mailbox that stands in a cell.

    Raises:
        InputError: there is none, or not exactly one.
    """
    if isinstance(address, InputError):
        raise address
    if isinstance(address, list | tuple | set | dict):
        raise RowError(
            f"the cell holds a {type(address).__name__}, not an address", column=column,
            remedy="Give each address a column of its own, or write it into the template's cc",
        )  # fmt: skip
    text = "" if address is None else trimmed(str(address))
    if not text:
        raise RowError("the address is missing", column=column, remedy="Fill it in or drop the row")
    try:
        return parse_mailbox(text)
    except InputError as error:
        remedy = _remedy(text) or error.remedy
        raise RowError(error.description, column=column, remedy=remedy) from error


def _remedy(text: str) -> str:
    """What to write instead, where the fault can be seen."""
    if (named := _QUOTABLE.match(text)) and _is_mailbox(named[2]):
        return f'Write "{named[1].strip()}" {named[2]}'
    entries = split_addresses(text)
    if len(entries) > 1 and all(map(_is_mailbox, entries)):
        return "Write one address per row, and further ones into the template's cc"
    for meant in (text.strip("'\";,. "), text.replace(",", ".")):
        if meant != text and _is_mailbox(meant):
            return f"Did you mean {meant}?"
    return ""


def _is_mailbox(text: str) -> bool:
    try:
        parse_mailbox(text)
    except InputError:
        return False
    return True


def is_template(to: Hashable, rows: Rows) -> bool:
    """True if `to=` is a template of addresses rather than a column's name."""
    return isinstance(to, str) and "{{" in to and to not in rows.names


def rendered(rows: Rows, source: str) -> tuple[list[object], frozenset[str]]:
    """Each row's address by a template, or what is wrong with it; and the names that it uses.

    Raises:
        InputError: the template's syntax is wrong.
    """
    part = AddressPart("to", source)
    meant = {
        name: Unknown(name, suggestion(name, rows.names, source) or rows.in_index)
        for name in part.names - set(rows.names) - {ROW}
    }
    return list(_rendered(rows, part, meant)), part.names


def _rendered(rows: Rows, part: AddressPart, meant: Mapping[str, Unknown]) -> Iterator[object]:
    names = [name for name in rows.names if ROW in part.names or name in part.names]
    common = {**meant, **environment(html=False).globals}
    # Row by row, also where a group is one message.
    for row in Rows.read(rows, range(len(rows.frame)), names, lambda name: Empty(name=str(name))):
        try:
            boxes = part.render({**common, ROW: row, **{str(n): v for n, v in row.items()}})
        except InputError as error:
            yield error
            continue
        if len(boxes) == 1:
            # `remarks` tells by its end that something was taken off.
            is_clean = not any(map(is_unclean, row.values()))
            yield str(boxes[0]) if is_clean else f"{boxes[0]}\n"
        else:
            yield RowError(
                f"to= holds {len(boxes)} addresses", column="to", remedy="Give one address per row"
            )


def remarks(written: object, box: Mailbox) -> Iterator[tuple[str, str]]:
    """What can be sent to and is hardly meant: (what is odd, what to do)."""
    if is_unclean(written):
        yield REMOVED
    yield from _remarks_on(box.domain.lower())


@lru_cache(maxsize=1024)
def _remarks_on(domain: str) -> tuple[tuple[str, str], ...]:
    """The same for a domain, which many rows share."""
    return tuple(_odd(domain))


def _odd(domain: str) -> Iterator[tuple[str, str]]:
    if right := _MISTYPED.get(domain) or _common_mistake(domain):
        yield f"{domain} looks misspelt", f"Did you mean {right}?"
    elif "." not in domain and not domain.startswith("["):
        meant = _PROVIDERS.get(domain)
        yield (
            f"the domain {domain} has no full stop, so few servers know it",
            f"Did you mean {meant}?" if meant else "Write the whole name of the domain",
        )
    if mixed := _mixed(domain):
        yield (
            f"the domain {mixed!a} mixes letters of several scripts that look alike",
            "Type it again",
        )


def _common_mistake(domain: str) -> str:
    name, _, ending = domain.rpartition(".")
    meant = f"{name}.{_ENDINGS[ending]}" if name and ending in _ENDINGS else ""
    return _MISTYPED.get(meant, meant)


def _mixed(domain: str) -> str:
    """The domain as it shows, if a label of it mixes scripts that look alike; else nothing."""
    if "xn--" not in domain:
        return ""
    import idna  # loaded only for names beyond ASCII

    shown = idna.decode(domain)
    for label in shown.split("."):
        scripts = {unicodedata.name(char, "").split(" ")[0] for char in label if char.isalpha()}
        if len(scripts & {"LATIN", *_LOOK_ALIKE}) > 1:
            return shown
    return ""
