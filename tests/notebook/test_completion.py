"""Promises of smtp_nb.notebook.completion, as a front end asks for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from notebook.conftest import Kernel

VERBS = ["connect", "disconnect", "doctor", "explain", "help",
            "ladder", "login", "merge", "preview",
         "results", "send", "server", "status", "template", "trail"]  # fmt: skip


@pytest.fixture
def prepared(kernel: Kernel) -> Kernel:
    kernel.run(
        "import pandas as pd\ndf = pd.DataFrame(); other = pd.DataFrame(); number = 3; fig = b''"
    )
    kernel.run("%%smtp template result\nSubject: x\n\nbody")
    return kernel


@pytest.mark.parametrize(
    ("line", "offered"),
    [
        ("%smtp ", VERBS),
        ("%smtp se", ["send", "server"]),
        ("%%smtp te", ["template"]),
        ("%smtp server ", ["fault", "inbox", "start", "stop"]),
        ("%smtp server st", ["start", "stop"]),
        ("%smtp server start --t", ["--tls"]),
        ("%smtp server start --tls ", ["none", "starttls", "implicit"]),
        ("%smtp server start --tls st", ["starttls"]),
        ("%smtp send --attach", ["--attach", "--attach-var"]),
        ("r = %smtp send --rep", ["--reply-to"]),
        ("    %smtp send --rep", ["--reply-to"]),
        ("%smtp send --subject x --su", ["--su"]),
        ("%smtp merge d", ["df"]),
        ("%smtp merge ot", ["other"]),
        ("%smtp merge df r", ["result"]),
        ("%smtp merge df result --sk", ["--skip-invalid"]),
        ("%smtp send --figure f", ["fig"]),
        ("%smtp server fault gr", ["greylist"]),
        ("%smtp send --to ex", ["ex"]),
        ("%smtp send --to al@ex", ["ex"]),
    ],
)
def test_tab_offers_what_can_follow(prepared: Kernel, line: str, offered: list[str]) -> None:
    found = prepared.complete(line)
    assert [word.split()[-1] for word in found] == sorted(offered)


def test_the_first_line_of_a_cell_is_completed_above_its_body(prepared: Kernel) -> None:
    line = "%%smtp send --mark"
    assert prepared.complete(f"{line}\nDear you,\n", len(line)) == ["--markdown"]


def test_other_lines_are_left_to_others(prepared: Kernel) -> None:
    assert "number" in prepared.complete("numb")
    assert "%smtp" in "".join(prepared.complete("%smt"))
    body = "%%smtp send --to a@b.test\nnumb"
    assert "--to" not in prepared.complete(body)


def test_a_path_is_completed_by_the_files_of_the_directory(prepared: Kernel) -> None:
    prepared.run("open('report.pdf', 'w').close()")
    assert "report.pdf" in prepared.complete("%smtp send --attach rep")
