"""AUTH on the server's side (RFC 4954): the exchange in base64, and what a trail may show of it."""

from __future__ import annotations

from base64 import b64decode, b64encode
from collections.abc import Callable, Container, Generator

from smtp_nb.model.reply import Reply
from smtp_nb.model.secret import HIDDEN
from smtp_nb.protocol.server import replies
from smtp_nb.protocol.server.replies import Refused, say

# Yields challenges, gets responses, returns the user or None.
Mechanism = Generator[bytes, bytes, str | None]


class LoginExchange:
    """One login from AUTH to its last reply.

    Args:
        mechanism: the server's side of it.
        fault: says what is wrong with the form of a response; empty if it may be checked.

    Attributes:
        user: the user who logged in, once the reply is 235.
    """

    def __init__(self, mechanism: Mechanism, fault: Callable[[bytes], str]) -> None:
        self._mechanism = mechanism
        self._fault = fault
        self.user: str | None = None

    def begin(self, initial: str) -> Reply:
        """Return the first reply: 334 with a challenge, or the last one already.

        Args:
            initial: the initial response in base64, "=" for an empty one, "" for none.

        Raises:
            Refused: it is not base64.
        """
        challenge = next(self._mechanism)
        if initial:
            return self.step("" if initial == "=" else initial)
        return _challenge(challenge)

    def step(self, response: str) -> Reply:
        """Return the reply to a line of the client: 334, 235 or 535.

        Raises:
            Refused: the client cancelled (`*`), the line is not base64, or the mechanism does not
                know its form.
        """
        if response == "*":
            raise Refused(replies.CANCELLED)
        try:
            octets = b64decode(response, validate=True)
        except ValueError:
            raise Refused(replies.BAD_BASE64) from None
        if fault := self._fault(octets):
            raise Refused(malformed(fault))
        try:
            return _challenge(self._mechanism.send(octets))
        except StopIteration as end:
            self.user = end.value
        return replies.LOGIN_FAILED if self.user is None else replies.LOGGED_IN


def malformed(fault: str) -> Reply:
    """Return the reply to a response that does not have the form of its mechanism."""
    return say(501, f"5.5.2 {fault}")


def _challenge(challenge: bytes) -> Reply:
    return say(334, b64encode(challenge).decode("ascii"))


def shown_line(line: str, names: Container[str], is_stray: bool = False) -> str:
    """Return the line for a trail, without what could be a password: `AUTH PLAIN <hidden>`.

    Args:
        names: of mechanisms. Nothing else is shown after AUTH, for it may be a password.
        is_stray: it is not a command and follows an AUTH. After a refused AUTH a client may send
            its secrets as if they had been asked for.
    """
    if is_stray:
        return HIDDEN
    if line[:4].upper() != "AUTH":
        return line
    words = line.split(" ")[1:]
    name = words[:1] if words and words[0].upper() in names else []
    return " ".join(["AUTH", *name, *([HIDDEN] if len(words) > len(name) else [])])
