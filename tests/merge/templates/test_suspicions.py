"""What a template can be sent with and its author hardly meant is a warning of the whole merge."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest

from smtp_nb.merge import MailMerge, Template

FRAME = pd.DataFrame({"to": ["a@x.test", "b@x.test"], "First Name": "Ann", "points": 3})


def warnings(**template: Any) -> pd.DataFrame:
    merge = MailMerge(FRAME, Template(**template), to="to", from_="t@x.test")
    problems = merge.check()
    assert problems["row"].isna().all()
    assert set(problems["severity"]) <= {"warning"}
    return problems


@pytest.mark.parametrize(
    ("written", "remedy"),
    [
        ("{points}", "Write {{ points }}"),
        ("{First Name}", 'Write {{ row["First Name"] }}'),
        ("{FirstName}", 'Write {{ row["First Name"] }}'),
        ("<<points>>", "Write {{ points }}"),
        ("<< First Name >>", 'Write {{ row["First Name"] }}'),
        ("«points»", "Write {{ points }}"),
        ("${points}", "Write {{ points }}"),
        ("${marks}", "Write {{ marks }}"),
        ("[Points]", "Write {{ points }}"),
        ("[First_Name]", 'Write {{ row["First Name"] }}'),
        ("%points%", "Write {{ points }}"),
        ("<points>", "Write {{ points }}"),
    ],
)
@pytest.mark.parametrize("part", ["subject", "text", "markdown"])
def test_placeholders_of_other_tools_are_pointed_out(part: str, written: str, remedy: str) -> None:
    parts = {"subject": "s", "text": "t"} | {part: f"Dear {written},"}
    if part == "markdown":
        del parts["text"]
    problems = warnings(**parts)
    assert problems["remedy"].tolist() == [remedy]
    assert written in problems["message"][0]
    assert problems["column"][0] == part


@pytest.mark.parametrize(
    "text",
    ["{{ points }} {x}", "{{ points }} [a link](https://x.test)", "{{ points }} [1]",
     "{% if points %}{}{% endif %}", "a < b > {{ points }}", "100 % of {{ points }} %"],
)  # fmt: skip
def test_other_brackets_are_none(text: str) -> None:
    assert len(warnings(subject="s", text=text)) == 0


def test_a_template_that_names_no_column_is_pointed_out() -> None:
    assert warnings(subject="s", text="Dear all")["message"].str.contains("no column").all()
    assert len(warnings(subject="s", text="Dear {{ row['First Name'] }}")) == 0
    assert len(warnings(subject="s", text="t", attachments=["{{ points and '' }}"])) == 0


@pytest.mark.parametrize(
    "html",
    ["<div style='color: red'>\nx\n</div>", "a <b>bold</b> word", "x<br>y", "<!-- hidden -->"],
)
def test_html_in_markdown_is_pointed_out(html: str) -> None:
    problems = warnings(subject="s", markdown=f"{{{{ points }}}}\n\n{html}")
    assert problems["column"].tolist() == ["markdown"]
    assert "html=" in problems["remedy"][0]


@pytest.mark.parametrize("fine", ["`<div>`", "    <div>", "<https://x.test>", "3 < 4 > 2"])
def test_what_only_looks_like_html_is_not(fine: str) -> None:
    assert len(warnings(subject="s", markdown=f"{{{{ points }}}}\n\n{fine}")) == 0
