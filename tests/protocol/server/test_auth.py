"""AUTH on the server's side: the exchange, and what a trail may show of it."""

from __future__ import annotations

from base64 import b64encode

import pytest

from protocol.server.talk import greeted, login_service


def answers_to(*lines: bytes) -> list[int]:
    talk = greeted(service=login_service())
    return [code for line in lines for code in talk.codes(line + b"\r\n")]


PLAIN = b64encode(b"\0alice\0wonderland")


@pytest.mark.parametrize(
    ("lines", "codes"),
    [
        ([b"AUTH PLAIN " + PLAIN], [235]),
        ([b"auth plain " + PLAIN], [235]),
        ([b"AUTH PLAIN", PLAIN], [334, 235]),
        ([b"AUTH LOGIN", b64encode(b"alice"), b64encode(b"wonderland")], [334, 334, 235]),
        ([b"AUTH LOGIN " + b64encode(b"alice"), b64encode(b"wonderland")], [334, 235]),
        ([b"AUTH LOGIN", b64encode(b"alice"), b64encode(b"wrong")], [334, 334, 535]),
        ([b"AUTH PLAIN " + b64encode(b"\0alice\0wrong")], [535]),
        ([b"AUTH PLAIN " + b64encode(b"\0mallory\0wonderland")], [535]),
        ([b"AUTH PLAIN ="], [535]),
        ([b"AUTH PLAIN " + b64encode(b"alice:wonderland"), b"NOOP"], [501, 250]),
        ([b"AUTH PLAIN", b64encode(b"alice:wonderland"), b"NOOP"], [334, 501, 250]),
        ([b"AUTH LOGIN", b64encode(b"ali\0ce"), b64encode(b"x")], [334, 334, 535]),
        ([b"AUTH PLAIN", b"*", b"NOOP"], [334, 501, 250]),
        ([b"AUTH PLAIN", b"!!!", b"NOOP"], [334, 501, 250]),
        ([b"AUTH PLAIN", b"\xff\xfe", b"NOOP"], [334, 500, 250]),
        ([b"AUTH PLAIN not base64"], [501]),
        ([b"AUTH NTLM"], [504]),
        ([b"AUTH"], [501]),
        ([b"AUTH PLAIN " + PLAIN, b"AUTH PLAIN " + PLAIN], [235, 503]),
        ([b"MAIL FROM:<a@x.test>", b"AUTH PLAIN " + PLAIN], [250, 503]),
    ],
)
def test_logins(lines, codes):
    assert answers_to(*lines) == codes


def test_auth_that_is_not_offered_is_502_and_outside_tls_538():
    assert greeted().codes(b"AUTH PLAIN " + PLAIN + b"\r\n") == [502]
    demanding = login_service(login_needs_tls=True)
    assert greeted(service=demanding).codes(b"AUTH PLAIN " + PLAIN + b"\r\n") == [538]
    assert greeted(service=demanding, tls=True).codes(b"AUTH PLAIN " + PLAIN + b"\r\n") == [235]


def test_mail_may_need_a_login():
    talk = greeted(service=login_service(needs_login=True))
    assert talk.codes(b"MAIL FROM:<a@x.test>\r\n") == [530]
    assert talk.codes(b"AUTH PLAIN " + PLAIN + b"\r\nMAIL FROM:<a@x.test>\r\n") == [235, 250]
    assert talk.codes(b"EHLO again\r\nMAIL FROM:<a@x.test>\r\n") == [250, 250]


@pytest.mark.parametrize(
    "lines",
    [
        [b"AUTH PLAIN " + PLAIN],
        [b"AUTH  PLAIN " + PLAIN],
        [b"AUTH " + PLAIN],
        [b"AUTH UNKNOWN " + PLAIN],
        [b"AUTH\tPLAIN " + PLAIN],
        [b"AUTHPLAIN " + PLAIN],
        [b"AUTH PLAIN " + PLAIN + b" " + b"x" * 20000],
        [b"AUTH PLAIN", PLAIN],
        [b"AUTH PLAIN", PLAIN + b"\n"],
        [b"AUTH NTLM", PLAIN],
        [b"AUTH LOGIN", b64encode(b"alice"), b64encode(b"wonderland")],
    ],
)
def test_no_trail_shows_what_could_be_a_password(lines):
    talk = greeted(service=login_service())
    for line in lines:
        talk.say(line + b"\r\n")
    shown = " ".join(talk.shown)
    assert PLAIN.decode()[:12] not in shown
    assert b64encode(b"wonderland").decode()[:8] not in shown


def test_the_mechanism_stays_visible():
    talk = greeted(service=login_service())
    talk.say(b"AUTH PLAIN " + PLAIN + b"\r\n")
    assert talk.shown[-1] == "AUTH PLAIN <hidden>"
