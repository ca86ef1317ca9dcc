"""Files are found in folders and archives, within bounds."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from classroom.grading.class_of_ten import packed
from smtp_nb.classroom.grading import submissions
from smtp_nb.classroom.grading.submissions import beside, collect
from smtp_nb.errors import InputError


def test_an_archive_that_is_given_is_no_folder_of_a_students(tmp_path: Path) -> None:
    inner = packed({"work/by-hand.ipynb": b"{}"})
    (tmp_path / "all.zip").write_bytes(packed({"ann/x.ipynb": b"1", "ben/w.zip": inner}))
    given = {one.parts for one in collect([tmp_path / "all.zip"])}
    assert given == {("ann", "x.ipynb"), ("ben", "w.zip", "work", "by-hand.ipynb")}
    found = {one.parts[0] for one in collect([tmp_path])}
    assert found == {"ann", "ben"}


def test_an_archive_in_a_students_folder_is_the_students(tmp_path: Path) -> None:
    (tmp_path / "ann").mkdir()
    (tmp_path / "ann" / "work.zip").write_bytes(packed({"x.ipynb": b"1"}))
    assert [one.parts for one in collect([tmp_path])] == [("ann", "work.zip", "x.ipynb")]


def test_what_programs_leave_behind_is_left_out(tmp_path: Path) -> None:
    names = (".ipynb_checkpoints/x.ipynb", "__MACOSX/._x.ipynb", "../x.ipynb", "ann/x.ipynb")
    (tmp_path / "a.zip").write_bytes(packed(dict.fromkeys(names, b"1")))
    assert [one.parts for one in collect([tmp_path / "a.zip"])] == [("ann", "x.ipynb")]


def test_archives_in_archives_end_somewhere(tmp_path: Path) -> None:
    data = packed({"x.ipynb": b"1"})
    for _ in range(4):
        data = packed({"a.zip": data})
    (tmp_path / "a.zip").write_bytes(data)
    (found,) = collect([tmp_path / "a.zip"])
    assert found.trouble == "too many archives in each other"


def test_what_unpacks_to_too_much_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(submissions, "MAX_FILE", 1000)
    (tmp_path / "a.zip").write_bytes(packed({"ann/x.ipynb": bytes(100_000)}))
    (found,) = collect([tmp_path / "a.zip"])
    assert (found.data, found.trouble) == (b"", "it is larger than 0 MB")
    monkeypatch.setattr(submissions, "MAX_TOTAL", 2000)
    (tmp_path / "a.zip").write_bytes(packed({f"{n}.ipynb": bytes(900) for n in range(3)}))
    with pytest.raises(InputError, match="more than"):
        collect([tmp_path / "a.zip"])


def test_a_student_brings_modules_and_data_along(tmp_path: Path) -> None:
    for name in ("ann/x.ipynb", "ann/helper.py", "ben/x.ipynb", "ben/other.py"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(name.encode())
    files = collect([tmp_path])
    anns = next(one for one in files if one.parts == ("ann", "x.ipynb"))
    assert beside(anns, files) == {"helper.py": b"ann/helper.py"}


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
def test_a_named_pipe_is_a_trouble_and_no_wait(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "ann.ipynb")
    (found,) = collect([tmp_path])
    assert found.trouble == "it cannot be read: it is not a regular file"
