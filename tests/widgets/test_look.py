"""The style sheets of the views, which all meet in one page."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import smtp_nb.widgets
from smtp_nb.widgets.look import script, style_sheet

FOLDER = Path(smtp_nb.widgets.__file__).parent
SHEETS = sorted(path.stem for path in FOLDER.glob("*.css"))
VIEWS = [name for name in SHEETS if name != "look"]


def selectors(sheet: str) -> Iterator[str]:
    """Every selector of a style sheet, those within @media and @container too."""
    bare = re.sub(r"/\*.*?\*/", "", sheet, flags=re.DOTALL)
    for group in re.findall(r"([^{}]+)\{", bare):
        if not group.strip().startswith("@"):
            yield from (one.strip() for one in group.split(","))


@pytest.mark.parametrize("name", SHEETS)
def test_every_selector_stands_below_its_root(name: str) -> None:
    root = ".smtpnb" if name == "look" else f".smtpnb-{name}"
    found = list(selectors((FOLDER / f"{name}.css").read_text(encoding="utf-8")))
    assert found
    assert [s for s in found if re.split(r"[\s:>]", s)[0] != root] == []


@pytest.mark.parametrize("name", VIEWS)
def test_a_view_has_the_shared_look_and_its_own(name: str) -> None:
    sheet = style_sheet(name)
    assert "--smtpnb-accent:" in sheet
    assert f".smtpnb-{name} " in sheet
    own = (FOLDER / f"{name}.js").read_text(encoding="utf-8")
    assert f'"smtpnb smtpnb-{name}"' in own
    assert "function make(" in script(name)


@pytest.mark.parametrize("name", VIEWS)
def test_a_root_leaves_the_font_to_what_all_share(name: str) -> None:
    """Each view brings the shared sheet again, and what comes later wins over a root's own font."""
    bare = (FOLDER / f"{name}.css").read_text(encoding="utf-8")
    assert re.findall(rf"(?m)^\.smtpnb-{name} \{{[^}}]*\bfont(?:-family)?:", bare) == []


def test_what_all_share_is_weaker_than_a_view_of_its_own() -> None:
    """`.smtpnb table`, brought again by a later view, would win over `.smtpnb-full table`."""
    found = selectors((FOLDER / "look.css").read_text(encoding="utf-8"))
    below = [one for one in found if re.fullmatch(r"\.smtpnb [a-z.]\S*", one)]
    assert [one for one in below if "[" not in one and ":" not in one] == [".smtpnb .smtpnb-unseen"]


@pytest.mark.parametrize("name", SHEETS)
def test_no_sheet_names_a_colour_that_no_theme_can_change(name: str) -> None:
    sheet = (FOLDER / f"{name}.css").read_text(encoding="utf-8")
    fixed = re.findall(r"(?:color|background|border[\w-]*):[^;]*(#[0-9a-fA-F]{3,8}|rgba?\()", sheet)
    # A message of a stranger is written for white paper.
    assert fixed == (["#fff"] if name in ("inbox", "composer") else [])


@pytest.mark.parametrize("name", SHEETS)
def test_no_state_is_told_by_a_shadow(name: str) -> None:
    """Forced colours drop shadows, so what they mark would be lost."""
    assert "box-shadow" not in (FOLDER / f"{name}.css").read_text(encoding="utf-8")
