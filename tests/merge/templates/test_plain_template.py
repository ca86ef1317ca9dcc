"""What is filled in without Jinja2 is what Jinja2 would have made of it."""

from __future__ import annotations

from collections.abc import Callable

from hypothesis import given
from hypothesis import strategies as st

from smtp_nb.compose.text import SegmentedText
from smtp_nb.merge.rows.problem import RowError
from smtp_nb.merge.templates.environment import Part, environment
from smtp_nb.merge.templates.plain_template import MIN_STRETCH

LONG = "A line that all have, 100 %.\n" * (MIN_STRETCH // 20)
sources = st.lists(
    st.sampled_from(["{{ x }}", "{{ y|upper }}", "{{x|trim|e}}", "text ", "\n", LONG, "<b>", "{ "])
).map("".join)
cells = st.one_of(st.text(), st.integers(), st.floats())


def said(render: Callable[..., str], *args: object, **values: object) -> str:
    try:
        return render(*args, **values)
    except RowError as error:
        return str(error)


@given(sources, cells, cells, st.booleans())
def test_every_plain_template_says_what_jinja_says(
    source: str, x: object, y: object, html: bool
) -> None:
    jinja = environment(html=html)
    part = Part("text", source, jinja)
    assert part.is_plain
    assert said(part.render, {"x": x, "y": y}) == said(jinja.lawful(source).render, x=x, y=y)


def test_long_stretches_are_shared() -> None:
    part = Part(
        "text", f"Dear {{{{ x }}}},\n{LONG}{{{{ y }}}}\n{LONG}Yours", environment(html=False)
    )
    ann, ben = part.render({"x": "Ann", "y": 1}), part.render({"x": "Ben", "y": 2})
    assert isinstance(ann, SegmentedText)
    assert isinstance(ben, SegmentedText)
    assert [type(piece).__name__ for piece in ann.pieces] == ["str", "SharedText"] * 2 + ["str"]
    assert ann == f"Dear Ann,\n{LONG}1\n{LONG}Yours"
    assert ann.pieces[1::2] == ben.pieces[1::2]
