"""Promises of the verbs template, merge, preview and results, on a real kernel."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from ..conftest import Kernel, Seen

FRAME = """
import pandas as pd
df = pd.DataFrame({
    "name": ["Ann", "Bob", "Cy", "Dee"],
    "email": ["ann@example.org", "bob@example.org", "ANN@example.org", "broken"],
})
"""
TEMPLATE = """%%smtp template result
Subject: Result for {{ name }}
Reply-To: office@school.test
X-Course: SMTP

Dear {{ name }},

you **passed**."""


@pytest.fixture
def class_of_four(connected: Kernel) -> Kernel:
    connected.run("import os, tempfile; os.chdir(tempfile.mkdtemp())")
    connected.run(FRAME)
    assert "Fills in  name" in connected.run(TEMPLATE).text
    return connected


def sent(kernel: Kernel) -> int:
    state = "get_ipython().magics_manager.registry['SMTPMagics']._state"
    return int(kernel.value(f"len({state}.sandbox.messages)"))


def test_a_merge_is_a_dry_run_until_it_is_told_to_send(class_of_four: Kernel) -> None:
    seen = class_of_four.run("r = %smtp merge df result\nr")
    assert "A dry run: 2 messages would be sent." in seen.text
    assert "'broken' is not an e-mail address" in seen.text
    assert "text/html" in seen.outputs[0]
    assert sent(class_of_four) == 0


def test_an_expression_stands_for_a_frame(class_of_four: Kernel) -> None:
    class_of_four.run("least = 2")
    for text in ("df.head(2)", "\"df[df.name == 'Ann']\"", "'df[df.name.map(len) > least]'"):
        seen = class_of_four.run(f"r = %smtp merge {text} result\nr.count")
        assert seen.status == "ok", text
    assert class_of_four.value("r.count") == "2"
    assert sent(class_of_four) == 0


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("df[df.name == 1] result", "quote a value that has spaces"),
        ("df[df.name=='Ann'] result", "put the whole expression into quotes"),
        ("df.head( result", "df.head( is neither a variable nor an expression"),
        ("df[df.naem==1] result", "df[df.naem==1] failed: AttributeError"),
        ("df.naem result", "df.naem failed: AttributeError"),
        ("len(df) result", "len(df) is not a DataFrame"),
        ("nothing.head() result", "NameError: name 'nothing' is not defined"),
        ("df result --to email --to emial", "Did you mean 'email'"),
        ("df result --to email --to email", "Name each column once"),
    ],
)
def test_a_wrong_frame_or_column_says_what_is_wrong(
    class_of_four: Kernel, text: str, said: str
) -> None:
    seen = class_of_four.run(f"%smtp merge {text}")
    assert said in f"{seen.text}{seen.error}"
    assert sent(class_of_four) == 0


def test_several_columns_are_recipients_of_one_message(class_of_four: Kernel) -> None:
    class_of_four.run("df = df.head(2).assign(second=['m@example.org', None])")
    line = "r = %smtp merge df result --to email --to second --send --yes 2"
    assert class_of_four.run(line).status == "ok"
    assert class_of_four.value("list(r.recipient)") == (
        "['ann@example.org', 'm@example.org', 'bob@example.org']"
    )


def test_rows_are_grouped_on_a_line(class_of_four: Kernel) -> None:
    class_of_four.run("df = df.head(3).assign(name='Ann', points=[1, 2, 3])")
    seen = class_of_four.run("r = %smtp merge df result --group-by email\nr")
    assert "A dry run: 2 messages would be sent." in seen.text


def test_the_count_is_typed_back(class_of_four: Kernel) -> None:
    seen = class_of_four.run("r = %smtp merge df result --send --skip-invalid", answers=["2"])
    assert seen.prompts == [("This sends 2 messages. Type 2 to send: ", False)]
    assert class_of_four.value("list(r.outcome)") == (
        "['ACCEPTED', 'REFUSED', 'DUPLICATE', 'INVALID']"
    )
    assert sent(class_of_four) == 1


@pytest.mark.parametrize("answer", ["", "y", "3", "22"])
def test_another_answer_sends_nothing(class_of_four: Kernel, answer: str) -> None:
    seen = class_of_four.run("%smtp merge df result --send --skip-invalid", answers=[answer])
    assert seen.error is not None
    assert "nothing was sent" in seen.error["evalue"]
    assert sent(class_of_four) == 0


def test_an_unattended_run_gives_the_count(class_of_four: Kernel) -> None:
    seen = class_of_four.run("%smtp merge df result --send --skip-invalid")
    assert seen.error is not None
    assert "--yes 2" in seen.error["evalue"]
    seen = class_of_four.run("%smtp merge df result --send --skip-invalid --yes 3")
    assert seen.error is not None
    assert "it is 2 messages, not 3" in seen.error["evalue"]
    assert sent(class_of_four) == 0
    assert class_of_four.run("%smtp merge df result --send --skip-invalid --yes 2").status == "ok"
    assert sent(class_of_four) == 1


def test_the_cell_of_a_stopped_merge_resumes_it(class_of_four: Kernel) -> None:
    """With the number of all messages as before, or with that of the rest."""
    class_of_four.run("three = df.iloc[[0, 0, 0]].reset_index(drop=True)")
    class_of_four.run("three['email'] = [f'n{n}@example.org' for n in range(3)]")
    cell = "%smtp merge three result --send"
    class_of_four.run(f"{cell} --limit 1 --yes 1")
    assert sent(class_of_four) == 1
    refused = class_of_four.run(f"{cell} --yes 4")
    assert refused.error is not None
    assert "it is 2 messages, not 4" in refused.error["evalue"]
    assert class_of_four.run(f"{cell} --limit 1 --yes 3").status == "ok"
    assert sent(class_of_four) == 2
    assert class_of_four.run(f"{cell} --yes 3").status == "ok"
    assert sent(class_of_four) == 3


def test_running_the_cell_again_sends_nothing_and_asks_nothing(class_of_four: Kernel) -> None:
    cell = "%smtp merge df result --send --skip-invalid --yes 2"
    class_of_four.run(cell)
    again = class_of_four.run("%smtp merge df result --send --skip-invalid", answers=[])
    assert again.status == "ok"
    assert again.prompts == []
    assert sent(class_of_four) == 1


def test_rows_with_errors_stop_a_merge_before_anything_leaves(class_of_four: Kernel) -> None:
    seen = class_of_four.run("%smtp merge df result --send --yes 2")
    assert seen.error is not None
    assert seen.error["ename"] == "ProblemsFound"
    assert len("\n".join(seen.error["traceback"]).splitlines()) <= 4
    assert sent(class_of_four) == 0


def shown_progress(seen: Seen) -> list[str]:
    return [b["text/plain"] for b in seen.outputs + seen.updates if "Merge:" in b["text/plain"]]


def test_progress_is_saved_as_it_ended(class_of_four: Kernel) -> None:
    seen = class_of_four.run("r = %smtp merge df result --send --skip-invalid --yes 2")
    first, second, *_ = shown_progress(seen)[-1].splitlines()
    assert first == "Merge: 2 of 2: 1 ACCEPTED, 1 REFUSED"
    assert second.startswith("result: 1 of 4 recipients have their message")
    assert "application/vnd.jupyter.widget-view+json" in seen.outputs[0]


def test_a_background_merge_gives_its_job(class_of_four: Kernel) -> None:
    class_of_four.run("job = %smtp merge df result --send --skip-invalid --yes 2 --background")
    class_of_four.run("r = job.wait()")
    assert class_of_four.value("r.outcome.value_counts()['ACCEPTED']") in ("1", "np.int64(1)")
    assert "RCPT TO:<a…@example.org>" in class_of_four.run("%smtp trail --static").everything
    assert "'ACCEPTED'" in class_of_four.value("list((get_ipython().run_line_magic('smtp', "
                                               "'results result')).outcome)")  # fmt: skip


def test_a_merge_at_a_time_is_a_job_that_waits_for_it(class_of_four: Kernel) -> None:
    line = "job = %smtp merge df result --send --skip-invalid --yes 2 --at"
    class_of_four.run(f"{line} 06:00 --quiet-hours 22:00-06:00 --wait-for-quota --rate 1/day")
    assert "scheduled, 0 of 2; starts at " in class_of_four.value("repr(job)")
    class_of_four.run("job.cancel(); r = job.wait()")
    assert class_of_four.value("'ACCEPTED' in set(r.outcome)") == "False"
    past = class_of_four.run(f"{line} '2020-01-01 08:00'").everything
    assert "is past" in past
    assert "leave --at out to start now" in past


def test_a_preview_shows_whole_messages(class_of_four: Kernel) -> None:
    seen = class_of_four.run("%smtp preview df result --rows 1")
    assert "Result for Ann" in seen.text
    assert "sandbox=" in seen.outputs[0]["text/html"]


def test_a_variable_joins_a_template_only_by_name(class_of_four: Kernel) -> None:
    class_of_four.run("term = 'summer'")
    class_of_four.run("%%smtp template t\nSubject: {{ term }}\n\nx")
    dry = class_of_four.run("r = %smtp merge df t\nr")
    assert "'term'" in dry.text  # it is a problem, not silently the variable's value
    class_of_four.run("r = %smtp merge df t --with term")
    assert class_of_four.value("r.preview[0].message.content.headers[3]") == (
        "('Subject', 'summer')"
    )


@pytest.mark.parametrize(
    ("cell", "words"),
    [
        ("%%smtp template t\nSubject: x", "the template has no body"),
        ("%%smtp template t\nSubjct: x\n\nbody", "Did you mean Subject:?"),
        ("%%smtp template t\nSubject: a\nSubject: b\n\nbody", "given twice"),
        ("%%smtp template t\nSubject: {{ x\n\nbody", "subject, line 1"),
    ],
)
def test_a_wrong_template_is_refused_at_once(kernel: Kernel, cell: str, words: str) -> None:
    seen = kernel.run(cell)
    assert seen.error is not None
    assert words in "".join(seen.error["traceback"])


PACE = (
    "--connections 2 --messages-per-connection 1 --rate 100/s --domain-rate '*=50/s'"
    " --deadline '5 min' --patience 0"
)


def test_the_pace_is_given_on_the_line(class_of_four: Kernel) -> None:
    class_of_four.run("df = df[:3].assign(email=['a@x.test', 'b@x.test', 'c@y.test'])")
    class_of_four.run(f"r = %smtp merge df result --send --yes 3 {PACE}")
    assert class_of_four.value("list(r.outcome)") == "['ACCEPTED', 'ACCEPTED', 'ACCEPTED']"
    state = "get_ipython().magics_manager.registry['SMTPMagics']._state"
    assert int(class_of_four.value(f"len({state}.sandbox.sessions)")) >= 3


@pytest.mark.parametrize(
    ("option", "words"),
    [
        ("--rate fast", "is not a rate"),
        ("--domain-rate x.test", "DOMAIN=RATE"),
        ("--deadline soon", "is not a duration"),
        ("--connections 0", "connections is 0"),
    ],
)
def test_a_wrong_pace_sends_nothing(class_of_four: Kernel, option: str, words: str) -> None:
    seen = class_of_four.run(f"r = %smtp merge df result --send --yes 2 --skip-invalid {option}")
    shown = seen.text + "".join(seen.error["traceback"] if seen.error else ())
    assert words in shown
    assert sent(class_of_four) == 0


def test_a_second_month_under_the_old_name_is_no_success(class_of_four: Kernel) -> None:
    class_of_four.run("people = df.iloc[[0]]")
    class_of_four.run("%smtp merge people result --send --yes 1")
    again = class_of_four.run("%smtp merge people result")
    assert "A dry run: 0 messages would be sent. 1 was decided on " in again.text
    assert "1 ACCEPTED). Another --name sends to them again." in again.text
    rerun = class_of_four.run("r = %smtp merge people result --send --yes 1")
    assert rerun.status == "ok"
    assert "0 sent: 1 was decided on " in rerun.text
    class_of_four.run("later = people.assign(name='Anna')")
    dry = class_of_four.run("%smtp merge later result")
    assert "Nothing will be sent: row 0 has a message" in dry.text
    seen = class_of_four.run("%smtp merge later result --send --yes 1")
    assert seen.error is not None
    assert seen.error["ename"] == "TemplateChanged"
    assert "their values were changed" in seen.error["evalue"]
    assert "Give another --name" in "".join(seen.error["traceback"])
    assert len("".join(seen.error["traceback"]).splitlines()) <= 4
    assert sent(class_of_four) == 1
    class_of_four.run("%smtp merge later result --name later --send --yes 1")
    assert sent(class_of_four) == 2


def test_the_remedies_of_a_dry_run_speak_of_options(class_of_four: Kernel) -> None:
    class_of_four.run("df['email'] = 'ann@example.org'")
    seen = class_of_four.run("%smtp merge df result")
    assert "Use --group-by for one message of both, or --key with a column that" in seen.text
    assert "key= with" not in seen.text
