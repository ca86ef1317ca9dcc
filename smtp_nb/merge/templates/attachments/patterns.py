"""File name patterns: wildcards of the template's author, never from a cell."""

from __future__ import annotations

import glob
import re
from pathlib import Path

from smtp_nb.merge.rows.problem import RowError
from smtp_nb.merge.templates.attachments.root import allowed_file
from smtp_nb.merge.templates.environment import Part, Values
from smtp_nb.merge.templates.placeholders import SLOTS, Placeholders
from smtp_nb.merge.templates.sandboxed import Environments

_WILD = re.compile(r"[*?\[]")
_MOST = 100


def is_pattern(part: Part) -> bool:
    """True if the author wrote a wildcard outside of the expressions."""
    return _WILD.search(part.words) is not None


class Pattern:
    """A pattern with expressions.

    Args:
        root: the directory that files may lie in.
    """

    def __init__(self, source: str, root: Path, environments: Environments) -> None:
        self._part = Part("attachments", source, environments.slots, is_quiet=True)
        self._root = root

    def paths(self, values: Values) -> list[Path]:
        """The files of one row, sorted.

        Raises:
            RowError: there is none, there are too many, or one lies elsewhere.
        """
        slots = Placeholders()
        marked = self._part.render({**values, SLOTS: slots})
        shown = slots.fill(marked)
        if _is_there(self._root, shown):  # brackets in a file's name
            return [allowed_file(self._root, shown)]
        pattern = slots.fill(marked, lambda value: glob.escape(str(value)))
        try:
            found = sorted(glob.glob(pattern, root_dir=self._root))
        except ValueError:  # a NUL
            found = []
        if not found:
            raise RowError(f"no file matches {shown!r}", remedy=f"Check the directory {self._root}")
        if len(found) > _MOST:
            raise RowError(f"{len(found)} files match {shown!r}", remedy="Write a narrower pattern")
        return [allowed_file(self._root, name) for name in found]


def _is_there(root: Path, name: str) -> bool:
    try:
        return (root / name).is_file()
    except (OSError, ValueError):
        return False
