"""Files whose bytes are on the disk."""

from __future__ import annotations

import fcntl
import os
import sys
from pathlib import Path

import pytest

from smtp_nb.model.regular import sync_file

FULL = 51  # F_FULLFSYNC of macOS


@pytest.mark.parametrize(
    ("platform", "has_barrier", "wanted"),
    [("darwin", True, ["full"]), ("darwin", False, ["full", "fsync"]), ("linux", True, ["fsync"])],
)
def test_bytes_pass_the_disks_own_memory_where_that_can_be_asked_for(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    platform: str,
    has_barrier: bool,
    wanted: list[str],
) -> None:
    asked: list[str] = []

    def control(descriptor: int, command: int) -> None:
        assert command == FULL
        asked.append("full")
        if not has_barrier:
            raise OSError(45, "Operation not supported")

    monkeypatch.setattr(fcntl, "F_FULLFSYNC", FULL, raising=False)
    monkeypatch.setattr(fcntl, "fcntl", control)
    monkeypatch.setattr(os, "fsync", lambda descriptor: asked.append("fsync"))
    monkeypatch.setattr(sys, "platform", platform)
    with open(tmp_path / "x", "wb") as file:
        sync_file(file.fileno())
    assert asked == wanted
