"""Messages to read, and what the component makes of them."""

from __future__ import annotations

from email.message import EmailMessage

from smtp_nb.compose.given.given_message import GivenReader

EVIL = "evil@attacker.test, a display name that is long enough for the header to be folded there"


def read(message):
    """The content, the sender and the recipients."""
    given = GivenReader().read(message)
    return given.content, given.sender, given.recipients


def message(**headers: str) -> EmailMessage:
    made = EmailMessage()
    for name, value in {"From": "a@x.test", "To": "b@x.test", **headers}.items():
        made[name.replace("_", "-")] = value
    made.set_content("Grüße\n")
    return made
