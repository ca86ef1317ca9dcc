"""Files that were handed in: found in folders and archives, as platforms nest them.

Archives come from strangers, so their number, depth and size are bounded, and nothing is unpacked
to a path that an archive names.
"""

from __future__ import annotations

import io
import os
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from smtp_nb.classroom.grading.names import is_alone
from smtp_nb.errors import InputError
from smtp_nb.model.regular import read_regular

NOTEBOOK = ".ipynb"
ARCHIVE = ".zip"
CONVERSATIONS = (".jsonl", ".classlog")
MAX_DEPTH = 3
MAX_FILES = 20_000
MAX_FILE = 32 * 2**20
MAX_TOTAL = 1024 * 2**20
MAX_BESIDE = 16 * 2**20
_BROKEN = (zipfile.BadZipFile, zlib.error, NotImplementedError, EOFError, OSError, RuntimeError)


@dataclass(frozen=True, slots=True)
class HandedIn:
    """A file that was handed in.

    Attributes:
        parts: of its path, below what was given; archives are folders.
        data: its content; empty if it cannot be read.
        path: on disk: of the file, or of the archive that holds it.
        trouble: why it cannot be read, else empty.
    """

    parts: tuple[str, ...]
    data: bytes
    path: Path
    trouble: str = ""

    @property
    def suffix(self) -> str:
        """What its name ends in."""
        return Path(self.parts[-1]).suffix.lower()

    def __repr__(self) -> str:
        return f"<HandedIn {'/'.join(self.parts)}>"


class _Collector:
    """Reads files as long as there are not too many of them."""

    def __init__(self) -> None:
        self._count = self._total = 0

    def _add(self, size: int) -> None:
        self._count += 1
        self._total += size
        if self._count > MAX_FILES or self._total > MAX_TOTAL:
            raise InputError(
                f"there are more than {MAX_FILES:,} files or {MAX_TOTAL >> 20} MB to grade",
                remedy="Grade them in parts",
            )

    def folder(self, folder: Path) -> Iterator[HandedIn]:
        for where, folders, names in os.walk(folder):
            folders[:] = sorted(name for name in folders if not _is_left_out(name))
            for name in sorted(names):
                path = Path(where, name)
                if not _is_left_out(name):
                    yield from self.file(path, path.relative_to(folder).parts)

    def file(self, path: Path, parts: tuple[str, ...]) -> Iterator[HandedIn]:
        try:
            data = read_regular(path, MAX_FILE * 8 if path.suffix == ARCHIVE else MAX_FILE + 1)
        except OSError as error:
            yield HandedIn(parts, b"", path, f"it cannot be read: {error.strerror}")
            return
        yield from self._content(HandedIn(parts, data, path), 0)

    def _content(self, found: HandedIn, depth: int) -> Iterator[HandedIn]:
        self._add(len(found.data))
        if found.suffix != ARCHIVE:
            too_large = f"it is larger than {MAX_FILE >> 20} MB"
            is_large = len(found.data) > MAX_FILE
            yield HandedIn(found.parts, b"", found.path, too_large) if is_large else found
        elif depth == MAX_DEPTH:
            yield HandedIn(found.parts, b"", found.path, "too many archives in each other")
        else:
            try:
                yield from self._archive(found, depth)
            except _BROKEN as error:
                why = f"the archive is broken: {type(error).__name__}"
                yield HandedIn(found.parts, b"", found.path, why)

    def _archive(self, found: HandedIn, depth: int) -> Iterator[HandedIn]:
        # An archive that was given itself is no folder of a student's.
        above = found.parts if depth or len(found.parts) > 1 or found.path.name == "" else ()
        with zipfile.ZipFile(io.BytesIO(found.data)) as archive:
            for member in archive.infolist():
                parts = tuple(
                    part for part in member.filename.replace("\\", "/").split("/") if part
                )
                if member.is_dir() or any(_is_left_out(part) for part in parts):
                    continue
                with archive.open(member) as file:
                    data = file.read(MAX_FILE + 1)
                inner = HandedIn((*above, *parts), data, found.path)
                yield from self._content(inner, depth + 1)


def _is_left_out(name: str) -> bool:
    return name.startswith(".") or name in ("__MACOSX", "__pycache__", "..")


def collect(paths: Sequence[str | os.PathLike[str]]) -> list[HandedIn]:
    """Read all files in folders and archives.

    Raises:
        InputError: a path is not there, or there is too much.
    """
    collector = _Collector()
    found: list[HandedIn] = []
    for path in map(Path, paths):
        if path.is_dir():
            found += collector.folder(path)
        elif path.exists():
            found += collector.file(path, (path.name,))
        else:
            raise InputError(f"{str(path)!r} does not exist", remedy="Give what was handed in")
    return found


def beside(notebook: HandedIn, everything: Sequence[HandedIn]) -> dict[str, bytes]:
    """What a student handed in beside a notebook, by name: modules and data that it may need."""
    if not is_alone(notebook.parts):
        return {}
    found: dict[str, bytes] = {}
    for other in everything:
        is_near = other.parts[:-1] == notebook.parts[:-1] and other.path.parent == (
            notebook.path.parent
        )
        if is_near and other.suffix not in (NOTEBOOK, ARCHIVE) and len(other.data) <= MAX_BESIDE:
            found[other.parts[-1]] = other.data
    return found
