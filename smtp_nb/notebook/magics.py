"""`%smtp` and `%%smtp`: dispatch to verbs, and short errors.

The verbs are imported by the first line rather than by `%load_ext`: they bring the client, the
sandbox and the classroom.
"""

from __future__ import annotations

import sys
from collections import ChainMap
from collections.abc import Mapping
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

from IPython.core.error import UsageError
from IPython.core.magic import (
    Magics,
    line_cell_magic,
    magics_class,
    needs_local_scope,
    no_var_expand,
)

from smtp_nb.errors import SMTPError, Unsupported
from smtp_nb.notebook.history import forget
from smtp_nb.notebook.refusals import secrets_in
from smtp_nb.notebook.render import fill
from smtp_nb.notebook.show import Page, shortened, stopped
from smtp_nb.notebook.syntax import filled
from smtp_nb.notebook.verb import CellBody, Verb, VerbRequest
from smtp_nb.notebook.words import split_words
from smtp_nb.wording import REQUIRED, bring

if TYPE_CHECKING:
    from smtp_nb.notebook.state import NotebookState

_REFUSED = (
    "%smtp: the line holds a password, which the notebook and IPython's history would keep, so"
    " it was not used. It was removed from this session's history; remove it from the cell"
    " too, and change it if the notebook was saved or shared. Give it by --password-env"
    " NAME, --password-file PATH, the keyring or the prompt of %smtp connect"
)


@magics_class
class SMTPMagics(Magics):
    """The `%smtp` magic."""

    def __init__(self, shell: Any, state: NotebookState) -> None:
        super().__init__(shell)
        self._shell = shell
        self._state = state

    @line_cell_magic
    @no_var_expand
    @needs_local_scope
    def smtp(
        self, line: str, cell: str | None = None, local_ns: Mapping[str, object] | None = None
    ) -> object:
        """SMTP from a notebook: `%smtp help` lists the verbs, `%smtp send --help` explains one."""
        from smtp_nb.notebook.verbs import find_verb

        # IPython's own way to silence a magic reads the cell as Python after it has run: a mail
        # with a lone parenthesis was sent, and the cell failed.
        is_quiet = cell is None and line.rstrip().endswith(";")
        words = split_words(line.rstrip().removesuffix(";") if is_quiet else line)
        self._refuse_secrets(words)
        verb, rest = find_verb(words or ["help"])
        if verb is None:
            raise UsageError(_unknown(words))
        try:
            result = self._run(verb, rest, cell, local_ns or {})
            return None if is_quiet else result
        except SMTPError as error:
            self._state.take_receipt(error)
            if not self._state.preferences.short_errors:
                raise
            raise shortened(error) from error
        except KeyboardInterrupt as stop:
            self._state.take_receipt(stop.__cause__)
            raise stopped(stop)  # noqa: B904 (it is the same one)

    def _refuse_secrets(self, words: list[str]) -> None:
        if found := secrets_in(words):
            forget(self._shell, found)
            raise UsageError(_REFUSED)

    def _run(
        self, verb: Verb, words: list[str], cell: str | None, local_ns: Mapping[str, object]
    ) -> object:
        syntax = verb.syntax
        values = syntax.parse(words)
        if values["help"]:
            from smtp_nb.notebook.verbs.help import page_of

            return Page(page_of(verb))
        _check_body(verb, cell)
        namespace = ChainMap(dict(local_ns), self._shell.user_ns)
        values = filled(syntax, values, lambda what, text: fill(what, text, namespace))
        result = _result_of(verb, VerbRequest(self._state, syntax, values, cell, namespace))
        if name := values["out"]:
            self._shell.user_ns[name] = _kept(result)
            return None
        return result


def _result_of(verb: Verb, request: VerbRequest) -> object:
    """What the verb returns.

    Raises:
        Unsupported: a package of ours is not there, as in the Python of browsers.
    """
    try:
        return verb.run(request)
    except ModuleNotFoundError as error:
        # What is none of ours is imported by a user's code.
        if (package := REQUIRED.get((error.name or "").partition(".")[0])) is None:
            raise
        what = f"%smtp {verb.name} needs {package}, which is not installed here"
        raise Unsupported(what, remedy=bring(package)) from error


def _kept(result: object) -> object:
    """What `-o NAME` keeps of what a verb returned; pandas is imported for frames only."""
    if "pandas" not in sys.modules:
        return result
    from smtp_nb.notebook.results_frame import kept

    return kept(result)


def _check_body(verb: Verb, cell: str | None) -> None:
    if verb.body is CellBody.REQUIRED and cell is None:
        raise verb.syntax.error(f"it needs a cell: write %%smtp {verb.name} as its first line")
    if verb.body is CellBody.NONE and cell is not None:
        raise verb.syntax.error(f"it takes no cell: write %smtp {verb.name} on a line")


def _unknown(words: list[str]) -> str:
    from smtp_nb.notebook.verbs import VERBS

    near = get_close_matches(" ".join(words[:2]), VERBS, 1) or get_close_matches(words[0], VERBS, 1)
    hint = f"did you mean {near[0]}?" if near else "%smtp help lists them"
    return f"%smtp: unknown verb {words[0]!r}; {hint}"
