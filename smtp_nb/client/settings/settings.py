"""The IPWorks configuration settings, and a few of our own: one row each.

What a setting does is where it is read (`sessions.py`, `drafting.py`). A row with a `path` is a
second name for an attribute of the component. A row with a `reason` is one that cannot be
honoured here: it keeps its default, and any other value is an error that says why.
"""

from __future__ import annotations

from typing import Any

from smtp_nb.client.settings import connection_settings, converters, tls_settings  # noqa: F401  with their rows
from smtp_nb.client.settings.properties import NO_BLIND_COPIES, ONE_ENGINE
from smtp_nb.client.settings.registry import PROPERTIES, REGISTRY, Entry, register
from smtp_nb.model.secret import Secret

# The rows are of different types, hence Any.
_OF_THE_MESSAGE: tuple[Entry[Any], ...] = (
    Entry(
        "AllowEmptyTo", False, converters.boolean, "Allow a message without To: Cc or Bcc suffices."
    ),
    Entry(
        "AuthorizationIdentity",
        Secret(""),
        converters.secret,
        "The identity to act as after the login (RFC 4422); with XOAUTH2 and OAUTHBEARER the"
        " token, unless token_source is set.",
        is_secret=True,
    ),
    Entry(
        "Charset",
        "",
        converters.charset,
        "Charset of headers and text; empty: UTF-8 where needed.",
        deviation="empty is UTF-8, so that the message can always be read",
    ),
    Entry("FoldHeaders", True, converters.boolean, "Fold header lines that are too long."),
    Entry(
        "Hello",
        "",
        converters.domain,
        "The client's name in EHLO; empty: the host's name, or its address.",
        deviation="a host whose name is not a domain sends its address (RFC 5321 section 4.1.3)",
    ),
    Entry(
        "KeepQueue", False, converters.boolean, "Keep the files of queued messages that were sent."
    ),
    Entry(
        "MaxHeaderLength",
        80,
        converters.integer(42, 1000),
        "Header lines longer than this, in bytes with the line end, are folded.",
    ),
    Entry(
        "MessageIdAlgorithm",
        "SHA1",
        converters.choice("MD5", "SHA1", "SHA256"),
        "The hash used for a random Message-ID.",
    ),
    Entry(
        "SendRSET",
        True,
        converters.boolean,
        "Send RSET between transactions; False sends EHLO instead, and one message at a time.",
    ),
    Entry("StopOnBccErrors", False, converters.boolean, "A refused Bcc stops the message."),
    Entry("StopOnCcErrors", True, converters.boolean, "A refused Cc stops the message."),
    Entry("StopOnToErrors", True, converters.boolean, "A refused To stops the message."),
    Entry(
        "TransferText",
        "",
        converters.text,
        "The piece of the message that is being sent, to be read in a handler of Transfer.",
        path="transfer_text",
        is_settable=False,
    ),
)

_OF_THE_LIBRARY: tuple[Entry[Any], ...] = (
    Entry(
        "BuildInfo",
        "",
        converters.text,
        "Name and version of this library.",
        owner="Base",
        path="build_info",
        is_settable=False,
    ),
    Entry(
        "GUIAvailable",
        False,
        converters.boolean,
        "Serve a user interface's own loop while waiting.",
        owner="Base",
        reason="waiting does not serve another event loop; use AsyncSMTP or a thread",
    ),
    Entry(
        "LicenseInfo",
        "This library is free software and needs no key",
        converters.text,
        "The vendor's licence in IPWorks; not used here.",
        owner="Base",
        is_settable=False,
        deviation="it says that no key is needed",
    ),
    Entry(
        "UseInternalSecurityAPI",
        False,
        converters.boolean,
        "The TLS engine. Only one is available, whatever is set.",
        owner="Base",
        deviation=ONE_ENGINE,
    ),
)

_OURS: tuple[Entry[Any], ...] = (
    Entry(
        "AllowClearTextAuth",
        False,
        converters.boolean,
        "Allow sending a password without TLS.",
        owner="",
    ),
    Entry(
        "FinalReplyTimeout",
        600.0,
        converters.seconds,
        "Seconds to wait for the reply to the whole message; 0 waits without limit.",
        owner="",
    ),
)

# Attributes that keep their value themselves: (reference name, attribute, default, meaning).
_ATTRIBUTES: tuple[tuple[str, str, Any, str], ...] = (
    ("BCc", "bcc", "", "The Bcc addresses, which appear in no header."),
    ("Cc", "cc", "", "The Cc addresses."),
    ("SendTo", "send_to", "", "The To addresses."),
    (
        "Connected",
        "connected",
        False,
        "True while there is a session. Assigning connects or disconnects.",
    ),
    ("MessageB", "message_b", b"", "The bytes of `message`."),
    (
        "SSLEnabled",
        "ssl_enabled",
        False,
        "True unless SSLStartMode is NONE. Assigning sets that to AUTOMATIC or NONE.",
    ),
    ("SSLCert", "ssl_cert", None, "The client's certificate, for servers that require one."),
    (
        "SSLAcceptServerCert",
        "ssl_accept_server_cert",
        None,
        "A server certificate to accept whatever is wrong with it.",
    ),
    ("Firewall", "firewall", None, "The proxy to connect through; its fields can be set in place."),
)
_TOLD: tuple[tuple[str, str, Any, str], ...] = (
    ("Idle", "idle", True, "False while a method is running."),
    ("LastReply", "last_reply", "", "The most recent reply of the server."),
    ("MessageHeaders", "message_headers", (), "The header fields as they will be sent."),
    (
        "MessageHeadersString",
        "message_headers_string",
        "",
        "The header fields as they will be sent, as one string.",
    ),
    (
        "MessageRecipients",
        "message_recipients",
        (),
        "All recipients: To, Cc and Bcc together, changed in place.",
    ),
    (
        "SSLServerCert",
        "ssl_server_cert",
        None,
        "The server's certificate on the last connection; empty without TLS.",
    ),
)

_REPLACES = (
    "assigning replaces those of its kind, because a cell that is run twice must not send twice"
)
_AWAIT = "on the asyncio front, where an assignment cannot wait, it is an error"
_DEVIATIONS = {
    "Connected": _AWAIT,
    **dict.fromkeys(("BCc", "Cc", "SendTo"), _REPLACES),
    "MessageB": NO_BLIND_COPIES,
}


def _as_given(_: str, value: Any) -> Any:
    """The attribute itself checks what it takes."""
    return value


for _entry in (*_OF_THE_MESSAGE, *_OF_THE_LIBRARY, *_OURS):
    register(_entry)
for _rows, _is_settable in ((_ATTRIBUTES, True), (_TOLD, False)):
    for _reference, _path, _default, _doc in _rows:
        register(
            Entry(
                _reference,
                _default,
                _as_given,
                _doc,
                path=_path,
                is_settable=_is_settable,
                deviation=_DEVIATIONS.get(_reference, ""),
            )
        )
        PROPERTIES[_path] = _reference
HEADERS = tuple(entry.reference for entry in REGISTRY.values() if entry.is_header)
"""What `reset_headers()` empties."""
