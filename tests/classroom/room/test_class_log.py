from __future__ import annotations

import json
from pathlib import Path

import pytest

from classroom.room.conftest import Dial, code_of, joined
from smtp_nb.classroom import Classroom
from smtp_nb.errors import InputError
from smtp_nb.model.secret import encodings


@pytest.fixture
def lesson(room: Classroom, dial: Dial) -> Classroom:
    """A class in which ann sent a message, cy blundered and a stranger wrote secrets down."""
    ann = joined(room, "Ann")
    ann.message_text = f"the code is {code_of(room).text}, I am at ann@home.test"
    ann.send()
    ann.disconnect()
    dial(room).say("EHLO cy.class.test", "MAIL FROM: cy@class.test")
    password = code_of(room).password("ann").reveal()
    dial(room).say("EHLO localhost", f"NOOP {password}", "MAIL FROM:<eve@[192.168.1.7]>")
    return room


SECRET_PLACES = ("127.0.0.1", "192.168.1.7")


@pytest.mark.parametrize("is_masked", [True, False])
def test_no_password_token_or_network_address_is_saved(
    lesson: Classroom, tmp_path: Path, is_masked: bool
) -> None:
    lesson.save(tmp_path / "a.classlog", masked=is_masked)
    text = (tmp_path / "a.classlog").read_text(encoding="utf-8")
    log = Classroom.load(tmp_path / "a.classlog")
    everyone = [log[name] for name in (*lesson.students, "stranger 1")]
    coded = [message.content for one in everyone for message in one.messages]
    coded += [data for one in everyone for talk in one.sessions for _, data in talk.wire]
    everything = text + b"\n".join(coded).decode("latin-1")
    code = code_of(lesson)
    letters = code.text.partition("@")[0].removeprefix("maple-73-")
    secrets = [code.token.reveal(), letters, letters.replace("-", "")]
    secrets += [code.password(name).reveal() for name in lesson.students]
    for secret in (*secrets, *SECRET_PLACES):
        assert not [spelling for spelling in encodings(secret) if spelling in everything], secret
    assert ("ann@home.test" in everything) is not is_masked
    if is_masked:
        assert "kim@" not in everything
        assert "k…@class.test" in text
    assert (tmp_path / "a.classlog").stat().st_mode & 0o077 == 0


def test_a_log_is_read_as_the_class_was(lesson: Classroom, tmp_path: Path) -> None:
    lesson.save(tmp_path / "a.classlog", masked=False)
    log = Classroom.load(tmp_path / "a.classlog")
    assert log.name == "maple-73"
    assert log.students == (*lesson.students, "stranger 1")
    for name in ("ann", "cy", "ben müller"):
        before, after = lesson[name], log[name]
        assert after.name == before.name
        assert after.remarks == before.remarks
        assert str(after.trail) == str(before.trail)
        for one, other in zip(after.sessions, before.sessions, strict=True):
            assert one.exchanges == other.exchanges
            assert (one.user, one.tls, one.hello) == (other.user, other.tls, other.hello)
            assert one.opened_at == other.opened_at
        assert [m.subject for m in after.messages] == [m.subject for m in before.messages]
    assert log["ann"].messages[0].subject == "From Ann"
    assert log["cy"].session.wire == lesson["cy"].session.wire


def test_a_masked_log_has_no_content(lesson: Classroom, tmp_path: Path) -> None:
    lesson.save(tmp_path / "a.classlog")
    (message,) = Classroom.load(tmp_path / "a.classlog")["ann"].messages
    assert message.content == b""
    assert Classroom.load(tmp_path / "a.classlog")["ann"].session.wire == []
    assert message.rcpt_tos == ("t…@class.test",)


@pytest.mark.parametrize(
    "text",
    ["", "{}", "[1]", "nonsense", '{"kind": "class", "version": 2}',
     '{"kind": "class", "version": 1, "class": "x", "students": [], "saved_at": "?"}',
     '{"kind": "class", "version": 1, "class": "x", "students": ["ann"],'
     ' "saved_at": "2026-11-30T12:00:00+00:00"}\n{"kind": "session", "student": "ann"}'],
    ids=["empty", "no-kind", "list", "no-json", "version", "date", "session"],
)  # fmt: skip
def test_what_is_no_log_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "x").write_text(text, encoding="utf-8")
    with pytest.raises(InputError) as caught:
        Classroom.load(tmp_path / "x")
    assert caught.value.remedy
    with pytest.raises(InputError, match="cannot be read"):
        Classroom.load(tmp_path / "nowhere")


def test_each_line_is_one_conversation(lesson: Classroom, tmp_path: Path) -> None:
    lesson.save(tmp_path / "a.classlog")
    lines = (tmp_path / "a.classlog").read_text(encoding="utf-8").splitlines()
    kinds = [json.loads(line)["kind"] for line in lines]
    assert kinds == ["class", "session", "session", "session"]
    assert "<ClassLog maple-73, 2" in repr(Classroom.load(tmp_path / "a.classlog"))
