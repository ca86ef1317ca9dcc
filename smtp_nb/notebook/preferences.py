"""The traits of `%config SmtpMagics`. A profile's configuration file may set them too."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from traitlets import Bool
from traitlets.config import Configurable

if TYPE_CHECKING:
    import pandas as pd


class SmtpMagics(Configurable):
    """How the magic shows things."""

    show_addresses = Bool(
        False, help="Show addresses in full in saved outputs too; live views do anyway."
    ).tag(config=True)
    short_errors = Bool(
        True, help="Show an error in a few lines, masked; False raises it with its traceback."
    ).tag(config=True)
    align_frames = Bool(
        True, help="Show the text of DataFrames to the left, numbers to the right."
    ).tag(config=True)


# By name, for pandas is only imported once there is a frame; where its version 2 and 3 have it.
_FRAMES = ("pandas.DataFrame", "pandas.core.frame.DataFrame")


def show_frames(shell: Any, preferences: SmtpMagics) -> Callable[[], None]:  # it has few types
    """Show the text of frames to the left; returns what takes that back."""

    def html(frame: pd.DataFrame) -> str | None:
        from smtp_nb.notebook.results_frame import aligned

        return aligned(frame) if preferences.align_frames else frame._repr_html_()  # type: ignore[operator]  # pandas' stubs lack it

    formatter = shell.display_formatter.formatters["text/html"]
    for kind in _FRAMES:
        formatter.for_type_by_name(*kind.rsplit(".", 1), html)

    def undo() -> None:
        for kind in _FRAMES:
            formatter.pop(kind, None)

    return undo
