"""What an examination found, as text and as a table."""

from __future__ import annotations

import pytest

from smtp_nb.model.diagnosis import Check, Checkup, Finding

GOOD = Check("Name", Finding.GOOD, "it has an address")
DOUBTFUL = Check("TLS", Finding.DOUBTFUL, "not wanted", "turn it on")
BAD = Check("Login", Finding.BAD, "the server refused ann@school.test", "is it right?", 161)
LEFT = Check("Banner", Finding.UNSEEN, "not reached")


def test_it_is_true_unless_a_step_is_bad() -> None:
    assert Checkup("x", [GOOD, DOUBTFUL, LEFT])
    assert not Checkup("x", [GOOD, BAD])
    assert Checkup("x", [GOOD]).trouble is None
    assert Checkup("x", [GOOD, BAD, LEFT]).trouble is BAD


def test_a_step_is_found_by_its_name() -> None:
    found = Checkup("x", [GOOD, BAD])
    assert found["login"] is BAD
    assert list(found) == [GOOD, BAD]
    with pytest.raises(KeyError):
        found["TLS"]


@pytest.mark.parametrize(
    ("checks", "words"),
    [
        ([GOOD], "all is well"),
        ([GOOD, DOUBTFUL], "with warnings"),
        ([GOOD, BAD], "stopped at: Login"),
    ],
)
def test_the_first_line_says_how_it_went(checks: list[Check], words: str) -> None:
    assert words in Checkup("mail.test:25", checks).title
    assert str(Checkup("mail.test:25", checks)).startswith("mail.test:25: ")


def test_every_step_has_its_sign_its_sentence_and_its_remedy() -> None:
    found = Checkup("x", [GOOD, DOUBTFUL, BAD, LEFT])
    assert str(found) == repr(found)
    assert str(found).splitlines()[1:] == [
        "  ✓ Name    It has an address.",
        "  ! TLS     Not wanted.",
        "            What to do: turn it on.",
        "  ✗ Login   The server refused a…@school.test.",
        "            What to do: is it right?",
        "  – Banner  Not reached.",
    ]


def test_the_table_is_escaped_and_says_in_words_what_the_signs_mean() -> None:
    html = Checkup("<x>", [Check("Banner", Finding.BAD, "<script>\x1b[31m")])._repr_html_()
    assert "<script" not in html
    assert "\x1b" not in html
    assert "&lt;x&gt;" in html
    assert 'aria-label="bad"' in html
    assert "http" not in html
