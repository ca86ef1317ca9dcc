"""`join`."""

from __future__ import annotations

import os

from smtp_nb.classroom.room.doorkeeper import DOMAIN
from smtp_nb.classroom.room.join_code import parse
from smtp_nb.classroom.room.joining import meet
from smtp_nb.classroom.room.roster import label
from smtp_nb.errors import AuthenticationError, InputError
from smtp_nb.notebook.show import Card
from smtp_nb.notebook.syntax import Argument, Option
from smtp_nb.notebook.verb import Verb, VerbRequest
from smtp_nb.notebook.verbs.connection import session_card


def _join(request: VerbRequest) -> Card:
    state = request.state
    code = parse(request.text("code"))
    student = request.text("as") or _own_name()
    try:
        state.connect(meet(code, student))
    except AuthenticationError as error:
        error.description = f"the class {code.name} does not know {student!r}"
        error.remedy = "Write --as and your name as it is on the teacher's list"
        raise
    state.sender = f"{label(student)}@{DOMAIN}"
    return session_card(request, [("Class", code.name), ("You are", student)])


def _own_name() -> str:
    """The student's name where a JupyterHub knows it."""
    if name := os.environ.get("JUPYTERHUB_USER", ""):
        return name
    raise InputError(
        "the class does not know yet who you are",
        remedy="Add --as and your name as the teacher wrote it: %smtp join CODE --as ann",
    )


VERBS = (
    Verb(
        "join",
        "Join a class: use the teacher's server from now on",
        _join,
        (Argument("code", "what the teacher's room.join_line shows"),),
        (Option("--as", "your name as it is on the teacher's list", metavar="NAME"),),
        example="%smtp join maple-73-…@192.168.1.5:2525 --as ann",
    ),
)
