"""Dialogues as `smtp_nb.drivers.scripted` describes them: their steps, and the server's side."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass


class DialogueError(AssertionError):
    """The client did not say what the dialogue wants."""


@dataclass(frozen=True, slots=True)
class Step:
    """One line of a dialogue: `kind` is S, C, C*, C..., C<n>, close, reset, wait, silence, deaf."""

    kind: str
    data: bytes = b""
    number: float = 0


_LINE = re.compile(r"(S:|S!|C:|C\*|C\.\.\.|C<(\d+)>|--)\s?(.*)\Z")


def parse_dialogue(text: str) -> list[Step]:
    """Read a dialogue.

    Raises:
        ValueError: names the line that makes no sense.
    """
    lines = map(str.strip, text.splitlines())
    return [_step(line) for line in lines if line and not line.startswith("#")]


def _step(line: str) -> Step:
    match = _LINE.match(line)
    if match is None:
        raise ValueError(f"no line of a dialogue: {line!r}")
    kind, octets, rest = match.groups()
    if octets:
        return Step("C<n>", number=int(octets))
    if kind == "S!":
        return Step("S", rest.encode().decode("unicode_escape").encode("latin-1"))
    if kind == "--":
        word, _, number = rest.partition(" ")
        return Step(word, number=float(number or 0))
    end = b"" if kind == "C*" else b"\r\n"
    return Step(kind.rstrip(":"), rest.encode() + end)


class Player:
    """The server of a dialogue: feed it what the client wrote, ask it what it says next."""

    def __init__(self, steps: Sequence[Step] | str) -> None:
        self._steps = deque(parse_dialogue(steps) if isinstance(steps, str) else steps)
        self._heard = bytearray()

    @property
    def is_finished(self) -> bool:
        """True if every step was played and nothing more was said."""
        return not self._steps and not self._heard

    @property
    def is_deaf(self) -> bool:
        """True if the server reads nothing now."""
        return bool(self._steps) and self._steps[0].kind == "deaf"

    def hear(self, data: bytes) -> None:
        """Take in bytes from the client.

        Raises:
            DialogueError: they are not what the dialogue wants.
        """
        self._heard += data
        while self._steps and self._steps[0].kind.startswith("C") and self._match(self._steps[0]):
            self._steps.popleft()
        if self._heard and not (self._steps and self._steps[0].kind.startswith("C")):
            when = "before its turn" if self._steps else "after the end of the dialogue"
            raise DialogueError(f"the client says {bytes(self._heard)!r} {when}")

    def _match(self, step: Step) -> bool:
        """True if the step was met; its bytes are used up then."""
        if step.kind == "C<n>":
            end = int(step.number) if len(self._heard) >= step.number else 0
        elif step.kind == "C...":
            found = (b"\r\n" + self._heard).find(b"\r\n.\r\n")
            end = found + 3 if found >= 0 else 0
        else:
            end = self._heard.find(b"\r\n") + 2 if b"\r\n" in self._heard else 0
            self._compare(step, bytes(self._heard[: end or None]), whole=bool(end))
        del self._heard[:end]
        return end > 0

    def _compare(self, step: Step, said: bytes, whole: bool) -> None:
        wanted = step.data
        good = wanted.startswith(said) or (step.kind == "C*" and said.startswith(wanted))
        if not good or (whole and step.kind == "C" and said != wanted):
            raise DialogueError(f"the client says {said!r}, the dialogue wants {wanted!r}")

    def hang_up(self) -> None:
        """The connection is gone: the server's own end of it needs no playing any more."""
        if self._steps and self._steps[0].kind in ("close", "reset"):
            self._steps.popleft()

    def next_step(self) -> Step | None:
        """What the server does now; None if it waits for the client, or at the end.

        Lines that follow each other come as one step.
        """
        if not self._steps or self._steps[0].kind.startswith("C"):
            return None
        step = self._steps.popleft()
        while step.kind == "S" and self._steps and self._steps[0].kind == "S":
            step = Step("S", step.data + self._steps.popleft().data)
        return step
