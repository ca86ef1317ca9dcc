"""The traits of `%config SmtpMagics`. A profile's configuration file may set them too."""

from __future__ import annotations

from traitlets import Bool
from traitlets.config import Configurable


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
