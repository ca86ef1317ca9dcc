"""`step`."""

from __future__ import annotations

from smtp_nb.classroom import ClientStepper, Stepper
from smtp_nb.notebook.syntax import Argument, Option, ValueKind
from smtp_nb.notebook.verb import Verb, VerbRequest
from smtp_nb.sandbox import SandboxServer


def _step(request: VerbRequest) -> Stepper | ClientStepper:
    return _client_step(request) if request.flag("client") else _step_by_hand(request)


def _client_step(request: VerbRequest) -> ClientStepper:
    stepper = request.state.client_stepper
    if stepper is None or request.flag("new"):
        stepper = ClientStepper(SandboxServer(inline=True).start())
        request.state.client_stepper = stepper
    elif request.flag("back"):
        stepper.back()
    else:
        stepper.step()
    return stepper


def _step_by_hand(request: VerbRequest) -> Stepper:
    stepper = request.state.stepper
    if stepper is None or request.flag("new"):
        stepper = _begun(request)
        request.state.take_stepper(stepper)
    stepper.lets_wrong = request.flag("wrong")
    if request.flag("back"):
        stepper.back()
    elif line := request.text("line"):
        stepper.say(line)
    return stepper


def _begun(request: VerbRequest) -> Stepper:
    server = request.text("to") or request.state.running_sandbox()
    return Stepper(server, request.text("name"))


VERBS = (
    Verb(
        "step",
        "Go one step on in a conversation by hand, and show where it is and what may come",
        _step,
        (Argument("line", "the line to say; none shows where it is", required=False, rest=True),),
        (
            Option("--back", "go one step back, by a replay", ValueKind.FLAG),
            Option("--wrong", "let me do wrong: say what is not allowed", ValueKind.FLAG),
            Option("--client", "step through our own send(), on its own server",
                   ValueKind.FLAG),
            Option("--new", "begin a new conversation", ValueKind.FLAG),
            Option("--name", "whose conversation it is", metavar="NAME"),
            Option("--to", "the URL of a server on this machine, instead of the sandbox",
                   metavar="SERVER"),
        ),
        example="%smtp step EHLO me.test",
    ),
)  # fmt: skip
