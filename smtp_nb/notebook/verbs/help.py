"""`help`, and the page that `--help` shows."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from textwrap import wrap
from typing import NamedTuple

from smtp_nb.notebook.show import Page
from smtp_nb.notebook.syntax import Argument, Option, ValueKind
from smtp_nb.notebook.verb import CellBody, Verb, VerbRequest

WIDTH = 96


class Group(NamedTuple):
    """Verbs that belong together, under the example that a newcomer tries first."""

    title: str
    example: str
    verbs: tuple[str, ...]


GROUPS = (
    Group(
        "Send",
        "%smtp send --to ann@school.test --subject Hello --text 'It works.'",
        ("connect", "login", "disconnect", "send", "compose", "queue", "process-queue", "set",
         "config"),
    ),
    Group(
        "Merge",
        "%smtp merge df result --to email",
        ("template", "merge", "preview", "results"),
    ),
    Group(
        "Sandbox",
        "%smtp server start --tls starttls --auth ann",
        ("server start", "server stop", "server reset", "server inbox", "server sessions",
         "server fault", "server heal"),
    ),
    Group(
        "Classroom",
        "%smtp lesson 1",
        ("lessons", "lesson", "check", "hint", "join", "talk", "step"),
    ),
    Group("Look", "%smtp trail", ()),
)  # fmt: skip
"""The last one has all verbs that no other names."""


def _help(request: VerbRequest) -> Page:
    from smtp_nb.notebook.verbs import VERBS, find_verb

    if not (name := request.text("verb")):
        return Page(overview(VERBS.values()))
    verb, rest = find_verb(name.split())
    if verb is not None and not rest:
        return Page(page_of(verb))
    if family := [known for known in VERBS.values() if known.name.split()[0] == name]:
        return Page("\n".join(_listed(family)))
    raise request.syntax.error(f"unknown verb {name!r}")


def overview(verbs: Iterable[Verb]) -> str:
    """All verbs in their groups, one a line, an example above each group."""
    known = {verb.name: verb for verb in verbs}
    lines = ["SMTP in a notebook: %smtp VERB, or %%smtp VERB above a cell"]
    width = max(map(len, known))
    for group in GROUPS:
        names = [name for name in group.verbs if name in known] or list(known)
        lines += ["", f"{group.title:{width + 2}}  {group.example}"]
        lines += _listed([known.pop(name) for name in names], width)
    hint = "%smtp VERB --help says more. Values may hold {{ name }}, filled from your variables."
    return "\n".join([*lines, "", hint])


def _listed(verbs: Sequence[Verb], width: int = 0) -> list[str]:
    width = width or max(len(verb.name) for verb in verbs)
    return [f"  {verb.name:{width}}  {verb.summary}" for verb in verbs]


def page_of(verb: Verb) -> str:
    """Everything about one verb."""
    syntax = verb.syntax
    mark = "%" if verb.body is CellBody.REQUIRED else ""
    lines = [f"{verb.summary}.", "", f"  {mark}{syntax.usage()}", ""]
    words: list[Argument | Option] = [*verb.arguments, *syntax.all_options]
    lines += _columns([(word.spelling, _explained(word)) for word in words])
    if verb.glossary:
        lines += ["", *_columns(verb.glossary)]
    return "\n".join([*lines, "", "Example:", *(f"  {x}" for x in verb.example.splitlines())])


def _columns(rows: Sequence[tuple[str, str]]) -> list[str]:
    """Words, and beside each of them what it means."""
    width = max(len(word) for word, _ in rows)
    lines = []
    for word, meaning in rows:
        first, *more = wrap(meaning, max(40, WIDTH - width - 4))
        lines.append(f"  {word:{width}}  {first}")
        lines += [f"  {'':{width}}  {line}" for line in more]
    return lines


def _explained(word: Argument | Option) -> str:
    """What it does, and which values it takes where its spelling does not show them."""
    text = word.help
    if word.choices and not all(choice in word.spelling for choice in word.choices):
        which = "one of" if word.kind is ValueKind.CHOICE else "such as"
        text = f"{text}; {which} {', '.join(word.choices)}"
    return f"{text} (may be repeated)" if isinstance(word, Option) and word.many else text


VERBS = (
    Verb(
        "help",
        "Show all verbs, or one",
        _help,
        (Argument("verb", "one of them", ValueKind.VERB, required=False, rest=True),),
        example="%smtp help send",
    ),
)
