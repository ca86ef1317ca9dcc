"""What the generated pages make of docstrings and signatures."""

from __future__ import annotations

import re
from dataclasses import fields

import pytest

from generator import api, around, docstrings, signatures, troubles
from generator.text import table
from smtp_nb import Outcome, errors, explain
from smtp_nb.merge.running.options import Options
from smtp_nb.model.explain import providers
from smtp_nb.model.knowledge.faults import faults


def test_a_colon_in_what_is_returned_begins_no_list() -> None:
    said = docstrings.markdown("Look.\n\nReturns:\n    A `Receipt`: what became of it.\n")
    assert said == "Look.\n\n**Returns**\n\nA `Receipt`: what became of it."


def test_parameters_and_errors_are_lists() -> None:
    said = docstrings.markdown("Look.\n\nArgs:\n    a: the first.\n\nRaises:\n    E: no.\n")
    assert said.split("\n\n")[1:] == [
        "**Parameters**",
        "- `a`: the first.",
        "**Raises**",
        "- `E`: no.",
    ]


def test_a_signature_has_all_parameters_with_types_and_defaults() -> None:
    assert "SMTP.send(message: Sendable | None = None) -> Receipt" in api.methods()
    text = around.merges()
    assert "MailMerge.run(" in text
    run = next(line for line in text.splitlines() if "} MailMerge.run(" in line)
    assert {f"{field.name}:" for field in fields(Options)} <= set(re.findall(r"\w+:", run))
    assert "rate: " in run
    assert "limit: int | None = None" in run


def test_keywords_that_are_properties_are_one_name() -> None:
    assert "SMTP.from_url(url: str, **properties) -> C" in api.methods()


def test_a_default_that_one_could_not_type_is_an_ellipsis() -> None:
    def called(a: int = 3, b: object = object(), *, c: str = "x") -> None: ...

    assert signatures.shown(called) == "(a: int = 3, b: object = ..., *, c: str = 'x') -> None"


def test_every_class_of_error_is_in_the_reference() -> None:
    text = api.error_numbers()
    names = {name for name, kind in vars(errors).items() if isinstance(kind, type)}
    known = {name for name in names if issubclass(getattr(errors, name), errors.SMTPError)}
    assert all(f"{{py:exception}} {name}\n" in text for name in known)


def test_the_page_of_failures_has_every_text_that_explain_knows() -> None:
    text = troubles.explained(troubles.MARKER)
    assert text.count("\n: **") == len(providers()) + len(faults())
    with pytest.raises(ValueError, match="known failures"):
        troubles.explained("# Troubleshooting")


def test_each_known_failure_is_explained_as_the_page_says() -> None:
    for row in providers():
        assert explain(row.example).meaning == row.entry.meaning


def test_a_bar_in_a_cell_begins_no_cell_and_shows_as_a_bar() -> None:
    assert table(["a"], [["`x|y`"]]).splitlines()[-1] == r"| `x\|y` |"
    assert "&#124;" not in around.magics()


def test_an_enumeration_among_the_types_shows_its_members() -> None:
    text = api.types()
    assert all(f"| `{name}` |" in text for name in Outcome.__members__)
