"""Tab completion for `%smtp`: verbs, options, values, and the user's frames and templates."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from smtp_nb.notebook.syntax import Argument, Option, ValueKind
from smtp_nb.notebook.verbs import find_verb, starting_with

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

    from smtp_nb.notebook.state import NotebookState

# The magic at the beginning of a line, indented, or behind an assignment.
_MAGIC = re.compile(r"^\s*(?:[\w, ]+=\s*)?%%?smtp\s+(.*)$", re.DOTALL)


def candidates(line: str, state: NotebookState) -> list[str] | None:
    """The words that can stand at the end of `line`, or None if this is not our business.

    Args:
        line: the line up to the cursor.
    """
    found = _MAGIC.match(line)
    if not found or found[1].count('"') % 2 or found[1].count("'") % 2:
        return None
    *before, begun = re.split(r"\s+", found[1])
    offered = _offered(before, begun, state)
    return None if offered is None else [word for word in offered if word.startswith(begun)]


def _offered(before: list[str], begun: str, state: NotebookState) -> Iterable[str] | None:
    verb, rest = find_verb(before)
    if verb is None:
        return starting_with(before)
    syntax = verb.syntax
    if longer := starting_with(before):
        return longer
    last = syntax.option(rest[-1]) if rest and "=" not in rest[-1] else None
    if last is not None and last.kind is not ValueKind.FLAG:
        return _values(last, state)
    used = {option for word in rest if (option := syntax.option(word)) is not None}
    options = [o.name for o in syntax.all_options if o.many or o not in used]
    if begun.startswith("-"):
        return options
    argument = _next_argument(verb.arguments, rest, syntax.option)
    if argument is None:
        return options
    values = _values(argument, state)
    return values if values is None else [*values, *options]


def _next_argument(
    arguments: tuple[Argument, ...], words: list[str], option: Callable[[str], Option | None]
) -> Argument | None:
    count, skip = 0, False
    for word in words:
        known = option(word)
        count += known is None and not skip
        skip = known is not None and known.kind is not ValueKind.FLAG and "=" not in word
    return arguments[count] if count < len(arguments) else None


def _values(wanted: Option | Argument, state: NotebookState) -> Iterable[str] | None:
    """What can be the value; None leaves it to others: file names, say."""
    if wanted.choices:
        return wanted.choices
    kinds: dict[ValueKind, Callable[[NotebookState], Iterable[str]]] = {
        ValueKind.FRAME: _frames,
        ValueKind.TEMPLATE: lambda state: sorted(state.templates),
        ValueKind.VARIABLE: _variables,
    }
    if wanted.kind in kinds:
        return kinds[wanted.kind](state)
    return None if wanted.kind is ValueKind.PATH else ()


def _frames(state: NotebookState) -> list[str]:
    import pandas

    names = _variables(state)
    return [name for name in names if isinstance(state.shell.user_ns[name], pandas.DataFrame)]


def _variables(state: NotebookState) -> list[str]:
    hidden = state.shell.user_ns_hidden
    names = (name for name in state.shell.user_ns if not name.startswith("_"))
    return sorted(name for name in names if name not in hidden)


def for_token(words: list[str], line: str, token: str) -> list[str]:
    """What replaces IPython's `token`, which begins behind an @, a comma or an equals sign.

    Where there is nothing to offer, the token itself keeps others from offering `exit` for `al@ex`.
    """
    begun = re.split(r"\s+", line)[-1]
    return [word[len(begun) - len(token) :] for word in words] or [token] * bool(token)


def install(shell: InteractiveShell, state: NotebookState) -> Callable[[], None]:
    """Offer completions; returns what takes them back.

    IPython calls its matcher interface provisional; where it is not there, its older hook serves
    lines that begin with the magic.
    """
    try:
        from IPython.core.completer import SimpleCompletion, context_matcher
    except ImportError:
        return _install_hook(shell, state)

    @context_matcher()  # type: ignore[untyped-decorator]  # IPython's has no types
    def smtp_matcher(context: Any) -> Any:
        line = context.line_with_cursor[: context.cursor_position]
        found = candidates(line, state)
        texts = [] if found is None else for_token(found, line, context.token)
        words = [SimpleCompletion(text, type="param") for text in texts]
        return {"completions": words, "suppress": found is not None}

    matchers = shell.Completer.custom_matchers
    matchers.append(smtp_matcher)
    return lambda: matchers.remove(smtp_matcher)


def _install_hook(shell: InteractiveShell, state: NotebookState) -> Callable[[], None]:
    def complete(_shell: object, event: Any) -> list[str]:
        return candidates(event.line, state) or []

    # IPython's hooks have no types.
    set_hook: Callable[..., None] = shell.set_hook
    set_hook("complete_command", complete, str_key="%smtp")
    return lambda: set_hook("complete_command", lambda *_: [], str_key="%smtp")
