"""What the generated pages make of docstrings and signatures."""

from __future__ import annotations

from generator import api, around, docstrings
from generator.text import table
from smtp_nb import Outcome


def test_a_colon_in_what_is_returned_begins_no_list() -> None:
    said = docstrings.markdown("Look.\n\nReturns:\n    A `Receipt`: what became of it.\n")
    assert said == "Look.\n\n**Returns**\n\nA `Receipt`: what became of it."


def test_parameters_and_errors_are_lists() -> None:
    said = docstrings.markdown("Look.\n\nArgs:\n    a: the first.\n\nRaises:\n    E: no.\n")
    assert said.split("\n\n")[1:] == [
        "**Parameters**",
        "- `a`: the first.",
        "**Raises**",
        "- `E`: no.",
    ]


def test_no_call_on_the_page_of_methods_is_wider_than_a_line() -> None:
    calls = [line for line in api.methods().splitlines() if line.startswith("smtp.")]
    assert "smtp.from_url(url: str, **properties) -> C" in calls
    assert max(map(len, calls)) <= 100


def test_a_bar_in_a_cell_begins_no_cell_and_shows_as_a_bar() -> None:
    assert table(["a"], [["`x|y`"]]).splitlines()[-1] == r"| `x\|y` |"
    assert "&#124;" not in around.magics()


def test_an_enumeration_among_the_types_shows_its_members() -> None:
    text = api.types()
    assert all(f"| `{name}` |" in text for name in Outcome.__members__)


def test_the_options_of_a_run_are_one_name_in_its_heading() -> None:
    text = around.merges()
    assert "`run(**options)`" in text
    assert "`resolve(which, decision)`" in text
