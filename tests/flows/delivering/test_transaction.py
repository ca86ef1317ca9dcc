"""Replies and broken connections become outcomes: the one place where they do, by itself."""

from __future__ import annotations

import itertools

import pytest

from play.stage import job
from smtp_nb.flows.delivering.transaction import IN_DOUBT, NOTHING_WRITTEN, Transaction, queue_id
from smtp_nb.model.enums import RecipientType
from smtp_nb.model.reply import Reply
from smtp_nb.protocol import commands

RCPT = commands.command("RCPT", "TO:<x>")
MAIL = commands.command("MAIL", "FROM:<>")
LAST = commands.bdat(1, last=True)
CHUNK = commands.bdat(1, last=False)
NO_REPLY = 0


def transaction(
    *answers: tuple[commands.Command, int],
    to: str = "a@b.test",
    committed: bool = False,
    stop_on: frozenset = frozenset(),
) -> Transaction:
    """One with these answers; 0 is no reply."""
    given = job(to, stop_on=stop_on)
    made = Transaction(given, given.envelope.recipients)
    for command, code in answers:
        if code:
            made.take(command, Reply(code, (f"{code // 100}.0.0 words",)))
    made.is_committed = committed
    return made


def outcomes(made: Transaction) -> list[str]:
    return [str(result.outcome) for result in made.results()]


# -- the table, all of it ---------------------------------------------------------------------

CODES = (NO_REPLY, 250, 450, 550)


@pytest.mark.parametrize("committed", [False, True])
@pytest.mark.parametrize(("mail", "rcpt", "end"), list(itertools.product(CODES, CODES, CODES)))
def test_one_recipient_by_the_table(mail, rcpt, end, committed):
    made = transaction((MAIL, mail), (RCPT, rcpt), (commands.END_OF_DATA, end), committed=committed)
    (found,) = outcomes(made)
    if end == 250 and mail != 250:
        assert found == "UNKNOWN"  # it took what it had refused: nobody knows what left
    elif first := next((code for code in (mail, rcpt, end) if code >= 400), None):
        assert found == {4: "DEFERRED", 5: "REFUSED"}[first // 100]
    elif end == 250:
        assert found == "ACCEPTED"
    else:
        assert found == ("UNKNOWN" if committed else "NOT_SENT")


@pytest.mark.parametrize(
    ("code", "outcome"), [(421, "DEFERRED"), (451, "DEFERRED"), (554, "REFUSED")]
)
@pytest.mark.parametrize("command", [commands.DATA, CHUNK, LAST, commands.END_OF_DATA])
def test_a_no_to_the_content_is_a_no_to_all(command, code, outcome):
    answers = [(MAIL, 250), (RCPT, 250), (RCPT, 550), (command, code)]
    made = transaction(*answers, to="a@b.test c@d.test", committed=True)
    assert outcomes(made) == [outcome, "REFUSED"]
    assert [result.code for result in made.results()] == [code, 550]


@pytest.mark.parametrize("code", [354, 300, 399])
def test_an_end_that_means_nothing_is_doubt(code):
    made = transaction((MAIL, 250), (RCPT, 250), (commands.END_OF_DATA, code), committed=True)
    assert outcomes(made) == ["UNKNOWN"]


def test_a_void_end_delivers_nothing_whatever_is_said_to_it():
    made = transaction((MAIL, 550), (RCPT, 503), (commands.DATA, 354))
    made.is_void = True
    made.take(commands.END_OF_DATA, Reply(250))
    assert outcomes(made) == ["REFUSED"]


def test_the_words_say_what_is_known():
    (written,) = transaction((MAIL, 250), (RCPT, 250), committed=True).results()
    (unwritten,) = transaction((MAIL, 250), (RCPT, 250)).results()
    (refused,) = transaction((MAIL, 250), (RCPT, 550)).results()
    assert (written.text, unwritten.text, refused.text) == (IN_DOUBT, NOTHING_WRITTEN, "words")
    assert (refused.code, refused.enhanced_code) == (550, "5.0.0")


def test_the_first_reason_stands_and_doubt_has_none():
    made = transaction((MAIL, 250))
    made.fail("first")
    made.fail("second")
    assert made.results()[0].text == "first"
    doubtful = transaction((MAIL, 250), committed=True)
    doubtful.fail("connection lost")
    assert doubtful.results()[0].text == IN_DOUBT


# -- who decides ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("answers", "code"),
    [
        ([(MAIL, 550), (RCPT, 503), (commands.DATA, 503)], 550),
        ([(MAIL, 550), (RCPT, 503), (LAST, 250)], 250),
        ([(MAIL, 250), (RCPT, 550), (commands.DATA, 554)], 550),
        ([(MAIL, 250), (RCPT, 450), (LAST, 503)], 450),
        ([(MAIL, 250), (RCPT, 250), (commands.DATA, 451)], 451),
        ([(MAIL, 250), (RCPT, 250), (commands.DATA, 354), (commands.END_OF_DATA, 250)], 250),
        ([(MAIL, 250), (RCPT, 250), (commands.DATA, 354)], None),
        ([(MAIL, 250), (RCPT, 250)], None),
        ([(MAIL, 250)], None),
        ([], None),
    ],
)
def test_the_reply_of_the_receipt_is_the_one_that_decided(answers, code):
    reply = transaction(*answers).last_reply()
    assert (reply.code if reply else None) == code


def test_of_several_refusals_the_one_that_leaves_hope_decides():
    made = transaction((MAIL, 250), (RCPT, 550), (RCPT, 450), to="a@b.test c@d.test")
    assert made.last_reply().code == 450


def test_with_a_stop_switch_the_refusal_under_it_decides():
    answers = [(MAIL, 250), (RCPT, 550), (RCPT, 450)]
    to = frozenset({RecipientType.TO})
    made = transaction(*answers, to="a@b.test c@d.test", stop_on=to)
    assert made.stopper[0].address == "a@b.test"
    assert made.last_reply().code == 550


# -- too many ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("code", "words", "left"),
    [
        (452, "4.5.3 too many recipients", True),
        (452, "too many recipients", True),
        (552, "too many recipients", True),
        (552, "5.5.3 too many recipients", True),
        (450, "4.5.3 too many recipients", True),
        (452, "4.3.1 disk full", False),
        (552, "5.2.2 mailbox full", False),
        (450, "4.2.1 greylisted", False),
        (550, "5.1.1 no such user", False),
    ],
)
def test_who_was_only_one_too_many_is_left_over(code, words, left):
    made = transaction((MAIL, 250), (RCPT, 250), to="a@b.test c@d.test")
    made.take(RCPT, Reply(code, (words,)))
    assert made.left_over == ()  # as long as nothing was delivered
    made.take(commands.END_OF_DATA, Reply(250))
    assert made.left_over == ((1,) if left else ())


# -- the queue's name for it ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("2.0.0 Ok: queued as 4F2A91C0D3", "4F2A91C0D3"),  # Postfix
        ("2.0.0 Ok: queued as 4bYxQz1Rt2z9sWk", "4bYxQz1Rt2z9sWk"),  # Postfix, long ids
        ("OK id=1rABCd-0001Xy-2Z", "1rABCd-0001Xy-2Z"),  # Exim
        ("2.0.0 41BNo1Xa012345 Message accepted for delivery", "41BNo1Xa012345"),  # Sendmail
        ("2.0.0 OK  1700000000 a1-20020a05.12 - gsmtp", "a1-20020a05.12"),  # Gmail
        ("2.0.0 Ok", ""),
        ("Ok, thanks", ""),
        ("", ""),
    ],
)
def test_the_queue_id_is_found_in_the_words_of_known_servers(words, found):
    assert queue_id(Reply(250, (words,))) == found


def test_a_refusal_has_no_queue_id():
    assert queue_id(Reply(550, ("not queued as 4F2",))) == ""
    assert queue_id(None) == ""
