"""Errors without secrets in their tracebacks.

Some tracebacks show the variables of every frame (IPython's `%xmode Verbose`, error trackers). So
an error inside a function that takes secrets is raised again at its boundary, where no variable
holds them.
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
    """Return the error without the frames that it came through, and without errors that have
    them.
    """
    if not isinstance(error.__cause__, OSError):  # those come from the driver
        error.__cause__ = None
    error.__context__ = None
    return error.with_traceback(None)


def unseen_arguments(function: Callable[P, T]) -> Callable[P, T]:
    """Decorate a public function: no frame of an error that leaves it shows its arguments."""

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
    """Return a text for an error, with user and password of a URL hidden."""
    return _LOGIN.sub(HIDDEN, text)
