"""OtherHeaders: header fields as the user wrote them, and the body that belongs to them.

They are sent unchanged: a header written by hand is already encoded and folded. Only a non-ASCII
value is encoded, by the rules of its kind, as in any other field.

A Content-Type says what the text is: it is encoded in the charset named there, and the fields of
MIME that are missing are added. With a Content-Transfer-Encoding, or a type that must not be
encoded (such as multipart/mixed), the text is the body, unchanged. So it is if the whole computed
header is replaced and no type given. Neither leaves room for other parts.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from functools import lru_cache

from smtp_nb.compose.draft import Draft
from smtp_nb.compose.encoded_words import check_charset
from smtp_nb.compose.fields import MAX_LINE, HeaderStyle, check_name
from smtp_nb.compose.kinds import write_field
from smtp_nb.compose.mime import MIME_VERSION, Entity
from smtp_nb.compose.text import encode_text
from smtp_nb.errors import InputError
from smtp_nb.model.address import refuse_controls

_LINE_END = re.compile(r"\r\n|\n")
_ENCODING = "Content-Transfer-Encoding"
_CHARSET = re.compile(r';[ \t]*charset[ \t]*=[ \t]*"?([^";\s]+)', re.IGNORECASE)
_NOT_ENCODED = ("multipart/", "message/")
_BLIND = frozenset({"bcc", "resent-bcc"})


@dataclass(frozen=True, slots=True)
class GivenField:
    """One field: its name as written, and its lines without line ends, the first with the name."""

    name: str
    lines: tuple[str, ...]

    @property
    def value(self) -> str:
        """The value, unfolded."""
        return "".join(self.lines).partition(":")[2].strip()

    def written(self, style: HeaderStyle) -> str:
        """The field as it is sent."""
        if all(line.isascii() for line in self.lines):
            return "".join(f"{line}\r\n" for line in self.lines)
        return write_field(self.name, self.value, style)


@dataclass(frozen=True, slots=True)
class GivenFields:
    """The result of `given_fields`.

    Attributes:
        source: the text with CRLF line ends.
        replaces: it began with an empty line, so the computed header is left out.
    """

    source: str
    replaces: bool
    fields: tuple[GivenField, ...]

    @property
    def owns_body(self) -> bool:
        """True if the text is the whole body, unchanged or encoded as a given type says."""
        return self.replaces or bool(self.value("Content-Type") or self.value(_ENCODING))

    def value(self, name: str) -> str:
        """Return the value of the first field of that name, in any case, else empty."""
        lower = name.lower()
        return next((field.value for field in self.fields if field.name.lower() == lower), "")

    def completed(self, text: str) -> GivenFields:
        """Return these fields, the Content-Type with the charset that a non-ASCII text needs."""
        kind = self.value("Content-Type").lower()
        is_open = kind.startswith("text/") and not self.value(_ENCODING)
        if text.isascii() or not is_open or _CHARSET.search(kind):
            return self
        fields = tuple(
            GivenField(
                field.name, (*field.lines[:-1], f"{field.lines[-1].rstrip('; ')}; charset=utf-8")
            )
            if field.name.lower() == "content-type"
            else field
            for field in self.fields
        )
        return replace(self, fields=fields)

    def written(self, computed: list[str], style: HeaderStyle) -> list[str]:
        """Return all fields of the message: the computed ones first, unless these replace them.

        Raises:
            InputError: a field is computed already.
        """
        if self.replaces:
            computed = []
        taken = {text.partition(":")[0].lower() for text in computed}
        for field in self.fields:
            if field.name.lower() in taken:
                raise InputError(
                    f"the header {field.name} is already made from a property",
                    remedy="Set the property, or begin other_headers with an empty line to"
                    " replace the whole header",
                )
        return [*computed, *(field.written(style) for field in self.fields)]


@lru_cache(maxsize=64)
def given_fields(text: str) -> GivenFields:
    """Read header fields, one `Name: value` on a line; a line that begins with a space goes on.

    Raises:
        InputError, InjectionError: a line is not a header field; the text says which.
    """
    lines = _LINE_END.split(text)
    if lines[-1] == "":
        lines.pop()
    replaces = bool(lines) and lines[0] == ""
    fields: list[GivenField] = []
    for number, line in enumerate(lines[replaces:], 1 + replaces):
        _check_line(line, number)
        if line[0] in " \t" and fields:
            fields[-1] = GivenField(fields[-1].name, (*fields[-1].lines, line))
        else:
            fields.append(_field(line, number))
    return GivenFields("".join(f"{line}\r\n" for line in lines), replaces, tuple(fields))


def _check_line(line: str, number: int) -> None:
    refuse_controls(line.replace("\t", " "), f"line {number} of the other headers")
    if not line.strip(" \t"):
        raise InputError(
            f"line {number} of the other headers is empty",
            remedy="Only the first line may be empty; put the body into message_text",
        )
    if len(line.encode()) > MAX_LINE:
        raise InputError(f"line {number} of the other headers is too long", remedy="Fold it")


def _field(line: str, number: int) -> GivenField:
    name, colon, _ = line.partition(":")
    if not colon:
        raise InputError(
            f"line {number} of the other headers is not a header field: {line[:80]!r}",
            remedy="Write Name: value",
        )
    check_name(name)
    if name.lower() in _BLIND:
        raise InputError(
            f"the header {name} cannot be given directly",
            remedy="Set bcc; no header names blind copies",
        )
    return GivenField(name, (line,))


def body_of_given(draft: Draft, given: GivenFields) -> Entity:
    """Return the text as the whole body, with the MIME fields that the given ones leave out.

    Raises:
        InputError: it holds what cannot be sent unchanged, or there are other parts beside it.
    """
    if draft.html or draft.markdown or draft.attachments or draft.inline:
        raise InputError(
            "the other headers describe a body of their own, which leaves no place for HTML and"
            " attachments",
            remedy="Remove the MIME fields from other_headers, or build the whole body in"
            " message_text",
        )
    kind = given.value("Content-Type")
    missing = MIME_VERSION if kind and not given.value("MIME-Version") else b""
    if not kind or given.value(_ENCODING) or kind.lower().startswith(_NOT_ENCODED):
        return Entity(missing, [_as_it_stands(draft.text or "")])
    charset = _CHARSET.search(kind)
    name = check_charset(charset[1]) if charset else "utf-8"
    encoding, body = encode_text(draft.text or "", name, "the text")
    return Entity(missing + f"{_ENCODING}: {encoding}\r\n".encode("ascii"), [body])


def _as_it_stands(text: str) -> bytes:
    lines = _LINE_END.split(text)
    for number, line in enumerate(lines, 1):
        if not line.isascii() or "\r" in line or "\0" in line or len(line) > MAX_LINE:
            raise InputError(
                f"line {number} of the text cannot be sent unchanged: it is longer than"
                f" {MAX_LINE} bytes or holds a non-ASCII character, a NUL or a lone CR",
                remedy="Encode it as the other headers say, in base64 for instance",
            )
    return "\r\n".join(lines).encode("ascii")
