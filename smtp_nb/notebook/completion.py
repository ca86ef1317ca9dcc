"""What Tab answers on a line of `%smtp`, and within `%%smtp`.

On such a line IPython's own matchers have nothing to say: they offer Python's keywords for an
address, and are slow. So ours always answers there, if need be with nothing, and keeps them silent.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, NamedTuple

from smtp_nb.notebook.syntax import Argument, Option, Syntax, ValueKind

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

    from smtp_nb.notebook.offers import Offers
    from smtp_nb.notebook.state import NotebookState

# The magic at the beginning of a line, indented, or behind an assignment.
_MAGIC = re.compile(r"\s*(?:[\w, ]+=\s*)?%%?smtp\s+(.*)\Z", re.DOTALL)
_CELL = re.compile(r"\s*%%smtp(?:\s|\Z)")
_UNSAFE = re.compile(r"[\s'\"\\]")
_NAME = re.compile(r"\w*\Z")


class Typed(NamedTuple):
    """A line up to the cursor.

    Attributes:
        words: those that are complete, without their quotes.
        begun: the one at the cursor, which may be empty, without its quotes.
        quote: the one that is still open, or empty.
    """

    words: list[str]
    begun: str
    quote: str = ""


class Found(NamedTuple):
    """What can stand at the cursor: whole words, the likeliest first, and what is typed of one."""

    words: list[str]
    begun: str
    quote: str = ""


def cut(line: str) -> Typed:
    """Cut a line into words as a shell does; unlike it, take a quote that is still open."""
    words: list[str] = []
    begun, quote, is_word = "", "", False
    for letter in line:
        if quote:
            quote = "" if letter == quote else quote
            begun += "" if not quote else letter
        elif letter in "'\"":
            quote, is_word = letter, True
        elif not letter.isspace():
            begun, is_word = begun + letter, True
        elif is_word:
            words.append(begun)
            begun, is_word = "", False
    return Typed(words, begun, quote)


def candidates(text: str, cursor_line: int, cursor: int, state: NotebookState) -> Found | None:
    """What can stand at the cursor; None: this is not our business.

    Args:
        text: the whole cell.
        cursor_line: the number of the line, from 0.
        cursor: the place in that line.
    """
    lines = text.split("\n")[: cursor_line + 1]
    line = _joined([*lines[:-1], lines[-1][:cursor]])
    found = _MAGIC.match(line)
    if not found and not _is_body(lines):
        return None
    from smtp_nb.notebook.offers import Offers  # with the verbs, which the first line brings

    offers = Offers(state)
    if "{{" in line and "}}" not in line.rpartition("{{")[2]:
        name = _NAME.search(line)
        begun = name[0] if name else ""
        return Found(offers.names_in_braces(begun), begun)
    if not found:
        return Found([], "")
    typed = cut(found[1])
    words = [word for word in _offered(typed, offers) if word.startswith(typed.begun)]
    return Found(words, typed.begun, typed.quote)


def _joined(lines: list[str]) -> str:
    """The last line, and those before it that go on with a backslash."""
    line = lines[-1]
    for before in reversed(lines[:-1]):
        if not before.endswith("\\"):
            break
        line = f"{before[:-1]} {line}"
    return line


def _is_body(lines: list[str]) -> bool:
    first = next((line for line in lines if line.strip()), "")
    return len(lines) > 1 and bool(_CELL.match(first))


def _offered(typed: Typed, offers: Offers) -> Iterator[str]:
    from smtp_nb.notebook.verbs import find_verb, starting_with

    if longer := starting_with(typed.words):
        yield from longer
    verb, rest = find_verb(typed.words)
    if verb is None or longer:
        return
    syntax = verb.syntax
    last = syntax.option(rest[-1]) if rest and "=" not in rest[-1] else None
    free = _free(syntax, rest)
    if last is not None and last.kind is not ValueKind.FLAG:
        yield from offers.of(last, free, typed.begun)
        return
    if typed.begun.startswith("-") and "=" in typed.begun:
        yield from _after_equals(syntax, free, typed.begun, offers)
        return
    argument = _at(verb.arguments, len(free))
    if argument is not None and not typed.begun.startswith("-"):
        yield from offers.of(argument, free, typed.begun)
    used = {option for word in rest if (option := syntax.option(word)) is not None}
    yield from (o.name for o in syntax.all_options if o.many or o not in used)


def _after_equals(syntax: Syntax, free: list[str], begun: str, offers: Offers) -> Iterator[str]:
    """`--tls=st`."""
    name, _, value = begun.partition("=")
    option = syntax.option(name)
    if option is not None and option.kind is not ValueKind.FLAG:
        yield from (f"{name}={word}" for word in offers.of(option, free, value))


def _free(syntax: Syntax, words: list[str]) -> list[str]:
    """The words that are neither options nor their values."""
    found, is_value = [], False
    for word in words:
        option = None if is_value else syntax.option(word)
        if option is None and not is_value:
            found.append(word)
        is_value = option is not None and option.kind is not ValueKind.FLAG and "=" not in word
    return found


def _at(arguments: tuple[Argument, ...], count: int) -> Argument | Option | None:
    """The argument that comes next; a rest goes on."""
    if arguments and arguments[-1].rest and count >= len(arguments):
        return arguments[-1]
    return arguments[count] if count < len(arguments) else None


def for_token(found: Found, token: str) -> list[str]:
    """What replaces IPython's `token`, which begins behind a quote, an @ or an equals sign."""
    if found.quote:
        words = [word + found.quote for word in found.words]
    elif found.begun == token:
        words = [shlex.quote(word) if _UNSAFE.search(word) else word for word in found.words]
    else:
        words = found.words
    start = max(0, len(found.begun) - len(token))
    return [word[start:] for word in words]


class Answer(list[Any]):  # of IPython's completions, which have no types
    """Completions, perhaps none.

    IPython asks the other matchers as well where the length of ours is 0.
    """

    def __len__(self) -> int:
        return max(1, super().__len__())


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
        place = context.cursor_line, context.cursor_position
        found = candidates(context.full_text, *place, state)
        if found is None:
            return {"completions": [], "suppress": False}
        texts = for_token(found, context.token)
        words = Answer(SimpleCompletion(text, type="param") for text in texts)
        return {"completions": words, "suppress": True, "ordered": True}

    matchers = shell.Completer.custom_matchers
    matchers.append(smtp_matcher)
    return lambda: matchers.remove(smtp_matcher)


def _install_hook(shell: InteractiveShell, state: NotebookState) -> Callable[[], None]:
    def complete(_shell: object, event: Any) -> list[str]:
        found = candidates(event.line, 0, len(event.line), state)
        return found.words if found else []

    # IPython's hooks have no types.
    set_hook: Callable[..., None] = shell.set_hook
    set_hook("complete_command", complete, str_key="%smtp")
    return lambda: set_hook("complete_command", lambda *_: [], str_key="%smtp")
