"""Removal of a secret from IPython's input history, in memory and on disk."""

from __future__ import annotations

from typing import TYPE_CHECKING

from smtp_nb.model.secret import HIDDEN

if TYPE_CHECKING:
    from IPython.core.history import HistoryManager
    from IPython.core.interactiveshell import InteractiveShell

_RECENT = ("_i", "_ii", "_iii", "_i00")


def forget(shell: InteractiveShell, secrets: set[str]) -> None:
    """Write `<hidden>` in place of `secrets` wherever this session's input is kept.

    The notebook's own cell is out of reach: only its author can edit it.
    """
    for secret in sorted(filter(None, secrets), key=len, reverse=True):
        _in_namespace(shell, secret)
        if shell.history_manager is not None:
            _in_memory(shell.history_manager, secret)
            _on_disk(shell.history_manager, secret)


def _in_namespace(shell: InteractiveShell, secret: str) -> None:
    for name, value in list(shell.user_ns.items()):
        if name.startswith("_i") and isinstance(value, str) and secret in value:
            shell.user_ns[name] = value.replace(secret, HIDDEN)


def _in_memory(history: HistoryManager, secret: str) -> None:
    for inputs in (history.input_hist_parsed, history.input_hist_raw):
        inputs[:] = [source.replace(secret, HIDDEN) for source in inputs]
    for name in _RECENT:
        setattr(history, name, getattr(history, name).replace(secret, HIDDEN))


def _on_disk(history: HistoryManager, secret: str) -> None:
    with history.db_input_cache_lock:
        history.db_input_cache[:] = [
            (line, parsed.replace(secret, HIDDEN), raw.replace(secret, HIDDEN))
            for line, parsed, raw in history.db_input_cache
        ]
    if not history.enabled:
        return
    history.writeout_cache()
    # Without it the old text would stay in the file, in space that is marked as free.
    history.db.execute("PRAGMA secure_delete = ON")
    with history.db:
        history.db.execute(
            "UPDATE history SET source = replace(source, ?, ?),"
            " source_raw = replace(source_raw, ?, ?) WHERE session = ?",
            (secret, HIDDEN, secret, HIDDEN, history.session_number),
        )
