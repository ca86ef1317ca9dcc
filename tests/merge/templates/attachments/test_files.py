from __future__ import annotations

import os
from pathlib import Path

import pytest

from smtp_nb.compose.parts import Attachment, EncodedPart
from smtp_nb.errors import InputError
from smtp_nb.merge.rows.problem import RowError
from smtp_nb.merge.templates.attachments.files import AttachmentPart
from smtp_nb.merge.templates.environment import environment


@pytest.fixture
def root(tmp_path: Path) -> Path:
    root = tmp_path / "root"
    (root / "inner").mkdir(parents=True)
    (root / "a.txt").write_text("mine")
    (tmp_path / "secret.txt").write_text("not yours")
    (root / "way out").symlink_to(tmp_path / "secret.txt")
    (root / "inner" / "way in").symlink_to(root / "a.txt")
    return root


def read(root: Path, **values: object) -> EncodedPart | None:
    return AttachmentPart("{{ file }}", root).render({**environment(html=False).globals, **values})


@pytest.mark.parametrize("name", ["a.txt", "./a.txt", "inner/../a.txt", "inner/way in"])
def test_files_under_the_root_are_attached(root: Path, name: str) -> None:
    part = read(root, file=name)
    assert part is not None
    assert b"".join(part.chunks()) == b"bWluZQ=="


def test_an_absolute_path_under_the_root_is_attached(root: Path) -> None:
    assert read(root, file=root / "a.txt") is not None


@pytest.mark.parametrize("name", ["../secret.txt", "way out", "/etc/hostname", "inner/../../x/.."])
def test_files_outside_the_root_are_refused(root: Path, name: str) -> None:
    with pytest.raises(RowError, match=r"outside of|does not exist") as caught:
        read(root, file=name)
    assert caught.value.column == "file"


@pytest.mark.parametrize("name", ["missing.txt", "a\0.txt", "inner", "a.txt\n", "x" * 5000])
def test_what_is_no_file_is_refused(root: Path, name: str) -> None:
    with pytest.raises(RowError):
        read(root, file=name)


def test_an_empty_name_attaches_nothing(root: Path) -> None:
    assert read(root, file="") is None


def test_a_file_is_encoded_once_until_it_changes(root: Path) -> None:
    part = AttachmentPart("{{ file }}", root)
    values = {**environment(html=False).globals, "file": "a.txt"}
    first = part.render(values)
    assert part.render(values) is first
    (root / "a.txt").write_text("something else")
    assert part.render(values) is not first


def test_a_fixed_file_may_be_anywhere_and_is_encoded_once(root: Path, tmp_path: Path) -> None:
    part = AttachmentPart(os.fspath(tmp_path / "secret.txt"), root)
    assert part.render({}) is part.render({})


def test_an_attachment_made_by_the_caller_is_taken_as_it_is(root: Path) -> None:
    part = AttachmentPart(Attachment(data=b"x", filename="x.bin"), root).render({})
    assert part is not None
    assert part.attachment.filename == "x.bin"


def test_a_fixed_file_that_is_missing_is_an_error_when_it_is_needed(root: Path) -> None:
    part = AttachmentPart("missing.txt", root)
    with pytest.raises(InputError, match=r"missing\.txt"):
        part.render({})
