from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from smtp_nb.merge.templates.placeholders import Placeholders


@given(st.lists(st.tuples(st.text("abc "), st.text()), min_size=1))
def test_every_value_comes_back_to_its_place(parts: list[tuple[str, str]]) -> None:
    slots = Placeholders()
    marked = "".join(text + slots.keep(value) for text, value in parts)
    assert slots.fill(marked) == "".join(text + value for text, value in parts)


def test_a_token_is_a_word_without_meaning() -> None:
    assert Placeholders().keep("x").isalnum()
    assert Placeholders().keep("x").islower()


def test_a_value_inside_a_value_is_filled_too() -> None:
    slots = Placeholders()
    inner = slots.keep("inner")
    assert slots.fill(slots.keep(f"[{inner}]")) == "[inner]"


def test_a_value_that_looks_like_a_token_stays_what_it_is() -> None:
    slots = Placeholders()
    token = slots.keep("")
    other = Placeholders()
    itself, later = other.keep(token), other.keep("secret")
    assert other.fill(itself) == token
    assert later not in other.fill(itself)
