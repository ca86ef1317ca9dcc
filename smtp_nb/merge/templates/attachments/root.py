"""The attachment root: the only directory that a merge takes files from."""

from __future__ import annotations

import os
from pathlib import Path

from smtp_nb.merge.rows.problem import RowError


def allowed_file(root: Path, name: str) -> Path:
    """The file of that name under the root, with every link followed.

    Raises:
        RowError: there is none, it cannot be read, or it lies elsewhere.
    """
    try:
        root = root.resolve()
        path = (root / name).resolve(strict=True)
    except (OSError, ValueError) as error:
        raise RowError(
            f"the file {name!r} does not exist", remedy=f"Check the directory {root}"
        ) from error
    if not (path.is_file() and os.access(path, os.R_OK)):
        raise RowError(
            f"the file {name!r} cannot be read", remedy="Check that it is a file, and readable"
        )
    if not path.is_relative_to(root):
        raise RowError(
            f"the file {name!r} lies outside of {root}",
            remedy="Move it there, or give Template(attachment_root=…)",
        )
    return path
