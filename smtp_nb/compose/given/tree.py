"""Message objects (the `email` package's) as MIME for the wire, without the package's generator.

The object is only read: nothing of it is copied or set, whatever its class forbids. What goes out
is 7-bit and has no line above 998 bytes: a part that does not comply is encoded here. Base64 and
other compliant text is kept as it is, and large text is not copied (see `large_parts`).

A signed part (RFC 1847) goes out as it is, or not at all.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from smtp_nb.compose.given.large_parts import LARGE, LargeText, with_crlf
from smtp_nb.compose.given.message_fields import FieldReader, WireField, with_parameter
from smtp_nb.compose.raw import MAX_LINE, find_long_line
from smtp_nb.compose.text import base64_size, quoted_printable, wrapped_base64
from smtp_nb.errors import InputError

if TYPE_CHECKING:
    from email.message import Message

MAX_DEPTH = 100
Piece = bytes | LargeText
_IDENTITY = ("", "7bit", "8bit", "binary")
_ENCODING = "Content-Transfer-Encoding"
_LINE_END = re.compile(rb"\r\n|\r|\n")
_BOUNDARY = re.compile(r"[A-Za-z0-9'()+_,./:=? -]{0,69}[A-Za-z0-9'()+_,./:=?-]\Z")


@dataclass(slots=True)
class WirePart:
    """A part for the wire.

    Attributes:
        fields: in order.
        pieces: its body, without the CRLF that a boundary begins with.
    """

    fields: list[WireField]
    pieces: list[Piece]

    def value(self, name: str) -> WireField | None:
        """The first field of that name."""
        return next((field for field in self.fields if field.name.lower() == name.lower()), None)

    def put(self, field: WireField) -> None:
        """Set a field in place of those of its name, or after all."""
        names = [other.name.lower() for other in self.fields]
        if (name := field.name.lower()) not in names:
            self.fields.append(field)
            return
        at = names.index(name)
        rest = [other for other in self.fields[at + 1 :] if other.name.lower() != name]
        self.fields = [*self.fields[:at], field, *rest]

    @property
    def whole(self) -> list[Piece]:
        """Return header, empty line and body."""
        head = "".join(field.text for field in self.fields).encode()
        return [head + b"\r\n", *self.pieces]


# The stubs of `Message` change with every version of Python, hence Any for its payloads.
class TreeWriter:
    """Writes one message.

    Args:
        token: makes the boundaries unique that the message lacks.
    """

    def __init__(self, token: str) -> None:
        self._token = token

    def write(self, part: Message, reader: FieldReader, *, signed: bool = False) -> WirePart:
        """Return the part and all that is in it.

        Raises:
            InputError: something in it cannot be sent; the text says what.
        """
        return self._part(part, reader, signed, 0)

    def _part(self, part: Message, reader: FieldReader, signed: bool, depth: int) -> WirePart:
        if depth > MAX_DEPTH:
            raise InputError(
                f"the parts of the message are nested more than {MAX_DEPTH} deep",
                remedy="Attach what is inside as a file",
            )
        fields = [reader.read(name, value) for name, value in part.raw_items()]
        made = WirePart([field for field in fields if field.text or field.addresses], [])
        payload = getattr(part, "_payload", None)
        kind = part.get_content_maintype()
        if isinstance(payload, list) and kind == "multipart":
            self._multipart(part, payload, made, signed, depth)
        elif isinstance(payload, list) and kind == "message":
            self._message(part, payload, made, signed, depth)
        elif isinstance(payload, list):
            raise InputError(
                f"a part of the type {part.get_content_type()} holds other parts",
                remedy="Make it a multipart, such as MIMEMultipart(), before you attach parts",
            )
        else:
            _leaf(part, payload, made, signed)
        return made

    def _inner(self, part: Any, signed: bool, depth: int) -> WirePart:
        if not hasattr(part, "raw_items"):
            raise InputError(
                f"a part of the message is {type(part).__name__}, not a message",
                remedy="Attach it as MIMEText or another class of the email package",
            )
        reader = FieldReader(part.policy, is_inner=True, is_signed=signed)
        return self._part(part, reader, signed, depth + 1)

    def _multipart(
        self, part: Message, children: Sequence[Any], made: WirePart, signed: bool, depth: int
    ) -> None:
        boundary = part.get_boundary()
        if boundary is None:
            boundary = f"=_{depth}g{self._token}"
            made.put(with_parameter(made.value("Content-Type"), "boundary", boundary))
        elif not _BOUNDARY.match(boundary):
            raise InputError(f"{boundary[:80]!r} cannot be a boundary (RFC 2046 section 5.1.1)")
        line = f"--{boundary}".encode("ascii")
        is_signed = signed or part.get_content_subtype() == "signed"
        pieces = made.pieces
        if part.preamble:
            pieces.append(_aside(part.preamble) + b"\r\n")
        for number, child in enumerate(children):
            # RFC 1847 section 2.1: the first part is what was signed, the second the signature.
            inner = self._inner(child, signed or (is_signed and number == 0), depth)
            pieces += [line + b"\r\n", *inner.whole, b"\r\n"]
        if not children:
            pieces.append(line + b"\r\n\r\n\r\n")
        pieces.append(line + b"--")
        if part.epilogue:
            pieces.append(b"\r\n" + _aside(part.epilogue))
        _drop_binary(made)

    def _message(
        self, part: Message, children: Sequence[Any], made: WirePart, signed: bool, depth: int
    ) -> None:
        if part.get_content_subtype() == "delivery-status":
            # Blocks of fields with an empty line between them (RFC 3464 section 2.1).
            blocks = [b"".join(_heads(self._inner(child, signed, depth))) for child in children]
            made.pieces = [b"\r\n".join(blocks)]
        elif len(children) == 1:
            made.pieces = self._inner(children[0], signed, depth).whole
        else:
            raise InputError(f"a {part.get_content_type()} holds {len(children)} messages, not one")
        _drop_binary(made)


def _heads(part: WirePart) -> list[bytes]:
    return [field.text.encode() for field in part.fields]


def _aside(text: str) -> bytes:
    """Return what is before or after all parts, which no reader shows."""
    return _LINE_END.sub(b"\r\n", text.encode("ascii", "replace"))


def _drop_binary(made: WirePart) -> None:
    """Return a container that is no longer binary, because its parts are lines now."""
    if (field := made.value(_ENCODING)) and _value(field) not in ("7bit", "8bit"):
        made.fields = [other for other in made.fields if other.name.lower() != _ENCODING.lower()]


def _value(field: WireField | None) -> str:
    return field.text.partition(":")[2].strip().lower() if field else ""


def _leaf(part: Message, payload: object, made: WirePart, signed: bool) -> None:
    """Return the body of a part that holds no others."""
    if payload is None or payload == "":
        return
    if isinstance(payload, str) and len(payload) >= LARGE and _stands(payload):
        end = len(payload) - 64 + len(payload[-64:].rstrip("\r\n"))
        made.pieces = [LargeText(payload, end), with_crlf(payload[end:].encode("ascii"))]
        return
    raw = _octets(part, payload)
    encoding = _value(made.value(_ENCODING))
    lines = _LINE_END.sub(b"\r\n", raw)
    if _is_clean(lines) and not (encoding == "binary" and lines != raw):
        made.pieces = [lines]
        if encoding == "binary":
            made.put(WireField(_ENCODING, f"{_ENCODING}: 7bit\r\n"))
        return
    if signed or part.get_content_maintype() in ("message", "multipart"):
        made.pieces = [_as_signed(lines)]
        return
    if encoding not in _IDENTITY:
        raw = _decoded(part, lines, encoding)
    _encode(part, raw, made)


def _stands(text: str) -> bool:
    """True if large text can be sent as it is; it is not copied."""
    if not text.isascii() or "\0" in text:
        return False
    at, end = 0, len(text)
    while end - at > MAX_LINE:
        stop = at + MAX_LINE + 1
        found = max(text.rfind("\n", at, stop), text.rfind("\r", at, stop))
        if found < 0:
            return False
        at = found + 1
    return True


def _octets(part: Message, payload: object) -> bytes:
    """Return the body's bytes; a Python text is encoded in the part's charset."""
    if isinstance(payload, bytes):
        return payload
    if not isinstance(payload, str):
        raise InputError(
            f"the body of a part is {type(payload).__name__}, not text",
            remedy="Set it with set_content() or as MIMEText",
        )
    try:
        return payload.encode("ascii", "surrogateescape")
    except UnicodeEncodeError:
        charset = str(part.get_content_charset() or "utf-8")
    try:
        raw = payload.encode(charset)
    except (LookupError, UnicodeError) as error:
        raise InputError(f"the text of a part cannot be written in {charset}: {error}") from error
    return raw


def _is_clean(lines: bytes) -> bool:
    return lines.isascii() and b"\0" not in lines and find_long_line(lines) is None


def _as_signed(lines: bytes) -> bytes:
    """Check what may no longer be encoded: 8-bit bytes may pass, NUL and long lines may not."""
    if b"\0" in lines or find_long_line(lines) is not None:
        raise InputError(
            f"a part that must not be changed has a NUL or a line of more than {MAX_LINE} bytes",
            remedy="Encode it before it is signed or attached",
        )
    return lines


def _decoded(part: Message, lines: bytes, encoding: str) -> bytes:
    """Return the decoded content of an encoding whose lines cannot be sent."""
    if not lines.isascii() or b"\0" in lines:
        what = "a NUL" if b"\0" in lines else "non-ASCII bytes"
        raise InputError(
            f"a part says {_ENCODING}: {encoding}, and holds {what}",
            remedy="Encode it as it says, or set the part again",
        )
    decoded = part.get_payload(decode=True)
    if not isinstance(decoded, bytes):
        raise InputError(f"a part cannot be decoded as it says, from {encoding}")
    return decoded


def _encode(part: Message, raw: bytes, made: WirePart) -> None:
    """Return quoted-printable for text where it is shorter, else base64."""
    is_text = part.get_content_maintype() == "text" and b"\0" not in raw
    if is_text:
        if part.get_content_charset() is None and not raw.isascii() and _is_utf8(raw):
            kind = made.value("Content-Type")
            made.put(with_parameter(kind, "charset", "utf-8"))
        raw = _LINE_END.sub(b"\n", raw)
        quoted, raw = quoted_printable(raw), raw.replace(b"\n", b"\r\n")
        if len(quoted) <= base64_size(len(raw)):
            made.put(WireField(_ENCODING, f"{_ENCODING}: quoted-printable\r\n"))
            made.pieces = [quoted]
            return
    made.put(WireField(_ENCODING, f"{_ENCODING}: base64\r\n"))
    made.pieces = [wrapped_base64(raw)]


def _is_utf8(raw: bytes) -> bool:
    try:
        raw.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True
