"""The magic `%smtp`: what `%load_ext smtp_nb` puts into a notebook, and takes out again."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell


def load(shell: InteractiveShell) -> None:
    """Give `shell` the magic, its completion and the looks of our values."""
    from smtp_nb.notebook.extension import Extension

    Extension.of(shell).load()


def unload(shell: InteractiveShell) -> None:
    """Undo all of it: sessions end, the sandbox stops."""
    from smtp_nb.notebook.extension import Extension

    Extension.of(shell).unload()
