"""AUTH on the server's side (RFC 4954): the exchange in base64, and what a trail may show of it."""

from __future__ import annotations

import re
from base64 import b64decode, b64encode
from collections.abc import Generator

from smtp_nb.model.reply import Reply
from smtp_nb.model.secret import HIDDEN
from smtp_nb.protocol.server import replies
from smtp_nb.protocol.server.replies import Refused, say

# Yields challenges, gets responses, returns the user or None.
Mechanism = Generator[bytes, bytes, str | None]

# Only a known name is shown behind AUTH: anything else there may be a password.
_NAME = re.compile(
    r"(?i)(PLAIN|LOGIN|CRAM-MD5|DIGEST-MD5|SCRAM-SHA-[0-9]{1,3}(?:-PLUS)?|NTLM|GSSAPI"
    r"|XOAUTH2|OAUTHBEARER|EXTERNAL)\Z"
)


class LoginExchange:
    """One login from AUTH to its last reply.

    Attributes:
        user: who logged in, once the reply is 235.
    """

    def __init__(self, name: str, mechanism: Mechanism) -> None:
        self._name = name
        self._mechanism = mechanism
        self.user: str | None = None

    def begin(self, initial: str) -> Reply:
        """The first reply: 334 with a challenge, or the last one already.

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
        """The reply to a line of the client: 334, 235 or 535.

        Raises:
            Refused: the client gave up (`*`), the line is not base64, or it is PLAIN without the
                two NULs.
        """
        if response == "*":
            raise Refused(replies.CANCELLED)
        try:
            octets = b64decode(response, validate=True)
        except ValueError:
            raise Refused(replies.BAD_BASE64) from None
        if self._name == "PLAIN" and octets and octets.count(b"\0") != 2:
            raise Refused(replies.NO_NUL)
        try:
            return _challenge(self._mechanism.send(octets))
        except StopIteration as end:
            self.user = end.value
        return replies.LOGIN_FAILED if self.user is None else replies.LOGGED_IN


def _challenge(challenge: bytes) -> Reply:
    return say(334, b64encode(challenge).decode("ascii"))


def shown_line(line: str, is_stray: bool) -> str:
    """The line for a trail, without what could be a password: `AUTH PLAIN <hidden>`.

    Args:
        is_stray: it is no command and stands behind an AUTH. After a refused AUTH a client may
            send its secrets as if they had been asked for.
    """
    if is_stray:
        return HIDDEN
    if line[:4].upper() != "AUTH":
        return line
    words = line.split(" ")[1:]
    name = words[:1] if words and _NAME.match(words[0]) else []
    return " ".join(["AUTH", *name, *([HIDDEN] if len(words) > len(name) else [])])
