"""What may stand as text for a reader, at every door that makes a text of a value."""

from __future__ import annotations

import datetime
import decimal
import enum
import uuid
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from markupsafe import Markup

from smtp_nb.merge import MailMerge, Template
from smtp_nb.merge.rows.printed import Notes, number_text, printed
from smtp_nb.merge.rows.problem import RowError
from smtp_nb.merge.templates.template import Compiled
from smtp_nb.model.address import parse_mailbox

mpl.use("Agg")
from matplotlib.figure import Figure


class Colour(enum.Enum):
    RED = "red"


def function() -> None: ...


# A value that is no text, and a word of what its remedy says to write.
PYTHON: list[tuple[Any, str]] = [
    ("name".title, "{{ x() }}"),
    (function, "{{ x() }}"),
    (datetime.date, "a value"),
    ((n for n in "ab"), "join"),
    (map(str.upper, "ab"), "join"),
    (b"caf\xc3\xa9", "{{ x.decode() }}"),
    (bytearray(b"x"), "decode"),
    (["x", "y"], 'x | join(", ")'),
    (("x",), "join"),
    ({"x"}, "join"),
    ([{"item": "Pen"}], "x | table"),
    ({"item": "Pen"}, 'x["…"]'),
    (np.array([1, 2]), "join"),
    (Figure(figsize=(1, 1)), "x | image"),
    (Figure(figsize=(1, 1)).subplots(), "x | image"),
    (pd.DataFrame({"a": [1]}), "x | table"),
    (pd.DataFrame({"a": [1]}).style, "x | table"),
    (pd.Series([1]), "x | table"),
    (object(), "one of its values"),
    (float("inf"), "Correct it"),
    (float("-inf"), "Correct it"),
    (np.float32("inf"), "Correct it"),
    (decimal.Decimal("Infinity"), "Correct it"),
    (float("nan"), "default"),
    (np.float32("nan"), "default"),
    (None, "default"),
    (pd.NaT, "default"),
    (pd.NA, "default"),
]
DOORS: dict[str, dict[str, Any]] = {
    "subject": {"subject": "For {{ x }}"},
    "text": {"text": "For {{ x }}"},
    "text with a statement": {"text": "{% if true %}{{ x }}{% endif %}"},
    "html": {"html": "<p>{{ x }}</p>"},
    "markdown": {"markdown": "For *{{ x }}*"},
    "markdown with a statement": {"markdown": "{% if true %}\n{{ x }}\n{% endif %}"},
    "header": {"text": "t", "headers": {"X-A": "{{ x }}"}},
    "concatenation": {"text": "{{ 'Dear ' ~ x }}"},
    "set": {"text": "{% set y = 'Dear ' ~ x %}{{ y }}"},
    "entry": {"text": "{{ [x][0] }}"},
    "attribute": {"text": "{{ {'a': x}.a }}"},
    "macro": {"text": "{% macro f(v) %}{{ v }}{% endmacro %}{{ f(x) }}"},
    "join": {"text": "{{ ['a', x] | join(', ') }}"},
    "unsubscribe": {"text": "t", "list_unsubscribe": "https://x.test/{{ x }}"},
}
FILTERS = ["upper", "lower", "title", "capitalize", "trim", "e", "string", "truncate", "center",
           "replace('a', 'b')", "indent", "wordwrap", "striptags", "forceescape"]  # fmt: skip


def render(template: Template, **row: object) -> Any:
    compiled = Compiled(template, "t@x.test")
    return compiled.letter(dict(row), (parse_mailbox("a@x.test"),), "<1@x.test>")


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize(("value", "remedy"), PYTHON, ids=lambda v: type(v).__name__)
def test_what_only_python_reads_is_an_error_at_every_door(
    door: str, value: Any, remedy: str
) -> None:
    with pytest.raises(RowError) as caught:
        render(Template(**DOORS[door]), x=value)
    if door in ("subject", "text", "html", "markdown", "header"):
        assert remedy in caught.value.remedy
        assert caught.value.column == "x"


@pytest.mark.parametrize("name", FILTERS)
def test_no_filter_makes_a_text_of_a_method(name: str) -> None:
    with pytest.raises(RowError, match="function title"):
        render(Template(text=f"{{{{ x.title | {name} }}}}"), x="ann")


@pytest.mark.parametrize(
    "source", ["{{ '%s' % x.title }}", "{{ '{}'.format(x.title) }}", "{{ '%s' % (x.title,) }}"]
)
def test_no_format_makes_a_text_of_a_method(source: str) -> None:
    with pytest.raises(RowError, match="function title"):
        render(Template(text=source), x="ann")


@pytest.mark.parametrize(
    ("source", "remedy"),
    [
        ("{{ name.title }}", "{{ name.title() }}"),
        ("{{ row.name.title }}", "{{ row.name.title() }}"),
        ('{{ row["name"].title }}', '{{ row["name"].title() }}'),
    ],
)
def test_a_method_without_parentheses_says_what_to_write(source: str, remedy: str) -> None:
    with pytest.raises(RowError) as caught:
        render(Template(subject=source, text="t"), name="ann")
    assert remedy in caught.value.remedy
    assert caught.value.column == "name"


@pytest.mark.parametrize("source", ["{{ range }}", "{{ loop }}", "{{ row }}", "{{ self }}"])
def test_names_of_jinjas_own_print_nothing(source: str) -> None:
    with pytest.raises(RowError):
        render(Template(text=f"{{% for i in [1] %}}{source}{{% endfor %}}"), name="ann")


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("a", "a"),
        (Markup("<b>"), "<b>"),
        (3, "3"),
        (True, "True"),
        (decimal.Decimal("12.50"), "12.50"),
        (datetime.date(2026, 3, 1), "2026-03-01"),
        (datetime.time(9, 30), "09:30:00"),
        (datetime.timedelta(hours=1), "1:00:00"),
        (pd.Timestamp("2026-03-01 10:00"), "2026-03-01 10:00:00"),
        (pd.Period("2026-03"), "2026-03"),
        (np.int64(7), "7"),
        (np.float32(0.1), "0.1"),
        (np.float64(12.0), "12"),
        (np.bool_(True), "True"),
        (Path("a/b"), "a/b"),
        (uuid.UUID(int=1), "00000000-0000-0000-0000-000000000001"),
        (Colour.RED, "Colour.RED"),
    ],
)
def test_what_spells_itself_is_printed(value: object, text: str) -> None:
    assert str(printed(value)) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (12.0, "12"),
        (7.5, "7.5"),
        (0.1 + 0.2, "0.3"),
        (-0.0, "0"),
        (1e15, "1000000000000000"),
        (12345678901234567.0, "12345678901234568"),
        (1e-07, "1e-07"),
        (2 / 3, "0.666666666666667"),
        (1e22, "1e+22"),
    ],
)
def test_floats_print_without_noise(value: float, text: str) -> None:
    assert number_text(value) == text


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_a_printed_float_is_the_number_up_to_its_fifteenth_digit(value: float) -> None:
    assert float(number_text(value)) == pytest.approx(value, rel=1e-14, abs=0)
    assert not number_text(value).endswith(".0")


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ("", "is empty"),
        ("  ", "is empty"),
        ("\u200b", "is empty"),
        ("nan", "'nan'"),
        ("NULL", "'NULL'"),
        ("#N/A", "'#N/A'"),
        ("None", "'None'"),
        (1e-07, "scientific notation"),
        (12345678901234567.0, "more digits"),
    ],
)
@pytest.mark.parametrize("source", ["Dear {{ x }}, {{ y }}", "Hi {% if true %}{{ x }}{% endif %}"])
def test_what_looks_like_a_mistake_is_a_warning(value: object, words: str, source: str) -> None:
    frame = pd.DataFrame({"to": ["a@x.test"], "x": pd.Series([value], dtype=object), "y": "y"})
    for body in ("text", "html", "markdown"):
        template = Template(subject="Hi {{ y }}", **{body: source})
        problems = MailMerge(frame, template, to="to", from_="t@x.test").check()
        assert problems["severity"].tolist() == ["warning"]
        assert words in problems["message"][0]
        assert problems["column"][0] == "x"


@pytest.mark.parametrize("value", ["", "  ", "\n"])
def test_the_remedy_of_an_empty_text_replaces_it(value: str) -> None:
    frame = pd.DataFrame({"to": ["a@x.test"], "x": [value]})

    def problems(text: str) -> pd.DataFrame:
        template = Template(subject="Hi", text=text)
        return MailMerge(frame, template, to="to", from_="t@x.test").check()

    remedy = problems("Dear {{ x }}")["remedy"][0]
    assert problems(f"Dear {remedy.removesuffix(' replaces it')}").empty


def test_an_empty_text_that_was_asked_for_is_none() -> None:
    notes = render(Template(text="{{ x or '' }}{{ x | default('', true) }}", cc="{{ x }}"), x="")
    assert notes.notes == ()


def test_a_remark_is_made_once_a_message() -> None:
    notes: Notes = {}
    printed("", "x", notes)
    printed("", "x", notes)
    assert [note.column for note in notes] == ["x"]


@pytest.mark.parametrize(
    "source",
    [
        "{{ 'x' * 10**9 }}",
        "{{ ['x'] * 10**9 }}",
        "{% set n = namespace(x='x') %}{% for i in range(99) %}{% set n.x = n.x ~ n.x %}"
        "{% endfor %}",
        "{% set n = namespace(x='x') %}{% for i in range(99) %}{% set n.x = n.x + n.x %}"
        "{% endfor %}",
        "{% for i in range(99999) %}{% for i in range(99999) %}{{ x }}{% endfor %}{% endfor %}",
    ],
)
def test_a_template_that_would_fill_the_memory_is_an_error_with_the_size(source: str) -> None:
    with pytest.raises(RowError, match=r"would have [\d,]+ characters, more than 67,108,864"):
        render(Template(text=source), x="x" * 10_000)


@pytest.mark.parametrize("source", ["{{ 2 ** 1000000 }}", "{{ x ** 9999999 }}"])
def test_a_number_without_end_is_an_error(source: str) -> None:
    with pytest.raises(RowError, match="too large"):
        render(Template(text=source), x=3)
