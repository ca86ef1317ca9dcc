"""Socket options that differ from one platform to the next."""

from __future__ import annotations

import socket
import struct
import sys
from typing import cast

import pytest

from smtp_nb.drivers.sockets import SocketOptions, new_socket, reset_on_close


class Told:
    """A socket that notes how long a close may last."""

    linger = b""

    def setsockopt(self, level: int, option: int, value: object) -> None:
        if (level, option) == (socket.SOL_SOCKET, socket.SO_LINGER):
            self.linger = cast(bytes, value)

    def setblocking(self, flag: bool) -> None: ...


@pytest.mark.parametrize(
    ("platform", "layout"), [("win32", "HH"), ("linux", "ii"), ("darwin", "ii")]
)
@pytest.mark.parametrize("seconds", [0, 7, 65_535])
def test_linger_is_packed_as_the_platform_reads_it(
    monkeypatch: pytest.MonkeyPatch, platform: str, layout: str, seconds: int
) -> None:
    told = Told()
    monkeypatch.setattr(sys, "platform", platform)
    monkeypatch.setattr(socket, "socket", lambda *args: told)
    new_socket(socket.AF_INET, SocketOptions(linger_s=seconds or 1))
    assert struct.unpack(layout, told.linger) == (1, seconds or 1)
    reset_on_close(cast(socket.socket, told))
    assert struct.unpack(layout, told.linger) == (1, 0)


def test_winsock_waits_no_longer_than_its_short_can_say(monkeypatch: pytest.MonkeyPatch) -> None:
    told = Told()
    monkeypatch.setattr(sys, "platform", "win32")
    monkeypatch.setattr(socket, "socket", lambda *args: told)
    new_socket(socket.AF_INET, SocketOptions(linger_s=100_000))
    assert struct.unpack("HH", told.linger) == (1, 65_535)
