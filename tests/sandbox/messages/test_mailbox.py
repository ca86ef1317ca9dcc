"""Messages and the list of them."""

from __future__ import annotations

import threading
from datetime import UTC, datetime

import pytest
from IPython.lib.pretty import pretty

from smtp_nb.sandbox.messages.mailbox import SHOWN_ROWS, Inbox, Message


def message(content: bytes = b"Subject: Hi\r\n\r\nBody\r\n", **changes) -> Message:
    values = {
        "mail_from": "ann@x.test",
        "rcpt_tos": ("ben@x.test",),
        "content": content,
        "parameters": {"BODY": "8BITMIME", "SMTPUTF8": ""},
        "rcpt_parameters": ({"NOTIFY": "NEVER"},),
        "verb": "MAIL",
        "queue_id": "000001",
        "session": 1,
        "tls": None,
        "user": None,
        "received_at": datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC),
    }
    return Message(**values | changes)


def test_a_message_is_read_once_and_as_an_email():
    mail = message("Subject: =?utf-8?q?Z=C3=BCrich?=\r\n\r\nGrüezi\r\n".encode())
    assert mail.subject == "Zürich"
    assert mail.parsed is mail.parsed
    assert mail.size == len(mail.content)
    assert str(mail).endswith("Grüezi\r\n")


def test_an_inbox_is_a_sequence():
    inbox, first, second = Inbox(), message(), message(queue_id="000002")
    assert inbox == []
    inbox.add(first)
    inbox.add(second)
    assert inbox == [first, second]
    assert inbox[-1] is second
    assert inbox[:1] == [first]
    assert len(inbox) == 2
    inbox.clear()
    assert not inbox


def test_waiting_ends_when_the_last_message_comes():
    inbox = Inbox()
    threads = [threading.Thread(target=inbox.add, args=(message(),)) for _ in range(5)]
    for thread in threads:
        thread.start()
    assert len(inbox.wait_for(5, 20)) == 5
    for thread in threads:
        thread.join()


def test_waiting_in_vain_is_a_time_out():
    with pytest.raises(TimeoutError, match="0 of 1"):
        Inbox().wait_for(1, 0)


HOSTILE = (
    b"Subject: <img src=x onerror=alert(1)>\r\nFrom: \xff\xfe\r\nX-\x1b[31m: \x1b[2J\r\n"
    b"To: ben@x.test\r\n\r\n</pre><script>\x00\x1b\r\n"
)


def test_hostile_content_is_shown_as_text():
    mail = message(HOSTILE, mail_from='"<b>"@x.test')
    inbox = Inbox()
    inbox.add(mail)
    for html in (mail._repr_html_(), inbox._repr_html_()):
        for tag in ("<img", "<script", "<b>", "</pre><", "\x1b", "\x00"):
            assert tag not in html.replace("</pre></details>", "")
    for text in (pretty(mail), pretty(inbox)):
        assert "\x1b" not in text


def test_saved_views_mask_addresses():
    inbox = Inbox()
    inbox.add(message(b"To: ben@x.test\r\n\r\nben@x.test\r\n"))
    for view in (inbox._repr_html_(), inbox[0]._repr_html_(), pretty(inbox), pretty(inbox[0])):
        assert "ben@x.test" not in view
        assert "b…@x.test" in view
    assert "ben@x.test" in repr(inbox[0])


def test_a_message_shows_its_envelope_beside_its_headers():
    html = message(b"To: ben@x.test\r\nBcc: none\r\n\r\n")._repr_html_()
    assert "MAIL FROM" in html
    assert "BODY=8BITMIME SMTPUTF8" in html
    assert "NOTIFY=NEVER" in html
    assert html.count("b…@x.test") == 3  # RCPT, the To header, the source


def test_a_long_inbox_shows_its_newest():
    inbox = Inbox()
    for number in range(SHOWN_ROWS + 7):
        inbox.add(message(b"Subject: no %d.\r\n\r\n" % number))
    html = inbox._repr_html_()
    assert "no 6." not in html
    assert "no 7." in html
    assert "7 older ones" in html
