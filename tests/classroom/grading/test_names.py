"""Names are found where the platforms put them."""

from __future__ import annotations

import pytest

from smtp_nb.classroom.grading.names import is_alone, is_same, name_in


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("submitted/ann/lesson-1/by-hand.ipynb", "ann"),
        ("course/submitted/ann/lesson-1/by-hand.ipynb", "ann"),
        ("ann/lesson-1/by-hand.ipynb", "ann"),
        ("ann/by-hand.ipynb", "ann"),
        ("ann.zip/lesson-1/by-hand.ipynb", "ann"),
        ("Ann Smith_4711_assignsubmission_file_/by-hand.ipynb", "Ann Smith"),
        ("Ann Smith_4711_assignsubmission_file/work.zip/by-hand.ipynb", "Ann Smith"),
        ("Zoë O'Neil_4711_assignsubmission_file_by-hand.ipynb", "Zoë O'Neil"),
        ("smithann_4711_815_by-hand.ipynb", "smithann"),
        ("smithann_LATE_4711_815_by-hand.ipynb", "smithann"),
        ("all.zip/smithann_4711_815_by-hand.zip/by-hand.ipynb", "smithann"),
        ("by-hand.ipynb", ""),
        ("by_hand_2.ipynb", ""),
    ],
)
def test_a_path_says_whose_it_is(path: str, name: str) -> None:
    assert name_in(path.split("/")) == name


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("ann", "Ann", True),
        ("ann", "Ann Smith", True),
        ("Ann Smith", "ann", True),
        ("ann", "anne", False),
        ("ann smith", "ann miller", False),
    ],
)
def test_a_short_name_means_the_long_one(one: str, other: str, same: bool) -> None:
    assert is_same(one, other) is same


def test_a_flat_archive_is_nobodys_own_folder() -> None:
    assert is_alone(("ann", "by-hand.ipynb"))
    assert not is_alone(("by-hand.ipynb",))
    assert not is_alone(("all.zip", "smithann_4711_815_by-hand.ipynb"))
