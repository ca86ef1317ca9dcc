"""What is measured, as data. Who is slow gets fewer rows: each message costs him the same."""

from __future__ import annotations

from dataclasses import dataclass

MEGABYTE = 1024 * 1024
# Everybody, and how many rows of a long run each gets.
SHARES = {
    "smtp_nb": 1.0,
    "smtp_nb, CHUNKING": 1.0,
    "smtplib": 1.0,
    "smtp-source": 1.0,
    "Nodemailer": 0.3,
    "aiosmtplib": 0.2,
    "redmail": 0.1,
    "yagmail": 0.1,
    "sink": 1.0,
}
OURS = ("smtp_nb", "smtp_nb, CHUNKING")


@dataclass(frozen=True)
class Scenario:
    """One block of the table.

    Attributes:
        rows: of the contestants that get the most.
        few: rows of those who wait for each message, where that would last too long.
        delay_ms: the round trip of the line; 0 for the bare loopback.
        attachment: octets of a file that goes with every message.
    """

    name: str
    title: str
    rows: int
    few: int = 0
    delay_ms: int = 0
    attachment: int = 0
    connections: int = 1

    def rows_of(self, label: str) -> int:
        """How many messages a contestant sends."""
        if self.few and label not in OURS:
            return self.few
        if self.few and label == "smtp_nb":
            return self.few * 5
        return max(int(self.rows * SHARES[label]), 10)


SCENARIOS = (
    Scenario("loopback", "Loopback, one connection", 10_000),
    Scenario("distance", "20 ms round trip, one connection", 10_000, few=60, delay_ms=20),
    Scenario("attachment", "2 MB attachment, one connection", 200, few=30,
             attachment=2 * MEGABYTE),
    Scenario("loopback-8", "Loopback, 8 connections", 10_000, connections=8),
    Scenario("distance-8", "20 ms round trip, 8 connections", 8_000, few=400, delay_ms=20,
             connections=8),
)  # fmt: skip
