"""`to=[…]`: several recipients of one message, each with an outcome of its own."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from smtp_nb.errors import InputError, ProblemsFound
from smtp_nb.merge import MailMerge, Template, load
from smtp_nb.sandbox import SandboxServer

Make = Callable[..., MailMerge]
PARENTS = {
    "child": ["Ann", "Ben", "Cem"],
    "mother": ["am@x.test", "bm@x.test", None],
    "father": ["af@x.test", " ", "cf@x.test"],
}


@pytest.fixture
def parents(server: SandboxServer, tmp_path: Path) -> Make:
    def make(changes: dict[tuple[int, str], str] | None = None, **options: Any) -> MailMerge:
        frame = pd.DataFrame(PARENTS)
        for place, value in (changes or {}).items():
            frame.loc[place] = value
        arguments = {"to": ["mother", "father"], "from_": "t@x.test", "server": server.url,
                     "journal": tmp_path / "j.sqlite", "progress": None}  # fmt: skip
        template = options.pop("template", Template(subject="{{ child }}", text="Good day"))
        return MailMerge(frame, template, **(arguments | options))

    return make


def got(server: SandboxServer) -> Counter[str]:
    return Counter(to for message in server.messages for to in message.rcpt_tos)


def lines(results: pd.DataFrame) -> list[tuple[object, ...]]:
    found = results[["row", "recipient", "kind", "outcome"]]
    return list(found.itertuples(index=False, name=None))


def test_each_column_is_a_recipient_of_the_same_message(
    parents: Make, server: SandboxServer
) -> None:
    merge = parents()
    assert merge.check().empty
    assert list(merge.results["outcome"]) == ["NOT_SENT"] * 4
    found = merge.run()
    assert lines(found) == [
        (0, "am@x.test", "TO", "ACCEPTED"),
        (0, "af@x.test", "TO", "ACCEPTED"),
        (1, "bm@x.test", "TO", "ACCEPTED"),
        (2, "cf@x.test", "TO", "ACCEPTED"),
    ]
    assert [list(message.rcpt_tos) for message in server.messages] == [
        ["am@x.test", "af@x.test"], ["bm@x.test"], ["cf@x.test"],
    ]  # fmt: skip
    assert b"To: am@x.test, af@x.test" in server.messages[0].content
    assert len(merge.table()) == 3
    again = parents().run()
    assert list(again["outcome"]) == ["ACCEPTED"] * 4
    assert len(server.messages) == 3
    assert list(load(merge.journal_path)["recipient"]) == list(found["recipient"])


def test_a_refused_second_recipient_is_known(parents: Make, server: SandboxServer) -> None:
    server.inject("refuse", recipient="af@*")
    merge = parents()
    found = merge.run()
    assert lines(found)[:2] == [
        (0, "am@x.test", "TO", "ACCEPTED"),
        (0, "af@x.test", "TO", "REFUSED"),
    ]
    assert [(one.row, one.recipient) for one in merge.summary.missed] == [(0, "af@x.test")]
    assert merge.table()["mail_outcome"].tolist() == ["PARTIAL", "ACCEPTED", "ACCEPTED"]
    server.heal()
    assert merge.resolve("af@x.test", "resend") == 1
    merge.run()
    assert got(server)["af@x.test"] == got(server)["am@x.test"] == 1


@pytest.mark.parametrize("column", ["mother", "father"])
def test_a_corrected_address_gets_it_and_the_others_do_not_again(
    parents: Make, server: SandboxServer, column: str
) -> None:
    old = pd.DataFrame(PARENTS)[column][0]
    server.inject("refuse", recipient=old)
    parents().run()
    found = parents({(0, column): "new@x.test"}).run()
    assert got(server) == {a: 1 for a in ("new@x.test", "bm@x.test", "cf@x.test", "am@x.test",
                                          "af@x.test") if a != old}  # fmt: skip
    assert set(found["outcome"]) == {"ACCEPTED"}
    assert old not in set(found["recipient"])


def test_in_the_place_of_one_who_has_it_nobody_gets_another(
    parents: Make, server: SandboxServer
) -> None:
    parents().run()
    found = parents({(0, "father"): "new@x.test"}).run()
    assert "new@x.test" not in got(server)
    assert lines(found)[:3] == [
        (0, "am@x.test", "TO", "ACCEPTED"),
        (0, "new@x.test", "TO", "SKIPPED"),
        (0, "af@x.test", "TO", "ACCEPTED"),
    ]


def test_an_address_that_is_filled_in_later_gets_it(parents: Make, server: SandboxServer) -> None:
    parents().run()
    found = parents({(1, "father"): "bf@x.test"}).run()
    assert got(server)["bf@x.test"] == got(server)["bm@x.test"] == 1
    assert set(found["outcome"]) == {"ACCEPTED"}


def test_rows_that_share_a_recipient_are_told_apart_by_a_key(
    parents: Make, server: SandboxServer
) -> None:
    change = {(1, "father"): "am@x.test"}
    with pytest.raises(ProblemsFound, match="row 0 has one of these recipients too"):
        parents(change).run()
    parents(change, key="child").run()
    assert got(server)["am@x.test"] == 2
    twice = {(1, "mother"): "af@x.test", (1, "father"): "am@x.test", (1, "child"): "Ann"}
    other = parents(twice, journal="other.sqlite").results["outcome"].tolist()
    assert other == [*["NOT_SENT"] * 2, *["DUPLICATE"] * 2, "NOT_SENT"]


def test_suppress_leaves_one_of_them_out(parents: Make, server: SandboxServer) -> None:
    found = parents(suppress=["am@x.test", "bm@x.test"]).run()
    assert lines(found)[:3] == [
        (0, "af@x.test", "TO", "ACCEPTED"),
        (0, "am@x.test", "TO", "SKIPPED"),
        (1, "bm@x.test", "TO", "SKIPPED"),
    ]
    assert set(got(server)) == {"af@x.test", "cf@x.test"}


def test_wrong_lists_and_cells_are_refused(parents: Make) -> None:
    for wrong in ([], ["mother", "mother"], ["mother", "nobody"]):
        with pytest.raises(InputError):
            parents(to=wrong)
    problems = parents({(0, "father"): "broken"}).check()
    assert problems["row"].tolist() == [0]


def test_groups_are_resolved_by_key_and_by_address(server: SandboxServer, tmp_path: Path) -> None:
    frame = pd.DataFrame(
        {"class": ["a", "a", "b"], "year": [1, 1, 2], "email": ["a@x.test", "a@x.test", "b@x.test"]}
    )
    for which in ("a@x.test", ("a", 1), "a / 1", [("a", 1)]):
        server.inject("refuse", recipient="a@*")
        merge = MailMerge(
            frame, Template(subject="s", text="t"), to="email", from_="t@x.test", name=str(len(
            server.messages)), server=server.url, group_by=["class", "year"], progress=None,
        )  # fmt: skip
        merge.run()
        server.heal()
        assert merge.resolve(which, "resend") == 1
        assert set(merge.run()["outcome"]) == {"ACCEPTED"}


ADDRESS = st.sampled_from([None, "a@x.test", "b@x.test", "c@x.test", "d@x.test"])
ROWS = st.lists(st.tuples(ADDRESS, ADDRESS), min_size=1, max_size=3)


@settings(max_examples=20, deadline=None)
@given(st.lists(st.tuples(ROWS, st.sampled_from(["", "a@*", "b@*", "c@*"])), max_size=3))
def test_whatever_becomes_of_the_rows_nobody_gets_two_and_nobody_is_forgotten(
    runs: list[tuple[list[tuple[str | None, str | None]], str]],
) -> None:
    with SandboxServer() as server:
        for rows, refused in runs:
            server.heal()
            if refused:
                server.inject("refuse", recipient=refused)
            frame = pd.DataFrame(rows, columns=["one", "two"], dtype=object)
            merge = MailMerge(
                frame, Template(subject="s", text="t"), to=["one", "two"], from_="t@x.test",
                server=server.url, progress=None, skip_invalid=True,
            )  # fmt: skip
            found = merge.run()
            assert all(count == 1 for count in got(server).values())
            said = set(found["recipient"])
            assert {a for row in rows for a in row if a} <= said | {
                a for text in said for a in text.split(", ")
            }
            accepted = set(found["recipient"][found["outcome"] == "ACCEPTED"])
            assert accepted <= set(got(server))
