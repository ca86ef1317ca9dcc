"""Promises of smtp_nb.notebook.completion, as a front end asks for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from smtp_nb.notebook.verbs import VERBS

if TYPE_CHECKING:
    from .conftest import Kernel

FIRST_WORDS = sorted({name.split()[0] for name in VERBS})


@pytest.fixture
def prepared(kernel: Kernel) -> Kernel:
    kernel.run(
        "import pandas as pd\ndf = pd.DataFrame(); other = pd.DataFrame(); number = 3; fig = b''"
    )
    kernel.run("people = pd.DataFrame(columns=['email', 'full name', 'points'])")
    kernel.run("import os\nos.makedirs('spool', exist_ok=True)")
    kernel.run("open('spring.smtp-merge.sqlite', 'w').close()")
    kernel.run("%%smtp template result\nSubject: x\n\nbody")
    return kernel


@pytest.mark.parametrize(
    ("line", "offered"),
    [
        ("%smtp ", FIRST_WORDS),
        ("%smtp se", ["send", "server", "set"]),
        ("%%smtp te", ["template"]),
        ("%smtp server ", ["fault", "heal", "inbox", "reset", "sessions", "start", "stop"]),
        ("%smtp server st", ["start", "stop"]),
        ("%smtp server start --t", ["--tls"]),
        ("%smtp server start --tls ", ["none", "starttls", "implicit"]),
        ("%smtp server start --tls st", ["starttls"]),
        ("%smtp send --attach", ["--attach", "--attach-var"]),
        ("r = %smtp send --rep", ["--reply-to"]),
        ("    %smtp send --rep", ["--reply-to"]),
        ("%smtp send --subject x --su", []),
        ("%smtp merge d", ["df"]),
        ("%smtp merge ot", ["other"]),
        ("%smtp merge df r", ["result"]),
        ("%smtp merge df result --sk", ["--skip-invalid"]),
        ("%smtp send --figure f", ["fig"]),
        ("%smtp server fault gr", ["greylist"]),
        ("%smtp send --to ex", []),
        ("%smtp send --to al@ex", []),
        ("%smtp send --to ", []),
        ("%smtp send --subject 'an open quote, ex", []),
        ("%smtp merge people result --to ", ["email", "'full name'", "points"]),
        ("%smtp merge people result --key=e", ["--key=email"]),
        ("%smtp merge people result --to 'full", ["'full name'"]),
        ("%smtp results s", ["spring"]),
        ("%smtp help se", ["send", "server", "set"]),
        ("%smtp help server st", ["start", "stop"]),
        ("%smtp lesson", ["lesson", "lessons"]),
        ("%smtp explain 55", ["550", "551", "552", "553", "554", "555", "556"]),
        ("%smtp explain 550 5", []),
        ("%smtp set time", ["timeout"]),
        ("%smtp set auth_mechanism cr", ["cram_md5"]),
        ("%smtp set allow_extensions T", ["True"]),
        ("%smtp config Hel", ["Hello="]),
        ("%smtp config KeepQueue=", ["KeepQueue=True", "KeepQueue=False"]),
        ("%smtp server start --without CH", ["CHUNKING"]),
        ("%smtp server fault reply --stage GR", ["GREETING"]),
        ("%smtp server heal gr", ["greylist"]),
        ("%smtp command NO", ["NOOP"]),
        ("%smtp queue sp", ["spool/"]),
        ("%smtp queue ./sp", ["./spool/"]),
        ("%smtp send --attach sp", ["spool/", "spring.smtp-merge.sqlite"]),
        ("%smtp send --attach 'sp", ["'spool/'", "'spring.smtp-merge.sqlite'"]),
        ("%smtp send --subject {{ num", ["number"]),
        ("%smtp nonsense ", []),
    ],
)
def test_tab_offers_what_can_follow(prepared: Kernel, line: str, offered: list[str]) -> None:
    before = line[: line.rfind(" ") + 1]
    found = [whole.removeprefix(before) for whole in prepared.completed(line)]
    assert sorted(found) == sorted(offered)


@pytest.mark.parametrize(
    ("line", "first"),
    [
        ("%smtp merge ", ["df", "other", "people"]),
        ("%smtp server fault ", ["refuse", "greylist"]),
        ("%smtp merge people ", ["result"]),
    ],
)
def test_what_has_to_come_is_offered_before_options(
    prepared: Kernel, line: str, first: list[str]
) -> None:
    found = [whole.removeprefix(line) for whole in prepared.completed(line)]
    assert found[: len(first)] == first
    assert "--to" in found


def test_exercises_of_the_lesson_under_way_are_offered(prepared: Kernel) -> None:
    assert "1.1" not in "".join(prepared.completed("%smtp check "))
    assert prepared.completed("%smtp lesson 1")[0] == "%smtp lesson 1"
    prepared.run("%smtp lesson 1")
    assert prepared.completed("%smtp check ")[:2] == ["%smtp check 1.1", "%smtp check 1.2"]
    assert prepared.completed("%smtp hint 1.2")[0] == "%smtp hint 1.2"
    prepared.run("lesson.close()")


def test_the_first_line_of_a_cell_is_completed_above_its_body(prepared: Kernel) -> None:
    line = "%%smtp send --mark"
    assert prepared.complete(f"{line}\nDear you,\n", len(line)) == ["--markdown"]


def test_other_lines_are_left_to_others(prepared: Kernel) -> None:
    assert "number" in prepared.complete("numb")
    assert "%smtp" in "".join(prepared.complete("%smt"))
    body = "%%smtp send --to a@b.test\nnumb"
    assert "--to" not in prepared.complete(body)


def test_a_body_is_completed_within_braces_alone(prepared: Kernel) -> None:
    body = "%%smtp send --to a@b.test\nDear {{ numb"
    assert prepared.completed(body) == [body + "er"]
    assert "email" in prepared.complete("%%smtp template x\nSubject: {{ ema")
    assert prepared.complete("%%smtp send --to a@b.test\nimp") == []


def test_a_line_that_goes_on_below_is_one_line(prepared: Kernel) -> None:
    assert prepared.complete("%smtp merge people result \\\n  --skip") == ["--skip-invalid"]


def test_a_path_is_completed_by_the_files_of_the_directory(prepared: Kernel) -> None:
    prepared.run("open('report.pdf', 'w').close()")
    assert "report.pdf" in prepared.complete("%smtp send --attach rep")
