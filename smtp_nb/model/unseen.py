"""Failures that lead back to no secret.

Some tracebacks show the variables of every frame (IPython's `%xmode Verbose`, error trackers). So
what goes wrong behind a door that takes secrets is raised anew at the door, where no variable holds
what was given.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

from smtp_nb.model.secret import HIDDEN

P = ParamSpec("P")
T = TypeVar("T")
E = TypeVar("E", bound=Exception)

# Up to the last at sign, for a password may hold one, or white space.
_LOGIN = re.compile(r"(?<=//).*(?=@)", re.DOTALL)


def without_frames(error: E) -> E:
    """The error without the frames that it came through, and without errors that have them."""
    if not isinstance(error.__cause__, OSError):  # those come from the driver
        error.__cause__ = None
    error.__context__ = None
    return error.with_traceback(None)


def unseen_arguments(function: Callable[P, T]) -> Callable[P, T]:
    """Decorate a door: no frame of an error that leaves it shows what it was given."""

    @wraps(function)
    def door(*args: P.args, **kwargs: P.kwargs) -> T:
        try:
            return function(*args, **kwargs)
        except Exception as error:
            failure = without_frames(error)
        del args, kwargs
        raise failure

    return door


def without_login(text: str) -> str:
    """A text for an error, with the user and password of a URL in it hidden."""
    return _LOGIN.sub(HIDDEN, text)
