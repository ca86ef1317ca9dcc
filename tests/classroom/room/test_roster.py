from __future__ import annotations

from pathlib import Path

import pytest

from smtp_nb.classroom.room.roster import Roster, label, pattern
from smtp_nb.errors import InputError


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("name,mark\nann,1\nben,2\n", ("ann", "ben")),
        ("id;Name\n1;Ann Müller\n2;ben\n", ("Ann Müller", "ben")),
        ("ann\nben\n\n", ("ann", "ben")),
        ('\ufeffname\r\n"O\'Neil, Cy"\r\n', ("O'Neil, Cy",)),
    ],
    ids=["name", "semicolon", "first-column", "quoted"],
)
def test_a_csv_gives_its_names(tmp_path: Path, text: str, names: tuple[str, ...]) -> None:
    file = tmp_path / "class.csv"
    file.write_text(text, encoding="utf-8")
    assert Roster(file).names == names
    assert Roster(str(file)).names == names


def test_a_number_makes_names() -> None:
    assert Roster(3).names == ("student-1", "student-2", "student-3")


@pytest.mark.parametrize(
    "students",
    [[], 0, -1, 501, True, ["ann", "ANN"], ["Ann B", "ann-b"], [""], ["a\nb"], ["x" * 65], [3],
     "/nowhere/class.csv"],
    ids=str,
)  # fmt: skip
def test_what_is_no_class_is_refused(students: object) -> None:
    with pytest.raises(InputError) as caught:
        Roster(students)  # type: ignore[arg-type]  # on purpose
    assert caught.value.remedy


def test_a_name_is_found_however_it_is_spelt_and_a_slip_names_the_nearest() -> None:
    roster = Roster(["Ann Müller", "Ben"])
    assert roster.find(" ann müller") == "Ann Müller"
    assert roster.by_label("ann-müller") == "Ann Müller"
    assert roster.alias("Ben") == "student 2"
    with pytest.raises(InputError, match="Did you mean 'Ben'"):
        roster.find("bem")


def test_a_name_in_a_fault_matches_itself_alone() -> None:
    from fnmatch import fnmatchcase

    assert fnmatchcase("a[b]*", pattern("a[b]*"))
    assert not fnmatchcase("abc", pattern("a[b]*"))
    assert label("Ann  B.") == "ann-b"
