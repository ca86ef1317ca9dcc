"""Parameters of MIME fields, such as file names (RFC 2045 section 5.1, RFC 2231)."""

from __future__ import annotations

import re
import unicodedata

from smtp_nb.compose.encoded_words import ALNUM, encode, escapes, looks_encoded
from smtp_nb.compose.fields import quoted
from smtp_nb.errors import InputError
from smtp_nb.model.address import refuse_controls

_ROOM = 60  # bytes of one section, so that its line stays below 78
_PERCENT = escapes(ALNUM + b"!#$&+-.^_`{}|~", "%")  # RFC 2231 section 7: attribute-char
_TOKEN = r"[A-Za-z0-9!#$%&'*+.^_`{|}~-]+"
MAX_VALUE = 900  # bytes on one line; a longer one would be split, which many readers do not undo
_CONTENT_TYPE = re.compile(
    rf"({_TOKEN}/{_TOKEN})((?:; ?{_TOKEN}=(?:{_TOKEN}|\"(?:[ !#-\[\]-~]|\\[ -~])*\"))*)\Z"
)


def check_content_type(value: str) -> str:
    """Return the media type, with its parameters, checked.

    Raises:
        InputError: it is not one, names the file (which is `filename`'s task), or is a container
            that must not be encoded (RFC 2046 section 5).
    """
    refuse_controls(value, "the content type")
    match = _CONTENT_TYPE.match(value)
    if match is None or len(value) > 200:
        raise InputError(
            f"{value[:80]!r} is not a content type", remedy="Write it as application/pdf"
        )
    if value.lower().startswith(("multipart/", "message/")):
        raise InputError(
            f"{match[1]} cannot be the type of an attachment: it must not be encoded",
            remedy="Use application/octet-stream",
        )
    if re.search(r"; ?name\*?[\d*]*=", match[2], re.IGNORECASE):
        raise InputError("the content type holds a name", remedy="Give it as filename")
    return value


def parameter(name: str, value: str, what: str) -> list[str]:
    """Return `name=value`, as several parameters (RFC 2231) where ASCII is not enough."""
    refuse_controls(value, what)
    if len(value) > MAX_VALUE:
        raise InputError(
            f"{what} has {len(value)} characters; {MAX_VALUE} is the limit", remedy="Shorten it"
        )
    if value.isascii() and not looks_encoded(value):
        return [f"{name}={quoted(value)}"]
    pieces = _sections(
        ["".join([_PERCENT[octet] for octet in encode(char, "utf-8", what)]) for char in value]
    )
    if len(pieces) == 1:
        return [f"{name}*=utf-8''{pieces[0]}"]
    pieces[0] = "utf-8''" + pieces[0]
    return [f"{name}*{number}*={piece}" for number, piece in enumerate(pieces)]


def _sections(escaped: list[str]) -> list[str]:
    """Join characters into sections; none is split."""
    sections = [""]
    for char in escaped:
        if len(sections[-1]) + len(char) > _ROOM:
            sections.append("")
        sections[-1] += char
    return sections


def ascii_filename(name: str) -> str:
    """Return a file name for readers without RFC 2231: accents dropped, the rest as underscores."""
    plain = "".join(
        char if " " <= char <= "~" else "_"
        for char in unicodedata.normalize("NFKD", name)
        if not unicodedata.combining(char)
    )
    return plain.replace("=?", "__").replace('"', "_").replace("\\", "_")
