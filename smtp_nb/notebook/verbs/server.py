"""`server start`, `server stop`, `server inbox`, `server fault`."""

from __future__ import annotations

import secrets
from typing import Any

from smtp_nb.errors import StateError
from smtp_nb.notebook.show import Card
from smtp_nb.notebook.state import NotebookState
from smtp_nb.notebook.syntax import Argument, Option, ValueKind
from smtp_nb.notebook.verb import Verb, VerbRequest
from smtp_nb.sandbox import FAULTS, SandboxServer

_TLS = ("none", "starttls", "implicit")
_CERTIFICATES = ("valid", "expired", "not-yet-valid", "wrong-host", "self-signed", "unknown-ca")
_HEAL = "none"


def _start(request: VerbRequest) -> Card:
    state = request.state
    tls = request.text("tls", "none")
    users = request.texts("auth")
    refused = request.texts("refuse")
    # Nobody types these passwords: `connect` takes them from the sandbox.
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
    count = len(state.sandbox.messages)
    noun = "message" if count == 1 else "messages"
    is_used = state.smtp is not None and state.is_at(state.smtp, state.sandbox)
    session = ", and the session on it" if is_used else ""
    return f"the sandbox before it, with {count} {noun}{session}"


def _stop(request: VerbRequest) -> Card:
    request.state.take_sandbox(None)
    return Card("The sandbox is stopped")


def _sandbox(state: NotebookState) -> SandboxServer:
    if state.sandbox is None:
        raise StateError("the sandbox is not running", remedy="Write %smtp server start")
    return state.sandbox


def _inbox(request: VerbRequest) -> object:
    sandbox = _sandbox(request.state)
    return sandbox.messages if request.flag("static") else request.state.inbox_of(sandbox)


def _fault(request: VerbRequest) -> Card:
    sandbox = _sandbox(request.state)
    name = request.text("name")
    if name == _HEAL:
        sandbox.heal()
    elif name:
        sandbox.inject(name, **_fault_arguments(request))
    rows = [(fault.name, f"{fault}; hits: {fault.hits}") for fault in sandbox.faults]
    return Card("Injected faults" if rows else "No faults injected", rows)


def _fault_arguments(request: VerbRequest) -> dict[str, Any]:  # values of several types
    given = {
        "recipient": request.text("to"),
        "stage": request.text("stage"),
        "times": request.number("times"),
        "code": request.number("code"),
        "text": request.text("text"),
    }
    return {name: value for name, value in given.items() if value not in ("", None)}


VERBS = (
    Verb(
        "server start",
        "Start a practice SMTP server inside this kernel; it relays nothing",
        _start,
        options=(
            Option("--tls", "the kind of TLS", ValueKind.CHOICE, choices=_TLS),
            Option("--auth", "a user that may log in; MAIL then requires a login", many=True,
                   metavar="USER"),
            Option("--refuse", "a recipient to refuse; * matches any letters", many=True,
                   metavar="ADDRESS"),
            Option("--without", "an extension not to offer", many=True, metavar="KEYWORD"),
            Option("--certificate", "the fault of its certificate", ValueKind.CHOICE,
                   choices=_CERTIFICATES),
        ),
        example="%smtp server start --tls starttls --auth ann",
    ),
    Verb("server stop", "Stop it", _stop, example="%smtp server stop"),
    Verb(
        "server inbox",
        "Show the messages that it received",
        _inbox,
        options=(Option("--static", "as a plain table", ValueKind.FLAG),),
        example="%smtp server inbox",
    ),
    Verb(
        "server fault",
        "Inject a fault, or show those in force",
        _fault,
        (Argument("name", "the fault; none removes all", ValueKind.CHOICE, False,
                  (*FAULTS, _HEAL)),),
        (
            Option("--to", "only for this recipient; * matches any letters", metavar="ADDRESS"),
            Option("--times", "how often it strikes", ValueKind.NUMBER, "N"),
            Option("--stage", "at which command, or GREETING, or END of the data",
                   metavar="COMMAND"),
            Option("--code", "the reply code", ValueKind.NUMBER, "CODE"),
            Option("--text", "the reply text"),
        ),
        example="%smtp server fault greylist --times 1",
    ),
)  # fmt: skip
