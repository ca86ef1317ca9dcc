"""Promises of smtp_nb.notebook.syntax."""

from __future__ import annotations

import pytest
from IPython.core.error import UsageError

from smtp_nb.notebook.syntax import Argument, Option, Syntax, ValueKind, filled

SYNTAX = Syntax(
    "try",
    (Argument("what", "the thing"), Argument("how", "the way", required=False)),
    (
        Option("--to", "whom", many=True),
        Option("--subject", "of it"),
        Option("--dry-run", "do nothing", ValueKind.FLAG),
        Option("--times", "how often", ValueKind.NUMBER),
        Option("--tls", "guard", ValueKind.CHOICE, choices=("none", "starttls")),
        Option("--frame", "rows", ValueKind.FRAME),
    ),
)


def test_values_come_by_key_and_what_is_absent_is_empty() -> None:
    values = SYNTAX.parse(["x", "--to", "a", "--to=b", "--dry-run", "--times", "3", "-o", "r"])
    assert values == {
        "what": "x", "how": None, "to": ["a", "b"], "subject": None, "dry_run": True, "times": 3,
        "tls": None, "frame": None, "out": "r", "help": False,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("words", "text"),
    [
        (["x", "--too", "a"], "did you mean --to?"),
        (["x", "--subject"], "--subject needs a value: --subject SUBJECT"),
        (["x", "--subject", "--to", "a"], "--subject needs a value"),
        (["x", "--subject", "a", "--subject", "b"], "--subject is given twice"),
        (["x", "--dry-run=yes"], "--dry-run takes no value"),
        (["x", "--times", "many"], "--times takes a whole number, not 'many'"),
        (["x", "--times", "²"], "--times takes a whole number"),
        (["x", "--tls", "maybe"], "--tls takes one of none, starttls, not 'maybe'"),
        (["x", "-o", "1a"], "--out takes a Python name"),
        ([], "WHAT is missing: the thing"),
        (["a", "b", "c"], "unexpected 'c'; quote a value that has spaces"),
    ],
)
def test_what_is_wrong_is_said_with_the_way_out(words: list[str], text: str) -> None:
    with pytest.raises(UsageError) as caught:
        SYNTAX.parse(words)
    assert type(caught.value) is UsageError  # IPython shows a subclass with its traceback
    assert text in str(caught.value)
    assert "%smtp try --help" in str(caught.value)


def test_help_needs_nothing_else() -> None:
    assert SYNTAX.parse(["--help"])["help"] is True


def test_words_behind_two_dashes_are_no_options() -> None:
    assert SYNTAX.parse(["--", "--to"])["what"] == "--to"


def test_a_dash_alone_is_a_value() -> None:
    assert SYNTAX.parse(["-"])["what"] == "-"


def test_a_rest_takes_every_word() -> None:
    syntax = Syntax("say", (Argument("text", "words", rest=True),))
    assert syntax.parse(["550", "5.1.1", "no"])["text"] == "550 5.1.1 no"


def test_only_texts_and_paths_are_filled_in() -> None:
    values = SYNTAX.parse(["{{ a }}", "--to", "{{ b }}", "--frame", "{{ c }}"])
    done = filled(SYNTAX, values, lambda _, text: text.upper())
    assert (done["what"], done["to"], done["frame"]) == ("{{ A }}", ["{{ B }}"], "{{ c }}")
