"""Words that the page of a live trail needs once: verdicts of replies, and what may come next."""

from __future__ import annotations

from functools import cache

from smtp_nb.model.explain import commands
from smtp_nb.model.trail.ladder import verdict_of
from smtp_nb.protocol.client import ClientState
from smtp_nb.protocol.following import ANSWER, allowed_in

STATES = {state: number for number, state in enumerate(ClientState)}
# What stands in a trail, and how to call it where it is not a command.
_NOT_COMMANDS = {
    ANSWER: ("an answer to the server", "The next line of the login"),
    ".": ("the message and a lone dot", "The dot on a line of its own ends the message"),
}


@cache
def page_words() -> dict[str, object]:
    """Verdicts by the first digit; each state in words, with the commands that it allows."""
    return {
        "verdicts": {digit: verdict_of(digit).value for digit in "2345"},
        "states": [
            {"what": state.value, "next": [_explained(verb) for verb in allowed_in(state)]}
            for state in ClientState
        ],
    }


def _explained(verb: str) -> tuple[str, str]:
    if verb in _NOT_COMMANDS:
        return _NOT_COMMANDS[verb]
    entry = commands().get(verb)
    return verb, entry.meaning if entry else ""
