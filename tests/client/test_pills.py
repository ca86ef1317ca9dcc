"""Whatever lies in a queue directory, it is reported, and the messages behind it are sent."""

from __future__ import annotations

import json
import os
import socket
import stat
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from drivers.fronts import Front, letter
from smtp_nb.client.queue import file_lock, moving
from smtp_nb.client.queue.spool import QueueReport
from smtp_nb.errors import InputError
from smtp_nb.sandbox import SandboxServer

ENVELOPE: dict[str, Any] = {
    "format": "smtp_nb queue 1",
    "verb": "MAIL",
    "mail_from": "ann@x.test",
    "recipients": [{"address": "pill@x.test", "kind": "TO"}],
    "is_8bit": False,
    "has_text": True,
}
MESSAGE = b"Subject: pill\r\n\r\ntext\r\n"

Pill = Callable[[Path], object]


@pytest.fixture(params=["lock_in_place", "lock_beside"], autouse=True)
def hold(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Both ways of holding a file: this system's, and that of Windows."""
    monkeypatch.setattr(file_lock, "hold", getattr(file_lock, request.param))


def file(content: bytes) -> Pill:
    return lambda path: path.write_bytes(content)


def envelope(**changes: Any) -> Pill:
    return file(json.dumps(ENVELOPE | changes).encode() + b"\r\n" + MESSAGE)


def recipient(**changes: Any) -> Pill:
    return envelope(recipients=[{"address": "pill@x.test", "kind": "TO"} | changes])


def without(name: str) -> Pill:
    rest = {key: value for key, value in ENVELOPE.items() if key != name}
    return file(json.dumps(rest).encode() + b"\r\n" + MESSAGE)


def listening(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as made:
        here = Path.cwd()
        os.chdir(path.parent)  # a socket's name must be short
        try:
            made.bind(path.name)
        finally:
            os.chdir(here)


def good(path: Path) -> None:
    envelope()(path)


def link_to(make: Pill) -> Pill:
    def linked(path: Path) -> None:
        target = path.with_name("target")
        make(target)
        path.symlink_to(target)

    return linked


def writable(path: Path) -> None:
    good(path)
    path.chmod(0o666)


def writable_by_group(path: Path) -> None:
    good(path)
    path.chmod(0o620)


PILLS: dict[str, Pill] = {
    "empty": file(b""),
    "no JSON": file(b"no json\r\n" + MESSAGE),
    "octets": file(bytes(range(256)) * 10),
    "list": file(b"[]\r\n"),
    "number": file(b"5\r\n"),
    "null": file(b"null\r\n"),
    "text": file(b'"smtp_nb queue 1"\r\n'),
    "deep": file(b"[" * 100_000),
    "large number": file(b"1" * 10_000 + b"\r\n"),
    "endless line": file(b" " * (17 << 20)),
    "not UTF-8": file(b'{"format": "\xff"}\r\n'),
    "lone surrogate": envelope(mail_from="\ud800@x.test"),
    "format": envelope(format="other"),
    "format list": envelope(format=["smtp_nb queue 1"]),
    "verb": envelope(verb="QUIT"),
    "verb list": envelope(verb=["MAIL"]),
    "verb with CRLF": envelope(verb="MAIL\r\nRSET"),
    "sender number": envelope(mail_from=5),
    "sender null": envelope(mail_from=None),
    "sender with CRLF": envelope(mail_from="ann@x.test>\r\nRCPT TO:<eve@x.test"),
    "recipients null": envelope(recipients=None),
    "no recipients": envelope(recipients=[]),
    "recipients text": envelope(recipients="pill@x.test"),
    "recipients object": envelope(recipients={"address": "pill@x.test"}),
    "recipient text": envelope(recipients=["pill@x.test"]),
    "recipient null": envelope(recipients=[None]),
    "address number": recipient(address=5),
    "address null": recipient(address=None),
    "address list": recipient(address=["pill@x.test"]),
    "address with CRLF": recipient(address="pill@x.test\r\nDATA"),
    "kind": recipient(kind="FROM"),
    "kind number": recipient(kind=0),
    "options number": recipient(options=5),
    "options list": recipient(options=["a"]),
    "options null": recipient(options=None),
    "options object": recipient(options={"NOTIFY": "NEVER"}),
    "options with CRLF": recipient(options="NOTIFY=NEVER\r\nDATA"),
    "8bit text": envelope(is_8bit="yes"),
    "has_text null": envelope(has_text=None),
    **{f"without {name}": without(name) for name in ENVELOPE},
    "pipe": os.mkfifo,
    "directory": lambda path: path.mkdir(),
    "socket": listening,
    "link to itself": lambda path: path.symlink_to(path),
    "link to nothing": lambda path: path.symlink_to(path.with_name("nowhere")),
    "link to a pipe": link_to(os.mkfifo),
    "link to a directory": link_to(lambda path: path.mkdir()),
    "link to a message": link_to(good),
    "writable by all": writable,
    "writable by the group": writable_by_group,
}  # fmt: skip


def drain(front: Front, directory: Path) -> SimpleNamespace:
    """Send the queue; what came of it, the events, and who got what."""
    errors: list[Any] = []
    with SandboxServer() as server:
        smtp = front.make(mail_server="127.0.0.1", mail_port=server.port)
        smtp.on_error += errors.append
        report: QueueReport = front.run(smtp.process_queue(directory))
        got = [to for message in server.messages for to in message.rcpt_tos]
    return SimpleNamespace(report=report, errors=errors, got=got)


def add(front: Front, directory: Path) -> str:
    """A message behind the pill."""
    smtp = front.make(**letter(25, message_text="text"))
    smtp.send_to = "next@example.test"
    return str(front.run(smtp.queue(directory)))


@pytest.mark.parametrize("name", PILLS)
@pytest.mark.parametrize(("front", "hold"), [("blocking", "lock_in_place")], indirect=True)
def test_a_pill_ends_in_failed_and_the_next_message_is_sent(
    front: Front, tmp_path: Path, name: str
) -> None:
    PILLS[name](tmp_path / "000.queued")
    before = os.lstat(tmp_path / "000.queued")
    add(front, tmp_path)
    done = drain(front, tmp_path)
    assert done.got == ["next@example.test"]
    assert done.report.failed == ["000"]
    assert done.report.left_behind == done.report.deferred == []
    (error,) = done.errors
    assert error.error_code == 303
    assert error.description.startswith("000: 000.")
    assert error.description.isprintable()
    assert os.path.samestat(os.lstat(tmp_path / "000.failed"), before)
    assert not os.path.lexists(tmp_path / "000.queued")
    again = drain(front, tmp_path)
    assert (again.report, again.got) == (QueueReport(), [])


def test_all_pills_at_once_stop_nothing(front: Front, tmp_path: Path) -> None:
    places = [tmp_path / f"{number:03}" for number in range(len(PILLS))]
    for place, make in zip(places, PILLS.values(), strict=True):
        place.mkdir()
        make(place / "x.queued")
        os.rename(place / "x.queued", tmp_path / f"{place.name}.queued")
    (tmp_path / "x.queued").symlink_to("x.queued")
    add(front, tmp_path)
    done = drain(front, tmp_path)
    assert done.got == ["next@example.test"]
    assert done.report.failed == [*(place.name for place in places), "x"]
    assert len(done.errors) == len(done.report.failed)


def occupied_by_file(path: Path) -> None:
    path.write_bytes(b"kept")


OCCUPANTS: dict[str, Pill] = {
    "file": occupied_by_file,
    "directory": lambda path: path.mkdir(),
    "pipe": os.mkfifo,
    "link to itself": lambda path: path.symlink_to(path),
}


@pytest.fixture(params=["one step", "two steps", "no links"])
def renaming(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each way to rename without taking a place."""
    if request.param != "one step":
        monkeypatch.setattr(moving, "in_one_step", lambda source, target: False)
    if request.param == "no links":

        def refuse(*_: object, **__: object) -> None:
            raise PermissionError(1, "Operation not permitted")

        monkeypatch.setattr(os, "link", refuse)


@pytest.mark.usefixtures("renaming")
@pytest.mark.parametrize("occupant", OCCUPANTS)
@pytest.mark.parametrize("ending", [".sending", ".failed", ".sent"])
def test_nothing_is_renamed_over_what_is_there(
    front: Front, tmp_path: Path, ending: str, occupant: str
) -> None:
    make = PILLS["verb"] if ending == ".failed" else good
    make(tmp_path / "000.queued")
    OCCUPANTS[occupant](tmp_path / f"000{ending}")
    before = os.lstat(tmp_path / f"000{ending}")
    add(front, tmp_path)
    errors: list[Any] = []
    with SandboxServer() as server:
        smtp = front.make(mail_server="127.0.0.1", mail_port=server.port)
        smtp.config("KeepQueue=True")
        smtp.on_error += errors.append
        report = front.run(smtp.process_queue(tmp_path))
        got = [to for message in server.messages for to in message.rcpt_tos]
    after = os.lstat(tmp_path / f"000{ending}")
    assert os.path.samestat(before, after)
    if stat.S_ISREG(after.st_mode):
        assert (tmp_path / f"000{ending}").read_bytes() == b"kept"
    assert got[-1] == "next@example.test"
    if ending == ".sent":
        assert report.sent[0] == "000"
        assert (tmp_path / "000-2.sent").exists()
    elif ending == ".failed":
        assert report.failed == ["000"]
        assert (tmp_path / "000-2.failed").exists()
    else:
        assert "000" in report.failed
        assert (tmp_path / "000.queued").exists(), "it may be the one that has been sent"
        assert got == ["next@example.test"]
        assert any("000.sending already exists" in error.description for error in errors)


def test_a_renaming_that_a_death_cut_in_two_is_finished(front: Front, tmp_path: Path) -> None:
    good(tmp_path / "000.queued")
    os.link(tmp_path / "000.queued", tmp_path / "000.sending")
    done = drain(front, tmp_path)
    assert done.got == ["pill@x.test"]
    assert done.report == QueueReport(sent=["000"])
    assert list(tmp_path.iterdir()) == []


def test_a_file_of_another_user_is_refused(
    front: Front, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    good(tmp_path / "000.queued")
    me = os.geteuid()
    monkeypatch.setattr(os, "geteuid", lambda: me + 1)
    done = drain(front, tmp_path)
    assert done.got == []
    assert "belongs to another user" in done.errors[0].description


def test_a_directory_that_cannot_be_written_stops_nothing(
    front: Front, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    good(tmp_path / "000.queued")
    good(tmp_path / "001.queued")

    def refuse(source: bytes, target: bytes) -> bool:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(moving, "in_one_step", refuse)
    done = drain(front, tmp_path)
    assert (done.report.failed, done.got) == (["000", "001"], [])
    assert (
        "000.queued cannot be renamed to 000.sending: Permission denied"
        in done.errors[0].description
    )


@pytest.mark.parametrize(
    ("what", "said"),
    [
        (lambda path: None, "does not exist"),
        (occupied_by_file, "cannot be read: Not a directory"),
        (os.mkfifo, "cannot be read: Not a directory"),
        (lambda path: path.symlink_to(path), "Too many levels"),
    ],
)
@pytest.mark.parametrize("method", ["queue", "process_queue"])
def test_what_is_no_directory_is_said(
    front: Front, tmp_path: Path, what: Pill, said: str, method: str
) -> None:
    what(tmp_path / "q")
    with pytest.raises(InputError, match=said) as caught:
        front.run(getattr(front.make(**letter(25)), method)(tmp_path / "q"))
    assert caught.value.code == 303


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
ROWS = st.lists(
    st.fixed_dictionaries(
        {}, optional={"address": JSON | st.just("a@x.test"), "kind": JSON | st.just("TO"),
                      "options": JSON},
    ),
    max_size=3,
)  # fmt: skip
ENVELOPES = st.fixed_dictionaries(
    {"format": st.just("smtp_nb queue 1") | JSON},
    optional={
        "verb": st.just("MAIL") | JSON,
        "mail_from": st.just("ann@x.test") | JSON,
        "recipients": ROWS | JSON,
        "is_8bit": st.booleans() | JSON,
        "has_text": st.booleans() | JSON,
    },
)


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(found=st.lists(ENVELOPES | JSON, min_size=1, max_size=5))
def test_no_envelope_does_more_than_be_reported(
    tmp_path_factory: pytest.TempPathFactory, front: Front, found: list[object]
) -> None:
    directory = tmp_path_factory.mktemp("q")
    for number, one in enumerate(found):
        file(json.dumps(one).encode() + b"\r\n" + MESSAGE)(directory / f"{number}.queued")
    done = drain(front, directory)
    assert sorted(done.report.failed + done.report.sent) == [str(n) for n in range(len(found))]
    assert len(done.errors) == len(done.report.failed)
    assert all(name.endswith(".failed") for name in os.listdir(directory))


# -- refused for now --------------------------------------------------------------------------


@pytest.mark.parametrize("stage", ["MAIL", "RCPT", "DATA", "END"])
@pytest.mark.covers("SMTP.ProcessQueue")
def test_what_is_refused_for_now_waits_for_the_next_run(
    front: Front, tmp_path: Path, stage: str
) -> None:
    add(front, tmp_path)
    errors: list[Any] = []
    with SandboxServer(without=["CHUNKING"]) as server:
        server.inject("reply", stage=stage, code=451)
        smtp = front.make(mail_server="127.0.0.1", mail_port=server.port)
        smtp.on_error += errors.append
        report = front.run(smtp.process_queue(tmp_path))
        assert (report.sent, report.failed, len(report.deferred)) == ([], [], 1)
        assert [path.suffix for path in tmp_path.iterdir()] == [".queued"]
        assert "will be retried" in errors[0].description
        server.heal()
        assert front.run(smtp.process_queue(tmp_path)).sent == report.deferred
        assert len(server.messages) == 1
