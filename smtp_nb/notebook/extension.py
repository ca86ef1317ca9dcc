"""Loading and unloading of the IPython extension."""

from __future__ import annotations

from contextlib import ExitStack
from typing import Any, ClassVar
from weakref import WeakKeyDictionary

from smtp_nb.merge.running.progress import show_with
from smtp_nb.notebook import class_views, completion, discretion
from smtp_nb.notebook.jobs import show_jobs
from smtp_nb.notebook.magics import SMTPMagics
from smtp_nb.notebook.preferences import show_frames
from smtp_nb.notebook.state import NotebookState

MAGIC = "smtp"


class Extension:
    """Our part of one shell."""

    _of_shell: ClassVar[WeakKeyDictionary[Any, Extension]] = WeakKeyDictionary()

    def __init__(self, shell: Any) -> None:  # IPython's shell has few types
        self._shell = shell
        self._undo: ExitStack | None = None

    @classmethod
    def of(cls, shell: Any) -> Extension:
        """The one of this shell."""
        if shell not in cls._of_shell:
            cls._of_shell[shell] = cls(shell)
        return cls._of_shell[shell]

    def load(self) -> None:
        """Put everything in; nothing to do if it is there."""
        if self._undo is not None:
            return
        self._undo = undo = ExitStack()
        state = NotebookState(self._shell)
        undo.callback(state.close)
        self._shell.register_magics(SMTPMagics(self._shell, state))
        undo.callback(self._remove_magic)
        undo.callback(completion.install(self._shell, state))
        undo.callback(discretion.install(self._shell, state.preferences))
        undo.callback(show_frames(self._shell, state.preferences))
        if getattr(self._shell, "kernel", None) is not None:  # a terminal has its bar
            show_with(state.show_progress)
            undo.callback(show_with, None)
            undo.callback(show_jobs(self._shell))
            undo.callback(class_views.install(self._shell))

    def unload(self) -> None:
        """Take everything out."""
        undo, self._undo = self._undo, None
        if undo is not None:
            undo.close()

    def _remove_magic(self) -> None:
        for kind in ("line", "cell"):
            self._shell.magics_manager.magics[kind].pop(MAGIC, None)
