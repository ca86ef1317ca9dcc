"""Template filters in addition to Jinja2's own."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

from jinja2.utils import pass_context
from markupsafe import Markup, escape

from smtp_nb.compose.parts import Attachment, EncodedPart
from smtp_nb.merge.rows.drawable import is_drawable
from smtp_nb.merge.rows.drawing import drawn
from smtp_nb.merge.rows.problem import RowError
from smtp_nb.merge.templates.shown import Shown
from smtp_nb.merge.templates.tables import records, table
from smtp_nb.model.address import refuse_controls
from smtp_nb.model.display import kind_of
from smtp_nb.model.regular import read_regular

# The name under which a template's context holds the images; no template can spell it. None where
# the same images are drawn for the HTML beside this text.
IMAGES = "the images"

# Pictures from files that are kept for the rows to come.
_KEPT = 32
_TYPES = {
    b"\x89PNG\r\n\x1a\n": "image/png",
    b"\xff\xd8\xff": "image/jpeg",
    b"GIF8": "image/gif",
    b"RIFF": "image/webp",
}

# Schemes that a link in a mail may have; `javascript:` and `data:` are how cells attack readers.
_SCHEMES = frozenset({"http", "https", "mailto", "tel", "cid"})
_BREAK = re.compile(r"\r\n|[\n\r\v\f\x85\u2028\u2029]")
_SCHEME = re.compile(r"\s*([a-zA-Z][a-zA-Z0-9+.-]*)\s*:")


class Images:
    """The inline images of one message, each once however often it is shown."""

    def __init__(self, shared: SharedImages) -> None:
        self._shared = shared
        self._drawn: dict[int, tuple[object, Attachment | EncodedPart]] = {}

    @property
    def parts(self) -> tuple[Attachment | EncodedPart, ...]:
        """The images, in the order in which they were shown first."""
        if not self._drawn:
            return ()
        return tuple({part.cid: part for _, part in self._drawn.values()}.values())

    def add(self, value: object) -> str:
        """Attach a figure, its bytes or its path; returns the content id that shows it."""
        if id(value) not in self._drawn:
            # The value is kept beside the part, so that no other object gets its id meanwhile.
            self._drawn[id(value)] = (value, self._shared.part(value))
        return self._drawn[id(value)][1].cid


class SharedImages:
    """The images of all messages: those from `context` are drawn and encoded once."""

    def __init__(self, common: tuple[object, ...]) -> None:
        self._common = {id(value): value for value in common}
        self._encoded: dict[int, EncodedPart] = {}
        self._files: dict[tuple[Path, int, int], EncodedPart] = {}

    def part(self, value: object) -> Attachment | EncodedPart:
        """The image as an inline part.

        Raises:
            RowError: it is no image.
        """
        if isinstance(value, Path):
            return self._file(value)
        if id(value) not in self._common:
            return _attachment(value)
        if id(value) not in self._encoded:
            self._encoded[id(value)] = EncodedPart(_attachment(value))
        return self._encoded[id(value)]

    def _file(self, path: Path) -> EncodedPart:
        """A picture from a file, encoded once for as long as the file does not change."""
        try:
            status = path.stat()
            known = (path, status.st_mtime_ns, status.st_size)
            if known not in self._files:
                part = EncodedPart(_attachment(path))
                if len(self._files) >= _KEPT:
                    self._files.clear()
                self._files[known] = part
        except OSError as error:
            raise RowError(f"the picture {str(path)!r} cannot be read: {error.strerror}") from error
        return self._files[known]


def _attachment(value: object) -> Attachment:
    data = pixels(value)
    kind = next((t for magic, t in _TYPES.items() if data.startswith(magic)), None)
    if kind is None:
        raise RowError("the image is neither PNG, JPEG, GIF nor WebP", remedy="Convert it to PNG")
    name = hashlib.blake2b(data, digest_size=12).hexdigest()
    suffix = kind.removeprefix("image/")
    return Attachment(
        data=data, filename=f"{name[:8]}.{suffix}", content_type=kind, cid=f"{name}@image"
    )


def pixels(value: object) -> bytes:
    if isinstance(value, bytes):
        return value
    if isinstance(value, Path):
        try:
            return read_regular(value)
        except OSError as error:
            raise RowError(
                f"the image {str(value)!r} cannot be read: {error.strerror}",
                remedy="Give a file that you may read",
            ) from error
    if is_drawable(value):
        return drawn(value, "png")
    raise RowError(
        f"{kind_of(value)} is not an image",
        remedy="Give a figure, the bytes of a PNG, or a pathlib.Path; a string is never a path"
        " here",
    )


@pass_context
def image(context: Any, value: object, alt: str = "", width: int | None = None) -> Shown:
    """`{{ figure | image(alt="Marks") }}`: the figure inside the message."""
    images: Images | None = context[IMAGES]
    cid = images.add(value) if images is not None else ""
    size = Markup(' width="{}"').format(int(width)) if width else Markup("")
    tag = Markup('<img src="cid:{}" alt="{}"{}>').format(cid, alt, size)
    return Shown(tag, f"[{alt or 'image'}]")


def link(value: object) -> object:
    """The value as an address to follow: only with a scheme that a mail may have."""
    text = str(value)
    refuse_controls(text, "a link")
    scheme = _SCHEME.match(text)
    if scheme is not None and scheme[1].lower() not in _SCHEMES:
        raise RowError(f"a link begins with {scheme[1]}:", remedy=f"Use one of {sorted(_SCHEMES)}")
    return value


def nl2br(value: object) -> object:
    """`{{ address | nl2br }}`: line breaks of a cell as those of HTML; a text keeps its own."""
    if not isinstance(value, str) or not _BREAK.search(value):
        return value
    if isinstance(value, Markup) and "<" in value:
        return value  # HTML, with breaks of its own; `{{ address | e }}` has no tags
    return Shown(Markup(_BREAK.sub("<br>", str(escape(value)))), value)


def html_of(value: object) -> str:
    """A value inside HTML: escaped, unless it says itself how HTML shows it."""
    return str(escape(value))


FILTERS: dict[str, Callable[..., object]] = {
    "image": image,
    "table": table,
    "records": records,
    "link": link,
    "nl2br": nl2br,
}
