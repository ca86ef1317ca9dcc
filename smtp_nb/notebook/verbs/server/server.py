"""`server start`, `server stop`, `server inbox`, `server fault`."""

from __future__ import annotations

import secrets
from typing import Any

from smtp_nb.notebook.show import Card
from smtp_nb.notebook.state import NotebookState
from smtp_nb.notebook.syntax import Argument, Option, ValueKind
from smtp_nb.notebook.verb import Verb, VerbRequest
from smtp_nb.protocol.server.policy import EXTENSIONS
from smtp_nb.sandbox import FAULTS, SandboxServer
from smtp_nb.sandbox.faults.catalogue import STAGES
from smtp_nb.sandbox.faults.fault import ANY, Fault

_TLS = ("none", "starttls", "implicit")
_CERTIFICATES = ("valid", "expired", "not-yet-valid", "wrong-host", "self-signed", "unknown-ca")
_HEAL = "none"
_STAGE_WORDS = {"GREETING": "the greeting", "END": "the end of the data"}


def _start(request: VerbRequest) -> Card:
    state = request.state
    tls = request.text("tls", "none")
    users = request.texts("auth")
    refused = request.texts("refuse")
    # These passwords are never typed: `connect` takes them from the sandbox.
    passwords = {user: secrets.token_urlsafe(16) for user in users}
    sandbox = SandboxServer(
        tls=None if tls == "none" else tls,  # type: ignore[arg-type]  # checked by the syntax
        auth=passwords or None,
        without=request.texts("without"),
        refuse=refused,
        certificate=request.text("certificate", "valid"),
    ).start()
    closed = _closed(state)
    state.take_sandbox(sandbox)
    rows = [
        ("TLS", tls),
        ("Users", ", ".join(users)),
        ("Refuses", ", ".join(refused)),
        ("Closed", closed),
        ("Next", "%smtp connect"),
    ]
    return Card("The sandbox is running", rows, about=state.sandbox)


def _closed(state: NotebookState) -> str:
    """What a new sandbox puts an end to."""
    if state.sandbox is None:
        return ""
    is_used = state.smtp is not None and state.is_at(state.smtp, state.sandbox)
    session = ", and the session on it" if is_used else ""
    return (
        f"the sandbox before it, with {count_of(len(state.sandbox.messages), 'message')}{session}"
    )


def _stop(request: VerbRequest) -> Card:
    request.state.take_sandbox(None)
    return Card("The sandbox is stopped")


def count_of(number: int, noun: str) -> str:
    """`1 message`, `2,000 messages`."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def _inbox(request: VerbRequest) -> object:
    sandbox = request.state.running_sandbox()
    return sandbox.messages if request.flag("static") else request.state.inbox_of(sandbox)


def _fault(request: VerbRequest) -> Card:
    sandbox = request.state.running_sandbox()
    name = request.text("name")
    if name == _HEAL:
        sandbox.heal()
    elif name:
        sandbox.inject(name, **_fault_arguments(request))
    return faults_of(sandbox)


def faults_of(sandbox: SandboxServer) -> Card:
    """What goes wrong at present, in words."""
    rows = [(fault.name, _in_words(fault)) for fault in sandbox.faults]
    return Card("What goes wrong on purpose" if rows else "Nothing goes wrong on purpose", rows)


def _in_words(fault: Fault) -> str:
    """Where it happens, how often it has, and how often it still will."""
    where = (
        "at any command"
        if fault.stage == ANY
        else f"at {_STAGE_WORDS.get(fault.stage, fault.stage)}"
    )
    so_far = (
        f"has happened {count_of(fault.hits, 'time')}" if fault.hits else "has not happened yet"
    )
    left = "" if fault.times is None else f"{fault.times - fault.hits:,} left"
    return ", ".join(filter(None, (where, so_far, left)))


def _fault_arguments(request: VerbRequest) -> dict[str, Any]:  # values of several types
    given = {
        "recipient": request.text("to"),
        "stage": request.text("stage"),
        "times": request.number("times"),
        "code": request.number("code"),
        "text": request.text("text"),
        "keyword": request.text("keyword"),
    }
    return {name: value for name, value in given.items() if value not in ("", None)}


VERBS = (
    Verb(
        "server start",
        "Start an SMTP server inside this kernel, to practise on; it relays nothing",
        _start,
        options=(
            Option("--tls", "how it protects the connection", ValueKind.CHOICE, choices=_TLS),
            Option("--auth", "a user who may log in; MAIL then needs a login", many=True,
                   metavar="USER"),
            Option("--refuse", "a recipient to refuse; * stands for any letters", many=True,
                   metavar="ADDRESS"),
            Option("--without", "an extension not to offer", metavar="KEYWORD", many=True,
                   choices=EXTENSIONS),
            Option("--certificate", "what is wrong with its certificate", ValueKind.CHOICE,
                   choices=_CERTIFICATES),
        ),
        example="%smtp server start --tls starttls --auth ann",
    ),
    Verb("server stop", "Stop it", _stop, example="%smtp server stop"),
    Verb(
        "server inbox",
        "Show the messages that it took in",
        _inbox,
        options=(Option("--static", "as a plain table", ValueKind.FLAG),),
        example="%smtp server inbox",
    ),
    Verb(
        "server fault",
        "Let something go wrong on purpose, or show what does",
        _fault,
        (Argument("name", "what goes wrong; none heals all", ValueKind.CHOICE, False,
                  (*FAULTS, _HEAL)),),
        (
            Option("--to", "only for this recipient; * stands for any letters", metavar="ADDRESS"),
            Option("--times", "how often", ValueKind.NUMBER, "N"),
            Option("--stage", "at which command, at the GREETING, or at the END of the data",
                   metavar="COMMAND", choices=STAGES),
            Option("--code", "the reply's three digits", ValueKind.NUMBER, "CODE"),
            Option("--text", "the reply's words"),
            Option("--keyword", "with the fault keyword: +NAME adds it to the reply to EHLO, -NAME"
                   " leaves it out", metavar="+NAME|-NAME"),
        ),
        example="%smtp server fault greylist --times 1",
        glossary=tuple((name, str(fault)) for name, fault in FAULTS.items()),
    ),
)  # fmt: skip
