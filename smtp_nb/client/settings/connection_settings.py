"""The IPWorks settings for the connection and the proxy: one row each, as in `settings.py`."""

from __future__ import annotations

from typing import Any

from smtp_nb.client.settings import converters
from smtp_nb.client.settings.registry import Entry, register
from smtp_nb.model.enums import FirewallType
from smtp_nb.model.secret import Secret

_INT, _SECONDS = converters.integer(), converters.seconds
_NO_LISTENING = "a mail client does not listen behind a SOCKS server"

# The rows are of different types, hence Any.
_ROWS: tuple[Entry[Any], ...] = (
    Entry(
        "CloseStreamAfterTransfer",
        True,
        converters.boolean,
        "Close the stream of set_message_stream() after it has been sent.",
        owner="IPPort",
    ),
    Entry(
        "ConnectionTimeout",
        0.0,
        _SECONDS,
        "Seconds allowed for connecting; 0: the Timeout.",
        owner="IPPort",
    ),
    Entry(
        "FirewallAutoDetect",
        False,
        converters.boolean,
        "Use the proxy of the system's settings, if one is set and FirewallHost is empty.",
        owner="IPPort",
        path="firewall.auto_detect",
    ),
    Entry(
        "FirewallHost",
        "",
        converters.host,
        "The proxy's name or address: `firewall.host`.",
        owner="IPPort",
        path="firewall.host",
    ),
    Entry(
        "FirewallListener",
        False,
        converters.boolean,
        "Listen for connections behind a SOCKS server.",
        owner="IPPort",
        reason=_NO_LISTENING,
    ),
    Entry(
        "FirewallPassword",
        Secret(""),
        converters.secret,
        "The password at the proxy: `firewall.password`.",
        is_secret=True,
        owner="IPPort",
        path="firewall.password",
    ),
    Entry(
        "FirewallPort",
        0,
        converters.integer(0, 65535),
        "The proxy's port: `firewall.port`. FirewallType sets it to the usual one.",
        owner="IPPort",
        path="firewall.port",
    ),
    Entry(
        "FirewallType",
        FirewallType.NONE,
        converters.member(FirewallType),
        "The kind of proxy: `firewall.firewall_type`.",
        owner="IPPort",
        path="firewall.firewall_type",
    ),
    Entry(
        "FirewallTLS",
        False,
        converters.boolean,
        "firewall.tls: TLS protects the connection to the proxy itself. Not in IPWorks.",
        owner="",
        path="firewall.tls",
    ),
    Entry(
        "FirewallUser",
        "",
        converters.line,
        "The user name at the proxy: `firewall.user`.",
        owner="IPPort",
        path="firewall.user",
    ),
    Entry(
        "KeepAliveInterval",
        0,
        _INT,
        "Milliseconds between unanswered keep-alive probes; 0: the system's. Turns TCPKeepAlive"
        " on.",
        owner="IPPort",
        turns_on="TCPKeepAlive",
        deviation="rounded up to whole seconds, which the systems' own options count",
    ),
    Entry(
        "KeepAliveTime",
        0,
        _INT,
        "Milliseconds of silence before the first keep-alive probe; 0: the system's. Turns"
        " TCPKeepAlive on.",
        owner="IPPort",
        turns_on="TCPKeepAlive",
        deviation="rounded up to whole seconds, which the systems' own options count",
    ),
    Entry(
        "Linger",
        True,
        converters.boolean,
        "Close gracefully; False resets the connection instead.",
        owner="IPPort",
    ),
    Entry(
        "LingerTime",
        0,
        converters.integer(0, 65535),
        "Seconds that a graceful close may take; 0: until TCP gives up.",
        owner="IPPort",
    ),
    Entry(
        "LocalPort",
        0,
        converters.integer(0, 65535),
        "The local port to connect from; 0: any. Reads as the actual one while connected.",
        locked=106,
        owner="IPPort",
        live="line.local_port",
    ),
    Entry(
        "MaxLineLength",
        2048,
        converters.integer(256, 65536),
        "The longest reply line that is accepted.",
        locked=112,
        owner="IPPort",
        deviation="a longer line is error 162, not passed on in pieces: half a reply is useless",
    ),
    Entry(
        "MaxTransferRate",
        0,
        _INT,
        "The most bytes sent a second; 0: no limit.",
        owner="IPPort",
    ),
    Entry(
        "ProxyExceptionsList",
        "",
        converters.line,
        "Hosts reached without the proxy, separated by semicolons; * matches anything.",
        owner="IPPort",
    ),
    Entry(
        "TCPKeepAlive",
        False,
        converters.boolean,
        "Let TCP probe an idle connection.",
        owner="IPPort",
    ),
    Entry(
        "TcpNoDelay",
        True,
        converters.boolean,
        "Send without waiting to fill packets (Nagle off).",
        owner="IPPort",
        deviation="Nagle and delayed acknowledgements make each SMTP round trip 40 ms longer",
    ),
    Entry(
        "UseIPv6",
        0,
        converters.integer(0, 2),
        "0 IPv4 only, 1 IPv6 only, 2 both in turn, IPv6 first. Until it is set, an IP address"
        " as mail_server decides.",
        owner="IPPort",
        deviation="the default only applies to names: an IP address is used as given",
    ),
    Entry(
        "UseNTLMv2",
        False,
        converters.boolean,
        "Use NTLM version 2; False is version 1, which requires AllowClearTextAuth outside TLS.",
        owner="IPPort",
    ),
    Entry(
        "AbsoluteTimeout",
        False,
        converters.boolean,
        "Timeout limits the whole call, not each wait in it.",
        owner="Socket",
    ),
    Entry(
        "FirewallData",
        Secret(""),
        converters.proxy_fields,
        "Further header fields for a tunnelling proxy, one per line.",
        is_secret=True,
        owner="Socket",
    ),
    Entry(
        "InBufferSize",
        0,
        _INT,
        "Bytes of the socket's receive buffer; 0: the system's.",
        owner="Socket",
    ),
    Entry(
        "OutBufferSize",
        0,
        _INT,
        "Bytes of the socket's send buffer; 0: the system's.",
        owner="Socket",
    ),
)

for _entry in _ROWS:
    register(_entry)
