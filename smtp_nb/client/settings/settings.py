"""The configuration settings of the reference, and a few of our own: one row each.

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
    Entry("AllowEmptyTo", False, converters.boolean, "A message needs no To: Cc or Bcc suffice."),
    Entry(
        "AuthorizationIdentity",
        Secret(""),
        converters.secret,
        "Whom to act as after the login (RFC 4422); with XOAUTH2 and OAUTHBEARER the token, unless"
        " there is a token_source.",
        is_secret=True,
    ),
    Entry(
        "Charset",
        "",
        converters.charset,
        "Charset of headers and text; empty: UTF-8 where needed.",
        deviation="empty is UTF-8, so that what is composed can always be read",
    ),
    Entry("FoldHeaders", True, converters.boolean, "Fold header lines that are too long."),
    Entry(
        "Hello",
        "",
        converters.domain,
        "Our name in EHLO; empty: the host's, or its address.",
        deviation="a host whose name is no domain gives its address (RFC 5321 section 4.1.3)",
    ),
    Entry(
        "KeepQueue", False, converters.boolean, "Keep the files of queued messages that were sent."
    ),
    Entry(
        "MaxHeaderLength",
        80,
        converters.integer(42, 1000),
        "Header lines with more octets than this, line end included, are folded.",
    ),
    Entry(
        "MessageIdAlgorithm",
        "SHA1",
        converters.choice("MD5", "SHA1", "SHA256"),
        "The hash behind a random Message-ID.",
    ),
    Entry(
        "SendRSET",
        True,
        converters.boolean,
        "RSET between transactions; False says EHLO instead, and sends one message at a time.",
    ),
    Entry("StopOnBccErrors", False, converters.boolean, "A refused Bcc stops the message."),
    Entry("StopOnCcErrors", True, converters.boolean, "A refused Cc stops the message."),
    Entry("StopOnToErrors", True, converters.boolean, "A refused To stops the message."),
    Entry(
        "TransferText",
        "",
        converters.text,
        "The piece of the message that is being sent; to be read in a handler of Transfer.",
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
        reason="waits serve no foreign loop; use AsyncSMTP or a thread",
    ),
    Entry(
        "LicenseInfo",
        "This library is free software and needs no key",
        converters.text,
        "What the vendor's licence says; there is none here.",
        owner="Base",
        is_settable=False,
        deviation="it tells that no key is needed",
    ),
    Entry(
        "UseInternalSecurityAPI",
        False,
        converters.boolean,
        "The engine for TLS. There is one here, whatever is set.",
        owner="Base",
        deviation=ONE_ENGINE,
    ),
)

_OURS: tuple[Entry[Any], ...] = (
    Entry(
        "AllowClearTextAuth",
        False,
        converters.boolean,
        "Send a password without TLS, if it must.",
        owner="",
    ),
    Entry(
        "FinalReplyTimeout",
        600.0,
        converters.seconds,
        "The wait for the reply to the whole message; 0 waits for ever.",
        owner="",
    ),
)

# Attributes that keep their value themselves: (reference name, attribute, default, meaning).
_ATTRIBUTES: tuple[tuple[str, str, Any, str], ...] = (
    ("BCc", "bcc", "", "The Bcc addresses, which no header names."),
    ("Cc", "cc", "", "The Cc addresses."),
    ("SendTo", "send_to", "", "The To addresses."),
    (
        "Connected",
        "connected",
        False,
        "True while there is a session. Assigning connects or disconnects.",
    ),
    ("MessageB", "message_b", b"", "The octets of `message`."),
    (
        "SSLEnabled",
        "ssl_enabled",
        False,
        "True unless SSLStartMode is NONE. Assigning sets that to AUTOMATIC or NONE.",
    ),
    ("SSLCert", "ssl_cert", None, "Our own certificate, for servers that want one."),
    (
        "SSLAcceptServerCert",
        "ssl_accept_server_cert",
        None,
        "A certificate of the server that passes whatever is wrong with it.",
    ),
    ("Firewall", "firewall", None, "The proxy to go through; its fields can be set in place."),
)
_TOLD: tuple[tuple[str, str, Any, str], ...] = (
    ("Idle", "idle", True, "False while a method is at work."),
    ("LastReply", "last_reply", "", "The newest reply of the server."),
    ("MessageHeaders", "message_headers", (), "The header fields as they will be sent."),
    (
        "MessageHeadersString",
        "message_headers_string",
        "",
        "The header fields as they will be sent, as one text.",
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

_REPLACES = "assigning replaces those of its kind, for a cell that is run twice must not send twice"
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
