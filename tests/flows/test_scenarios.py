"""The same conversations on the scripted, the blocking and the asyncio driver."""

from __future__ import annotations

from typing import Any

import pytest

from flows.login_scenarios import LOGIN_SCENARIOS, NONCE
from flows.scenarios import SCENARIOS, Scenario
from play.stage import DIALOGUES, DRIVERS, ScriptedStage, Stage, dialogue, stage
from smtp_nb.drivers.scripted import parse_dialogue
from smtp_nb.errors import SMTPError
from smtp_nb.model.enums import TrailDirection
from smtp_nb.model.receipt import Receipt

ALL = [*SCENARIOS, *LOGIN_SCENARIOS]
RUNS = [
    pytest.param(scenario, driver, id=f"{scenario.name}-{driver}")
    for scenario in ALL
    for driver in DRIVERS
    # Time is virtual where a scenario is about time: nobody waits for 600 seconds.
    if scenario.seconds is None or driver == "scripted"
]


@pytest.fixture(autouse=True)
def nothing_is_random(monkeypatch: pytest.MonkeyPatch) -> None:
    for mechanism in ("scram", "digest_md5"):
        monkeypatch.setattr(f"smtp_nb.sasl.{mechanism}.new_nonce", lambda: NONCE)


@pytest.mark.parametrize(("scenario", "driver"), RUNS)
def test_every_driver_plays_the_scenario_alike(scenario, driver):
    properties = dict(scenario.properties)
    options = properties.pop("options", "")
    with stage(driver, dialogue(scenario.dialogue), properties) as played:
        for recipient in played.smtp.message_recipients:
            recipient.options = options
        outcome = ask(scenario, played)
        check_outcome(scenario, outcome, played)
        check_trail(scenario, played)
        assert not played.smtp.connected
    assert played.is_finished(), "the dialogue was not played to its end"


def ask(scenario: Scenario, played: Stage) -> Receipt | SMTPError | None:
    """What came of it: a receipt, or the error."""
    try:
        return scenario.ask(played)
    except SMTPError as error:
        return error


def check_outcome(scenario: Scenario, outcome: Any, played: Stage) -> None:
    if isinstance(outcome, SMTPError):
        assert type(outcome) is scenario.error, outcome
        assert outcome.code == scenario.code
        assert outcome.connection_survives is scenario.survives
        receipt = played.jobs.given[-1][1] if hasattr(played, "jobs") else outcome.receipt
    else:
        assert scenario.error is None
        receipt = outcome
    found = () if receipt is None else receipt.recipients
    assert ", ".join(f"{result.outcome} {result.code}" for result in found) == scenario.results


def check_trail(scenario: Scenario, played: Stage) -> None:
    lines = iter(played.lines())
    assert [line for line in scenario.trail if line not in lines] == []
    heard, at = played.heard, 0
    for line in played.lines(TrailDirection.CLIENT):
        if line.endswith("<hidden>"):
            continue
        octets = line.removeprefix("C: ").encode() + b"\r\n"
        assert octets in heard[at:], f"{line!r} stands in the trail only"
        at = heard.index(octets, at) + len(octets)
    if isinstance(played, ScriptedStage):
        if scenario.seconds is not None:
            assert played.driver.now == scenario.seconds
        if scenario.waits is not None:
            assert played.driver.reads == scenario.waits
        assert not played.driver.is_open


def test_every_dialogue_belongs_to_a_scenario():
    assert {path.stem for path in DIALOGUES.iterdir()} == {x.dialogue for x in ALL}


@pytest.mark.parametrize("path", sorted(DIALOGUES.iterdir()), ids=lambda path: path.stem)
def test_every_dialogue_begins_with_its_promise(path):
    text = path.read_text("utf-8")
    assert text.startswith("# ")
    assert parse_dialogue(text)
