"""An untrusted message as a page may show it: bodies, inline images and file names, bounded."""

from __future__ import annotations

import base64
import re
from urllib.parse import unquote

from smtp_nb.model.display import visible, visible_lines
from smtp_nb.sandbox.messages.mailbox import shortened
from smtp_nb.sandbox.messages.parts import ParsedPart

MAX_BODY = 500_000
"""Encoded bytes of a body that are read, and characters of it that are shown."""
MAX_IMAGES = 4 * 1024 * 1024
"""Characters that all inline images together put into the page. A message may refer to one image a
thousand times, and each time it would stand there in full."""
MAX_REFERENCES = 1000
MAX_FILES = 100
MAX_NAME = 200

_CID = re.compile(r"cid:([^\s\"'<>()]{1,300})")
_IMAGE = re.compile(r"image/[a-z0-9.+-]{1,40}")


class Letter:
    """What a page shows of a message.

    Attributes:
        text: the plain text, controls as escapes; empty if there is none.
        html: the HTML body with its inline images inside; empty if there is none.
        files: the names of what is attached, of very many the first ones and a count.
        attached: the parts themselves, as many as have names in `files`.
    """

    def __init__(self, root: ParsedPart) -> None:
        leaves = list(root.leaves())
        plain, rich = _body(leaves, "text/plain"), _body(leaves, "text/html")
        self._images = {_content_id(part): part for part in reversed(leaves) if _is_inline(part)}
        self._left = MAX_IMAGES
        self.text = visible_lines(_read(plain))
        html = _read(rich)
        self.html = _CID.sub(self._inline, html, count=MAX_REFERENCES) if self._images else html
        files = [part for part in leaves if part not in (plain, rich) and not _is_inline(part)]
        self.attached = files[:MAX_FILES]
        names = [name_of(part) for part in self.attached]
        more = len(files) - len(names)
        self.files = [*names, *([f"and {more:,} more"] if more > 0 else [])]

    def _inline(self, reference: re.Match[str]) -> str:
        """The image in place of a reference to it, while there is room."""
        part = self._images.get(unquote(reference[1]))
        if part is None or part.end - part.start > self._left:
            return reference[0]
        data = base64.b64encode(part.octets(MAX_IMAGES)).decode("ascii")
        url = f"data:{part.content_type};base64,{data}"
        if len(url) > self._left:
            return reference[0]
        self._left -= len(url)
        return url


def _body(leaves: list[ParsedPart], content_type: str) -> ParsedPart | None:
    """The first part of that type that is not attached."""
    fitting = (part for part in leaves if part.content_type == content_type)
    return next((part for part in fitting if part.disposition != "attachment"), None)


def _read(part: ParsedPart | None) -> str:
    if part is None:
        return ""
    text = part.text(MAX_BODY).replace("\r\n", "\n").removesuffix("\n")
    left = part.end - part.start - MAX_BODY
    return f"{text}\n… ({left:,} more bytes)" if left > 0 else shortened(text, MAX_BODY)


def _kind(part: ParsedPart) -> str:
    return "message" if part.content_type == "message/rfc822" else "file"


def name_of(part: ParsedPart) -> str:
    """What an attachment is called, controls as escapes."""
    return visible(part.filename[:MAX_NAME]) or _kind(part)


def _content_id(part: ParsedPart) -> str:
    return part.get("Content-ID").strip().strip("<>")


def _is_inline(part: ParsedPart) -> bool:
    return bool(_IMAGE.fullmatch(part.content_type) and _content_id(part))
