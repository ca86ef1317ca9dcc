"""What `%smtp set` and `%smtp config` say about the sessions of a notebook.

A value holds for the session that is open and for those that follow. Where a session goes, who
logs in and what a message says are said by other verbs, so they are not taken here: a value that
changes nothing would be a trap.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from smtp_nb.client.settings.registry import PROPERTIES, REGISTRY, Entry
from smtp_nb.client.smtp import SMTP
from smtp_nb.errors import InputError
from smtp_nb.model.secret import Secret

_AT_CONNECT = "Write %smtp connect smtp://you@your.server:587, with ?tls=starttls if need be"
_AT_SEND = "Give it to %smtp send or to the template"
_ELSEWHERE: Mapping[str, str] = {
    "MailServer": _AT_CONNECT,
    "MailPort": _AT_CONNECT,
    "SSLStartMode": _AT_CONNECT,
    "SSLEnabled": _AT_CONNECT,
    "Connected": "Write %smtp connect or %smtp disconnect",
    "User": "Write %smtp login NAME",
    "Password": "Write %smtp login NAME",
    "From": "Give --from ADDRESS to %smtp connect",
    "SSLCert": "Set it from Python: SMTP(ssl_cert=Certificate(…))",
    "SSLAcceptServerCert": "Write ?ca=FILE or ?pin=sha256:… in the URL of %smtp connect",
    "Firewall": "Write %smtp config FirewallHost=… and its like",
}
_OF_MESSAGES = frozenset(
    {"MessageText", "MessageHtml", "MessageMarkdown", "Message", "MessageB", "BCc", "Cc", "SendTo"}
)


def is_adjustable(entry: Entry[Any]) -> bool:
    """True for what a session is like, not for what it is for or what it sends."""
    is_message = entry.is_header or entry.reference in _OF_MESSAGES
    return entry.is_settable and not is_message and entry.reference not in _ELSEWHERE


def property_names() -> list[str]:
    """The properties that `set` takes."""
    return [name for name, key in PROPERTIES.items() if is_adjustable(REGISTRY[key])]


def setting_names() -> list[str]:
    """The settings that `config` takes."""
    properties = set(PROPERTIES.values())
    return [n for n, entry in REGISTRY.items() if n not in properties and is_adjustable(entry)]


class Adjustments:
    """The values that were given, by reference name."""

    def __init__(self) -> None:
        self._given: dict[str, str | Secret] = {}

    def apply(self, smtp: SMTP) -> None:
        """Give a new session's component all values so far."""
        for name, value in self._given.items():
            smtp.settings[name] = value

    def take(self, entry: Entry[Any], text: str, smtp: SMTP | None) -> None:
        """Check a value, give it to the session that there is, and keep it for others.

        Raises:
            InputError: another verb says it, or the value is none.
            StateError: it cannot change while connected.
        """
        if entry.is_settable and not is_adjustable(entry):
            remedy = _ELSEWHERE.get(entry.reference, _AT_SEND)
            raise InputError(f"{entry.reference} is not taken here", remedy=remedy)
        value = Secret(text) if entry.is_secret else text
        self._session(None).settings[entry.reference] = value
        if smtp is not None:
            smtp.settings[entry.reference] = value
        self._given[entry.reference] = value

    def shown(self, entry: Entry[Any], smtp: SMTP | None) -> str:
        """The value that holds, as text; a secret stays hidden."""
        return entry.shown(self._session(smtp))

    def _session(self, smtp: SMTP | None) -> SMTP:
        """The session that there is, else one as the next will be."""
        if smtp is not None:
            return smtp
        made = SMTP()
        self.apply(made)
        return made
