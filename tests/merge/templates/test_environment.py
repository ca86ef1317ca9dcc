from __future__ import annotations

import datetime

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from smtp_nb.errors import InputError
from smtp_nb.merge.rows.problem import RowError
from smtp_nb.merge.rows.unfilled import Empty
from smtp_nb.merge.templates.environment import Part, environment

FRAME = pd.DataFrame({"secret": ["marks"]})


def rendered(source: str, html: bool = False, **values: object) -> str:
    jinja = environment(html=html)
    return Part("text", source, jinja).render({**jinja.globals, **values})


@given(st.text())
def test_a_value_is_never_code(value: str) -> None:
    assert rendered("{{ x }}", x="{{ 7*7 }}" + value) == "{{ 7*7 }}" + value


@given(st.text())
def test_html_escapes_every_value(value: str) -> None:
    html = rendered("<b>{{ x }}</b>", html=True, x=value)
    assert not set("<>\"'") & set(html.removeprefix("<b>").removesuffix("</b>"))


@pytest.mark.parametrize(
    "attack",
    [
        "{{ ''.__class__.__mro__[1].__subclasses__() }}",
        "{{ x.__class__ }}",
        "{{ x['__class__'] }}",
        "{{ x | attr('__class__') }}",
        "{{ '{0.__class__}'.format(x) }}",
        "{{ '%s' % x.__init__.__globals__ }}",
        "{{ cycler.__init__.__globals__.os }}",
        "{{ self.__init__ }}",
        "{{ frame.to_csv('stolen.csv') }}",
        "{{ frame.to_pickle('stolen') }}",
        "{{ frame.eval('1+1') }}",
        "{{ frame.pipe(range) }}",
        "{{ number.tofile('stolen') }}",
        "{{ [].append.__self__.__class__ }}",
        "{{ items.append(1) }}",
        "{{ range(10**9) }}",
        "{% include 'stolen' %}",
        "{{ lipsum() }}",
    ],
)
def test_templates_reach_nothing_beyond_values(attack: str, tmp_path: object) -> None:
    import numpy

    values = {"x": "text", "frame": FRAME, "number": numpy.float64(1.5), "items": [1]}
    with pytest.raises(RowError) as caught:
        rendered(attack, **values)
    assert "marks" not in str(caught.value)


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("{{ name.title() }}", "Ann Lee"),
        ("{{ day.strftime('%d.%m.') }}", "23.11."),
        ("{{ '{:>5}'.format(name) }}", "ann lee"),
        ("{{ items | sum }}{{ items.index(2) }}", "61"),
        ("{% for i in range(2) %}{{ loop.cycle('a', 'b') }}{% endfor %}", "ab"),
        ("{% macro twice(x) %}{{ x }}{{ x }}{% endmacro %}{{ twice(name) }}", "ann leeann lee"),
        ("{% if name %}yes{% endif %}", "yes"),
    ],
)
def test_what_templates_need_works(source: str, text: str) -> None:
    day = datetime.date(2026, 11, 23)
    assert rendered(source, name="ann lee", day=day, items=[1, 2, 3]) == text


def test_an_unknown_name_is_an_error_that_names_it() -> None:
    with pytest.raises(RowError, match="'grade' is undefined") as caught:
        rendered("{{ grade }}")
    assert caught.value.column == "grade"


@pytest.mark.parametrize(
    "use", ["{{ grade }}", "{{ grade + 1 }}", "{{ grade.x }}", "{{ grade() }}"]
)
def test_an_empty_cell_cannot_be_printed(use: str) -> None:
    with pytest.raises(RowError, match="cell in column 'grade' is empty") as caught:
        rendered(use, grade=Empty(name="grade"))
    assert caught.value.column == "grade"


@pytest.mark.parametrize(
    "use",
    [
        "{{ grade | default('none') }}",
        "{% if grade %}{{ grade }}{% else %}none{% endif %}",
        "{{ grade if grade is defined else 'none' }}",
        "{{ grade or 'none' }}",
    ],
)
def test_an_empty_cell_can_be_asked_about(use: str) -> None:
    assert rendered(use, grade=Empty(name="grade")) == "none"


def test_an_expression_that_fails_is_an_error_of_the_row() -> None:
    with pytest.raises(RowError, match="ZeroDivisionError"):
        rendered("{{ 1 / x }}", x=0)


def test_minified_css_is_no_comment() -> None:
    css = "<style>@media print{#id{color:red}}a{#b}</style>"
    assert rendered(css + "{## gone ##}", html=True) == css


def test_a_syntax_error_names_part_and_line() -> None:
    with pytest.raises(InputError, match="html, line 2"):
        Part("html", "fine\n{% if %}", environment(html=True))


@pytest.mark.parametrize(
    ("source", "constant"),
    [
        ("Hello", "Hello"),
        ("", ""),
        ("a{## b ##}c", "ac"),
        ("{{ x }}", None),
        ("{% set a=1 %}", None),
    ],
)
def test_what_does_not_vary_is_known(source: str, constant: str | None) -> None:
    assert Part("text", source, environment(html=False)).constant == constant


@pytest.mark.parametrize(
    ("source", "is_plain"),
    [
        ("Dear {{ name }}", True),
        ("{{ name | upper | trim }}", True),
        ("{{ name | trim(chars=x) }}", False),
        ("{{ name | center }}", False),
        ("{{ name.first }}", False),
        ("{{ 1 / name }}", False),
        ("{% if name %}x{% endif %}", False),
    ],
)
def test_only_prints_of_cells_are_plain(source: str, is_plain: bool) -> None:
    assert Part("text", source, environment(html=False)).is_plain is is_plain
