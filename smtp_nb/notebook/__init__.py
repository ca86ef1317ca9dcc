"""The `%smtp` magic, installed by `%load_ext smtp_nb` and removed by `%unload_ext`."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell


def load(shell: InteractiveShell) -> None:
    """Add the magic, its completion and the formatters of our values to `shell`."""
    from smtp_nb.notebook.extension import Extension

    Extension.of(shell).load()


def unload(shell: InteractiveShell) -> None:
    """Undo all of it: sessions end, the sandbox stops."""
    from smtp_nb.notebook.extension import Extension

    Extension.of(shell).unload()
