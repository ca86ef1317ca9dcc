"""Messages given as raw bytes.

They are sent as they are. Only what would do harm is stopped: a bare CR or LF, which servers read
in different ways (this is how mail is smuggled), a NUL, and the names of the blind copies. After
the header these bytes are allowed all the same if the server offers BINARYMIME (RFC 3030), for then
they are counted and not read as lines.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from smtp_nb.compose.content import in_chunks
from smtp_nb.compose.encoded_words import encode
from smtp_nb.errors import InputError

MAX_LINE = 998  # RFC 5321 section 4.5.3.1.6, without CRLF
# It works for text with any mixture of line ends, so that no second error follows.
CRLF_REMEDY = r"re.sub(r'\r\n?|\n', '\r\n', text)"
_WRONG = re.compile(rb"\r(?!\n)|(?<!\r)\n|\0")
_BLIND = re.compile(
    rb"^(?:resent-)?bcc[ \t]*:[^\n]*\n(?:[ \t][^\n]*\n)*", re.IGNORECASE | re.MULTILINE
)
_BINARY = re.compile(
    rb"^content-transfer-encoding[ \t]*:[ \t]*binary[ \t]*\r\n", re.IGNORECASE | re.MULTILINE
)
_MESSAGE_ID = re.compile(rb"^message-id[ \t]*:\s*(<[!-~]+>)", re.IGNORECASE | re.MULTILINE)
_NAMES = {13: "CR", 10: "LF", 0: "NUL"}


@dataclass(frozen=True, slots=True, repr=False)
class RawContent:
    """A message given as bytes (a `Content`)."""

    data: bytes
    is_8bit: bool
    needs_smtputf8: bool
    message_id: str
    bare: str = ""

    @property
    def remark(self) -> str:
        """A remark on what servers need not accept; empty if there is nothing.

        It is not an error, for many servers accept such lines; others cut them, or refuse the
        message.
        """
        if self.bare or (at := find_long_line(self.data)) is None:
            return ""
        return (
            f"a line of the message at offset {at} has more than {MAX_LINE} bytes, which servers"
            " may cut or refuse (RFC 5321 section 4.5.3.1.6); send(bytes) encodes it"
        )

    @property
    def size(self) -> int:
        """Bytes of the whole."""
        return len(self.data)

    def chunks(self) -> Iterator[bytes]:
        """Return the bytes, in pieces of at most 64 KiB. May be called again."""
        yield from in_chunks(self.data)

    def __bytes__(self) -> bytes:
        return self.data

    def __repr__(self) -> str:
        return f"<RawContent {self.message_id or 'message'}, {self.size} bytes>"


def raw_content(data: bytes | str, *, may_be_binary: bool = False) -> RawContent:
    """Return a message exactly as given, except for Bcc and Resent-Bcc, which are removed.

    Args:
        data: header, empty line and body, with CRLF at the end of every line; it is added to the
            last one if missing. Text is encoded in UTF-8.
        may_be_binary: the body may hold a bare CR, LF or NUL, even if the header does not say
            `Content-Transfer-Encoding: binary`. Then no line end is added.

    Raises:
        InputError: a bare one where it is not allowed; the text says where.
    """
    raw = encode(data, "utf-8", "the raw message") if isinstance(data, str) else bytes(data)
    bare = _bare(raw, may_be_binary)
    if not bare and not raw.endswith(b"\r\n"):
        raw += b"\r\n"
    head = raw[: head_size(raw)]
    shown = without_blind_copies(head)
    if shown != head:
        raw = shown + raw[len(head) :]
    return RawContent(
        raw,
        is_8bit=not raw.isascii(),
        needs_smtputf8=not shown.isascii(),
        message_id=message_id_in(shown),
        bare=bare,
    )


def _bare(raw: bytes, may_be_binary: bool) -> str:
    """Return what makes a message binary, in words; empty if nothing does.

    Raises:
        InputError: it may not be binary there.
    """
    head = raw[: head_size(raw)]
    if (at := find_wrong(raw)) is None:
        is_cut = says_binary(head) and not raw.endswith(b"\r\n")
        return "a last line without its end" if is_cut else ""
    if at < len(head) or not (may_be_binary or says_binary(head)):
        raise wrong_octet("the raw message", raw[at], at)
    return bare_octet(raw[at], at)


def find_wrong(raw: bytes) -> int | None:
    """Return the offset of the first bare CR, bare LF or NUL; None if there is none."""
    # Counting takes a hundredth of the time of the search, which is only needed for the offset.
    is_clean = raw.count(b"\r") == raw.count(b"\n") == raw.count(b"\r\n") and b"\0" not in raw
    found = None if is_clean else _WRONG.search(raw)
    return found.start() if found else None


def find_long_line(raw: bytes) -> int | None:
    """Return the offset of the first line that is longer than SMTP allows; None if there is
    none.
    """
    at, end = 0, len(raw)
    while end - at > MAX_LINE:
        found = raw.rfind(b"\r\n", at, at + MAX_LINE + 2)
        if found < 0:
            return at
        at = found + 2
    return None


def bare_octet(octet: int, offset: int) -> str:
    """Return a byte that `find_wrong` found, in words."""
    return f"a bare {_NAMES[octet]} at offset {offset}"


def wrong_octet(what: str, octet: int, offset: int) -> InputError:
    """Return the error for a byte that `find_wrong` found."""
    return InputError(
        f"{what} holds {bare_octet(octet, offset)}",
        remedy=f"End every line with CRLF: {CRLF_REMEDY}; encode binary data in base64",
    )


def says_binary(head: bytes) -> bool:
    """True if a header announces binary content (RFC 2045 section 6.2)."""
    return _BINARY.search(head) is not None


def without_blind_copies(head: bytes) -> bytes:
    """Return a header without its Bcc and Resent-Bcc."""
    return _BLIND.sub(b"", head)


def message_id_in(head: bytes) -> str:
    """Return the Message-ID with its angle brackets; empty if there is none."""
    found = _MESSAGE_ID.search(head)
    return found[1].decode("ascii") if found else ""


def head_size(raw: bytes) -> int:
    """Return the bytes of the header fields, before the empty line."""
    if raw.startswith(b"\r\n"):
        return 0
    end = raw.find(b"\r\n\r\n")
    return len(raw) if end < 0 else end + 2
