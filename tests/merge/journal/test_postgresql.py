"""A journal in PostgreSQL says what one in a file says, and survives what a database does."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from servers.postgresql import PostgreSQL
from smtp_nb.errors import CampaignBusy, InputError, JournalError
from smtp_nb.merge import MailMerge, load
from smtp_nb.merge.journal.journal import Journal, JournalReader
from smtp_nb.merge.journal.places import exists, locked
from smtp_nb.merge.journal.postgresql.campaigns import make
from smtp_nb.merge.journal.schema import Attempt, PlanEntry, Result, SkippedRow, Target
from smtp_nb.merge.journal.url import JournalURL, place_of, schema_of
from smtp_nb.merge.running.progress import DATABASE, Progress
from smtp_nb.model.outcome import Outcome
from smtp_nb.sandbox import SandboxServer

Make = Callable[..., MailMerge]


def intent(number: int, address: str = "a@x.test") -> Attempt:
    return Attempt(number, address, address.title(), 0, f"<{number}@x.test>")


def settled(number: int, outcome: str, address: str = "a@x.test", reply: str = "Ok") -> Result:
    return Result(outcome, 250, "2.0.0", reply, "q1", 0.5, 100, number, address)


@pytest.fixture(params=["file", "database"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Path | JournalURL:
    if request.param == "file":
        return tmp_path / "results.smtp-merge.sqlite"
    postgresql: PostgreSQL = request.getfixturevalue("postgresql")
    return place_of(postgresql.database(), "Résults, 2nd try")


@pytest.fixture
def url(postgresql: PostgreSQL) -> str:
    return postgresql.database()


@pytest.mark.real
def test_a_database_keeps_what_a_file_keeps(place: Path | JournalURL) -> None:
    with Journal(place) as journal:
        assert journal.register(["k1", "k2"]) == {"k1": 1, "k2": 2}
        assert journal.register(["k2", "k3"]).keys() == {"k1", "k2", "k3"}
        k3 = journal.register([])["k3"]
        journal.note({"name": "first"})
        journal.note({"name": "results"})
        journal.replan([PlanEntry(0, 1, "a@x.test", None, ""), PlanEntry(2, k3, "b", None, "")])
        journal.record_attempts([intent(1)], [SkippedRow("INVALID", "why", 2)], [("digest", 1)])
        journal.settle([settled(1, "DEFERRED", reply="no\0w" + "x" * 10**6)])
        journal.record_attempts([intent(1), intent(k3)])
        journal.settle([settled(1, "ACCEPTED")])
        with pytest.raises(JournalError, match="final"):
            journal.record_attempts([intent(1)])
        journal.explain_rest("rest")
    with JournalReader.open(place) as found:
        assert found.facts["name"] == "results"
        assert [*found.plan()] == [
            PlanEntry(0, 1, "a@x.test", None, "rest"),
            PlanEntry(2, k3, "b", "INVALID", "why"),
        ]
        first, second = sorted(found.deliveries())
        assert first._replace(at=0.0) == (
            1, "a@x.test", "A@X.Test", 0, 2, "<1@x.test>", 0.0, "ACCEPTED", 250, "2.0.0", "Ok",
            "q1", 0.5, 100,
        )  # fmt: skip
        assert (second.outcome, second.attempts, second.seconds) == (None, 1, None)
        assert found.finished() == {"k1", "k3"}
        assert [decided[:3:2] for decided in found.decided()] == [("k1", "digest"), ("k3", "")]
    with Journal(place) as journal:
        assert journal.doubt() == 1
        assert journal.resolve(Target("k3"), Outcome.NOT_SENT, "to be sent again") == 1
        assert list(journal.begun()) == ["k3"]


@pytest.mark.real
def test_a_merge_gives_the_same_results_over_both(
    merge: Make, place: Path | JournalURL, tmp_path: Path, server: SandboxServer
) -> None:
    given: Any = place if isinstance(place, Path) else place.url.reveal()
    server.inject("reply", stage="RCPT", code=550, after=2, times=1)
    found = merge(journal=given).run(progress=None)
    expected = merge(journal=tmp_path / "other.sqlite", server=server.url).results
    assert list(found.columns) == list(expected.columns)
    assert found["outcome"].tolist().count("ACCEPTED") == 5
    again = merge(journal=given)
    assert again.run(progress=None)["outcome"].tolist() == found["outcome"].tolist()
    assert len(server.messages) == 5
    assert again.resolve("REFUSED", "resend") == 1
    assert set(again.run(progress=None)["outcome"]) == {"ACCEPTED"}
    loaded = load(given)
    assert loaded["message_id"].tolist() == again.results["message_id"].tolist()


@pytest.mark.real
def test_one_database_holds_several_campaigns(merge: Make, url: str) -> None:
    merge(journal=url, name="first").run(progress=None)
    assert len(load(url)) == 6
    merge(journal=url, name="second").run(progress=None, limit=2)
    with pytest.raises(JournalError, match="'first', 'second'"):
        load(url)
    assert load(url, name="second")["outcome"].value_counts()["SKIPPED"] == 4
    with pytest.raises(JournalError, match="nothing was sent under it"):
        load(url, name="third")


@pytest.mark.real
def test_one_process_holds_a_campaign_in_a_database(url: str) -> None:
    place = place_of(url, "results")
    held = locked(place)
    with pytest.raises(CampaignBusy, match=r"process .* on .* since"):
        locked(place)
    locked(place_of(url, "another")).release()
    held.release()
    locked(place).release()


@pytest.mark.real
def test_a_run_that_was_overtaken_records_no_intent(url: str) -> None:
    place = place_of(url, "results")
    with Journal(place) as old:
        old.register(["k1"])
        with Journal(place) as new:
            with pytest.raises(JournalError, match="another run"):
                old.record_attempts([intent(1)])
            assert new.deliveries() == []


@pytest.mark.real
def test_a_run_that_locked_itself_out_with_a_worker_begins_again(
    monkeypatch: pytest.MonkeyPatch, url: str
) -> None:
    tries: list[JournalURL] = []

    def locked_out_once(sql: Any, place: JournalURL) -> None:
        tries.append(place)
        if len(tries) == 1:
            sql.execute("DO $$ BEGIN RAISE EXCEPTION USING ERRCODE = 'deadlock_detected'; END $$")
        make(sql, place)

    monkeypatch.setattr("smtp_nb.merge.journal.postgresql.stores.make", locked_out_once)
    with Journal(place_of(url, "results"), patience_s=30) as journal:
        journal.register(["k1"])
        assert len(tries) == 2


@pytest.mark.real
def test_an_intent_waits_for_a_database_that_comes_back(postgresql: PostgreSQL, url: str) -> None:
    with Journal(place_of(url, "results"), patience_s=30) as journal:
        journal.register(["k1"])
        postgresql.stop(at_once=True)
        postgresql.start()
        journal.record_attempts([intent(1)])
        postgresql.stop()
        postgresql.start()
        journal.settle([settled(1, "ACCEPTED")])
        assert [d.outcome for d in journal.deliveries()] == ["ACCEPTED"]


@pytest.mark.real
def test_a_run_says_that_it_waits_for_its_database(
    merge: Make, postgresql: PostgreSQL, url: str
) -> None:
    notes: list[str] = []
    breaks = iter([postgresql.stop])
    mends = iter([postgresql.start])

    def shown(progress: Progress) -> None:
        notes.append(progress.note)
        if progress.done == 1:
            for stop in breaks:
                stop()
        if progress.waits_for == DATABASE:
            for start in mends:
                start()

    found = merge(journal=url).run(progress=shown, window=1, patience=60)
    assert set(found["outcome"]) == {"ACCEPTED"}
    waits = [note for note in notes if DATABASE in note]
    assert waits[0].startswith("waiting ")
    assert waits[0].endswith(" s for the database of the journal")
    assert notes[-1] == ""


@pytest.mark.real
def test_a_database_that_stays_away_ends_a_run_clearly(postgresql: PostgreSQL, url: str) -> None:
    with Journal(place_of(url, "results")) as journal:
        journal.register(["k1"])
        postgresql.stop()
        try:
            with pytest.raises(JournalError, match="database is running"):
                journal.record_attempts([intent(1)])
        finally:
            postgresql.start()
    with JournalReader.open(place_of(url, "results")) as found:
        assert found.deliveries() == []


@pytest.mark.real
def test_a_password_of_a_database_is_never_shown(
    merge: Make, postgresql: PostgreSQL, url: str
) -> None:
    wrong = url.replace("/campaigns", "/missing")
    texts = [repr(merge(journal=url).journal_path), str(merge(journal=url).journal_path)]
    for given in (wrong, url.replace(str(postgresql.port), "1"), url.replace("merge:", "eve:")):
        with pytest.raises(JournalError) as caught:
            merge(journal=given).run(progress=None)
        texts += [str(caught.value), repr(caught.value), repr(caught.value.__cause__)]
    with pytest.raises(InputError, match="postgresql") as refused:
        merge(journal=url.replace("postgresql+psycopg", "mysql"))
    texts.append(str(refused.value))
    for text in texts:
        assert postgresql.password not in text
        assert "gr%20es" not in text
    with pytest.raises(TypeError):
        pickle.dumps(place_of(url, "results"))


def test_long_names_of_campaigns_stay_apart() -> None:
    names = [schema_of("Größe " * 15 + end) for end in ("1", "2")]
    assert len(set(names)) == 2
    assert all(len(name.encode()) <= 63 for name in names)


@pytest.mark.real
def test_a_campaign_that_has_not_begun_leaves_nothing(merge: Make, url: str) -> None:
    fresh = merge(journal=url)
    assert set(fresh.results["outcome"]) == {"NOT_SENT"}
    assert fresh.standing.to_send == 6
    assert not exists(place_of(url, "results"))


@pytest.mark.real
def test_rows_travel_together_whatever_they_hold(url: str) -> None:
    """More than go with one statement, in their order, and nothing is lost in between."""
    keys = [f"k{number} ä€😀 \"q\" 'a' \\n \t\x7f" for number in range(4500)]
    with Journal(place_of(url, "many")) as journal:
        numbers = journal.register([*keys, keys[0]])
        assert list(numbers) == keys
        assert sorted(numbers, key=numbers.__getitem__) == keys
        entries = [PlanEntry(row, None, key, None, "") for row, key in enumerate(keys)]
        journal.replan(entries)
        assert list(journal.plan()) == entries
        journal.record_attempts([intent(number) for number in range(1, 4501)])
        journal.settle([settled(4500, "ACCEPTED")])
        with pytest.raises(JournalError, match="outcome is final"):
            journal.record_attempts([intent(4500)])
