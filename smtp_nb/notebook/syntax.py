"""What a verb takes: options and arguments as data, and the parser that reads words by them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from enum import Enum, auto
from typing import Any

from IPython.core.error import UsageError


class ValueKind(Enum):
    """What a value is, for checking and for completion."""

    FLAG = auto()
    TEXT = auto()
    CHOICE = auto()
    NUMBER = auto()
    PATH = auto()
    FRAME = auto()
    """The name of a variable that holds a DataFrame."""
    TEMPLATE = auto()
    """The name of a template, or of a variable that holds one."""
    VARIABLE = auto()
    """The name of any variable."""
    COLUMN = auto()
    """A column of the frame that the line names."""
    CAMPAIGN = auto()
    """A merge that was sent, here or before."""
    DIRECTORY = auto()
    PROPERTY = auto()
    """What `set` takes."""
    SETTING = auto()
    """What `config` takes."""
    VALUE = auto()
    """Of the property before it."""
    VERB = auto()
    """A verb of ours, of one word or two."""
    CODE = auto()
    """A reply code or an enhanced status code."""
    EXERCISE = auto()
    """The key of an exercise of the lesson under way."""
    NAME = auto()
    """A name to be given, not looked up."""


RENDERED = frozenset(
    {
        ValueKind.COLUMN,
        ValueKind.CAMPAIGN,
        ValueKind.TEXT,
        ValueKind.PATH,
        ValueKind.DIRECTORY,
        ValueKind.SETTING,
        ValueKind.VALUE,
        ValueKind.CODE,
    }
)
"""Kinds in which `{{ name }}` is filled in."""


@dataclass(frozen=True, slots=True)
class Option:
    """`--to ADDRESS`.

    Attributes:
        name: with its dashes.
        help: what it does, in one sentence without a full stop.
        kind: FLAG takes no value.
        metavar: how help calls the value.
        many: it may be given several times.
        choices: for CHOICE.
        short: a second spelling, `-o`.
    """

    name: str
    help: str
    kind: ValueKind = ValueKind.TEXT
    metavar: str = ""
    many: bool = False
    choices: tuple[str, ...] = ()
    short: str = ""

    @property
    def key(self) -> str:
        return self.name.lstrip("-").replace("-", "_")

    @property
    def spelling(self) -> str:
        """As help shows it."""
        names = f"{self.short}, {self.name}" if self.short else self.name
        if self.kind is ValueKind.FLAG:
            return names
        return f"{names} {self.metavar or '|'.join(self.choices) or self.key.upper()}"


@dataclass(frozen=True, slots=True)
class Argument:
    """A value that stands by itself."""

    name: str
    help: str
    kind: ValueKind = ValueKind.TEXT
    required: bool = True
    choices: tuple[str, ...] = ()
    rest: bool = False
    """It takes all words that are left, as one text."""

    @property
    def key(self) -> str:
        return self.name.lower()

    @property
    def spelling(self) -> str:
        name = self.name.upper() + ("…" if self.rest else "")
        return name if self.required else f"[{name}]"


OUT = Option("--out", "keep the result under this name", ValueKind.NAME, "NAME", short="-o")
HELP = Option("--help", "show this", ValueKind.FLAG, short="-h")


@dataclass(frozen=True, slots=True)
class Syntax:
    """All that a verb takes."""

    verb: str
    arguments: tuple[Argument, ...] = ()
    options: tuple[Option, ...] = ()
    all_options: tuple[Option, ...] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "all_options", (*self.options, OUT, HELP))

    def option(self, word: str) -> Option | None:
        """The option that a word such as `--to` or `--to=x` names."""
        name = word.partition("=")[0]
        return next((o for o in self.all_options if name in (o.name, o.short)), None)

    def parse(self, words: Sequence[str]) -> dict[str, Any]:
        """Values by key. A flag that is not there is False, an option None or an empty list.

        Raises:
            UsageError: unknown, incomplete, or of the wrong kind; says what to write instead.
        """
        values: dict[str, Any] = {o.key: _nothing(o) for o in self.all_options}
        values |= {argument.key: None for argument in self.arguments}
        left = list(words)
        free: list[str] = []
        while left:
            word = left.pop(0)
            if word == "--":
                free += left
                break
            if len(word) > 1 and word.startswith("-"):
                self._take_option(word, left, values)
            else:
                free.append(word)
        if not values[HELP.key]:
            self._take_arguments(free, values)
        return values

    def _take_option(self, word: str, left: list[str], values: dict[str, Any]) -> None:
        option = self.option(word)
        if option is None:
            raise self.error(f"unknown option {word.partition('=')[0]}{self._nearest(word)}")
        _, has_value, value = word.partition("=")
        if option.kind is ValueKind.FLAG:
            if has_value:
                raise self.error(f"{option.name} takes no value")
            values[option.key] = True
            return
        if not has_value and (not left or self.option(left[0]) is not None):
            raise self.error(f"{option.name} needs a value: {option.spelling}")
        checked = self._checked(option.name, option, value if has_value else left.pop(0))
        if option.many:
            values[option.key].append(checked)
        elif values[option.key] is None:
            values[option.key] = checked
        else:
            raise self.error(f"{option.name} is given twice")

    def _take_arguments(self, free: list[str], values: dict[str, Any]) -> None:
        for argument in self.arguments:
            if argument.rest and free:
                values[argument.key] = " ".join(free)
                free = []
            elif free:
                name = argument.name.upper()
                values[argument.key] = self._checked(name, argument, free.pop(0))
            elif argument.required:
                raise self.error(f"{argument.name.upper()} is missing: {argument.help}")
        if free:
            raise self.error(f"unexpected {free[0]!r}; quote a value that has spaces")

    def _checked(self, name: str, wanted: Option | Argument, value: str) -> str | int:
        if wanted.kind is ValueKind.CHOICE and value not in wanted.choices:
            raise self.error(f"{name} takes one of {', '.join(wanted.choices)}, not {value!r}")
        if wanted.kind is ValueKind.NAME and not value.isidentifier():
            raise self.error(f"{name} takes a Python name, not {value!r}")
        if wanted.kind is not ValueKind.NUMBER:
            return value
        if not (value.isascii() and value.isdigit()):
            raise self.error(f"{name} takes a whole number, not {value!r}")
        return int(value)

    def _nearest(self, word: str) -> str:
        names = [option.name for option in self.all_options]
        near = get_close_matches(word.partition("=")[0], names, 1)
        return f"; did you mean {near[0]}?" if near else ""

    def error(self, text: str) -> UsageError:
        """A usage error of this verb; the class is the one that IPython shows in one line."""
        return UsageError(f"%smtp {self.verb}: {text} (%smtp {self.verb} --help)")

    def usage(self) -> str:
        """One line: what may follow the verb."""
        parts = [argument.spelling for argument in self.arguments]
        parts += ["[options]"] if self.options else []
        return " ".join(["%smtp", self.verb, *parts])


def _nothing(option: Option) -> object:
    if option.kind is ValueKind.FLAG:
        return False
    return [] if option.many else None


Fill = Callable[[str, str], str]
"""(what it is, text with `{{ … }}`) -> text"""


def filled(syntax: Syntax, values: Mapping[str, Any], fill: Fill) -> dict[str, Any]:
    """`values` with `{{ … }}` filled in, in those that may have it."""
    kinds = {option.key: option.kind for option in syntax.all_options}
    kinds |= {argument.key: argument.kind for argument in syntax.arguments}
    return {
        key: _filled(key, value, fill) if kinds[key] in RENDERED else value
        for key, value in values.items()
    }


def _filled(key: str, value: Any, fill: Fill) -> Any:
    if isinstance(value, list):
        return [fill(key, item) for item in value]
    return value if value is None else fill(key, value)
