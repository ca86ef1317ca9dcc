"""Style sheets and scripts of views: the shared part, then the view's own.

A widget's script is one text, so its files are joined here. A page holds the styles of all its
views at once, so each rule stands below the class of its view's root (`.smtpnb` for what is shared,
`.smtpnb-trail` and so on for the rest); a test holds this.
"""

from __future__ import annotations

from pathlib import Path

_FOLDER = Path(__file__).parent


def style_sheet(*views: str) -> str:
    """The rules for a view, such as `trail`, and for those within it."""
    return "\n".join(
        (_FOLDER / f"{name}.css").read_text(encoding="utf-8") for name in ("look", *views)
    )


def script(*names: str) -> str:
    """The script of a view, out of these files after the one that all share."""
    return "\n".join(
        (_FOLDER / f"{name}.js").read_text(encoding="utf-8") for name in ("look", *names)
    )
