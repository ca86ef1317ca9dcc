"""Header fields of message objects (the `email` package's), read and written for the wire.

The package's own folding is never asked: it drops the quotes of long names, so that a name becomes
an address, and makes encoded words of ids and URIs (CPython issues 80222, 121284, 79986). A value
is read from the object, and written by the writers of `kinds`. Source text of a parsed message is
kept where it is clean, for a signature may cover it.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from smtp_nb.compose.address_list import AddressGroup, AddressList
from smtp_nb.compose.fields import (
    MAX_LINE,
    HeaderStyle,
    address_list,
    check_name,
    fold,
    unstructured,
)
from smtp_nb.compose.kinds import FieldKind, kind_of, read_addresses, write_field
from smtp_nb.compose.params import parameter
from smtp_nb.errors import InjectionError, InputError
from smtp_nb.model.address import Mailbox, refuse_controls
from smtp_nb.model.encoded import decode_words

if TYPE_CHECKING:
    from email.policy import Policy

_LINE_END = re.compile(r"\r?\n")
_STYLE = HeaderStyle()
MAX_SHOWN = _STYLE.max_length  # RFC 5322 section 2.1.1: lines should be no longer
_WITH_PARAMETERS = {"content-type": "content_type", "content-disposition": "content_disposition"}
# A longer word is not left on a line of its own.
_MAX_TOKEN = 900


@dataclass(frozen=True, slots=True)
class WireField:
    """A field as it is sent.

    Attributes:
        name: as it was given.
        text: the whole field with CRLF; empty if it has no value and is left out.
        addresses: its mailboxes, if it is a field of them.
        is_kept: True if the source text is unchanged.
    """

    name: str
    text: str
    addresses: AddressList | None = None
    is_kept: bool = False

    @property
    def boxes(self) -> tuple[Mailbox, ...]:
        """Its mailboxes, including those in groups."""
        return self.addresses.boxes if self.addresses else ()


class FieldReader:
    """Reads the fields of one message or part.

    Args:
        policy: the message's; None for bytes.
        keep: bytes of a line up to which source text is kept.
        is_inner: a part, or a message inside: its addresses decide nothing.
        is_signed: a signature covers it, so nothing may be changed.
    """

    def __init__(
        self,
        policy: Policy[Any] | None = None,
        keep: int = MAX_SHOWN,
        *,
        is_inner: bool = False,
        is_signed: bool = False,
    ) -> None:
        self._policy = policy
        self._keep = keep
        self._is_inner = is_inner
        self._is_signed = is_signed

    # The package has texts, its own header objects and older ones as values, hence Any.
    def read(self, name: str, value: Any) -> WireField:
        """Return the field for the wire.

        Raises:
            InputError: a value that its field cannot carry, or that cannot be read; names the
                field.
            InjectionError: it would become two fields.
        """
        check_name(name)
        if self._is_signed:
            return WireField(name, self._signed(name, value))
        if kind_of(name) is FieldKind.ADDRESSES:
            return self._address_field(name, value)
        if _is_source(value):
            return self._source_field(name, _readable(name, value))
        if name.lower() in _WITH_PARAMETERS and hasattr(value, "params"):
            return WireField(name, _parameters(name, value, {}))
        return WireField(name, write_field(name, _text(name, value), _STYLE))

    def _signed(self, name: str, value: Any) -> str:
        """Return it as the package writes it, which is what was signed."""
        if _is_source(value):
            text = f"{name}: {_crlf(name, value)}\r\n"
        else:
            policy: Any = self._policy  # the package's stubs know no keywords of clone()
            text = policy.clone(linesep="\r\n", max_line_length=0).fold(name, value)
        if not text.isascii() or max(map(len, text.split("\r\n"))) > MAX_LINE:
            raise InputError(
                f"the header {name} of a signed part cannot be sent as it was signed: it has a"
                f" non-ASCII character or a line of more than {MAX_LINE} bytes",
                remedy="Encode the part before it is signed",
            )
        return text

    # -- source text ----------------------------------------------------------------------------

    def _source_field(self, name: str, value: str) -> WireField:
        if kept := self._kept(name, value):
            return kept
        text = _unfolded(value)
        if name.lower() in _WITH_PARAMETERS:
            return WireField(name, _parameters(name, _parsed(name, text), {}))
        if text.isascii() and max(map(len, text.split(" "))) < _MAX_TOKEN:
            return WireField(name, fold(name, text.split(" "), _STYLE))
        try:
            return WireField(name, write_field(name, _decoded(text), _STYLE))
        except InputError:
            if not self._is_inner:
                raise
            return WireField(name, unstructured(name, _decoded(text), _STYLE))

    def _kept(self, name: str, value: str) -> WireField | None:
        """Return the field unchanged, if possible."""
        text = f"{name}: {_crlf(name, value)}\r\n"
        if not text.isascii() or max(map(len, text.split("\r\n"))) > self._keep:
            return None
        return WireField(name, text, is_kept=True)

    # -- addresses ------------------------------------------------------------------------------

    def _address_field(self, name: str, value: Any) -> WireField:
        if self._is_inner and _is_source(value):
            return self._source_field(name, _readable(name, value))
        found = self._addresses(name, value)
        if _is_source(value) and found.is_strict:
            kept = self._kept(name, _readable(name, value))
            if kept is not None:
                return replace(kept, addresses=found)
        if not found.groups:
            return WireField(name, "", found)
        text = address_list(name, found.groups, _STYLE)
        _check_agrees(name, text, found)
        return WireField(name, text, found)

    def _addresses(self, name: str, value: Any) -> AddressList:
        if hasattr(value, "groups"):
            return _of_object(name, value, lambda: _source_of(value))
        text = _unfolded(_readable(name, value) if _is_source(value) else _text(name, value))
        try:
            strict = read_addresses(name, text)
        except InputError:
            if (header := self._package_reads(name, text)) is None:
                raise
            # Legal, such as a comment inside a mailbox; it is rewritten so that all readers agree.
            return replace(_of_object(name, header, lambda: text), is_strict=False)
        return strict

    def _package_reads(self, name: str, text: str) -> Any:
        """Return what the user's object says of source text; None if nothing about addresses."""
        factory = getattr(self._policy, "header_factory", None)
        if factory is None:
            return None
        try:
            header = factory(name, text)
        except Exception:  # the package fails in many ways on hostile input
            return None
        return header if hasattr(header, "groups") else None


def with_parameter(field: WireField | None, key: str, value: str) -> WireField:
    """Return a Content-Type with one more parameter; `text/plain` if there was none."""
    name = field.name if field else "Content-Type"
    text = _unfolded(field.text.partition(":")[2]) if field else "text/plain"
    return WireField(name, _parameters(name, _parsed(name, text), {key: value}))


def _is_source(value: object) -> bool:
    """True for a text that is not one of the package's header objects."""
    return isinstance(value, str) and not hasattr(value, "defects")


def _text(name: str, value: Any) -> str:
    """Return the decoded text of a header object."""
    if not isinstance(value, str) and not _is_old_header(value):
        raise InputError(
            f"the header {name} is of type {type(value).__name__}, not text",
            remedy=f"Write message[{name!r}] = 'text'; several addresses as one text with commas",
        )
    return _readable(name, str(value))


def _is_old_header(value: object) -> bool:
    from email.header import Header

    return isinstance(value, Header)


def _readable(name: str, text: str) -> str:
    """Return text with raw bytes, which the package keeps as lone surrogates, read as UTF-8."""
    if text.isascii():
        return text
    try:
        return text.encode("utf-8", "surrogateescape").decode("utf-8")
    except UnicodeError as error:
        raise InputError(
            f"the header {name} holds raw bytes that are not UTF-8",
            remedy=f"Set it again, as in message.replace_header({name!r}, 'text'), or encode it as"
            " RFC 2047 says",
        ) from error


def _crlf(name: str, value: str) -> str:
    """Return folded source text with CRLF, checked.

    Raises:
        InjectionError: it would end its field, or hold a control character.
    """
    lines = _LINE_END.split(value)
    for line in lines:
        refuse_controls(line.replace("\t", " "), f"the header {name}")
    for line in lines[1:]:
        if not line.startswith((" ", "\t")) or not line.strip(" \t"):
            raise InjectionError(
                f"the header {name} becomes another header when it is written",
                remedy="Look for line breaks in its value",
            )
    return "\r\n".join(lines)


def _unfolded(value: str) -> str:
    return _LINE_END.sub("", value).replace("\t", " ").strip(" ")


def _decoded(text: str) -> str:
    try:
        return decode_words(text)
    except ValueError:
        return text


def _parsed(name: str, text: str) -> Any:
    """Return a field with parameters, as the package reads it."""
    from email.policy import default

    try:
        return default.header_factory(name, text)
    except Exception as error:  # the package fails in many ways on hostile input
        raise InputError(f"the header {name} cannot be read: {text[:80]!r}") from error


def _parameters(name: str, header: Any, more: dict[str, str]) -> str:
    main = getattr(header, _WITH_PARAMETERS[name.lower()]) or "attachment"
    tokens = [str(main)]
    for key, value in {**header.params, **more}.items():
        tokens += parameter(key, value, f"{key} in {name}")
    return fold(name, [*(f"{item};" for item in tokens[:-1]), tokens[-1]], _STYLE)


def _source_of(header: Any) -> str:
    """Return what a header object was made of, quotes and separators included."""
    from email.policy import default

    try:
        text: str = header.fold(policy=default.clone(max_line_length=None, utf8=True))
    except Exception:  # the package fails in many ways on hostile input
        return str(header)
    return _unfolded(text.partition(":")[2].strip("\r\n"))


def _of_object(name: str, header: Any, source: Callable[[], str]) -> AddressList:
    """Return the mailboxes of an address header of the package.

    Where the package found a defect, its reading is a guess; then our strict parser decides.
    """
    if header.defects:
        strict = read_addresses(name, source())
        specs = [f"{box.username}@{box.domain}" for box in header.addresses]
        if [box.address for box in strict.boxes] != specs:
            return strict
    groups = tuple(
        AddressGroup(group.display_name, tuple(_box(name, box) for box in group.addresses))
        for group in header.groups
    )
    return AddressList(_joined(groups), is_strict=not header.defects)


def _joined(groups: tuple[AddressGroup, ...]) -> tuple[AddressGroup, ...]:
    """Return neighbours without a name joined: the package makes a group of each mailbox."""
    found: list[AddressGroup] = []
    for group in groups:
        if found and group.name is None and found[-1].name is None:
            group = AddressGroup(None, (*found.pop().boxes, *group.boxes))
        found.append(group)
    return tuple(found)


def _box(name: str, address: Any) -> Mailbox:
    shown = address.display_name or ""
    (box,) = read_addresses(name, f"<{address.addr_spec}>").boxes
    refuse_controls(shown, f"a name in {name}")
    return replace(box, name=shown)


def _check_agrees(name: str, text: str, meant: AddressList) -> None:
    """Raise if the written field shows other mailboxes than the envelope will have."""
    if read_addresses(name, _unfolded(text.partition(":")[2])).boxes != meant.boxes:
        raise InjectionError(
            f"the header {name} would show other addresses than the message is sent to",
            remedy="Remove special characters from its names",
        )
