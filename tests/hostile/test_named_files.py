"""Whatever a file is that a user names: our error, which names it and says what to do, at once."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from smtp_nb import SMTP, Attachment, Certificate, Trail
from smtp_nb.client.oauth import gmail
from smtp_nb.client.private_files import read_private, write_private
from smtp_nb.client.queue.spool import QueueReport
from smtp_nb.errors import InputError, SMTPError
from smtp_nb.merge import MailMerge, Template, load
from smtp_nb.model import regular
from smtp_nb.sandbox import SandboxServer
from smtp_nb.wire.tls.keylog import append_keys

State = Callable[[Path], object]
STATES: dict[str, State] = {
    "missing": lambda path: None,
    "directory": lambda path: path.mkdir(),
    "pipe": os.mkfifo,
    "circle of links": lambda path: path.symlink_to(path),
    "file as directory": lambda path: None,  # the name goes on behind a file
    "too long": lambda path: None,
}


def named(tmp_path: Path, state: str, ending: str = "") -> Path:
    if state == "too long":
        return tmp_path / ("x" * 300 + ending)
    path = tmp_path / f"named{ending}"
    if state == "file as directory":
        path.touch()
        return path / f"below{ending}"
    STATES[state](path)
    return path


def client(**properties: Any) -> SMTP:
    return SMTP(mail_server="127.0.0.1", mail_port=1, from_="a@x.test", send_to="b@x.test",
                **properties)  # fmt: skip


def send_attachment(path: Path) -> None:
    smtp = client()
    smtp.attachments.append(Attachment(path=path))
    smtp.send()


def send_image(path: Path) -> None:
    smtp = client(message_html="x")
    smtp.inline_images.append(Attachment(path=path, cid="a"))
    smtp.send()


def merge_with(path: Path, **more: Any) -> MailMerge:
    frame = pd.DataFrame({"name": ["Ann"], "email": ["ann@x.test"], "picture": [path]})
    template = Template(**({"subject": "Hi", "html": "Dear {{ name }}"} | more))
    return MailMerge(
        frame, template, to="email", from_="t@x.test", server="smtp://127.0.0.1:1",
        journal=path.with_name("j.sqlite") if more else path, progress=None,
    )  # fmt: skip


def suppressing(path: Path) -> MailMerge:
    frame = pd.DataFrame({"email": ["ann@x.test"]})
    template = Template(subject="Hi", text="x")
    return MailMerge(frame, template, to="email", from_="t@x.test", suppress=path)


def connect_with(path: Path, setting: str) -> None:
    with SandboxServer(tls="starttls") as server:
        smtp = SMTP(mail_server=server.host, mail_port=server.port, ssl_start_mode="explicit")
        smtp.config(f"{setting}={path}")
        smtp.connect()


def trust(path: Path) -> None:
    with SandboxServer(tls="starttls") as server:
        SMTP.from_url(f"smtp://{server.host}:{server.port}?ca={path}").connect()


READ: dict[str, Callable[[Path], object]] = {
    "attachment": send_attachment,
    "inline image": send_image,
    "attachment of a merge": lambda path: merge_with(path, attachments=[str(path)]).run(),
    "image of a row": lambda path: merge_with(path, html="{{ picture | image }}").run(),
    "given message": lambda path: client().send(path),
    "suppression list": suppressing,
    "certificate store": lambda path: Certificate("auto", str(path), "", "*"),
    "trusted roots": lambda path: connect_with(path, "CACertFilePaths"),
    "ca=": trust,
    "password file": read_private,
    "OAuth client": lambda path: gmail.google("a@x.test", path),
    "results": lambda path: load(path),
    "journal": lambda path: load(path),
    "queue": lambda path: client().process_queue(path),
    "client_ca": lambda path: SandboxServer(
        tls="starttls", auth={"a": "b"}, client_ca=path
    ).start(),
}


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("door", READ)
def test_a_file_that_cannot_be_read_is_our_error(tmp_path: Path, door: str, state: str) -> None:
    path = named(tmp_path, state, ".csv" if door == "results" else "")
    if (door, state) == ("queue", "directory"):
        assert READ[door](path) == QueueReport()  # as it should be
        return
    with pytest.raises(InputError) as caught:
        READ[door](path)
    assert_says_all(caught.value, path)


@pytest.mark.parametrize("door", READ)
def test_a_file_that_may_not_be_read_is_our_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, door: str
) -> None:
    """Root may read everything, so the system is made to say no."""
    path = tmp_path / ("named.csv" if door == "results" else "named")
    if door == "queue":
        path.mkdir()
    else:
        path.write_bytes(b"x")
    refusing(monkeypatch, path)
    with pytest.raises(SMTPError) as caught:
        READ[door](path)
    assert_says_all(caught.value, path)


def refusing(monkeypatch: pytest.MonkeyPatch, path: Path) -> None:
    def no(name: object, *arguments: Any, call: Callable[..., Any], **more: Any) -> Any:
        if str(name).startswith(str(path)):
            raise PermissionError(13, "Permission denied", str(name))
        return call(name, *arguments, **more)

    def wrap(owner: object, name: str) -> None:
        call = getattr(owner, name)
        monkeypatch.setattr(owner, name, lambda *a, **k: no(*a, call=call, **k))

    for name in ("open", "stat", "listdir"):
        wrap(os, name)
    monkeypatch.setattr("builtins.open", lambda *a, call=open, **k: no(*a, call=call, **k))


def assert_says_all(error: SMTPError, path: Path) -> None:
    assert path.name[:40] in str(error)
    assert error.remedy
    assert str(error).isprintable()
    assert "[Errno" not in str(error)


WRITTEN: dict[str, Callable[[Path], object]] = {
    "key log": lambda path: append_keys(str(path), []),
    "token file": lambda path: write_private(path, regular_secret()),
    "export": lambda path: exported(path),
    "journal": lambda path: merge_with(path).run(),
    "ladder": lambda path: Trail().ladder().save(path),
}


def regular_secret() -> Any:
    from smtp_nb.model.secret import Secret

    return Secret("x")


def exported(path: Path) -> None:
    frame = pd.DataFrame({"email": ["ann@x.test"]})
    template = Template(subject="Hi", text="x")
    MailMerge(frame, template, to="email", from_="t@x.test", journal=path.parent / "j").export(path)


@pytest.mark.parametrize("state", ["directory", "pipe", "circle of links", "file as directory"])
@pytest.mark.parametrize("door", WRITTEN)
def test_a_file_that_cannot_be_written_is_our_error(tmp_path: Path, door: str, state: str) -> None:
    path = named(tmp_path, state)
    replaces = door in ("token file", "export", "ladder") and state in ("pipe", "circle of links")
    if replaces:
        WRITTEN[door](path)
        assert path.is_file()
        return
    with pytest.raises(InputError) as caught:
        WRITTEN[door](path)
    assert_says_all(caught.value, path)


def test_what_is_no_file_is_not_left_open(tmp_path: Path) -> None:
    before = len(os.listdir("/proc/self/fd"))
    for _ in range(5):
        with pytest.raises(OSError, match="not a regular file"):
            regular.open_regular(tmp_path)
    assert len(os.listdir("/proc/self/fd")) == before
