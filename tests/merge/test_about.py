"""What a reply is about decides what becomes of a row, on a real server."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from smtp_nb.errors import RefusedError, ReplyError
from smtp_nb.merge import MailMerge, Template
from smtp_nb.merge.running.deferrals import deferral_of, judge
from smtp_nb.merge.running.pace import WAITED_FOR
from smtp_nb.model.about import About
from smtp_nb.model.enums import RecipientType
from smtp_nb.model.explain import enhanced_codes, explain, providers, replies
from smtp_nb.model.outcome import Outcome
from smtp_nb.model.receipt import Receipt, RecipientResult
from smtp_nb.model.reply import Reply
from smtp_nb.sandbox import SandboxServer

STAGES = ("MAIL", "RCPT", "END")
QUOTAS = [
    "550 5.4.5 Daily user sending limit exceeded",
    "550 5.7.232 Your tenant has exceeded its daily limit for external recipients",
    "554 5.2.122 The recipient limit is exceeded",
    "550 5.1.90 You've reached your daily limit for message recipients",
    "554 5.2.0 STOREDRV.Submission.Exception:SubmissionQuotaExceededException",
    "454 Throttling failure: Daily message quota exceeded.",
    "550 Domain x.test has exceeded the max emails per hour (5/5 (100%)) allowed.",
]
Make = Callable[..., MailMerge]


def inject(server: SandboxServer, words: str, stage: str, **more: object) -> None:
    code, _, text = words.partition(" ")
    server.inject("reply", stage=stage, code=int(code), text=text, **more)


@pytest.fixture
def many(server: SandboxServer, tmp_path: Path) -> Make:
    """Makes a merge of many rows, one campaign for a test."""

    def make(rows: int = 40, **changes: object) -> MailMerge:
        frame = pd.DataFrame({"email": [f"u{n}@x.test" for n in range(rows)]})
        arguments = {"to": "email", "from_": "t@x.test", "server": server.url,
                     "journal": tmp_path / "journal", "progress": None}  # fmt: skip
        template = Template(subject="s", text="Good day")
        return MailMerge(frame, template, **(arguments | changes))  # type: ignore[arg-type]

    return make


def got(server: SandboxServer) -> Counter[str]:
    return Counter(to for message in server.messages for to in message.rcpt_tos)


def counted(results: pd.DataFrame) -> dict[str, int]:
    return dict(Counter(results["outcome"]))


# -- the account, until later -----------------------------------------------------------------


@pytest.mark.parametrize("connections", [1, 3])
@pytest.mark.parametrize("stage", STAGES)
@pytest.mark.parametrize("words", QUOTAS)
def test_a_quota_ends_the_run_and_the_next_one_sends_the_rest(
    many: Make, server: SandboxServer, words: str, stage: str, connections: int
) -> None:
    inject(server, words, stage, after=5)
    first = many().run(connections=connections)
    assert set(first["outcome"]) == {"ACCEPTED", "DEFERRED", "NOT_SENT"}
    assert got(server).total() == counted(first)["ACCEPTED"] == 5
    rest = first[first["outcome"] != "ACCEPTED"]
    assert rest["explanation"].str.contains("go on (?:tomorrow|in an hour)").all()
    server.heal()
    assert counted(many().run(connections=connections)) == {"ACCEPTED": 40}
    assert set(got(server).values()) == {1}


def test_after_a_quota_nothing_more_begins(many: Make, server: SandboxServer) -> None:
    inject(server, QUOTAS[0], "RCPT", after=5)
    results = many(rows=300).run(window=2)
    assert len(server.sessions) == 1
    # What was under way in one window when the first no came.
    assert counted(results)["DEFERRED"] <= 2


def test_a_quota_is_said_where_a_run_is_watched(many: Make, server: SandboxServer) -> None:
    inject(server, QUOTAS[0], "RCPT")
    seen = []
    many().run(progress=seen.append)
    assert "ended early" in seen[-1].said
    assert "go on tomorrow" in str(seen[-1])


# -- the sender and the session ---------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "stage"),
    [
        ("550 5.7.1 no", "MAIL"),
        ("553 5.7.1 <t@x.test>: Sender address rejected: not owned by user ann", "RCPT"),
        ("530 5.7.0 Authentication Required", "MAIL"),
        ("530 5.7.0 Authentication Required", "RCPT"),
        ("535 5.7.8 no", "MAIL"),
        ("550 5.7.26 unauthenticated", "END"),
    ],
)
def test_a_refused_sender_or_session_ends_the_run_and_decides_nothing(
    many: Make, server: SandboxServer, words: str, stage: str
) -> None:
    inject(server, words, stage, after=3)
    with pytest.raises(ReplyError) as caught:
        many().run()
    assert caught.value.reply is not None
    assert str(caught.value.reply.code) == words[:3]
    assert counted(many().results) == {"ACCEPTED": 3, "NOT_SENT": 37}
    server.heal()
    assert counted(many(from_="right@x.test").run(changed="go on")) == {"ACCEPTED": 40}
    assert set(got(server).values()) == {1}


def test_a_refused_sender_of_one_row_is_that_row_s_trouble(
    many: Make, server: SandboxServer
) -> None:
    """Rows with senders of their own: what the server says of one is not about the others."""
    inject(server, "550 5.7.1 you may not send here", "MAIL", sender="u7@x.test")
    results = many(from_="{{ email }}").run()
    assert counted(results) == {"ACCEPTED": 39, "REFUSED": 1}
    assert list(results[results["outcome"] == "REFUSED"]["recipient"]) == ["u7@x.test"]
    assert len(got(server)) == 39


def test_in_the_background_too(many: Make, server: SandboxServer) -> None:
    inject(server, "550 5.7.1 no", "MAIL")
    job = many().start()
    with pytest.raises(RefusedError):
        job.wait(30)
    assert counted(job.results) == {"NOT_SENT": 40}


# -- the content ------------------------------------------------------------------------------


def test_three_with_the_same_words_end_the_run(many: Make, server: SandboxServer) -> None:
    inject(server, "554 5.6.0 content refused", "END", after=4)
    results = many(rows=60).run(window=1)
    assert counted(results) == {"ACCEPTED": 4, "REFUSED": 3, "NOT_SENT": 53}
    left = results[results["outcome"] == "NOT_SENT"]
    assert left["explanation"].str.contains("it is the template").all()


def test_refused_recipients_never_end_a_run(many: Make, server: SandboxServer) -> None:
    inject(server, "550 5.1.1 no such user", "RCPT")
    assert counted(many().run()) == {"REFUSED": 40}


def test_contents_refused_here_and_there_do_not_end_a_run(
    many: Make, server: SandboxServer
) -> None:
    for name in ("u1", "u2", "u4", "u5", "u7", "u8"):
        inject(server, "554 5.6.0 content refused", "END", recipient=f"{name}@x.test")
    assert counted(many().run()) == {"ACCEPTED": 34, "REFUSED": 6}


# -- a busy server ----------------------------------------------------------------------------


def test_a_busy_server_is_tried_again_in_the_same_run(many: Make, server: SandboxServer) -> None:
    words = "454 Throttling failure: Maximum sending rate exceeded."
    inject(server, words, "END", after=4, times=2)
    assert counted(many(rows=8).run(patience="60 s")) == {"ACCEPTED": 8}
    assert set(got(server).values()) == {1}


# -- every row of the tables ------------------------------------------------------------------


def rows_of_the_tables() -> list[str]:
    found = [row.example for row in providers()]
    found += [f"{key} no" for key in replies() if key[0] in "45" and len(key) == 3]
    found += [f"{d}50 {d}.{key} no" for key in enhanced_codes() for d in "45"]
    # 421 ends the connection: other tests are about it.
    return [words for words in found if not words.startswith("421")]


def one_of_each_kind() -> list[str]:
    """Of the rows about the same thing, with the same first digit, one."""
    return list({(explain(w).about, w[0]): w for w in rows_of_the_tables()}.values())


EXPECTED = {  # outcomes of the row and of the two behind it; whether it ends with an error
    (5, About.RECIPIENT): ("REFUSED", "ACCEPTED", False),
    (5, About.CONTENT): ("REFUSED", "ACCEPTED", False),
    (5, About.SENDER): ("NOT_SENT", "NOT_SENT", True),
    (5, About.SESSION): ("NOT_SENT", "NOT_SENT", True),
    (5, About.ACCOUNT): ("DEFERRED", "NOT_SENT", False),
    (4, About.RECIPIENT): ("DEFERRED", "ACCEPTED", False),
    (4, About.CONTENT): ("DEFERRED", "ACCEPTED", False),
    (4, About.SENDER): ("DEFERRED", "ACCEPTED", False),
    (4, About.SESSION): ("DEFERRED", "ACCEPTED", False),
    (4, About.ACCOUNT): ("DEFERRED", "NOT_SENT", False),
    (4, About.BUSY): ("ACCEPTED", "ACCEPTED", False),
    (4, About.NEWCOMER): ("ACCEPTED", "ACCEPTED", False),
}


def reply_of(words: str) -> Reply:
    text = " ".join(words[4:].replace(words[:3] + " ", "").split())
    return Reply(int(words[:3]), (text,))


@pytest.mark.parametrize("stage", STAGES)
def test_the_merge_judges_each_row_as_it_is_explained(stage: str) -> None:
    for words in rows_of_the_tables():
        reply = reply_of(words)
        outcome = {4: Outcome.DEFERRED, 5: Outcome.REFUSED}[reply.code // 100]
        result = RecipientResult(
            "a@x.test",
            RecipientType.TO,
            outcome,
            reply.code,
            reply.enhanced_code,
            reply.text,
            stage,
        )
        verdict = judge(Receipt(outcome, (result,), reply))
        row, others, ends = EXPECTED[reply.code // 100, explain(reply).about_at(stage)]
        kept = verdict.receipt.outcome
        assert kept == ("DEFERRED" if row == "ACCEPTED" else row), words
        assert (verdict.ending is not None) == (others == "NOT_SENT"), words
        assert (verdict.ending is not None and verdict.ending.error is not None) == ends, words
        if row == "ACCEPTED":
            assert deferral_of(result).about in WAITED_FOR


@pytest.mark.parametrize("stage", STAGES)
def test_the_merge_does_what_each_kind_of_row_says(
    many: Make, server: SandboxServer, stage: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first of three rows is answered so, once."""
    monkeypatch.setattr("smtp_nb.merge.running.pace.BUSY_PAUSES", (0.0,))
    monkeypatch.setattr("smtp_nb.merge.running.pace.RETRIES", (0.0,))
    wrong = []
    for number, words in enumerate(one_of_each_kind()):
        reply = reply_of(words)
        inject(server, f"{reply.code} {' '.join(reply.lines)}", stage, times=1)
        merge = many(rows=3, journal=tmp_path / f"{stage}{number}")
        failed = False
        try:
            merge.run(window=1)
        except ReplyError:
            failed = True
        server.heal()
        seen = [*merge.results["outcome"]]
        row, others, ends = EXPECTED[reply.code // 100, explain(reply).about_at(stage)]
        if (seen, failed) != ([row, others, others], ends):
            wrong.append((words, seen, failed))
    assert wrong == []
