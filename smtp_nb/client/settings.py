"""The configuration settings of the reference, and a few of our own: one row each.

What a setting does is where it is read (`sessions.py`, `drafting.py`). A row with a `path` is a
second name for an attribute of the component. A row with a `reason` is one that cannot be
honoured here: it keeps its default, and any other value is an error that says why.
"""

from __future__ import annotations

from typing import Any

from smtp_nb.client import values
from smtp_nb.client.properties import NO_BLIND_COPIES, ONE_ENGINE
from smtp_nb.client.registry import PROPERTIES, REGISTRY, Entry, register
from smtp_nb.model.enums import FirewallType
from smtp_nb.model.secret import Secret

_INT, _SECONDS = values.integer(), values.seconds

# The rows are of different types, hence Any.
_OF_THE_MESSAGE: tuple[Entry[Any], ...] = (
    Entry("AllowEmptyTo", False, values.boolean, "A message needs no To: Cc or Bcc suffice."),
    Entry(
        "AuthorizationIdentity",
        Secret(""),
        values.secret,
        "Whom to act as after the login (RFC 4422); with XOAUTH2 and OAUTHBEARER the token, unless"
        " there is a token_source.",
        is_secret=True,
    ),
    Entry(
        "Charset",
        "",
        values.charset,
        "Charset of headers and text; empty: UTF-8 where needed.",
        deviation="empty is UTF-8, so that what is composed can always be read",
    ),
    Entry("FoldHeaders", True, values.boolean, "Fold header lines that are too long."),
    Entry(
        "Hello",
        "",
        values.domain,
        "Our name in EHLO; empty: the host's, or its address.",
        deviation="a host whose name is no domain gives its address (RFC 5321 section 4.1.3)",
    ),
    Entry("KeepQueue", False, values.boolean, "Keep the files of queued messages that were sent."),
    Entry(
        "MaxHeaderLength",
        80,
        values.integer(42, 1000),
        "Header lines with more octets than this, line end included, are folded.",
    ),
    Entry(
        "MessageIdAlgorithm",
        "SHA1",
        values.choice("MD5", "SHA1", "SHA256"),
        "The hash behind a random Message-ID.",
    ),
    Entry(
        "SendRSET",
        True,
        values.boolean,
        "RSET between transactions; False says EHLO instead, and sends one message at a time.",
    ),
    Entry("StopOnBccErrors", False, values.boolean, "A refused Bcc stops the message."),
    Entry("StopOnCcErrors", True, values.boolean, "A refused Cc stops the message."),
    Entry("StopOnToErrors", True, values.boolean, "A refused To stops the message."),
    Entry(
        "TransferText",
        "",
        values.text,
        "The piece of the message that is being sent; to be read in a handler of Transfer.",
        path="transfer_text",
        is_settable=False,
    ),
)

_NO_LISTENING = "a client does not listen behind a SOCKS server"

_OF_THE_LINE: tuple[Entry[Any], ...] = (
    Entry(
        "CloseStreamAfterTransfer",
        True,
        values.boolean,
        "Close the stream of set_message_stream() once it was sent.",
        owner="IPPort",
    ),
    Entry(
        "ConnectionTimeout",
        0.0,
        _SECONDS,
        "Seconds to connect in; 0: as Timeout says.",
        owner="IPPort",
    ),
    Entry(
        "FirewallAutoDetect",
        False,
        values.boolean,
        "Go through the proxy of the system's settings, if there is one and FirewallHost is empty.",
        owner="IPPort",
        path="firewall.auto_detect",
    ),
    Entry(
        "FirewallHost",
        "",
        values.host,
        "The proxy's name or address: `firewall.host`.",
        owner="IPPort",
        path="firewall.host",
    ),
    Entry(
        "FirewallListener",
        False,
        values.boolean,
        "Listen for connections behind a SOCKS server.",
        owner="IPPort",
        reason=_NO_LISTENING,
    ),
    Entry(
        "FirewallPassword",
        Secret(""),
        values.secret,
        "The password at the proxy: `firewall.password`.",
        is_secret=True,
        owner="IPPort",
        path="firewall.password",
    ),
    Entry(
        "FirewallPort",
        0,
        values.integer(0, 65535),
        "The proxy's port: `firewall.port`. FirewallType sets it to what is usual.",
        owner="IPPort",
        path="firewall.port",
    ),
    Entry(
        "FirewallType",
        FirewallType.NONE,
        values.member(FirewallType),
        "The kind of proxy: `firewall.firewall_type`.",
        owner="IPPort",
        path="firewall.firewall_type",
    ),
    Entry(
        "FirewallTLS",
        False,
        values.boolean,
        "firewall.tls: TLS protects the way to the proxy itself. Beyond the reference.",
        owner="",
        path="firewall.tls",
    ),
    Entry(
        "FirewallUser",
        "",
        values.line,
        "Who logs in at the proxy: `firewall.user`.",
        owner="IPPort",
        path="firewall.user",
    ),
    Entry(
        "KeepAliveInterval",
        0,
        _INT,
        "Milliseconds between keep-alive probes without an answer; 0: the system's. Turns"
        " TCPKeepAlive on.",
        owner="IPPort",
        turns_on="TCPKeepAlive",
    ),
    Entry(
        "KeepAliveTime",
        0,
        _INT,
        "Milliseconds of silence before the first keep-alive probe; 0: the system's. Turns"
        " TCPKeepAlive on.",
        owner="IPPort",
        turns_on="TCPKeepAlive",
    ),
    Entry(
        "Linger",
        True,
        values.boolean,
        "Close gracefully; False resets the line instead.",
        owner="IPPort",
    ),
    Entry(
        "LingerTime",
        0,
        values.integer(0, 65535),
        "Seconds that a graceful close may last; 0: as long as TCP tries.",
        owner="IPPort",
    ),
    Entry(
        "LocalPort",
        0,
        values.integer(0, 65535),
        "The local port to connect from; 0: any. Tells the real one while connected.",
        locked=106,
        owner="IPPort",
        live="line.local_port",
    ),
    Entry(
        "MaxLineLength",
        2048,
        values.integer(256, 65536),
        "The longest line of a reply that is taken.",
        locked=112,
        owner="IPPort",
    ),
    Entry(
        "MaxTransferRate",
        0,
        _INT,
        "The most octets a second that we write; 0: no limit.",
        owner="IPPort",
    ),
    Entry(
        "ProxyExceptionsList",
        "",
        values.line,
        "Hosts that are reached without the proxy, semicolons between; * stands for anything.",
        owner="IPPort",
    ),
    Entry(
        "TCPKeepAlive",
        False,
        values.boolean,
        "Let TCP probe a line that is silent.",
        owner="IPPort",
    ),
    Entry(
        "TcpNoDelay",
        True,
        values.boolean,
        "Do not wait to fill packets (Nagle off).",
        owner="IPPort",
        deviation="Nagle and delayed acknowledgements make each round trip of SMTP 40 ms longer",
    ),
    Entry(
        "UseIPv6",
        0,
        values.integer(0, 2),
        "0 IPv4 only, 1 IPv6 only, 2 IPv6 then IPv4. Until it is set, an address as mail_server"
        " decides by itself.",
        owner="IPPort",
    ),
    Entry(
        "UseNTLMv2",
        False,
        values.boolean,
        "NTLM in version 2; False is version 1, which AllowClearTextAuth must allow outside TLS.",
        owner="IPPort",
    ),
    Entry(
        "AbsoluteTimeout",
        False,
        values.boolean,
        "Timeout limits the whole call, not each wait in it.",
        owner="Socket",
    ),
    Entry(
        "FirewallData",
        Secret(""),
        values.proxy_fields,
        "Further header fields for a tunnelling proxy, one on a line.",
        is_secret=True,
        owner="Socket",
    ),
    Entry(
        "InBufferSize",
        0,
        _INT,
        "Octets of the socket's incoming buffer; 0: the system's.",
        owner="Socket",
    ),
    Entry(
        "OutBufferSize",
        0,
        _INT,
        "Octets of the socket's outgoing buffer; 0: the system's.",
        owner="Socket",
    ),
)

_OF_THE_LIBRARY: tuple[Entry[Any], ...] = (
    Entry(
        "BuildInfo",
        "",
        values.text,
        "Name and version of this library.",
        owner="Base",
        path="build_info",
        is_settable=False,
    ),
    Entry(
        "GUIAvailable",
        False,
        values.boolean,
        "Serve a user interface's own loop while waiting.",
        owner="Base",
        reason="waits serve no foreign loop; use AsyncSMTP or a thread",
    ),
    Entry(
        "LicenseInfo",
        "This library is free software and needs no key",
        values.text,
        "What the vendor's licence says; there is none here.",
        owner="Base",
        is_settable=False,
        deviation="it tells that no key is needed",
    ),
    Entry(
        "UseInternalSecurityAPI",
        False,
        values.boolean,
        "The engine for TLS. There is one here, whatever is set.",
        owner="Base",
        deviation=ONE_ENGINE,
    ),
)

_OURS: tuple[Entry[Any], ...] = (
    Entry(
        "AllowClearTextAuth",
        False,
        values.boolean,
        "Send a password without TLS, if it must.",
        owner="",
    ),
    Entry(
        "FinalReplyTimeout",
        600.0,
        _SECONDS,
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
_DEVIATIONS = {
    **dict.fromkeys(("BCc", "Cc", "SendTo"), _REPLACES),
    "MessageB": NO_BLIND_COPIES,
}


def _as_given(_: str, value: Any) -> Any:
    """The attribute itself checks what it takes."""
    return value


for _entry in (*_OF_THE_MESSAGE, *_OF_THE_LINE, *_OF_THE_LIBRARY, *_OURS):
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
