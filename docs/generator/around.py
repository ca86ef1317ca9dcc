"""Pages for logins, merge, sandbox and magics."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from enum import Enum

import smtp_nb
from generator.docstrings import markdown, summary
from generator.text import page, prose, section, table
from smtp_nb import merge, sandbox
from smtp_nb.client import oauth, passwords
from smtp_nb.merge.running.job import MergeJob
from smtp_nb.merge.running.options import Options
from smtp_nb.notebook.verb import CellBody, Verb
from smtp_nb.notebook.verbs import VERBS

MANY = 10
"""So many keywords stand for the fields of `Options`."""


def merges() -> str:
    """MailMerge, its templates, options, and jobs in the background."""
    return page(
        "Mail merge",
        _class(smtp_nb.MailMerge),
        _class(smtp_nb.Template),
        _class(Options),
        _class(MergeJob),
        _function(merge.load),
    )


def logins() -> str:
    """Sources of passwords and tokens."""
    return page(
        "Passwords and tokens",
        _function(passwords.find_password),
        _function(oauth.google),
        _function(oauth.microsoft),
        *map(_class, (oauth.Account, oauth.DeviceCode, oauth.Consent)),
    )


def sandboxes() -> str:
    """The server, its faults by name, and what it received."""
    rows = [(f"`{name}`", prose(str(fault))) for name, fault in sandbox.FAULTS.items()]
    return page(
        "Sandbox",
        _class(sandbox.SandboxServer),
        section("sandbox-faults", "Faults", table(("name", "what happens"), rows)),
        _class(sandbox.Fault),
        _class(sandbox.Message),
        _class(sandbox.Session),
    )


def magics() -> str:
    """Every verb with its arguments and options."""
    return page(
        "Magics",
        "`%load_ext smtp_nb` loads one magic. `%smtp verb …` is a line magic, `%%smtp verb …` takes"
        " the cell below. Tab completes verbs, options and names; `--help` shows this text;"
        " `-o NAME` keeps the result.",
        *map(_verb, VERBS.values()),
    )


_MARKS: dict[Enum, tuple[str, ...]] = {
    CellBody.NONE: ("%",),
    CellBody.OPTIONAL: ("%", "%%"),
    CellBody.REQUIRED: ("%%",),
}


def _verb(verb: Verb) -> str:
    marks = " or ".join(f"`{mark}smtp {verb.name}`" for mark in _MARKS[verb.body])
    words = [(f"`{a.name}`", prose(a.help)) for a in verb.arguments]
    words += [(f"`{o.spelling}`", prose(o.help)) for o in verb.options]
    example = f"```text\n{verb.example}\n```" if verb.example else ""
    listed = table(("argument", "meaning"), words) if words else ""
    label = f"verb-{verb.name.replace(' ', '-')}"
    return section(label, f"`{verb.name}`", f"{marks}: {prose(verb.summary)}", listed, example)


def _class(kind: type) -> str:
    """A class with its public methods and properties."""
    return section(
        f"class-{kind.__name__}".lower(),
        f"`{kind.__name__}`",
        _whole(kind),
        *_members(kind),
    )


def _function(called: Callable[..., object]) -> str:
    name = called.__name__
    return section(f"function-{name}", f"`{name}{_arguments(called)}`", _whole(called))


def _whole(thing: object) -> str:
    return prose(markdown(thing.__doc__))


def _members(kind: type) -> Iterator[str]:
    told = []
    for name, member in vars(kind).items():
        if name.startswith("_"):
            continue
        if inspect.isfunction(member):
            label = f"{kind.__name__}-{name}".lower()
            title = f"`{name}{_arguments(member)}`"
            yield section(label, title, _whole(member), level=3)
        elif isinstance(member, property):
            told.append((f"`{name}`", prose(summary(member.__doc__))))
    if told:
        yield table(("property", "meaning"), told)


# A method's own arguments are of any type.
def _arguments(method: Callable[..., object]) -> str:
    shown = inspect.signature(method).parameters.values()
    names = [p.name for p in shown if p.name != "self" and p.kind is not p.KEYWORD_ONLY]
    options = [p.name for p in shown if p.kind is p.KEYWORD_ONLY]
    return f"({', '.join([*names, *(options if len(options) < MANY else ['**options'])])})"
