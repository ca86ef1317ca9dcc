"""Promises of smtp_nb.widgets.inbox, without a page."""

from __future__ import annotations

import queue
import smtplib
from collections.abc import Callable, Iterator
from dataclasses import replace
from email.message import EmailMessage

import pytest

from smtp_nb.sandbox import SandboxServer
from smtp_nb.sandbox.messages import mailbox
from smtp_nb.sandbox.messages.parts import ParsedPart
from smtp_nb.widgets import InboxView
from smtp_nb.widgets.inbox import opened, summary

PIXEL = b"\x89PNG\r\n\x1a\n" + b"0" * 16


@pytest.fixture
def server() -> Iterator[SandboxServer]:
    with SandboxServer() as server:
        yield server


def send(server: SandboxServer, message: EmailMessage | str) -> None:
    octets = message.as_bytes() if isinstance(message, EmailMessage) else message.encode()
    with smtplib.SMTP(server.host, server.port) as client:
        client.sendmail("ann@example.org", ["ben@example.org", "hidden@example.org"], octets)


def a_message() -> EmailMessage:
    message = EmailMessage()
    message["Subject"] = "Häßlich \u202e"
    message["From"], message["To"] = "ann@example.org", "ben@example.org"
    message.set_content("plain words")
    message.add_alternative('<p>rich <img src="cid:dot@x"></p>', subtype="html")
    message.get_payload()[1].add_related(PIXEL, "image", "png", cid="<dot@x>")  # type: ignore[index,union-attr]
    message.add_attachment(b"1,2", maintype="text", subtype="csv", filename="marks.csv")
    return message


def test_a_row_tells_envelope_subject_and_size(server: SandboxServer) -> None:
    send(server, a_message())
    row = summary(0, server.messages[0])
    assert row["from"] == "ann@example.org"
    assert row["to"] == "ben@example.org, hidden@example.org"
    assert row["subject"] == r"Häßlich \u202e"
    assert row["size"] == server.messages[0].size


def test_a_message_is_shown_with_its_bodies_images_and_files(server: SandboxServer) -> None:
    send(server, a_message())
    shown = opened(0, server.messages[0])
    assert ["RCPT TO", "<hidden@example.org>"] in shown["envelope"]
    assert ["To", "ben@example.org"] in shown["headers"]
    assert "hidden" not in str(shown["headers"])
    assert shown["text"] == "plain words"
    assert 'src="data:image/png;base64,' in shown["html"]
    assert shown["files"] == ["marks.csv"]


@pytest.mark.parametrize(
    "source",
    [
        "",
        "no header at all",
        "Content-Type: text/html; charset=nonsense\r\n\r\n<b>\xff",
        "Content-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\nbroken",
        "Content-Type: image/png\r\nContent-ID: <a>\r\n\r\n<img src=cid:a>",
        "Subject: =?utf-8?q?=00=1b?=\r\n\r\n\x1b[31m",
    ],
)
def test_a_broken_message_is_shown_all_the_same(server: SandboxServer, source: str) -> None:
    send(server, source)
    shown = opened(0, server.messages[0])
    assert "\x1b" not in str({k: v for k, v in shown.items() if k != "html"})


def test_what_is_saved_masks_recipients(server: SandboxServer) -> None:
    send(server, a_message())
    view = InboxView(server)
    for form in view.static_forms():
        assert "ben@" not in form
        assert "b…@example.org" in form
    assert repr(view) == "<InboxView: 1 message>"
    view.close()


def test_what_a_page_says_is_not_trusted(server: SandboxServer) -> None:
    send(server, a_message())
    view = InboxView(server)
    sent: list[object] = []
    view.send = lambda content, buffers=None: sent.append(content)
    for content in (None, {"open": -1}, {"open": 7}, {"open": "0"}, {"open": None}, []):
        view._handle_custom_msg(content, [])
    assert sent == []
    view._handle_custom_msg({"open": 0}, [])
    assert len(sent) == 1
    view.close()


def test_a_view_that_fails_stays_out_of_the_cell_that_was_run(
    server: SandboxServer, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    view = InboxView(server)
    view._published = "", ""
    monkeypatch.setattr(view, "static_forms", lambda: 1 / 0)
    view._after_cell(None)
    view._after_cell(None)
    assert [record.getMessage() for record in caplog.records] == [
        "<InboxView: 0 messages> is no longer updated: division by zero"
    ]
    view.close()


def taken(view: InboxView) -> list[tuple[dict[str, object], list[bytes]]]:
    """What the page gets from now on."""
    sent: list[tuple[dict[str, object], list[bytes]]] = []
    view.send = lambda content, buffers=None: sent.append((content, buffers or []))
    return sent


def test_the_newest_is_first_and_a_list_reads_headers_alone(server: SandboxServer) -> None:
    for number in range(3):
        send(server, f"Subject: {number}\r\n\r\nbody")
    view = InboxView(server)
    rows = view._list()["messages"]
    assert [row["subject"] for row in rows] == ["2", "1", "0"]
    assert not any("root" in vars(message) for message in server.messages)
    view.close()


def test_an_attachment_has_a_size_and_is_fetched_by_its_place(server: SandboxServer) -> None:
    send(server, a_message())
    assert opened(0, server.messages[0])["sizes"] == [3]
    view = InboxView(server)
    sent = taken(view)
    for place in (0, 1, -1, "0", None):
        view._handle_custom_msg({"open": 0, "file": place}, [])
    assert sent == [({"kind": "file", "number": 0, "name": "marks.csv"}, [b"1,2"])]
    view.close()


def test_an_inbox_is_cleared_from_the_page(server: SandboxServer) -> None:
    send(server, a_message())
    view = InboxView(server)
    view._handle_custom_msg({"clear": True}, [])
    assert len(server.messages) == 0
    view.close()


def test_two_thousand_messages_are_listed_without_parsing_one_whole(
    server: SandboxServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    send(server, "Subject: s\r\n\r\nbody")
    (first,) = server.messages
    for number in range(1, 2_000):
        content = f"Subject: {number}\r\n\r\nbody".encode()
        server.messages.add(replace(first, content=content, queue_id=f"{number:06}"))
    calls = {"read": 0, "read_header": 0}

    def counted(name: str) -> Callable[[bytes], ParsedPart]:
        whole = getattr(mailbox, name)

        def call(content: bytes) -> ParsedPart:
            calls[name] += 1
            result: ParsedPart = whole(content)
            return result

        return call

    for name in calls:
        monkeypatch.setattr(mailbox, name, counted(name))
    view = InboxView(server)
    for _ in range(3):  # the cells that run afterwards
        assert len(view._list()["messages"]) == 2_000
        assert view.static_forms()
    assert calls == {"read": 0, "read_header": 2_000}
    view.close()


def test_the_saved_list_has_the_newest_first(server: SandboxServer) -> None:
    for number in range(25):
        send(server, f"Subject: number {number}\r\n\r\nbody")
    view = InboxView(server)
    for form in view.static_forms():
        assert form.index("number 24") < form.index("number 23") < form.index("number 5")
        assert "number 4" not in form.replace("number 24", "")
    view.close()


def test_the_conversation_that_brought_a_message_is_given_on_demand(server: SandboxServer) -> None:
    send(server, a_message())
    view = InboxView(server)
    sent = taken(view)
    view._handle_custom_msg({"open": 0, "conversation": True}, [])
    ((content, _),) = sent
    assert (content["kind"], content["number"]) == ("conversation", 0)
    assert "MAIL FROM:<ann@example.org> size=" in str(content["lines"])
    server.sessions.clear()
    view._handle_custom_msg({"open": 0, "conversation": True}, [])
    assert sent[-1][0]["lines"] == []
    view.close()


@pytest.fixture
def came(monkeypatch: pytest.MonkeyPatch) -> queue.Queue[dict[str, object]]:
    """What pages get, from whichever thread."""
    came: queue.Queue[dict[str, object]] = queue.Queue()
    monkeypatch.setattr(InboxView, "send", lambda view, content, buffers=None: came.put(content))
    return came


def test_a_page_that_was_there_once_learns_of_every_message(
    server: SandboxServer, came: queue.Queue[dict[str, object]]
) -> None:
    view = InboxView(server)
    view._handle_custom_msg({"ready": True}, [])
    assert came.get(timeout=20)["total"] == 0
    for number in range(1, 3):
        send(server, a_message())  # by whomever: no cell runs
        assert came.get(timeout=20)["total"] == number
    view.detach()
    send(server, a_message())
    assert came.empty()
    view.close()


def test_an_open_conversation_goes_on_with_its_session(
    server: SandboxServer, came: queue.Queue[dict[str, object]]
) -> None:
    view = InboxView(server)
    with smtplib.SMTP(server.host, server.port) as client:
        client.sendmail("ann@example.org", ["ben@example.org"], a_message().as_bytes())
        view._handle_custom_msg({"open": 0, "conversation": True}, [])
        assert "'quit'" not in str(came.get(timeout=20)).lower()
    while "'quit'" not in str(came.get(timeout=20)).lower():
        pass
    view.close()
