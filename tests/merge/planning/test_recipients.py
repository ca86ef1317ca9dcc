"""Addresses as people keep them: cleaned at their ends, explained inside, held back on request."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest

from smtp_nb.errors import InputError
from smtp_nb.merge import MailMerge, Template
from smtp_nb.merge.journal.journal import Journal
from smtp_nb.merge.journal.schema import ReportRecord
from smtp_nb.merge.planning.recipients import mailbox_of
from smtp_nb.merge.rows.problem import RowError
from smtp_nb.sandbox import SandboxServer

TEMPLATE = Template(subject="s", text="t")


def merge(*addresses: object, template: Template = TEMPLATE, **options: Any) -> MailMerge:
    frame = pd.DataFrame({"email": pd.Series(addresses, dtype=object)})
    return MailMerge(frame, template, **({"to": "email", "from_": "t@x.test"} | options))


@pytest.mark.parametrize(
    "written",
    ["a@x.test\u00a0", "\u200ba@x.test", "\ufeffa@x.test", "\ta@x.test\n", "a@x.test\r\n",
     "Ann <a@x.test>\u200b", "\u200e a@x.test \u2060"],
)  # fmt: skip
def test_what_is_invisible_at_the_ends_is_taken_off_and_remarked_upon(written: str) -> None:
    found = merge(written)
    problems = found.check()
    assert problems["severity"].tolist() == ["warning"]
    assert "invisible" in problems["message"][0]
    assert found.results["recipient"].tolist() == ["a@x.test"]


@pytest.mark.parametrize(
    "written", ["a\u200b@x.test", "a@x\u00a0.test", "a@x.test\nb@x.test", "\x00a@x.test"]
)
def test_inside_an_address_nothing_is_repaired(written: str) -> None:
    assert merge(written).check()["severity"].tolist() == ["error"]


@pytest.mark.parametrize(
    ("written", "remedy"),
    [
        ("Müller, Zoë <p@x.test>", 'Write "Müller, Zoë" <p@x.test>'),
        (
            "a@x.test, b@x.test",
            "Write one address per row, and further ones into the template's cc",
        ),
        ("a@x.test;b@x.test", "Write one address per row, and further ones into the template's cc"),
        ("r@x,test", "Did you mean r@x.test?"),
        ("ab@x.test;", "Did you mean ab@x.test?"),
        ("ab@x.test.", "Did you mean ab@x.test?"),
        ("'ab@x.test'", "Did you mean ab@x.test?"),
    ],
)
def test_the_remedy_fits_the_fault(written: str, remedy: str) -> None:
    problems = merge(written).check()
    if problems["severity"].tolist() == ["error"]:
        assert problems["remedy"].tolist() == [remedy]
    else:
        pytest.fail(f"{written} was taken")


@pytest.mark.parametrize(
    ("address", "words"),
    [
        ("a@gmial.com", "Did you mean gmail.com?"),
        ("b@gmail.con", "Did you mean gmail.com?"),
        ("b@school.con", "Did you mean school.com?"),
        ("c@gmial.cmo", "Did you mean gmail.com?"),
        ("g@web.dee", "Did you mean web.de?"),
        ("h@provider.nte", "Did you mean provider.net?"),
        ("f@gmail", "Did you mean gmail.com?"),
        ("d@localhost", "whole name"),
        ("e@p\u0430ypal.com", "Type it again"),
    ],
)
def test_domains_that_are_hardly_meant_are_warnings(address: str, words: str) -> None:
    problems = merge(address).check()
    assert problems["severity"].tolist() == ["warning"]
    assert words in problems["remedy"][0]


@pytest.mark.parametrize(
    "address",
    [
        "a@gmail.com",
        "a@bücher.test",
        "a@例え.test",
        "a@[192.0.2.1]",
        "a@ymail.com",
        "a@gmx.net",
        "a@con.test",
        "a@x.co",
        "a@mail.com",
    ],
)
def test_other_domains_are_fine(address: str) -> None:
    assert len(merge(address).check()) == 0


def test_to_may_be_a_template() -> None:
    frame = pd.DataFrame(
        {"name": ["Müller, Zoë", "Ann", None], "email": ["z@x.test", "no address", "b@x.test"]}
    )
    found = MailMerge(frame, TEMPLATE, to="{{ name }} <{{ email }}>", from_="t@x.test")
    problems = found.check()
    assert problems[["row", "severity"]].values.tolist() == [[1, "error"], [2, "error"]]
    message = found.preview(1)[0].message
    assert message is not None
    assert str(message.letter.draft.to[0]) == '"Müller, Zoë" <z@x.test>'
    many = MailMerge(frame[:1], TEMPLATE, to="{{ email }}, x@x.test", from_="t@x.test")
    assert "2 addresses" in many.check()["message"][0]


@pytest.mark.parametrize("written", ["a@x.test\u200b", "\ufeffa@x.test", "a@x.test\n"])
def test_what_is_invisible_in_a_template_of_addresses_is_taken_off_too(written: str) -> None:
    frame = pd.DataFrame({"email": [written], "name": ["Müller, Ann"]})
    template = Template(subject="s", text="{{ name }}", cc="{{ email }}")
    found = MailMerge(frame, template, to="{{ name }} <{{ email }}>", from_="t@x.test")
    (problem,) = found.check().itertuples()
    assert (problem.column, problem.severity) == ("to", "warning")
    assert "invisible characters" in problem.message
    message = found.preview()[0].message
    assert message is not None
    assert [str(box) for box in message.letter.draft.to] == ['"Müller, Ann" <a@x.test>']
    assert [str(box) for box in message.letter.draft.cc] == ["a@x.test"]


def test_the_bare_address_has_a_name_of_its_own() -> None:
    template = Template(
        subject="s", text="{{ address }}", list_unsubscribe="https://x.test/{{ address|urlencode }}"
    )
    message = merge("Zoë <z@x.test>", template=template).preview()[0].message
    assert message is not None
    assert message.letter.draft.text == "z@x.test"
    assert ("List-Unsubscribe", "<https://x.test/z%40x.test>") in message.letter.draft.headers
    column = pd.DataFrame({"email": ["a@x.test"], "address": ["Main St."]})
    own = MailMerge(column, Template(subject="s", text="{{ address }}"), to="email",
                    from_="t@x.test").preview()[0].message  # fmt: skip
    assert own is not None
    assert own.letter.draft.text == "Main St."


def test_suppressed_addresses_are_skipped(directory: Path) -> None:
    csv = directory / "gone.csv"
    csv.write_text("name,email\nBen,B@x.test\n,Cem <c@x.test>\n", encoding="utf-8-sig")
    with SandboxServer(refuse=["r@*"]) as server:
        merge("d@x.test", "r@x.test", server=server.url, name="old",
              journal=directory / "old.sqlite").run(progress=None)  # fmt: skip
        found = merge(
            "a@x.test", "b@x.test", "c@x.test", "d@x.test", "r@x.test", "e@x.test",
            server=server.url, name="new", suppress=["A@X.test", csv, "old.sqlite"],
        )  # fmt: skip
        results = found.run(progress=None)
    assert results["outcome"].tolist() == ["SKIPPED"] * 5 + ["ACCEPTED"]
    assert results["explanation"][0] == "the address is in suppress="
    assert [m.rcpt_tos[0] for m in server.messages] == ["d@x.test", "e@x.test"]


@pytest.mark.parametrize(
    "given",
    [
        pd.Series(["a@x.test", None, float("nan")]),
        pl.Series(["a@x.test", None]),
        np.array(["a@x.test"]),
        {"a@x.test": "unsubscribed"},
        pl.DataFrame({"recipient": ["a@x.test"], "bounce": ["hard"]}),
        (one for one in ["a@x.test"]),
    ],
    ids=["pandas", "polars", "numpy", "dict", "frame", "iterator"],
)
def test_addresses_to_leave_out_stand_in_any_column(given: Any) -> None:
    assert merge("a@x.test", "b@x.test", suppress=given).results["outcome"].tolist() == [
        "SKIPPED", "NOT_SENT",
    ]  # fmt: skip


def test_a_name_in_to_that_is_nearly_a_column_is_answered_with_it() -> None:
    frame = pd.DataFrame({"email": ["a@x.test"], "First name": ["Ann"]})
    template = Template(subject="s", text="{{ email }}")
    found = MailMerge(
        frame, template, to="{{ First_name }} <{{ email }}>", from_="t@x.test"
    ).check()
    assert found["remedy"].tolist() == ['Did you mean {{ row["First name"] }}?']


@pytest.mark.parametrize(
    "wrong",
    ["nobody", "gone.csv", ["a@"], Path("gone.sqlite"), 3, [3], [["a@x.test"]],
     pl.DataFrame({"email": ["a@x.test"]})],
    ids=repr,
)  # fmt: skip
def test_what_cannot_be_suppressed_is_refused_at_once(wrong: Any) -> None:
    with pytest.raises(InputError):
        merge("a@x.test", suppress=wrong)


def test_copies_to_suppressed_addresses_are_left_out_of_the_header_too() -> None:
    template = Template(
        subject="s", text="t", cc="boss@x.test, {{ email | replace('@', '2@') }}", bcc="arc@x.test"
    )
    with SandboxServer() as server:
        made = merge(
            "a@x.test", "b@x.test", template=template, server=server.url,
            suppress=["Boss@X.test", "arc@x.test", "a2@x.test"],
        )  # fmt: skip
        problems = made.check()
        made.run(progress=None)
    assert problems["column"].tolist() == ["cc", "bcc", "cc"]
    assert problems["row"].isna().tolist() == [True, True, False]
    assert set(problems["severity"]) == {"warning"}
    assert [m.rcpt_tos for m in server.messages] == [("a@x.test",), ("b@x.test", "b2@x.test")]
    assert [m.parsed["Cc"] for m in server.messages] == [None, "b2@x.test"]


def bounced(*lines: tuple[str, str, str]) -> pd.DataFrame:
    return pd.DataFrame(lines, columns=["recipient", "bounce", "remark"])


def test_hard_bounces_and_complaints_are_suppressed() -> None:
    bounces = bounced(
        ("a@x.test", "hard", ""), ("b@x.test", "soft", ""), ("C@x.test", "complaint", ""),
        ("d@x.test", "", ""), ("e@x.test", "hard", "about no message of this campaign"),
    )  # fmt: skip
    addresses = [f"{letter}@x.test" for letter in "abcdef"]
    for suppress in (bounces, [bounces], bounces[["recipient", "bounce"]][:4]):
        outcomes = merge(*addresses, suppress=suppress).results["outcome"].tolist()
        assert outcomes == ["SKIPPED", "NOT_SENT", "SKIPPED", "NOT_SENT", "NOT_SENT", "NOT_SENT"]
    with pytest.raises(InputError, match="recipient and bounce"):
        merge("a@x.test", suppress=pd.DataFrame({"email": ["a@x.test"]}))


def test_a_journal_suppresses_those_who_bounced_even_if_they_were_to_get_it_again(
    directory: Path,
) -> None:
    with SandboxServer() as server:
        server.inject("reply", stage="RCPT", code=451, text="4.3.0 later", recipient="a@*")
        old = merge("a@x.test", "b@x.test", server=server.url, name="old", patience=0,
                    journal=directory / "old.sqlite")  # fmt: skip
        old.run(progress=None)
    new = merge("a@x.test", "b@x.test", suppress="old.sqlite")
    assert new.results["outcome"].tolist() == ["NOT_SENT", "SKIPPED"]
    with Journal(directory / "old.sqlite") as journal:
        journal.keep_reports([ReportRecord(1, "a@x.test", "failed", "hard", "", "", "", "")])
    new = merge("a@x.test", "b@x.test", suppress="old.sqlite")
    assert new.results["outcome"].tolist() == ["SKIPPED", "SKIPPED"]


@pytest.mark.parametrize("cell", [["a@x.test", "b@x.test"], ("a@x.test",), {"a@x.test"}])
def test_a_list_in_the_column_of_addresses_says_where_it_belongs(cell: object) -> None:
    with pytest.raises(RowError, match="the cell holds a") as caught:
        mailbox_of(cell, "email")
    assert caught.value.column == "email"
    assert "a column of its own" in caught.value.remedy
