"""Pages for logins, merge, sandbox and magics."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from dataclasses import fields
from enum import Enum

import smtp_nb
from generator.docstrings import markdown, summary
from generator.signatures import shown
from generator.text import entry, module, page, prose, section, table
from smtp_nb import merge, sandbox
from smtp_nb.client import oauth, passwords
from smtp_nb.merge.running.job import MergeJob
from smtp_nb.merge.running.options import Options
from smtp_nb.notebook.verb import CellBody, Verb
from smtp_nb.notebook.verbs import VERBS

# Options are keywords of a merge and its runs, whose signatures are made without types.
_TYPES = {field.name: str(field.type) for field in fields(Options)}


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
    index = f"```{{index}} single: %smtp {verb.name}\n```"
    about = f"{marks}: {prose(verb.summary)}"
    return section(label, f"`{verb.name}`", index, about, listed, example)


def _class(kind: type) -> str:
    """A class with its public methods and properties."""
    name = kind.__name__
    # The heading is in the contents already.
    flags = {"no-contents-entry": " "}
    signature = f"{name}{shown(kind, _TYPES)}"
    about = entry(f"class-{name}".lower(), "class", signature, _whole(kind), **flags)
    return "\n\n".join([module(_home(kind)), f"## `{name}`", about, *_members(kind)])


def _home(kind: type) -> str:
    """The module from which users import it."""
    for place in (smtp_nb, merge, sandbox, oauth):
        if getattr(place, kind.__name__, None) is kind:
            return place.__name__
    return kind.__module__


def _function(called: Callable[..., object]) -> str:
    name = called.__name__
    signature = f"{name}{shown(called)}"
    told = entry(f"function-{name}", "function", signature, _whole(called))
    return f"{module(_place(called))}\n\n{told}"


def _place(called: Callable[..., object]) -> str:
    """`smtp_nb.client.oauth` for what a module of it defines."""
    return called.__module__ if "oauth" not in called.__module__ else oauth.__name__


def _whole(thing: object) -> str:
    return prose(markdown(thing.__doc__))


def _members(kind: type) -> Iterator[str]:
    for name, member in vars(kind).items():
        if name.startswith("_"):
            continue
        owner = kind.__name__
        label = f"{owner}-{name}".lower()
        if inspect.isfunction(member):
            yield entry(label, "method", f"{owner}.{name}{shown(member, _TYPES)}", _whole(member))
        elif isinstance(member, property):
            kept = member.fget.__annotations__.get("return", "") if member.fget else ""
            told = prose(summary(member.__doc__))
            yield entry(label, "property", f"{owner}.{name}", told, type=str(kept))
