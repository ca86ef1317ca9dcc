"""Who logs in, and with what."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from smtp_nb.errors import InjectionError, MissingError
from smtp_nb.model.address import refuse_controls
from smtp_nb.model.secret import Secret

# NUL separates the fields of PLAIN; a line break is what a password file leaves at the end; a lone
# surrogate has no UTF-8.
_NEVER_IN_A_SECRET = re.compile("[\0\r\n\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class Credentials:
    """A user name and what proves it; the secrets never show in a repr.

    Attributes:
        user: the authentication identity.
        password: its password.
        authorization_identity: whom to act as, if not the user (RFC 4422 section 2); may be empty.

    Raises:
        InjectionError: a NUL, a line break or (in the user name) any control character. The
            message never quotes a secret.
    """

    user: str
    password: Secret
    authorization_identity: Secret = field(default_factory=lambda: Secret(""))

    def __post_init__(self) -> None:
        refuse_controls(self.user, "The user name")
        _refuse_unsendable(self.password, "The password")
        _refuse_unsendable(self.authorization_identity, "The authorization identity")

    def require_password(self) -> None:
        """Raise unless both a user name and a password are there.

        Raises:
            MissingError: which of the two is missing. Nothing was written.
        """
        for value, what in ((self.user, "user name"), (self.password, "password")):
            if not value:
                raise MissingError(
                    f"There is no {what} to log in with", code=10022, remedy=f"Set the {what}"
                )


def _refuse_unsendable(secret: Secret, what: str) -> None:
    if _NEVER_IN_A_SECRET.search(secret.reveal()):
        raise InjectionError(
            f"{what} holds a NUL, a line break or half a surrogate pair",
            remedy="If it was read from a file, strip the line end",
        )
