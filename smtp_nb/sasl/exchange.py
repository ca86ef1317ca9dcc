"""The shape that every mechanism has."""

from __future__ import annotations

from collections.abc import Generator

# Yields answers (first the initial response, or None if the server speaks first), gets challenges
# (None: the server said that the login is complete), returns what came after its last answer.
Exchange = Generator[bytes | None, bytes | None, bytes | None]
