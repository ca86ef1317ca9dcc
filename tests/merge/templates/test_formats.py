from __future__ import annotations

import datetime
import decimal
import re
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from smtp_nb.errors import InputError
from smtp_nb.merge import MailMerge, Template
from smtp_nb.merge.rows.problem import RowError
from smtp_nb.merge.templates.template import Compiled
from smtp_nb.model.address import parse_mailbox

DAY = pd.Timestamp("2026-03-01 09:30")


def text(source: str, value: Any, **template: Any) -> str:
    compiled = Compiled(Template(text=source, **template), "t@x.test")
    draft = compiled.letter({"x": value}, (parse_mailbox("a@x.test"),), "<1@x.test>").draft
    return (draft.text or "").replace("\N{NO-BREAK SPACE}", " ").replace("\u202f", " ")


@pytest.mark.parametrize(
    ("source", "value", "english", "german"),
    [
        ("{{ x | date }}", DAY, "Mar 1, 2026", "01.03.2026"),
        ("{{ x | date }}", datetime.date(2026, 3, 1), "Mar 1, 2026", "01.03.2026"),
        ("{{ x | date }}", "2026-03-01", "Mar 1, 2026", "01.03.2026"),
        ("{{ x | date('long') }}", DAY, "March 1, 2026", "1. März 2026"),
        ("{{ x | date('d. MMMM yyyy') }}", DAY, "1. March 2026", "1. März 2026"),
        ("{{ x | date('EEEE HH:mm') }}", DAY, "Sunday 09:30", "Sonntag 09:30"),
        ("{{ x | number }}", 1234.5, "1,234.5", "1.234,5"),
        ("{{ x | number }}", 0.1 + 0.2, "0.3", "0,3"),
        ("{{ x | number(2) }}", 7.5, "7.50", "7,50"),
        ("{{ x | number(0) }}", decimal.Decimal("1234.5"), "1,235", "1.235"),
        ("{{ x | number }}", "1234.5", "1,234.5", "1.234,5"),
        ("{{ x | number(8) }}", 1e-07, "0.00000010", "0,00000010"),
        ("{{ x | number }}", np.float32(0.1), "0.1", "0,1"),
        ("{{ x | money }}", 1234.5, "$1,234.50", "1.234,50 €"),
        ("{{ x | money('CHF') }}", 7, "CHF 7.00", "7,00 CHF"),
        ("{{ x | money('jpy') }}", 700, "¥700", "700 ¥"),
        ("{{ x | percent }}", 0.25, "25%", "25 %"),
        ("{{ x | percent }}", 1 / 3, "33.33%", "33,33 %"),
        ("{{ x | percent(1) }}", 0.5, "50.0%", "50,0 %"),
    ],
)
def test_each_filter_writes_as_the_locale_does(
    source: str, value: Any, english: str, german: str
) -> None:
    assert text(source, value) == english
    assert text(source, value, locale="de_DE") == german
    assert text(source, value, locale="de-DE") == german


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ('{{ x | money("EUR", "de") }}', "7,50 €"),
        ('{{ x | number(locale="fr") }}', "7,5"),
        ('{{ x | percent(locale="de") }}', "750 %"),
        ('{{ x | money(locale="ja") }}', "￥8"),
    ],
)
def test_a_locale_may_be_named_in_its_place(source: str, expected: str) -> None:
    assert text(source, 7.5) == expected


def test_the_money_of_a_language_is_that_of_its_country() -> None:
    assert text("{{ x | money }}", 7, locale="de") == "7,00 €"
    with pytest.raises(RowError, match="no currency"):
        text("{{ x | money }}", 7, locale="eo")


def test_moments_that_know_their_zone_are_shown_in_the_templates() -> None:
    aware = pd.Timestamp("2026-06-30 23:30", tz="UTC")
    assert text("{{ x | date('HH:mm') }}", aware, timezone="Europe/Berlin") == "01:30"
    assert text("{{ x | date }}", aware, timezone="Europe/Berlin") == "Jul 1, 2026"
    assert text("{{ x | date('HH:mm') }}", DAY, timezone="Europe/Berlin") == "09:30"
    assert text("{{ x | date('HH:mm') }}", aware) == "23:30"


@pytest.mark.parametrize("name", ["date", "number", "money", "percent"])
@pytest.mark.parametrize(
    "value",
    [None, float("nan"), float("inf"), pd.NaT, "soon", "", True, [1], "x".title, "NaN", b"1"],
    ids=lambda value: type(value).__name__ if callable(value) else repr(value),
)
def test_what_cannot_be_formatted_is_an_error_of_its_row(name: str, value: Any) -> None:
    with pytest.raises(RowError):
        text(f"{{{{ x | {name} }}}}", value)


@given(st.floats(-1e12, 1e12), st.integers(0, 6))
def test_a_number_is_as_near_as_its_decimals_allow(value: float, digits: int) -> None:
    found = float(text(f"{{{{ x | number({digits}) }}}}", value).replace(",", ""))
    assert found == pytest.approx(value, abs=0.51 * 10**-digits, rel=1e-12)


def test_filters_and_functions_of_ones_own() -> None:
    template = Template(
        subject="{{ name | shout }}", markdown="{{ total | euro }} {{ greet(name) }}",
        cc="{{ name | at }}", filters={"euro": lambda v: f"{v:.2f} €", "shout": str.upper,
                                       "at": lambda v: f"{v}@x.test"},
        functions={"greet": lambda name: f"Hi {name}"},
    )  # fmt: skip
    frame = pd.DataFrame({"to": ["a@x.test"], "name": ["ann"], "total": [7.5]})
    merge = MailMerge(frame, template, to="to", from_="t@x.test")
    assert len(merge.check()) == 0
    message = merge.preview()[0].message
    assert message is not None
    draft = message.letter.draft
    assert (draft.subject, draft.text) == ("ANN", "7.50 € Hi ann\n")
    assert [str(box) for box in draft.cc] == ["ann@x.test"]


def test_what_a_function_gives_obeys_the_law() -> None:
    with pytest.raises(RowError, match="a list is not printable text"):
        text("{{ f(x) }}", 1, functions={"f": lambda x: [x]})
    with pytest.raises(RowError, match="ZeroDivisionError"):
        text("{{ x | f }}", 0, filters={"f": lambda x: 1 / x})


def test_a_filter_of_ones_own_gets_no_empty_cell() -> None:
    frame = pd.DataFrame({"to": ["a@x.test"], "total": [None]})
    template = Template(subject="s", text="{{ total | euro }}", filters={"euro": "{} €".format})
    problems = MailMerge(frame, template, to="to", from_="t@x.test").check()
    assert problems["column"].tolist() == ["total"]


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"locale": "xx_YY"}, "not a locale"),
        ({"timezone": "Europe/Nowhere"}, "not a time zone"),
        ({"filters": {"upper": str.upper}}, "cannot be called 'upper'"),
        ({"filters": {"euro": "x"}}, "not a function"),
        ({"functions": {"no name": len}}, "cannot be called"),
    ],
)
def test_what_is_no_format_is_refused_at_once(wrong: dict[str, Any], words: str) -> None:
    with pytest.raises(InputError, match=words):
        Template(text="t", **wrong)


def test_the_digest_follows_the_locale() -> None:
    digests = {Template(text="t", locale=locale).digest() for locale in ("", "de", "fr")}
    assert len(digests) == 3


@pytest.mark.parametrize(
    ("pattern", "words"),
    [
        ("%d.%m.%Y", "% has no meaning"),
        ("YYYY-MM-dd", "Y is the year of a week"),
        ("DD.MM.yyyy", "D counts the days of a year"),
        ("yyyy-mm-dd", "m is the minute"),
        ("dd.MM.yyyy HH:MM", "M is the month"),
        ("HH:mm:SS", "S is a fraction"),
        ("hh:mm", "h counts to 12"),
        ("Long", "o has no meaning"),
        ("iso", "i has no meaning"),
        ("yyyyMMddTHHmmss", "T has no meaning"),
    ],
)
def test_a_pattern_that_prints_another_date_than_was_meant_is_an_error(
    pattern: str, words: str
) -> None:
    with pytest.raises(RowError, match=words) as caught:
        text(f"{{{{ x | date({pattern!r}) }}}}", DAY)
    assert caught.value.column == "x"
    assert caught.value.remedy


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("yyyyMMdd'T'HHmmss", "20260301T093000"),
        ("h:mm a", "9:30 AM"),
        ("D", "60"),
        ("mm", "30"),
        ("dd. HH.mm 'Uhr'", "01. 09.30 Uhr"),
        ("EEEE, d MMMM", "Sunday, 1 March"),
    ],
)
def test_patterns_that_are_meant_are_taken(pattern: str, expected: str) -> None:
    assert text(f'{{{{ x | date("{pattern}") }}}}', DAY) == expected


def test_a_day_has_no_time_to_show() -> None:
    with pytest.raises(RowError, match="a day without a time"):
        text("{{ x | date('HH:mm') }}", datetime.date(2026, 3, 1))
    with pytest.raises(RowError) as caught:
        text("{{ x | date }}", datetime.time(9, 30))
    assert "strftime" in caught.value.remedy


@pytest.mark.parametrize("value", [1234.5, 123456.5, 1234567.5, 1234567890.5])
def test_swiss_numbers_keep_their_apostrophes(value: float) -> None:
    grouped = f"{value:,}".replace(",", "'")
    # Babel's older data has the typographic one, and spaces in French.
    number = text("{{ x | number }}", value, locale="de_CH").replace("’", "'")
    money = text("{{ x | money }}", value, locale="de_CH").replace("’", "'")
    assert (number, money) == (grouped, f"CHF {grouped}0")
    french = text("{{ x | number }}", value, locale="fr_CH")
    assert re.sub(r"[^\d,]", "'", french) == grouped.replace(".", ",")


def test_an_error_of_a_format_names_the_column_of_several() -> None:
    frame = pd.DataFrame({"to": ["a@x.test"], "due": ["01.03.2026"], "price": ["1.234,50"]})
    for body, column in (("{{ due | date }}", "due"), ('{{ row["price"] | money }}', "price")):
        template = Template(subject="{{ to }}", text=f"{body} {{{{ due }}}} {{{{ price }}}}")
        problems = MailMerge(frame, template, to="to", from_="t@x.test").check()
        assert problems["column"].tolist() == [column]


def test_a_filter_that_is_not_there_is_answered_with_what_may_be_meant() -> None:
    with pytest.raises(InputError) as caught:
        Template(text="{{ x | mony }}")
    assert caught.value.remedy.startswith("Did you mean money? ")
    with pytest.raises(InputError, match=r"filters=\{'euro': function\}"):
        Template(text="{{ x | euro }}")
