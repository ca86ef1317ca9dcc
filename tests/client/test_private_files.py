"""Files that only their owner can read."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from canary import CANARY, assert_clean, ours, texts_of_error
from smtp_nb.client.private_files import MAX_SIZE, read_private, write_private
from smtp_nb.errors import InputError
from smtp_nb.model.secret import Secret


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "secret"
    path.write_text(CANARY)
    path.chmod(0o600)
    return path


def refusal(path: Path) -> InputError:
    with pytest.raises(InputError) as caught:
        read_private(path)
    for where, text in texts_of_error(caught.value):
        assert_clean(ours(text), where)
    assert caught.value.code == 303
    return caught.value


@pytest.mark.parametrize("mode", [0o600, 0o400])
def test_what_is_private_is_read(file: Path, mode: int) -> None:
    file.chmod(mode)
    assert read_private(file).reveal() == CANARY


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o610, 0o777])
def test_what_others_can_get_at_is_refused(file: Path, mode: int) -> None:
    file.chmod(mode)
    error = refusal(file)
    assert f"{mode:04o}" in error.description
    assert f"chmod 600 {file}" in error.remedy


def test_a_file_of_another_user_is_refused(file: Path) -> None:
    if os.getuid() == 0:
        os.chown(file, 65534, 65534)
        assert "another user" in refusal(file).description


def test_what_is_no_plain_text_file_is_refused(file: Path, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe", 0o600)
    assert "regular" in refusal(tmp_path / "pipe").description
    refusal(tmp_path)
    refusal(tmp_path / "not there")
    for data in (b"", b"\xff" + CANARY.encode(), b"x" * (MAX_SIZE + 1)):
        file.write_bytes(data)
        assert "is not read" in refusal(file).description


def test_what_is_written_is_private_from_the_start(tmp_path: Path) -> None:
    path = tmp_path / "a" / "b" / "tokens"
    before = os.umask(0)
    try:
        write_private(path, Secret("first"))
        write_private(path, Secret(CANARY))
    finally:
        os.umask(before)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert read_private(path).reveal() == CANARY
    assert list(path.parent.iterdir()) == [path]


def test_what_cannot_be_written_is_told_and_leaves_nothing(tmp_path: Path) -> None:
    (tmp_path / "there").mkdir()
    for path in (tmp_path / "there", tmp_path / "file" / "tokens"):
        (tmp_path / "file").touch()
        with pytest.raises(InputError) as caught:
            write_private(path, Secret(CANARY))
        for where, text in texts_of_error(caught.value):
            assert_clean(ours(text), where)
    assert sorted(found.name for found in tmp_path.iterdir()) == ["file", "there"]
