"""Attachments: the source of their bytes, and their encoding as base64 while the message is sent.

An attachment from a path is never held whole: its size is known from the file system, and the file
is read and encoded piece by piece. An `EncodedPart` makes the opposite trade: encoded once, for a
thousand messages that carry the same file.
"""

from __future__ import annotations

import os
import re
import stat
import threading
import weakref
from codecs import getincrementaldecoder
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import lru_cache
from io import BytesIO
from typing import BinaryIO

from smtp_nb.compose.fields import HeaderStyle, check_head, fold, quoted
from smtp_nb.compose.params import ascii_filename, check_content_type, parameter
from smtp_nb.compose.pending import check_pending, is_pending, refuse_pending
from smtp_nb.compose.text import base64_size, wrapped_base64
from smtp_nb.errors import InputError
from smtp_nb.model.doors.typed import typed_arguments
from smtp_nb.model.known import known_attributes

PIECE = 57 * 800  # whole base64 lines: 45,600 bytes of a file become 62,400 on the wire
IN_MEMORY = 4 * 1024 * 1024
MAX_LOOK = 64 * 1024 * 1024  # how far a text is searched for non-ASCII bytes
UNREADABLE = 302
_CID = re.compile(r"[A-Za-z0-9!#$&'*+/=^_`{|}~.@-]{1,200}\Z")
_STYLE = HeaderStyle()

# Files of schools and laboratories, where the systems' own tables differ.
_TYPES = {
    ".csv": "text/csv",
    ".docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    ".gz": "application/gzip",
    ".ics": "text/calendar",
    ".ipynb": "application/x-ipynb+json",
    ".md": "text/markdown",
    ".odt": "application/vnd.oasis.opendocument.text",
    ".pptx": "application/vnd.openxmlformats-officedocument.presentationml.presentation",
    ".webp": "image/webp",
    ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


@known_attributes()
@typed_arguments
@dataclass(frozen=True, slots=True)
class Attachment:
    """A file to attach: either a path or the bytes themselves.

    Attributes:
        path: a regular file, read while the message is sent. Text is taken for a path only here.
        data: the bytes, of any bytes-like type.
        filename: the name that the reader sees; if empty, that of the path.
        content_type: guessed from the name if empty. Non-ASCII text in UTF-8 gets `charset=utf-8`
            unless it names a charset.
        cid: the name by which the HTML shows an inline image: `<img src="cid:logo">`.
        frame: in a merge, the column that holds a frame, for a .csv or .xlsx file.
        figure: in a merge, the column that holds a figure, for a .png, .pdf or .svg file.

    In a `Template`, path, data and filename may have `{{ expressions }}` that each row fills.

    Raises:
        InputError: both or neither of path and data, or a value that a header cannot carry.
    """

    path: str | os.PathLike[str] | None = None
    data: bytes | bytearray | memoryview | str | None = field(default=None, repr=False)
    filename: str = ""
    content_type: str = ""
    cid: str = ""
    frame: str = ""
    figure: str = ""

    def __post_init__(self) -> None:
        if is_pending(self):
            check_pending(self)
            return
        _check_source(self.path, self.data)
        if isinstance(self.data, bytearray | memoryview):
            # A copy: what is in a buffer may change before it is sent.
            object.__setattr__(self, "data", bytes(self.data))
        if not self.filename and self.path is not None:
            object.__setattr__(self, "filename", os.path.basename(os.fspath(self.path)))
        if not self.content_type:
            object.__setattr__(self, "content_type", guess_type(self.filename))
        kind = self.content_type.lower()
        if kind.startswith("text/") and "charset=" not in kind and self._is_utf8():
            object.__setattr__(self, "content_type", f"{self.content_type}; charset=utf-8")
        self.head("attachment")

    def _is_utf8(self) -> bool:
        """True for non-ASCII text in UTF-8, which without a charset is read as ASCII (RFC 2046
        section 4.1.2)."""
        decoder, is_ascii = getincrementaldecoder("utf-8")(), True
        try:
            with self._open() as file:
                for _ in range(0, MAX_LOOK, PIECE):
                    piece = file.read(PIECE)
                    is_ascii &= piece.isascii()
                    decoder.decode(piece, final=not piece)
                    if not piece:
                        break
        except (UnicodeDecodeError, OSError, InputError):
            return False  # an unreadable file is an error when it is sent
        return not is_ascii

    @property
    def size(self) -> int:
        """Return the size of the part's body in bytes, encoded.

        Raises:
            InputError: 302, the file cannot be read.
        """
        refuse_pending(self)
        return base64_size(_file_size(self.path) if self.data is None else len(self.octets))

    def head(self, disposition: str) -> bytes:
        """Return the header fields of the part, `attachment` or `inline`."""
        refuse_pending(self)
        return _part_head(disposition, self.filename, self.content_type, self.cid)

    def chunks(self) -> Iterator[bytes]:
        """Return the bytes in base64, in lines; the last one is not ended.

        Raises:
            InputError: 302, the file cannot be read.
        """
        line_end = b""
        with _reading(self.path), self._open() as file:
            while piece := file.read(PIECE):
                yield line_end + wrapped_base64(piece)
                line_end = b"\r\n"

    @property
    def octets(self) -> bytes:
        """Return the data; empty if it is in a file."""
        refuse_pending(self)
        return self.data if isinstance(self.data, bytes) else b""

    def _open(self) -> BinaryIO:
        if self.data is not None:
            return BytesIO(self.octets)
        _file_size(self.path)  # before opening: a named pipe would block
        return open(os.fspath(self.path or ""), "rb")


class EncodedPart:
    """An attachment encoded once and shared by many messages, from any thread.

    Up to 4 MB encoded it stays in memory; above, in an unlinked temporary file, which disappears
    with the part. Its bytes are those of this moment, whatever happens to the file later.

    Raises:
        InputError: 302, the file cannot be read.
    """

    def __init__(self, attachment: Attachment) -> None:
        self.attachment = attachment
        self.cid = attachment.cid
        self._lock = threading.Lock()
        self._file: BinaryIO | None = None
        self._pieces: tuple[bytes, ...] = ()
        if attachment.size <= IN_MEMORY:
            self._pieces = tuple(attachment.chunks())
            self.size = sum(map(len, self._pieces))
        else:
            from tempfile import TemporaryFile  # slow to import, and seldom needed

            self._file = TemporaryFile()  # noqa: SIM115 (lives as long as the part)
            weakref.finalize(self, self._file.close)
            self.size = sum(map(self._file.write, attachment.chunks()))

    def __repr__(self) -> str:
        return f"EncodedPart({self.attachment.filename!r}, {self.size} bytes)"

    def head(self, disposition: str) -> bytes:
        """Return the header fields of the part, `attachment` or `inline`."""
        return self.attachment.head(disposition)

    def chunks(self) -> Iterator[bytes]:
        """Return the encoded bytes, as those of the attachment."""
        if self._file is None:
            yield from self._pieces
            return
        for start in range(0, self.size, 65536):
            with self._lock:
                self._file.seek(start)
                piece = self._file.read(65536)
            yield piece


def guess_type(filename: str) -> str:
    """Return the media type that a file name suggests; application/octet-stream if none."""
    suffix = os.path.splitext(filename)[1].lower()
    if suffix in _TYPES:
        return _TYPES[suffix]
    import mimetypes  # reads the system's tables on first use

    guessed, encoding = mimetypes.guess_type(f"file{suffix}")
    # A container must not be base64 (RFC 2046 section 5), so it is sent as plain bytes.
    if guessed is None or encoding or guessed.startswith(("multipart/", "message/")):
        return "application/octet-stream"
    return guessed


@lru_cache(maxsize=1024)
def _part_head(disposition: str, filename: str, content_type: str, cid: str) -> bytes:
    kind, shown = [check_content_type(content_type)], [disposition]
    if filename:
        shown += parameter("filename", filename, "the file name")
        kind.append(f"name={quoted(ascii_filename(filename))}")
    head = _parameters("Content-Type", kind) + "Content-Transfer-Encoding: base64\r\n"
    head += _parameters("Content-Disposition", shown)
    if cid:
        head += f"Content-ID: <{check_cid(cid)}>\r\n"
    raw = head.encode("ascii")
    check_head(raw, 4 if cid else 3)
    return raw


def _parameters(name: str, tokens: list[str]) -> str:
    return fold(name, [*(f"{token};" for token in tokens[:-1]), tokens[-1]], _STYLE)


def check_cid(cid: str) -> str:
    """Return the Content-ID without its brackets, checked.

    Raises:
        InputError: it holds what a header or a `cid:` address cannot carry.
    """
    if _CID.match(cid) is None:
        raise InputError(
            f"{cid[:80]!r} is not a content id", remedy="Use letters, digits and full stops"
        )
    return cid


def _check_source(path: object, data: object) -> None:
    if (path is None) == (data is None):
        raise InputError(
            "an attachment needs either a path or data",
            remedy="Write Attachment(path=...) or Attachment(data=..., filename=...)",
        )
    if data is not None and not isinstance(data, (bytes, bytearray, memoryview)):
        raise InputError(
            f"the data of an attachment is {type(data).__name__}, not bytes",
            remedy="Encode text first: text.encode()"
            if isinstance(data, str)
            else "Give bytes; for a file give its path",
        )


@contextmanager
def _reading(path: object) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise InputError(
            f"the attachment {str(path)!r} cannot be read: {error.strerror or error}",
            code=UNREADABLE,
            remedy="Check the path and its permissions",
        ) from error


def _file_size(path: str | os.PathLike[str] | None) -> int:
    with _reading(path):
        status = os.stat(os.fspath(path or ""))
    if not stat.S_ISREG(status.st_mode):
        raise InputError(
            f"the attachment {str(path)!r} is not a regular file",
            code=UNREADABLE,
            remedy="Attach files only; pack a folder into an archive first",
        )
    return status.st_size
