"""Times as people write them."""

from __future__ import annotations

from datetime import datetime, time
from zoneinfo import ZoneInfo

import pandas as pd
import pytest

from smtp_nb.errors import InputError
from smtp_nb.merge.running.moments import moment_of, shown, shown_from

BERLIN = ZoneInfo("Europe/Berlin")
NOW = datetime(2026, 10, 24, 12, tzinfo=BERLIN).timestamp()


@pytest.mark.parametrize(
    ("given", "found"),
    [
        ("2026-12-01 08:00", "1 Dec 2026 08:00 CET"),
        ("2026-12-01T08:00:30", "1 Dec 2026 08:00 CET"),
        ("2026-12-01 08:00+00:00", "1 Dec 2026 09:00 CET"),
        ("2026-12-01T08:00Z", "1 Dec 2026 09:00 CET"),
        ("13:00", "24 Oct 2026 13:00 CEST"),
        (" 8:00 ", "25 Oct 2026 08:00 CET"),  # the clocks are set back in that night
        ("12:00", "24 Oct 2026 12:00 CEST"),
        (time(8), "25 Oct 2026 08:00 CET"),
        (datetime(2026, 12, 1, 8), "1 Dec 2026 08:00 CET"),
        (datetime(2026, 12, 1, 8, tzinfo=ZoneInfo("Asia/Tokyo")), "1 Dec 2026 00:00 CET"),
        (pd.Timestamp("2026-12-01 08:00"), "1 Dec 2026 08:00 CET"),
        (pd.Timestamp("2026-12-01 08:00", tz="UTC"), "1 Dec 2026 09:00 CET"),
    ],
)
def test_a_time_is_taken_as_people_write_it(given: object, found: str) -> None:
    assert shown(moment_of("at", given, NOW, BERLIN), BERLIN) == found


@pytest.mark.parametrize("given", ["", "08", "24:00", "tomorrow", "2026-12-01", None, 5, pd.NaT])
def test_what_is_no_time_is_refused(given: object) -> None:
    with pytest.raises(InputError, match=r"at=.* is not a time"):
        moment_of("at", given, NOW)


def test_a_time_that_is_past_is_refused_unless_it_was_just_now() -> None:
    with pytest.raises(InputError, match=r"is past: it was 24 Oct 2026 10:00 CEST, and it is"):
        moment_of("at", "2026-10-24 10:00", NOW, BERLIN)
    assert moment_of("at", "2026-10-24 11:59:30", NOW, BERLIN) == NOW - 30


def test_a_time_of_the_next_hours_is_shown_without_its_day() -> None:
    assert shown_from(NOW + 3600, NOW, BERLIN) == "13:00"
    assert shown_from(NOW + 86400, NOW, BERLIN) == "25 Oct 2026 11:00 CET"
