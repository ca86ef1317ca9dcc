"""The queue directory: what it promises to those who put messages in and take them out."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import Counter
from email import message_from_bytes
from email.policy import default
from pathlib import Path

import pytest

from drivers.fronts import Front, letter
from drivers.peers import Peer, greet
from smtp_nb import MessageRecipient
from smtp_nb.client.queue import file_lock
from smtp_nb.errors import InputError, Interrupted, LinkError, SMTPError
from smtp_nb.model.secret import encodings
from smtp_nb.sandbox import SandboxServer

DRAINER = Path(__file__).with_name("drainer.py")


@pytest.fixture(params=["lock_in_place", "lock_beside"], autouse=True)
def hold(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Both ways of holding a file: this system's, and that of Windows."""
    name: str = request.param
    monkeypatch.setattr(file_lock, "hold", getattr(file_lock, name))
    return name


def endings(directory: Path) -> Counter[str]:
    return Counter(path.suffix for path in directory.iterdir())


def fill(front: Front, directory: Path, count: int) -> None:
    smtp = front.make(**letter(25, message_text="text"))
    for number in range(count):
        smtp.send_to = f"n{number}@example.test"
        front.run(smtp.queue(directory))


def recipients(server: SandboxServer) -> list[str]:
    return [to for message in server.messages for to in message.rcpt_tos]


# -- putting in -------------------------------------------------------------------------------


@pytest.mark.covers("SMTP.Queue")
def test_queue_gives_the_name_of_a_new_file_and_needs_no_server(front: Front, tmp_path):
    smtp = front.make(from_="ann@x.test", send_to="ben@x.test")
    names = [front.run(smtp.queue(str(tmp_path))) for _ in range(20)]
    assert sorted(names) == sorted(path.name for path in tmp_path.iterdir()) == names
    assert all(name.endswith(".queued") for name in names)


@pytest.mark.covers("SMTP.Queue")
def test_a_message_of_its_own_is_queued_as_send_would_send_it(front: Front, tmp_path):
    smtp = front.make(from_="ann@x.test", send_to="ben@x.test", subject="Mine", message_text="mine")
    message = message_from_bytes(b"From: cy@x.test\r\nTo: dan@x.test\r\n\r\ntheirs", policy=default)
    name = front.run(smtp.queue(tmp_path, message))
    line, _, content = (tmp_path / name).read_bytes().partition(b"\r\n")
    assert b"theirs" in content
    assert b"Mine" not in content
    assert (smtp.subject, smtp.message_text) == ("Mine", "mine")
    assert json.loads(line)["recipients"][0]["address"] == "ben@x.test"  # send_to goes before To


@pytest.mark.covers("SMTP.Queue")
def test_a_file_is_an_envelope_in_json_and_the_message_behind_it(front: Front, tmp_path):
    smtp = front.make(**letter(25), cc="Cy <cy@x.test>", bcc="eve@x.test")
    smtp.message_recipients.append(MessageRecipient("dan@x.test", "to", options="NOTIFY=NEVER"))
    front.run(smtp.queue(tmp_path))
    (path,) = tmp_path.iterdir()
    line, _, message = path.read_bytes().partition(b"\r\n")
    envelope = json.loads(line)
    assert envelope["mail_from"] == "ann@example.test"
    assert [(row["address"], row["kind"]) for row in envelope["recipients"]] == [
        ("ben@example.test", "TO"),
        ("cy@x.test", "CC"),
        ("eve@x.test", "BCC"),
        ("dan@x.test", "TO"),
    ]
    assert envelope["recipients"][3]["options"] == "NOTIFY=NEVER"
    parsed = message_from_bytes(message, policy=default)
    assert parsed["Subject"] == "Hello"
    assert parsed["Bcc"] is None
    assert b"eve@" not in message


def test_no_secret_is_in_a_file_and_nobody_else_may_read_it(front: Front, tmp_path):
    smtp = front.make(**letter(25), user="ann", password="correct horse battery")
    smtp.config("FirewallPassword=staple gun")
    front.run(smtp.queue(tmp_path))
    (path,) = tmp_path.iterdir()
    content = path.read_bytes().decode("latin-1")
    for spelling in encodings("correct horse battery") | encodings("staple gun"):
        assert spelling not in content
    assert path.stat().st_mode & 0o777 == 0o600


@pytest.mark.covers("error.303")
@pytest.mark.parametrize("method", ["queue", "process_queue"])
def test_the_directory_must_exist(front: Front, tmp_path, method):
    smtp = front.make(**letter(25))
    with pytest.raises(InputError) as caught:
        front.run(getattr(smtp, method)(tmp_path / "nowhere"))
    assert caught.value.code == 303


def test_what_cannot_be_sent_is_not_queued(front: Front, tmp_path):
    smtp = front.make(**letter(25))
    smtp.set_message_stream([b"Subject: x\r\n\r\n", b"a\nb"])
    with pytest.raises(InputError, match="offset 15"):
        front.run(smtp.queue(tmp_path))
    assert list(tmp_path.iterdir()) == []


# -- taking out -------------------------------------------------------------------------------


@pytest.mark.covers("SMTP.ProcessQueue")
@pytest.mark.covers("SMTP.KeepQueue")
@pytest.mark.parametrize(("keep", "left"), [("False", {}), ("True", {".sent": 3})])
def test_what_was_sent_is_deleted_or_kept(front: Front, tmp_path, keep, left):
    fill(front, tmp_path, 3)
    with SandboxServer() as server:
        smtp = front.make(mail_server="127.0.0.1", mail_port=server.port)
        smtp.config(f"KeepQueue={keep}")
        report = front.run(smtp.process_queue(tmp_path))
        assert recipients(server) == [f"n{number}@example.test" for number in range(3)]
        assert len(server.sessions) == 1, "one connection for all"
    assert len(report.sent) == 3
    assert endings(tmp_path) == left
    assert not smtp.connected


@pytest.mark.covers("SMTP.ProcessQueue")
@pytest.mark.covers("SMTP.Error")
def test_a_refused_message_fails_and_stops_no_other(front: Front, tmp_path):
    fill(front, tmp_path, 3)
    errors = []
    with SandboxServer(refuse=["n1@*"]) as server:
        smtp = front.make(mail_server="127.0.0.1", mail_port=server.port)
        smtp.on_error += errors.append
        report = front.run(smtp.process_queue(tmp_path))
        assert recipients(server) == ["n0@example.test", "n2@example.test"]
    assert endings(tmp_path) == {".failed": 1}
    assert (len(report.sent), len(report.failed)) == (2, 1)
    assert [(e.error_code, report.failed[0] in e.description) for e in errors] == [(161, True)]
    assert "n1@example.test" in errors[0].description


def test_an_empty_directory_needs_no_server(front: Front, tmp_path):
    assert front.run(front.make().process_queue(tmp_path)).sent == []


def test_without_a_connection_all_still_wait(front: Front, tmp_path):
    fill(front, tmp_path, 2)
    with pytest.raises(SMTPError):
        front.run(front.make(mail_server="127.0.0.1", mail_port=1).process_queue(tmp_path))
    assert endings(tmp_path) == {".queued": 2}


def test_what_had_not_left_when_the_line_broke_waits_again(front: Front, tmp_path):
    fill(front, tmp_path, 2)

    def break_off(line) -> None:
        greet(line)
        line.hear()
        line.reset()

    with Peer(break_off) as peer:
        smtp = front.make(mail_server="127.0.0.1", mail_port=peer.port)
        with pytest.raises(LinkError):
            front.run(smtp.process_queue(tmp_path))
    assert endings(tmp_path) == {".queued": 2}


def test_what_may_have_left_stays_and_is_reported_and_not_sent_again(front: Front, tmp_path):
    fill(front, tmp_path, 2)

    def swallow(line) -> None:
        greet(line)
        for answer in (b"250 ok", b"250 ok", b"354 go on"):
            line.hear()
            line.say(answer)
        line.hear_content()
        line.reset()

    errors = []
    with Peer(swallow) as peer:
        smtp = front.make(mail_server="127.0.0.1", mail_port=peer.port)
        with pytest.raises(LinkError):
            front.run(smtp.process_queue(tmp_path))
    assert endings(tmp_path) == {".sending": 1, ".queued": 1}
    with SandboxServer() as server:
        smtp.mail_port = server.port
        smtp.on_error += errors.append
        report = front.run(smtp.process_queue(tmp_path))
        assert recipients(server) == ["n1@example.test"]
    assert endings(tmp_path) == {".sending": 1}
    assert len(report.left_behind) == 1
    assert "may have been delivered" in errors[0].description


@pytest.mark.covers("SMTP.Interrupt")
def test_an_interrupted_run_leaves_the_rest_waiting(front: Front, tmp_path):
    fill(front, tmp_path, 3)
    with SandboxServer() as server:
        smtp = front.make(mail_server="127.0.0.1", mail_port=server.port)
        smtp.on_pi_trail += lambda e: smtp.interrupt() if "RCPT TO:<n1@" in e.message else None
        with pytest.raises(Interrupted):
            front.run(smtp.process_queue(tmp_path))
    left = endings(tmp_path)
    assert left[".queued"] + left[".sending"] == 2
    assert left[".queued"] >= 1


@pytest.mark.covers("SMTP.ProcessQueue")
@pytest.mark.parametrize("ending", [".failed", ".sending"])
def test_who_renames_a_file_to_queued_asks_for_it_to_be_sent_again(front: Front, tmp_path, ending):
    fill(front, tmp_path, 1)
    (path,) = tmp_path.iterdir()
    path = path.rename(path.with_suffix(ending))
    with SandboxServer() as server:
        smtp = front.make(mail_server="127.0.0.1", mail_port=server.port)
        report = front.run(smtp.process_queue(tmp_path))
        assert (report.sent, server.messages) == ([], [])
        path.rename(path.with_suffix(".queued"))
        assert front.run(smtp.process_queue(tmp_path)).sent == [path.stem]
        assert recipients(server) == ["n0@example.test"]


@pytest.mark.parametrize(
    "damage",
    [
        b"",
        b"no json\r\nSubject: x\r\n\r\n",
        b"[]\r\n",
        b'{"format": "other"}\r\n',
        b'{"format": "smtp_nb queue 1", "verb": "QUIT", "mail_from": "a@x.test", "recipients":'
        b' [{"address": "b@x.test", "kind": "TO"}], "is_8bit": false, "has_text": true}\r\n'
        b"Subject: x\r\n\r\n",
        b'{"format": "smtp_nb queue 1", "verb": "MAIL", "mail_from": "a@x.test", "recipients":'
        b' [{"address": "b@x.test\\r\\nDATA", "kind": "TO"}], "is_8bit": false,'
        b' "has_text": true}\r\nSubject: x\r\n\r\n',
    ],
)
def test_a_damaged_file_fails_with_nothing_written(front: Front, tmp_path, damage):
    (tmp_path / "broken.queued").write_bytes(damage)
    errors = []
    with SandboxServer() as server:
        smtp = front.make(mail_server="127.0.0.1", mail_port=server.port)
        smtp.on_error += errors.append
        report = front.run(smtp.process_queue(tmp_path))
        assert not server.messages
    assert endings(tmp_path) == {".failed": 1}
    assert report.failed == ["broken"]
    assert errors[0].error_code == 303


def test_an_edited_message_is_sent_as_edited_and_checked_again(front: Front, tmp_path):
    fill(front, tmp_path, 2)
    good, bad = sorted(tmp_path.iterdir())
    good.write_bytes(good.read_bytes().replace(b"text\r\n", b"much more text\r\n"))
    errors = []
    bad.write_bytes(bad.read_bytes() + b"\r\n.\nMAIL FROM:<eve@x.test>\r\n")
    with SandboxServer() as server:
        smtp = front.make(mail_server="127.0.0.1", mail_port=server.port)
        smtp.on_error += lambda event: errors.append(event.description)
        front.run(smtp.process_queue(tmp_path))
        assert [m.content.endswith(b"much more text\r\n") for m in server.messages] == [True]
    assert "bare LF" in errors[0]
    assert endings(tmp_path) == {".failed": 1}


# -- several processes ------------------------------------------------------------------------


def test_a_message_that_another_process_holds_is_left_to_it(front: Front, tmp_path):
    fill(front, tmp_path, 2)
    held, _ = sorted(tmp_path.iterdir())
    with SandboxServer() as server, file_lock.hold(held) as ours:
        assert ours is not None
        os.rename(held, held.with_suffix(".sending"))
        smtp = front.make(mail_server="127.0.0.1", mail_port=server.port)
        report = front.run(smtp.process_queue(tmp_path))
        assert recipients(server) == ["n1@example.test"]
        assert report.left_behind == []
    assert endings(tmp_path) == {".sending": 1}


@pytest.mark.covers("SMTP.ProcessQueue")
@pytest.mark.parametrize(
    ("hold", "count", "killed_at"),
    [("lock_in_place", 500, 150), ("lock_in_place", 60, 1), ("lock_beside", 60, 20)],
    indirect=["hold"],
)
def test_two_processes_of_which_one_is_killed_send_each_message_once_or_report_it(
    tmp_path, count, killed_at, hold
):
    from drivers.fronts import open_front

    with open_front("blocking") as front:
        fill(front, tmp_path, count)
    with SandboxServer() as server:
        command = [sys.executable, str(DRAINER), str(server.port), str(tmp_path), hold]
        workers = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in "ab"]
        with workers[0] as victim, workers[1] as other:
            for _ in range(killed_at):
                victim.stdout.readline()
            victim.kill()
            report = json.loads(other.communicate()[0].splitlines()[-1])
        assert report["failed"] == []
        # What the victim held when it died was perhaps not seen by a run that was over before.
        last = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
        left = json.loads(last.stdout.splitlines()[-1])["left_behind"]
        delivered = Counter(recipients(server))
        doubtful = {queued_for(tmp_path / f"{stem}.sending") for stem in left}
    assert set(delivered.values()) == {1}, "none twice"
    assert set(delivered) | doubtful == {f"n{number}@example.test" for number in range(count)}
    assert len(left) <= 1
    for path in tmp_path.glob(".*.lock"):
        path.unlink()  # of the one that was killed; it locks nobody out
    assert endings(tmp_path) == Counter({".sending": len(left)} if left else {})


def queued_for(path: Path) -> str:
    line = path.read_bytes().partition(b"\r\n")[0]
    return json.loads(line)["recipients"][0]["address"]
