"""Promises of smtp_nb.model.explain."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smtp_nb.errors import ConnectFailed, RefusedError
from smtp_nb.model.explain import (
    Explanation,
    commands,
    enhanced_codes,
    explain,
    extensions,
    providers,
    replies,
)
from smtp_nb.model.knowledge.meanings import Meaning
from smtp_nb.model.reply import Reply

KNOWN = [
    ("550 5.7.26 This mail is unauthenticated", "did not prove", "SPF and DKIM"),
    (
        "535-5.7.8 Username and Password not accepted. Learn more at\n"
        "535 5.7.8  https://support.google.com/mail/?p=BadCredentials x.1 - gsmtp",
        "Google refused user or password",
        "app password",
    ),
    ("534-5.7.9 Application-specific password required. - gsmtp", "app password", "XOAUTH2"),
    ("421 4.7.0 Try again later, closing connection. - gsmtp", "come back later", "wait"),
    ("421 4.7.0 unusual rate of unsolicited mail originating from your IP", "blocks", "slowly"),
    ("535 5.7.139 Authentication unsuccessful, basic authentication is disabled.", "", "XOAUTH2"),
    (
        "550 5.7.60 SMTP; Client does not have permissions to send as this sender",
        "may not send as this sender",
        "send from the address that you log in as",
    ),
    ("554 5.2.252 SendAsDenied; a@b not allowed to send as c@d", "may not send as", ""),
    ("552 5.2.3 Your message exceeded Google's message size limits", "larger", "link"),
    ("554 5.7.1 <a@b.test>: Relay access denied", "strangers", "log in"),
    ("450 4.2.0 <a@b.test>: Recipient address rejected: Greylisted", "greylists", "five minutes"),
    ("554 5.7.1 Client host [192.0.2.1] blocked using zen.spamhaus.org", "block list", "login"),
    ("550 no such user here", "mailbox does not exist", "check the address"),
    ("550 5.1.1 gone", "mailbox does not exist", "check the address"),
    ("552 mailbox full", "mailbox is full", ""),
    ("503 AUTH command used when not advertised", "no login here", "STARTTLS"),
    ("504 5.5.2 <pc>: Helo command rejected: need fully-qualified hostname", "EHLO", "host name"),
    ("450 4.7.1 Client host rejected: cannot find your hostname", "reverse DNS", "provider"),
]


@pytest.mark.parametrize(("text", "meaning", "remedy"), KNOWN)
def test_well_known_words_get_their_own_advice(text: str, meaning: str, remedy: str) -> None:
    found = explain(text)
    assert meaning in found.meaning
    assert remedy in found.remedy
    assert found.source


def test_a_reply_its_text_and_the_error_that_carries_it_mean_the_same() -> None:
    reply = Reply(550, ("5.7.26 This mail is unauthenticated",))
    error = RefusedError("the server said no", reply=reply)
    assert explain(reply) == explain(str(reply)) == explain(error)
    assert (explain(reply).code, explain(reply).enhanced_code) == (550, "5.7.26")


def test_an_error_without_a_reply_explains_itself() -> None:
    error = ConnectFailed("nobody listens there", code=10061, remedy="Start the server")
    found = explain(error)
    assert (found.code, found.meaning, found.remedy) == (
        10061,
        "nobody listens there",
        "Start the server",
    )


@pytest.mark.parametrize(
    ("text", "code", "enhanced"),
    [
        ("550 5.7.26 x", 550, "5.7.26"),
        ("550-5.7.26 x", 550, "5.7.26"),
        ("550 x", 550, ""),
        ("550", 550, ""),
        ("5.7.26", 0, "5.7.26"),
        ("The server said: 451 4.3.0 later", 451, "4.3.0"),
        ("550 4.7.1 contradicts itself", 550, ""),
        ("550 x (code 5.1.1)", 550, "5.1.1"),
        ("host 250.1.1.1 is down", 0, ""),
        ("1250 apples", 0, ""),
    ],
)
def test_codes_are_found_where_they_stand(text: str, code: int, enhanced: str) -> None:
    found = explain(text)
    assert (found.code, found.enhanced_code) == (code, enhanced)


def test_a_success_is_not_taken_for_a_refusal() -> None:
    assert explain("250 2.1.5 ok").short == "Done."
    assert explain("250 2.0.0 queued: mailbox full of joy").meaning == "Done"


def test_every_registered_class_and_subject_has_an_answer() -> None:
    for kind in "45":
        for subject in range(8):
            for detail in range(31):
                found = explain(Reply(int(kind) * 100 + 50, (f"{kind}.{subject}.{detail} x",)))
                assert found.meaning


@pytest.mark.parametrize("line", ["RCPT TO:<a@b.test>", "ehlo me", ".", "BDAT 10 LAST", "QUIT"])
def test_commands_are_explained_too(line: str) -> None:
    assert explain(line).source.startswith("RFC")


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("250-PIPELINING", "several commands at once"),
        ("250 SIZE 1000", "how large"),
        ("250-AUTH PLAIN LOGIN", "log in"),
        ("250-XCLIENT NAME", "Done"),
        ("250-mx.test greets you", "Done"),
        ("AUTH PLAIN <hidden>", "logs in"),
    ],
)
def test_what_ehlo_is_answered_with_is_explained(line: str, words: str) -> None:
    assert words in explain(line).meaning


def test_the_sentence_is_short_and_whole() -> None:
    tables = (replies(), enhanced_codes(), commands(), extensions())
    entries = [entry for table in tables for entry in table.values()]
    entries += [row.entry for row in providers()]
    for entry in entries:
        assert_well_written(entry)
        short = Explanation(0, "", *entry).short
        assert short.endswith(".")
        assert len(short) <= 190, short


def assert_well_written(entry: Meaning) -> None:
    assert entry.meaning[0].isupper()
    assert not entry.meaning.endswith(".")
    assert entry.cause.endswith(".")
    assert not entry.remedy.endswith(".")
    assert entry.remedy[:1] == entry.remedy[:1].lower()
    assert entry.source


def test_text_from_a_server_is_inert_in_html() -> None:
    error = ConnectFailed("<img src=x onerror=alert(1)>\x1b[31m")
    html = explain(error)._repr_html_()
    assert "<img" not in html
    assert "\x1b" not in html
    assert "&lt;img" in html


@given(st.text(max_size=200))
def test_any_text_is_explained(text: str) -> None:
    assert explain(text).meaning
    assert explain("550 " + text).meaning
