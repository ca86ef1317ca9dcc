"""Import of pyspf."""

from __future__ import annotations

import warnings
from typing import Any


def pyspf() -> Any:  # it has no types
    """Import pyspf without the warnings about its source, which a student's cell would show.

    Python warns of its `\\d` where no compiled copy lies beside it: in a browser, or
    where the installer compiles nothing.

    Raises:
        ImportError: it is not installed.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", SyntaxWarning)
        warnings.simplefilter("ignore", DeprecationWarning)  # what it is before Python 3.12
        import spf
    return spf
