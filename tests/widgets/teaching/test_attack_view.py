"""The attack lab without a browser: what a page is told, and what it may ask."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from smtp_nb.classroom import Attack
from smtp_nb.widgets import AttackView


@pytest.fixture
def view(monkeypatch: pytest.MonkeyPatch) -> Iterator[AttackView]:
    made = AttackView(Attack("smuggling"))
    made.told = []  # type: ignore[attr-defined]  # for the test
    monkeypatch.setattr(made, "send", made.told.append)  # type: ignore[attr-defined]
    yield made
    made.close()


def ask(view: AttackView, **content: Any) -> dict[str, Any]:
    view._listen(view, content, [])
    told: dict[str, Any] = view.told[-1]  # type: ignore[attr-defined]
    return told


def test_a_switch_is_tried_at_once(view: AttackView) -> None:
    told = ask(view, ready=True)
    assert (told["isSafe"], told["verdict"]) == (False, "The attack succeeds")
    assert [row[3] for row in told["inbox"]] == [False, True]
    assert [name for name, *_ in told["defences"]] == ["strict", "relay", "no dots"]
    told = ask(view, defence="strict", on=True)
    assert told["isSafe"]
    assert told["defences"][0][3] is True
    told = ask(view, defence="no dots", on=True)
    assert not told["isSafe"]
    assert told["controls"][1] == ["a letter with dots in it", False]


def test_what_the_attacker_writes_is_tried_or_refused(view: AttackView) -> None:
    told = ask(view, write="no attack")
    assert told["isSafe"]
    assert told["written"].startswith("From: eve@shop.test")
    told = ask(view, write=r"\q")
    assert "not an escape" in told["said"]
    assert told["isSafe"]
    assert "unknown defence" in ask(view, defence="moat", on=True)["said"]
    assert ask(view, write=7)["said"] == ""
    view._listen(view, "nonsense", [])


def test_the_saved_form_is_the_static_one(view: AttackView) -> None:
    assert view.static_forms() == view._attack.forms()
    assert "eve@" not in "".join(view.static_forms())
    assert repr(view) == "<AttackView: smuggling, The attack succeeds>"
