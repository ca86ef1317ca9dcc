"""A saved conversation comes back as it was, and a hostile file is refused clearly."""

from __future__ import annotations

import json
import smtplib
import stat
from base64 import b64encode

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sandbox.line import Line
from smtp_nb import SMTP
from smtp_nb.errors import InputError, RefusedError
from smtp_nb.sandbox import SandboxServer, Session


@pytest.fixture
def saved(tmp_path):
    """A conversation with a login, a refusal, a message and a mistake, and its file."""
    path = tmp_path / "ann.trail.jsonl"
    with SandboxServer(auth={"alice": "wonderland"}, tls="starttls", refuse="no@x.test") as server:
        smtp = SMTP.from_url(server.url, from_="a@x.test", send_to="b@x.test")
        smtp.message_text = "Zoë says wonderland\n.\n"
        with smtp:
            smtp.send()
            smtp.send_command("NOOP wonderland")
            smtp.send_to = "no@x.test"
            with pytest.raises(RefusedError):
                smtp.send()
        session = server.sessions[0]
        session.by, session.student = "hand", "Zoë"
    session.save(path)
    return session, path


def test_everything_survives_the_round_trip(saved):
    session, path = saved
    loaded = Session.load(path)
    for name in ("exchanges", "wire", "remarks", "blunders", "round_trips", "number", "peer",
                 "hello", "user", "tls", "by", "student", "waiting", "opened_at"):  # fmt: skip
        assert getattr(loaded, name) == getattr(session, name), name
    assert str(loaded) == str(session)
    assert loaded._repr_html_() == session._repr_html_()
    assert list(loaded) == list(session)
    (ours,), (theirs,) = session.messages, loaded.messages
    assert theirs.rcpt_tos == ours.rcpt_tos
    assert theirs.content == ours.content.replace(b"wonderland", b"<hidden>")
    assert theirs.received_at == ours.received_at
    assert not loaded.is_open
    again = path.with_name("again")
    loaded.save(again)
    assert again.read_bytes() == path.read_bytes()


def test_what_was_left_unfinished_survives_too(tmp_path):
    line = Line()
    line.say(b"EHLO me.test\r\nNOOP")
    for _ in range(2):
        line.session.save(tmp_path / "x")
        loaded = Session.load(tmp_path / "x")
        assert loaded.remarks == line.session.remarks == ["no-crlf"]
        assert loaded.waiting == "4 octets without an end of line (CRLF)"
        line._connection.connection_lost(None)


def test_no_credential_is_in_the_file_and_nobody_else_reads_it(saved):
    _, path = saved
    text = path.read_text("ascii")
    for hidden in ("wonderland", b64encode(b"\0alice\0wonderland").decode(), "d29uZGVy"):
        assert hidden not in text
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_frame_has_a_row_for_each_exchange(saved):
    session, _ = saved
    frame = session.frame
    assert list(frame.columns) == [
        "number", "command", "argument", "code", "enhanced_code", "reply", "seconds", "group",
        "tls", "by",
    ]  # fmt: skip
    assert len(frame) == len(session.exchanges)
    assert frame.loc[frame["code"] == 550, "command"].tolist() == ["RCPT"]
    assert len(Session(1, "", ()).frame) == 0


HEAD = {
    "format": "smtp_nb session", "version": 1, "number": 1, "peer": "", "by": "", "student": "",
    "hello": "", "user": None, "waiting": "", "tls": None,
}  # fmt: skip
DEEP = "[" * 100_000
HOSTILE = {
    "empty": b"",
    "no JSON": b"\xff\xfe",
    "another format": json.dumps(HEAD | {"format": "x"}),
    "a later version": json.dumps(HEAD | {"version": 2}),
    "a list": b"[]",
    "no peer": json.dumps({k: v for k, v in HEAD.items() if k != "peer"}),
    "a number for a text": json.dumps(HEAD | {"hello": 5}),
    "a surrogate": json.dumps(HEAD | {"hello": "\ud800"}),
    "tls of four": json.dumps(HEAD | {"tls": [1, 2, 3, 4]}),
    "depth": json.dumps(HEAD) + "\n" + DEEP,
    "a large number": json.dumps(HEAD) + '\n{"line": [' + "9" * 5000 + "]}",
    "infinity": json.dumps(HEAD) + '\n{"line": [Infinity, "C", "x", false, 0, true]}',
    "an unknown kind": json.dumps(HEAD) + '\n{"os": "system"}',
    "nothing": json.dumps(HEAD) + "\n{}",
    "a blank line": json.dumps(HEAD) + "\n\n",
    "a reply of code 1": json.dumps(HEAD) + '\n{"line": [0.0, "S", [1, "x"], false, 0, true]}',
    "a reply of the client": json.dumps(HEAD)
    + '\n{"line": [0.0, "C", [250, "x"], false, 0, true]}',
    "a wide character": json.dumps(HEAD) + '\n{"wire": ["C", "\\u20ac"]}',
    "a direction": json.dumps(HEAD) + '\n{"wire": [["C"], "x"]}',
    "half a message": json.dumps(HEAD) + '\n{"message": {"mail_from": "a"}}',
    "a date beyond": json.dumps(HEAD) + "\n" + json.dumps({"message": {
        "mail_from": "", "rcpt_tos": [], "content": "", "parameters": {}, "rcpt_parameters": [],
        "verb": "MAIL", "queue_id": "1", "received_at": 1e300}}),
}  # fmt: skip


@pytest.mark.parametrize("content", HOSTILE.values(), ids=HOSTILE)
def test_a_hostile_file_is_refused_clearly(content, tmp_path):
    path = tmp_path / "x.jsonl"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(InputError, match="is not a saved conversation") as caught:
        Session.load(path)
    assert len(str(caught.value)) < 400


@settings(max_examples=150, deadline=None)
@given(data=st.data())
def test_a_damaged_file_raises_nothing_else(data, tmp_path_factory):
    path = tmp_path_factory.mktemp("damaged") / "x"
    path.write_text(json.dumps(HEAD) + '\n{"line": [0.0, "S", [250, "x"], false, 0, true]}\n')
    octets = bytearray(path.read_bytes())
    for _ in range(data.draw(st.integers(1, 4))):
        octets[data.draw(st.integers(0, len(octets) - 1))] = data.draw(st.integers(0, 255))
    path.write_bytes(octets)
    try:
        loaded = Session.load(path)
    except InputError:
        return
    assert repr(loaded)
    assert loaded._repr_html_()
    assert loaded.exchanges is not None


def test_what_cannot_be_read_is_an_error_of_ours(tmp_path):
    for path in (tmp_path / "missing", tmp_path):
        with pytest.raises(InputError, match="cannot be read"):
            Session.load(path)


def test_a_file_without_end_is_bounded(tmp_path, monkeypatch):
    monkeypatch.setattr("smtp_nb.sandbox.recording.MAX_OCTETS", 100)
    path = tmp_path / "x"
    path.write_bytes(b" " * 1000)
    with pytest.raises(InputError, match="larger than 100 bytes"):
        Session.load(path)


def test_a_standard_client_is_saved_without_remarks(tmp_path):
    with SandboxServer() as server:
        with smtplib.SMTP(server.host, server.port) as client:
            client.sendmail("a@x.test", "b@x.test", "Subject: x\r\n\r\nhi")
        server.sessions[0].save(tmp_path / "x")
    assert Session.load(tmp_path / "x").remarks == []
