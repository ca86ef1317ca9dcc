"""Promises of smtp_nb.model.trail.export."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from smtp_nb.errors import InputError
from smtp_nb.model.enums import TrailDirection
from smtp_nb.model.events import PITrailEvent
from smtp_nb.model.trail.export import COLUMNS
from smtp_nb.model.trail.trail import Trail

C, S, I = TrailDirection.CLIENT, TrailDirection.SERVER, TrailDirection.INFO  # noqa: E741
NOON = 1_800_000_000.0


def a_session() -> Trail:
    trail = Trail(now=lambda: NOON)
    for event in (
        PITrailEvent(I, "Remote host connection complete"),
        PITrailEvent(S, "220 mx.school.test ESMTP", 0.1),
        PITrailEvent(C, "EHLO me", 0.2),
        PITrailEvent(S, "250-mx.school.test", 0.5, final=False),
        PITrailEvent(S, "250 PIPELINING", 0.5),
        PITrailEvent(C, "AUTH PLAIN <hidden>", 1.0, tls=True),
        PITrailEvent(S, "235 2.7.0 ok", 1.25, tls=True),
        PITrailEvent(C, "MAIL FROM:<a@school.test>", 2.0, True, 1),
        PITrailEvent(C, "RCPT TO:<b@school.test>", 2.0, True, 1),
        PITrailEvent(S, "250 ok", 2.5, tls=True),
        PITrailEvent(S, "550 5.1.1 no such mailbox", 2.5, tls=True),
        PITrailEvent(S, "220 second.school.test", 0.05),
    ):
        trail(event)
    return trail


def test_the_frame_has_a_row_a_line_and_says_what_the_line_is() -> None:
    frame = a_session().frame
    assert list(frame.columns) == list(COLUMNS)
    assert list(frame["number"]) == list(range(1, 13))
    assert list(frame["session"]) == [1] * 11 + [2]
    refused = frame[frame["verdict"] == "no"].iloc[0]
    assert (refused["code"], refused["enhanced_code"]) == (550, "5.1.1")
    assert list(frame["verb"][frame["direction"] == "client"]) == ["EHLO", "AUTH", "MAIL", "RCPT"]
    assert frame["waited"].dropna().round(3).tolist() == [0.3, 0.25, 0.5]
    assert frame["time"][1] == pd.Timestamp("2027-01-15 08:00:00.1", tz="UTC")
    assert frame["octets"][2] == len("EHLO me\r\n")


def test_the_length_of_a_secret_is_missing_everywhere() -> None:
    trail = a_session()
    frame = trail.frame
    assert frame["octets"].isna().tolist() == [n in (0, 5) for n in range(12)]
    assert "client > server  TLS, length hidden" in trail.packets


def test_an_empty_trail_has_a_frame_of_the_same_columns_and_types() -> None:
    empty, full = Trail().frame, a_session().frame
    assert list(empty.columns) == list(full.columns)
    for name, kind in COLUMNS.items():
        if kind:
            assert empty[name].dtype == full[name].dtype, name


def test_numbers_go_on_after_lines_were_dropped() -> None:
    trail = Trail(maxlen=3)
    for n in range(10):
        trail(PITrailEvent(C, f"NOOP {n}"))
    assert list(trail.frame["number"]) == [8, 9, 10]
    assert trail.packets.splitlines()[3].split()[0] == "8"


def test_a_packet_holds_what_crossed_the_wire_together() -> None:
    packets = a_session().packets
    heads = [line.split("  ") for line in packets.splitlines() if "session" in line]
    sizes = [head[-1].split()[-1] for head in heads if "length" in head[-1]]
    assert sizes == ["26", "9", "36", "hidden", "14", "52", "8", "27", "24"]
    group = packets[packets.index("length 52") :].splitlines()[1]
    assert group == "        0x0000:  4d41 494c 2046 524f 4d3a 3c61 4073 6368  MAIL FROM:<a@sch"


def test_the_listing_gives_the_bytes_back() -> None:
    packets = a_session().packets
    rows = [line for line in packets.splitlines() if line.startswith("        0x")]
    octets = b"".join(bytes.fromhex(row[17:56]) for row in rows)
    said = [event.message for event in a_session() if event.direction != I]
    assert octets == "".join(f"{line}\r\n" for line in said).encode()


@given(st.lists(st.tuples(st.sampled_from([C, S, I]), st.text())))
def test_no_line_of_a_stranger_raises_or_brings_a_control(
    lines: list[tuple[TrailDirection, str]],
) -> None:
    trail = Trail(now=lambda: NOON)
    for direction, text in lines:
        trail(PITrailEvent(direction, text))
    shown = trail.packets + "".join(trail.frame["text"])
    assert "\x1b" not in shown
    assert "\u202e" not in shown
    assert len(trail.frame) == len(lines)


@pytest.mark.parametrize(("name", "form"), [("a.txt", "text"), ("b.HEX", "packets")])
def test_a_trail_is_saved_in_the_form_that_the_name_says(
    tmp_path: Path, name: str, form: str
) -> None:
    trail = a_session()
    trail.save(tmp_path / name)
    assert (tmp_path / name).read_text(encoding="utf-8").rstrip() == getattr(trail, form).rstrip()


@pytest.mark.parametrize("name", ["trail.pcap", "trail"])
def test_another_ending_is_refused_before_anything_is_written(tmp_path: Path, name: str) -> None:
    with pytest.raises(InputError, match="txt"):
        a_session().save(tmp_path / name)
    assert list(tmp_path.iterdir()) == []


def test_a_directory_that_is_missing_is_an_error_that_names_it(tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        a_session().save(tmp_path / "missing" / "a.txt")
    assert caught.value.code == 303
    assert "the trail cannot be written to" in caught.value.description


def test_pandas_is_loaded_by_the_frame_alone() -> None:
    code = (
        "import sys; from smtp_nb import Trail; t = Trail(); t.packets\n"
        "assert 'pandas' not in sys.modules\nt.frame\nassert 'pandas' in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
