"""Import of pyspf."""

from __future__ import annotations

import warnings
from typing import Any


def pyspf() -> Any:  # it has no types
    """Import pyspf without the warnings about its source, which a student's cell would show.

    Python 3.12 and later warn of its `\\d` where no compiled copy lies beside it: in a browser, or
    where the installer compiles nothing.

    Raises:
        ImportError: it is not installed.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", SyntaxWarning)
        import spf
    return spf
