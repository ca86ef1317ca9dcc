from __future__ import annotations

import itertools
from pathlib import Path

import pandas as pd
import pytest

from smtp_nb.errors import CampaignBusy, InputError, TemplateChanged
from smtp_nb.merge import MailMerge, Template
from smtp_nb.merge.journal.journal import Journal, JournalReader
from smtp_nb.merge.journal.lock import CampaignLock
from smtp_nb.merge.journal.resolve import DECISIONS, resolve
from smtp_nb.merge.journal.schema import Attempt, Result, Target
from smtp_nb.sandbox import SandboxServer

OUTCOMES = ["ACCEPTED", "REFUSED", "DEFERRED", "NOT_SENT", "UNKNOWN", "SKIPPED", None]
NEW = {"resend": "NOT_SENT", "accepted": "ACCEPTED", "give up": "SKIPPED"}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "journal.sqlite"


def outcomes(path: Path) -> dict[str, str]:
    with JournalReader.open(path) as journal:
        return {delivery.recipient: str(delivery.outcome) for delivery in journal.deliveries()}


@pytest.mark.parametrize("decision", DECISIONS)
def test_a_decision_is_about_doubt_or_else_refusals_and_nothing_else(
    path: Path, decision: str
) -> None:
    """Messages with two recipients each, of all pairs of outcomes; decided one by one. Under a key
    doubt comes first."""
    pairs = dict(enumerate(itertools.product(OUTCOMES, OUTCOMES), 1))
    places = [(number, kind) for number in pairs for kind in (0, 1)]
    expected = {}
    with Journal(path) as journal:
        journal.register(map(str, pairs))
        for number, kind in places:
            address, outcome = f"{number}-{kind}@x.test", pairs[number][kind]
            journal.record_attempts([Attempt(number, address, address, kind, "<m>")])
            if outcome:
                journal.settle([Result(outcome, 0, "", "", "", 0.1, 1, number, address)])
            expected[address] = outcome or "UNKNOWN"
    for number in pairs:
        mine = [f"{number}-{kind}@x.test" for kind in (0, 1)]
        for old in ("UNKNOWN", "REFUSED"):
            if meant := [address for address in mine if expected[address] == old]:
                assert resolve(path, [Target(str(number))], decision) == len(meant)
                break
        else:
            words = f"nothing is UNKNOWN or REFUSED under '{number}'"
            with pytest.raises(InputError, match=words):
                resolve(path, [Target(str(number))], decision)
        expected |= dict.fromkeys(meant, NEW[decision])
        assert outcomes(path) == expected


def test_without_a_journal_nothing_is_unknown_and_none_is_made(path: Path) -> None:
    with pytest.raises(InputError, match="nothing is UNKNOWN"):
        resolve(path, [Target("k")], "resend")
    assert list(path.parent.iterdir()) == []


@pytest.mark.parametrize("decision", ["", "Resend", "again", "drop table"])
def test_there_are_three_decisions(path: Path, decision: str) -> None:
    with pytest.raises(InputError, match="Use one of resend, accepted, give up"):
        resolve(path, [Target("k")], decision)


def test_while_it_is_being_sent_nothing_is_decided(path: Path) -> None:
    Journal(path).close()
    lock = CampaignLock(path)
    with pytest.raises(CampaignBusy):
        resolve(path, [Target("k")], "resend")
    lock.release()


COPIES = Template(
    subject="Result", text="Dear {{ name }}", cc="boss-{{ key }}@x.test", bcc="{{ hidden }}"
)


def merge(server: SandboxServer, path: Path, **changes: object) -> MailMerge:
    frame = pd.DataFrame(
        {
            "key": [1.0, 2.0, 3.0],
            "name": ["Ann", "Ben", "Cem"],
            "email": ["a@x.test", "b@x.test", "c@x.test"],
            "hidden": ["", "refused@x.test", ""],
        }
    )
    arguments = {"to": "email", "from_": "t@x.test", "server": server.url, "journal": path}
    arguments["template"] = COPIES
    return MailMerge(frame, **(arguments | changes))  # type: ignore[arg-type]


@pytest.mark.parametrize("key", [2, 2.0, "2"])
@pytest.mark.parametrize(
    ("decision", "after", "sent"),
    [("resend", "ACCEPTED", 1), ("accepted", "ACCEPTED", 0), ("give up", "SKIPPED", 0)],
)
def test_a_row_of_several_recipients_in_doubt_ends_as_the_user_decides(
    path: Path, key: object, decision: str, after: str, sent: int
) -> None:
    with SandboxServer(without=["CHUNKING"]) as server:
        server.inject("refuse", recipient="refused@x.test")
        server.inject("drop_before_final_reply", recipient="b@x.test", times=1)
        before = merge(server, path, key="key").run()
        doubt = before[before["outcome"] == "UNKNOWN"]
        assert list(doubt["recipient"]) == ["b@x.test", "boss-2@x.test"]
        assert merge(server, path, key="key").resolve(key, decision) == 2
        results = merge(server, path, key="key").run().set_index("recipient")
        again = [message for message in server.messages if "b@x.test" in message.rcpt_tos]
    assert [m.rcpt_tos for m in again] == [("b@x.test", "boss-2@x.test")] * sent
    assert list(results.loc[["b@x.test", "boss-2@x.test"], "outcome"]) == [after] * 2
    assert results.loc["refused@x.test", "outcome"] == "REFUSED"
    old = before.set_index("recipient")["message_id"]
    assert results.loc["b@x.test", "message_id"] == old["b@x.test"]


@pytest.mark.parametrize("key", ["B@X.test", "b@x.TEST", "Ben <b@x.test>"])
def test_without_a_key_column_the_address_is_the_key(path: Path, key: str) -> None:
    with SandboxServer(without=["CHUNKING"]) as server:
        server.inject("drop_before_final_reply", recipient="b@x.test", times=1)
        merge(server, path).run()
        assert merge(server, path).resolve(key, "accepted") == 3
        with pytest.raises(InputError, match="nothing is UNKNOWN"):
            merge(server, path).resolve("a@x.test", "resend")


def test_a_row_that_is_gone_can_still_be_decided(path: Path) -> None:
    with SandboxServer(without=["CHUNKING"]) as server:
        server.inject("drop_before_final_reply", recipient="b@x.test", times=1)
        merge(server, path).run()
        gone = merge(server, path, to="hidden")
        assert gone.resolve("b@x.test", "give up") == 3
    assert outcomes(path)["b@x.test"] == "SKIPPED"


def test_doubt_is_not_resent_with_another_template_unasked(path: Path) -> None:
    with SandboxServer(without=["CHUNKING"]) as server:
        server.inject("drop_before_final_reply", recipient="b@x.test", times=1)
        merge(server, path).run()
        other = merge(server, path, template=Template(subject="Other", text="Sorry"))
        assert other.resolve("b@x.test", "resend") == 3
        with pytest.raises(TemplateChanged):
            other.run()
        assert [m.subject for m in server.messages] == ["Result", "Result"]
        other.run(changed="go on")
        assert [m.subject for m in server.messages] == ["Result", "Result", "Other"]
        assert server.messages[-1].rcpt_tos == ("b@x.test",)


# -- those who were refused -------------------------------------------------------------------


def plain(server: SandboxServer, path: Path, **changes: object) -> MailMerge:
    return merge(server, path, template=Template(subject="s", text="t"), **changes)


def refused(server: SandboxServer, path: Path) -> MailMerge:
    """A merge of which b and c were refused."""
    for name in "bc":
        server.inject("refuse", recipient=f"{name}@x.test")
    made = plain(server, path)
    made.run()
    server.heal()
    return made


@pytest.mark.parametrize(
    ("which", "count"),
    [
        ("b@x.test", 1),
        (["b@x.test", "c@x.test"], 2),
        (pd.Series(["c@x.test"]), 1),
        ("REFUSED", 2),
        (lambda results: results["outcome"] == "REFUSED", 2),
        (lambda results: list(results["recipient"] == "c@x.test"), 1),
        (lambda results: (results["recipient"] > "b").to_numpy(), 2),
    ],
)
def test_refused_rows_are_reopened(path: Path, which: object, count: int) -> None:
    with SandboxServer() as server:
        made = refused(server, path)
        which = which(made.results) if callable(which) else which
        assert made.resolve(which, "resend") == count
        results = plain(server, path).run()
        assert list(results["outcome"]).count("ACCEPTED") == 1 + count
        assert len(server.messages) == 1 + count


def test_a_refusal_of_ours_is_sent_again_with_a_corrected_template(path: Path) -> None:
    with SandboxServer() as server:
        server.inject("reply", stage="END", code=552, text="5.7.0 security issue")
        assert set(plain(server, path).run()["outcome"]) == {"REFUSED"}
        server.heal()
        better = merge(server, path, template=Template(subject="Better", text="t"))
        assert better.resolve("REFUSED", "resend") == 3
        assert set(better.run()["outcome"]) == {"ACCEPTED"}
        assert [m.subject for m in server.messages] == ["Better"] * 3


@pytest.mark.parametrize(
    ("which", "words"),
    [
        ("ACCEPTED", "nothing that is ACCEPTED can be decided"),
        ([True], "the mask has 1 entries and the results 3 lines"),
        ([True, True, False], "1 of the lines that the mask selects are ACCEPTED"),
        ([False, False, False], "nothing is UNKNOWN or REFUSED"),
        ("UNKNOWN", "nothing is UNKNOWN or REFUSED"),
    ],
)
def test_whoever_has_the_message_is_not_reopened(path: Path, which: object, words: str) -> None:
    with SandboxServer() as server:
        made = refused(server, path)
        with pytest.raises(InputError, match=words):
            made.resolve(which, "resend")
        plain(server, path).run()
        assert len(server.messages) == 1
