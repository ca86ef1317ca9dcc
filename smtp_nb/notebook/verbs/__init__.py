"""The verbs of `%smtp`, by name."""

from __future__ import annotations

from collections.abc import Iterable

from smtp_nb.notebook.verb import Verb
from smtp_nb.notebook.verbs import (
    command,
    compose,
    config,
    connection,
    doctor,
    expand,
    explain,
    help,
    join,
    lesson,
    login,
    merge,
    process_queue,
    queue,
    send,
    server,
    step,
    talk,
    template,
    trail,
    verify,
)
from smtp_nb.notebook.verbs import set as set_verb

_MODULES = (
    connection, join, login, set_verb, config,
    send, compose, queue, process_queue, verify, expand, command,
    template, merge,
    server, talk, step, lesson,
    trail, explain, doctor, help,
)  # fmt: skip
VERBS: dict[str, Verb] = {verb.name: verb for module in _MODULES for verb in module.VERBS}


def find_verb(words: list[str]) -> tuple[Verb | None, list[str]]:
    """The verb that the first words name, and the words behind it."""
    for size in (2, 1):
        if verb := VERBS.get(" ".join(words[:size])):
            return verb, words[size:]
    return None, words


def starting_with(words: Iterable[str]) -> list[str]:
    """What can follow `words` in the name of a verb: ['server'] -> start, stop, …"""
    before = list(words)
    names = (name.split() for name in VERBS)
    after = [name[len(before)] for name in names if name[: len(before)] == before < name]
    return sorted(dict.fromkeys(after))  # here, `set` is the module of that verb
