"""Markdown: one source, two bodies."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smtp_nb.compose.markdown import markdown_to_html, markdown_to_text

SOURCE = """# Your result

Dear **Ann**,
you have `12` of *15* points.

- Maths: [sheet](https://x.test/a)
- Physics
  1. theory
  2. practice

> Well done

| part | points |
|------|-------:|
| A | 7 |
| bonus | 5 |

```
a = 1
```
"""

PLAIN = """Your result
===========

Dear Ann,
you have 12 of 15 points.

- Maths: sheet <https://x.test/a>
- Physics
  1. theory
  2. practice

> Well done

part   points
-----  ------
A      7
bonus  5

    a = 1
"""


def test_the_text_reads_well_by_itself() -> None:
    assert markdown_to_text(SOURCE) == PLAIN


def test_the_html_has_tables_and_lists() -> None:
    html = markdown_to_html(SOURCE)
    for part in ("<h1>Your result</h1>", "<strong>Ann</strong>", "<td>bonus</td>", "<li>Physics"):
        assert part in html


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("", "\n"),
        ("a  \nb", "a\nb\n"),
        ("<https://x.test>", "https://x.test\n"),
        ("<a@x.test>", "a@x.test\n"),
        ("![A logo](cid:logo)", "[A logo]\n"),
        ("3. a\n\n   b\n4. c", "3. a\n\n   b\n\n4. c\n"),
        ("## A *b*", "A b\n---\n"),
        ("### A", "A\n"),
        ("---", "-" * 40 + "\n"),
        ("&amp; \\* ~~x~~", "& * x\n"),
        ("    code\n    more", "    code\n    more\n"),
    ],
)
def test_each_mark_has_its_text(source: str, text: str) -> None:
    assert markdown_to_text(source) == text


def test_markup_in_the_source_is_shown_not_obeyed() -> None:
    html = markdown_to_html("<script>alert(1)</script> <b>x</b> [y](javascript:alert(1))")
    assert "<script" not in html
    assert "<b>" not in html
    assert "href" not in html


@given(st.text("ab *_`#>-+1.|[]()!<&\\\n~\t", max_size=200))
def test_any_source_makes_both_bodies(source: str) -> None:
    assert isinstance(markdown_to_html(source), str)
    assert markdown_to_text(source).endswith("\n")
