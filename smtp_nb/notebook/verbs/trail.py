"""`trail` and `ladder`."""

from __future__ import annotations

from smtp_nb.notebook.show import Page
from smtp_nb.notebook.syntax import Option, ValueKind
from smtp_nb.notebook.verb import Verb, VerbRequest


def _trail(request: VerbRequest) -> object:
    state = request.state
    if request.flag("clear"):
        state.clear_trail()
        return Page("The trail is empty")
    if path := request.text("save"):
        state.trail.save(path)
        return Page(f"{path}: {state.trail.tally}; addresses in full, credentials hidden")
    if request.flag("frame"):
        return state.trail.frame
    if request.flag("static"):
        return state.trail
    state.view.content |= request.flag("content")
    return state.view


def _ladder(request: VerbRequest) -> object:
    return request.state.trail.ladder(
        "time" if request.flag("time") else "steps", show_addresses=request.flag("show_addresses")
    )


VERBS = (
    Verb(
        "trail",
        "Show the conversation with the server, live",
        _trail,
        options=(
            Option("--static", "as a plain table of the conversation so far", ValueKind.FLAG),
            Option(
                "--content",
                "live: the lines of the messages that follow too; none is saved",
                ValueKind.FLAG,
            ),
            Option("--frame", "as a DataFrame, one row a line; -o NAME keeps it", ValueKind.FLAG),
            Option(
                "--save",
                "write it to a file: .txt for text, .hex for a listing of packets",
                ValueKind.PATH,
                "PATH",
            ),
            Option("--clear", "forget the conversation so far", ValueKind.FLAG),
        ),
        example="%smtp trail\n%smtp trail --save trail.txt\n%smtp trail --frame -o lines",
    ),
    Verb(
        "ladder",
        "Draw the conversation as a ladder diagram",
        _ladder,
        options=(
            Option("--time", "space the steps by their time", ValueKind.FLAG),
            Option(
                "--show-addresses", "show addresses in full, also in the saved file", ValueKind.FLAG
            ),
        ),
        example="%smtp ladder",
    ),
)
