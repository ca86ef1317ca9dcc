from __future__ import annotations

from html.parser import HTMLParser

import pandas as pd
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from smtp_nb.errors import InputError
from smtp_nb.merge.rows.problem import RowError
from smtp_nb.merge.templates.environment import environment
from smtp_nb.merge.templates.filters import IMAGES, Images, SharedImages
from smtp_nb.merge.templates.markdown import MarkdownPart

SOURCE = (
    "# For {{ name }}\n\n- *{{ name }}* and `{{ name }}`\n- [x](https://x.test/?q={{ name }})\n"
)


def rendered(source: str, **values: object) -> tuple[str, str]:
    common = {**environment(html=False).globals, IMAGES: Images(SharedImages(()))}
    return MarkdownPart(source).render({**common, **values})


class Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag != "br":  # of which a value has as many as it has line breaks
            self.found.append(tag)

    def handle_data(self, data: str) -> None:
        self.text += data


def tags(html: str) -> list[str]:
    parser = Tags()
    parser.feed(html)
    parser.close()
    return parser.found


@given(st.text())
@example("**b** [l](http://evil.test) <script>alert(1)</script> ![i](x)")
@example("\n\n# Title\n\n1. one\n\n```\ncode")
@example("`a` & &amp; {{ 7*7 }} {% if %} slot")
def test_a_value_adds_nothing_but_text(value: str) -> None:
    wanted = tags(rendered(SOURCE, name="Ann")[1])
    once = rendered(SOURCE, name=value)
    per_row = rendered("{% if true %}\n" + SOURCE + "{% endif %}\n", name=value)
    assert tags(once[1]) == tags(per_row[1]) == wanted
    assert value in once[0]
    assert value in per_row[0]


@given(st.text(st.characters(codec="utf-8", exclude_categories=["Cc"])))
def test_both_ways_of_reading_give_the_same(value: str) -> None:
    once = rendered(SOURCE, name=value)
    assert rendered("{% set a = 1 %}" + SOURCE, name=value) == once


def test_both_bodies_come_from_one_source() -> None:
    text, html = rendered("Dear **{{ name }}**, see [this](https://x.test).", name="Zoë & Co")
    assert text == "Dear Zoë & Co, see this <https://x.test>.\n"
    assert html.strip() == (
        '<p>Dear <strong>Zoë &amp; Co</strong>, see <a href="https://x.test">this</a>.</p>'
    )


def test_a_loop_makes_a_list() -> None:
    text, html = rendered("{% for x in marks %}\n- {{ x }}\n{% endfor %}\n", marks=["*a*", "b"])
    assert text == "- *a*\n- b\n"
    assert tags(html) == ["ul", "li", "li"]


def test_a_heading_is_underlined_as_long_as_it_is() -> None:
    assert rendered("# Dear {{ name }}", name="Bo")[0].splitlines()[:2] == ["Dear Bo", "======="]


@pytest.mark.parametrize("start", ["", "{% if true %}", "{## c ##}"])
def test_a_link_that_a_cell_gives_cannot_be_a_script(start: str) -> None:
    source = start + "[x]({{ url }})" + ("{% endif %}" if start.startswith("{%") else "")
    assert 'href="https://x.test/?a=1&amp;b"' in rendered(source, url="https://x.test/?a=1&b")[1]
    with pytest.raises((RowError, InputError), match="begins with javascript:"):
        rendered(source, url="javascript:alert(1)")


@pytest.mark.parametrize("start", ["", "{% set a = 1 %}"])
def test_a_table_is_no_paragraph(start: str) -> None:
    frame = pd.DataFrame({"mark": ["<b>"]})
    text, html = rendered(start + "Marks:\n\n{{ frame | table }}\n\nBye", frame=frame)
    assert tags(html) == ["p", "table", "thead", "tr", "th", "tbody", "tr", "td", "p"]
    assert "&lt;b&gt;" in html
    assert "<b>" in text


def test_braces_in_the_text_stay_text() -> None:
    text, html = rendered("{% raw %}{{ x }}{% endraw %} { {{ '{{' }} {# #}")
    assert text.strip() == "{{ x }} { {{ {# #}"
    assert html.strip() == "<p>{{ x }} { {{ {# #}</p>"


def test_a_syntax_error_is_found_at_once() -> None:
    with pytest.raises(InputError, match="markdown, line 1"):
        MarkdownPart("{{ a b }}")


@pytest.mark.parametrize("start", ["", "{% set a = 1 %}"])
@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"])
def test_line_breaks_in_a_value_are_kept_in_both_bodies(start: str, line_end: str) -> None:
    street = f"Main St. 1{line_end}<Town>"
    text, html = rendered(start + "To *{{ street }}*, `{{ street }}`", street=street)
    assert text.strip() == f"To {street}, {street}"
    place = "Main St. 1<br>&lt;Town&gt;"
    assert html.strip() == f"<p>To <em>{place}</em>, <code>{place}</code></p>"


@pytest.mark.parametrize("start", ["", "{% set b = 1 %}"])
def test_a_line_break_in_an_attribute_is_no_tag(start: str) -> None:
    html = rendered(start + "![{{ a }} of {{ a }}](https://x.test/p.png) {{ a }}", a="x\ny")[1]
    assert html.strip() == (
        '<p><img src="https://x.test/p.png" alt="x\ny of x\ny"> x<br>y</p>'.replace('">', '" />')
    )


def test_a_template_with_line_breaks_stays_plain() -> None:
    assert MarkdownPart("Dear {{ name }}").is_plain
