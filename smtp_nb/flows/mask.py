"""Masking of secrets that a server echoes.

Servers repeat what they did not understand: the whole AUTH line, its first bytes, or the password
itself. So both are searched for: every spelling of the secrets, and what was sent in base64, in
whole or in part.

Some tracebacks show the variables of every frame (IPython's `%xmode Verbose` does). An error raised
where a variable holds bytes of a login is raised without those frames.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TypeVar

from smtp_nb.flows.intents import Flow
from smtp_nb.model.reply import Reply
from smtp_nb.model.secret import HIDDEN, Secret, encodings
from smtp_nb.model.unseen import without_frames
from smtp_nb.protocol.commands import Command

T = TypeVar("T")

_WORD = re.compile(r"[A-Za-z0-9+/]{4,}={0,2}")
# A part of what was sent differs from a chance likeness by its length.
_TELLING = 8


class Mask:
    """Hides the secrets of one session in what its server says."""

    def __init__(self, *secrets: Secret) -> None:
        self._secrets = list(secrets)
        self._spellings = _pattern(secrets)
        self._sent: set[str] = set()

    def add(self, secret: Secret) -> None:
        """Hide one more secret from now on: a token just obtained."""
        self._secrets.append(secret)
        self._spellings = _pattern(self._secrets)

    def learn(self, command: Command) -> None:
        """Remember what a login sends, to recognise it later."""
        if command.shown.endswith(HIDDEN):
            self._sent.add(command.line.split()[-1].decode("ascii").lower())

    @property
    def is_idle(self) -> bool:
        """True as long as there is nothing to hide."""
        return self._spellings is None and not self._sent

    def __call__(self, reply: Reply) -> Reply:
        """The reply with every secret hidden."""
        if self.is_idle:
            return reply
        lines = tuple(map(self.text, reply.lines))
        return reply if lines == reply.lines else Reply(reply.code, lines)

    def text(self, text: str) -> str:
        """The text with every secret hidden."""
        if self._sent:
            text = _WORD.sub(self._hide_echo, text)
        return self._spellings.sub(HIDDEN, text) if self._spellings else text

    def _hide_echo(self, match: re.Match[str]) -> str:
        word = match.group().lower()
        is_part = len(word) >= _TELLING and any(word in sent or sent in word for sent in self._sent)
        return HIDDEN if is_part or word in self._sent else match.group()


def unseen(flow: Flow[T]) -> Flow[T]:
    """Run a flow whose variables hold secrets: its errors do not lead back to them."""
    try:
        return (yield from flow)
    except Exception as error:
        cut = without_frames(error)
    raise cut


def _pattern(secrets: Sequence[Secret]) -> re.Pattern[str] | None:
    """Finds every spelling of the secrets; the longest first, so that none is left half hidden."""
    found = {spelling for secret in secrets for spelling in encodings(secret.reveal())}
    if not found:
        return None
    in_order = sorted(found, key=len, reverse=True)
    return re.compile("|".join(map(re.escape, in_order)), re.IGNORECASE)
