"""What a reply is about: a column of the tables that explain it."""

from __future__ import annotations

import pytest

from smtp_nb.model.about import About, hint
from smtp_nb.model.explain import (
    ProviderRow,
    enhanced_codes,
    explain,
    providers,
    replies,
)
from smtp_nb.model.knowledge.meanings import Meaning

STAGES = ("MAIL", "RCPT", "END")


@pytest.mark.parametrize("row", providers(), ids=lambda row: row.entry.meaning)
def test_the_example_of_each_provider_finds_its_own_row(row: ProviderRow) -> None:
    found = explain(row.example)
    assert (found.meaning, found.cause, found.remedy, found.source, found.about) == row.entry


def test_no_two_rows_say_the_same() -> None:
    entries = [row.entry for row in providers()]
    assert len(set(entries)) == len(entries)


def tables() -> dict[str, Meaning]:
    return {
        **{key: entry for key, entry in replies().items() if key[0] in "45"},
        **enhanced_codes(),
        **{row.example: row.entry for row in providers()},
    }


@pytest.mark.parametrize(("key", "entry"), tables().items())
def test_each_row_says_what_it_is_about(key: str, entry: Meaning) -> None:
    words = entry.about.split("/")
    assert len(words) in (1, len(STAGES)), key
    assert all(word == "stage" or word in set(About) for word in words), key


def test_a_success_is_about_nothing() -> None:
    assert explain("250 2.0.0 queued").about == ""


@pytest.mark.parametrize(
    ("words", "stage", "about"),
    [
        # Where the words say nothing, the command does.
        ("550 no", "MAIL", About.SENDER),
        ("550 no", "RCPT", About.RECIPIENT),
        ("550 no", "END", About.CONTENT),
        ("554 5.7.1 no", "END", About.CONTENT),
        ("550 5.1.1 gone", "MAIL", About.SENDER),
        ("550 5.1.1 gone", "END", About.RECIPIENT),
        ("552 5.3.4 too large", "MAIL", About.CONTENT),
        ("552 no", "RCPT", About.RECIPIENT),
        ("530 5.7.0 Authentication Required", "RCPT", About.SESSION),
        ("535 5.7.8 no", "MAIL", About.SESSION),
        ("553 5.7.1 <a@x>: Sender address rejected: not owned by user a", "RCPT", About.SENDER),
        # Quotas of the account.
        ("550 5.4.5 Daily user sending limit exceeded", "RCPT", About.ACCOUNT),
        ("550 5.7.232 limit exceeded", "END", About.ACCOUNT),
        ("554 5.2.122 The recipient limit is exceeded", "END", About.ACCOUNT),
        ("550 5.1.90 Your message can't be sent because you've reached your daily limit for"
         " message recipients", "MAIL", About.ACCOUNT),
        ("554 5.2.0 STOREDRV.Submission.Exception:SubmissionQuotaExceededException", "END",
         About.ACCOUNT),
        ("454 Throttling failure: Daily message quota exceeded.", "END", About.ACCOUNT),
        ("550 Domain x.test has exceeded the max emails per hour (20/20 (100%)) allowed. Message"
         " discarded.", "RCPT", About.ACCOUNT),
        ("550 5.4.6 Unusual sending activity detected. Please try after sometime", "END",
         About.ACCOUNT),
        ("552 5.2.2 You have exceeded the maximum number of messages per day", "RCPT",
         About.ACCOUNT),
        ("550 User has exceeded its 24-hour sending limit. Messages to 250 recipients out of 250"
         " allowed have been sent.", "RCPT", About.ACCOUNT),
        ("550 Too many recipients per day", "RCPT", About.ACCOUNT),
        ("550 message count limit exceeded for today", "RCPT", About.ACCOUNT),
        ("550 Maximum credits exceeded", "END", About.ACCOUNT),
        ("550 Your monthly sending limit has been reached", "END", About.ACCOUNT),
        ("451 Mail sending limit reached, try again in 1 hour", "MAIL", About.ACCOUNT),
        ("421 4.3.2 Sending limit reached", "MAIL", About.ACCOUNT),
        # The account or the host may not send at all.
        ("554 Message rejected: Sending suspended for this account", "END", About.SESSION),
        ("554 5.7.0 Your account has been suspended for abuse", "RCPT", About.SESSION),
        ("550 Your account is disabled, outgoing mail suspended", "MAIL", About.SESSION),
        ("554 Access denied: User is not authorized to perform ses:SendRawEmail", "END",
         About.SESSION),
        ("550 SC-001 Unfortunately, messages from 192.0.2.1 weren't sent.", "RCPT",
         About.SESSION),
        ("550 your domain b.test is not allowed in header From", "END", About.SENDER),
        ("554 5.7.9 Message not accepted for policy reasons.", "END", About.CONTENT),
        # Quotas of a recipient are the recipient's, and so is a mailbox that was closed.
        ("550 5.2.1 The email account that you tried to reach is disabled", "RCPT",
         About.RECIPIENT),
        ("450 4.2.1 The user you are trying to contact is receiving mail too quickly", "RCPT",
         About.RECIPIENT),
        ("452 4.2.2 The sending limit of this mailbox is reached", "RCPT", About.RECIPIENT),
        ("552 5.2.2 <a@x.test>: quota exceeded", "RCPT", About.RECIPIENT),
        ("452 4.2.2 The daily quota of this mailbox is full", "RCPT", About.RECIPIENT),
        # A server that is busy, whatever the code.
        ("454 Throttling failure: Maximum sending rate exceeded.", "END", About.BUSY),
        ("450 Rate limit exceeded", "RCPT", About.BUSY),
        ("451 too many messages from you", "MAIL", About.BUSY),
        ("452 4.3.1 Insufficient system storage", "RCPT", About.BUSY),
        ("552 5.3.1 Insufficient system storage", "RCPT", About.RECIPIENT),
        ("421 4.3.2 Service shutting down", "RCPT", About.CLOSING),
        ("451 4.7.1 Greylisting in action", "RCPT", About.NEWCOMER),
        ("450 Mailbox busy", "RCPT", About.RECIPIENT),
        ("452 Too many recipients", "RCPT", About.RECIPIENT),
    ],
)  # fmt: skip
def test_what_a_reply_is_about(words: str, stage: str, about: About) -> None:
    assert explain(words).about_at(stage) is about


def test_an_explanation_says_what_a_merge_does() -> None:
    assert "the run ends at once" in str(explain("550 5.4.5 Daily user sending limit exceeded"))
    assert "Merge" not in str(explain("550 no"))
    assert "Merge" not in str(explain("250 ok"))


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("in 00:00:07", 7),
        ("1:00:00 left", 3600),
        ("wait 2 h", 7200),
        ("wait 3 mins", 180),
        ("try later", None),
        ("queued as 4xMs5", None),
        ("version 12.30", None),
    ],
)
def test_a_hint_is_a_span_of_time(text: str, seconds: float | None) -> None:
    assert hint(text) == seconds
