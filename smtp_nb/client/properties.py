"""The properties and settings of the component, declared once."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from smtp_nb.client import values
from smtp_nb.client.registry import PROPERTIES, REGISTRY, Entry, Property, register, unknown
from smtp_nb.model.enums import (
    AuthMechanism,
    Importance,
    Priority,
    Sensitivity,
    SSLProtocol,
    SSLSecurityFlag,
    SSLStartMode,
)
from smtp_nb.model.secret import Secret


def _line(reference: str, doc: str, default: str = "") -> Property[str]:
    return Property(Entry(reference, default, values.line, doc, is_header=True))


def _boxes(reference: str, doc: str) -> Property[str]:
    return Property(Entry(reference, "", values.address_text, doc, is_header=True))


class Properties:
    """Everything that is set before sending. Each property is a keyword of the constructor too."""

    _values: dict[str, Any]

    @property
    def connected(self) -> bool:
        """True while there is a session."""
        raise NotImplementedError

    # -- connection ---------------------------------------------------------------------------
    mail_server = Property(
        Entry("MailServer", "", values.host, "The server's name or address.", locked=101)
    )
    mail_port = Property(
        Entry("MailPort", 25, values.integer(0, 65535), "Its port; 465 is implicit TLS.", 100)
    )
    timeout = Property(
        Entry(
            "Timeout",
            60.0,
            values.seconds,
            "Seconds without a word from the server before an error; 0 waits for ever. Once it is"
            " set it also holds for the banner and for the end of the data, which otherwise get"
            " the 300 and 600 seconds of RFC 5321 section 4.5.3.2.",
        )
    )
    local_host = Property(
        Entry("LocalHost", "", values.host, "The local address to connect from.", locked=107)
    )
    allow_extensions = Property(
        Entry("AllowExtensions", True, values.boolean, "EHLO first; if not, HELO at once.")
    )
    pipelining = Property(
        Entry(
            "Pipelining",
            "auto",
            values.choice("auto", "message", "off"),
            "Commands in groups (RFC 2920): across messages, within one message, or off.",
        )
    )
    window = Property(
        Entry(
            "Window",
            32,
            values.integer(1, 1024),
            "The most messages without an outcome on one connection.",
        )
    )

    # -- TLS and login ------------------------------------------------------------------------
    ssl_start_mode = Property(
        Entry(
            "SSLStartMode",
            SSLStartMode.NONE,
            values.member(SSLStartMode),
            "When TLS begins. AUTOMATIC is STARTTLS on 25, 587 and 2525, else implicit.",
        )
    )
    user = Property(Entry("User", "", values.line, "Who logs in; empty: nobody does."))
    password = Property(
        Entry("Password", Secret(""), values.secret, "Its password.", is_secret=True)
    )
    auth_mechanism = Property(
        Entry(
            "AuthMechanism",
            AuthMechanism.USER_PASSWORD,
            values.member(AuthMechanism),
            "How to log in; USER_PASSWORD is PLAIN if offered, else LOGIN.",
        )
    )

    # -- message ------------------------------------------------------------------------------
    from_ = _boxes("From", "The author: header From.")
    reply_to = _boxes("ReplyTo", "Where answers go.")
    return_path = _boxes("ReturnPath", "The envelope's sender, where bounces go; empty means From.")
    read_receipt_to = _boxes("ReadReceiptTo", "Header Disposition-Notification-To.")
    delivery_notification_to = _boxes("DeliveryNotificationTo", "Header Return-Receipt-To.")
    subject = _line("Subject", "The subject, one line.")
    message_date = _line("MessageDate", "Header Date; * is now, empty leaves it out.", "*")
    message_id = _line("MessageId", "Header Message-ID; * is random, empty leaves it out.", "*")
    importance = Property(
        Entry(
            "Importance",
            Importance.UNSPECIFIED,
            values.member(Importance),
            "Header Importance.",
            is_header=True,
        )
    )
    priority = Property(
        Entry(
            "Priority",
            Priority.UNSPECIFIED,
            values.member(Priority),
            "Header Priority.",
            is_header=True,
        )
    )
    sensitivity = Property(
        Entry(
            "Sensitivity",
            Sensitivity.UNSPECIFIED,
            values.member(Sensitivity),
            "Header Sensitivity.",
            is_header=True,
        )
    )
    message_text = Property(Entry("MessageText", "", values.text, "The body as plain text."))
    message_html = Property(Entry("MessageHtml", "", values.text, "The body as HTML."))
    message_markdown = Property(
        Entry(
            "MessageMarkdown",
            "",
            values.text,
            "One Markdown source for both bodies; a body that is set stands.",
        )
    )
    message = Property(
        Entry(
            "Message",
            "",
            values.raw,
            "A whole message, header and body, sent untouched in place of all of the above."
            " The envelope still comes from send_to, cc, bcc and from_.",
        )
    )

    def set(self, properties: dict[str, Any]) -> None:
        """Set several properties by their Python names.

        Raises:
            SettingError: there is no such property; suggests the nearest.
        """
        for name, value in properties.items():
            if not isinstance(getattr(type(self), name, None), (property, Property)):
                raise unknown("property", name, [*PROPERTIES, *self._extra_properties()])
            setattr(self, name, value)

    def _extra_properties(self) -> Iterable[str]:
        return [n for n in dir(type(self)) if isinstance(getattr(type(self), n), property)]


# The rows are of different types, hence Any.
_SETTINGS: tuple[Entry[Any], ...] = (
    Entry("AllowClearTextAuth", False, values.boolean, "Send a password without TLS, if it must."),
    Entry("AllowEmptyTo", False, values.boolean, "Cc or Bcc suffice."),
    Entry(
        "AuthorizationIdentity",
        Secret(""),
        values.secret,
        "Whom to act as after the login (RFC 4422); with XOAUTH2 the token.",
        is_secret=True,
    ),
    Entry("CACertFilePaths", "", values.line, "Files with trusted roots, semicolons between."),
    Entry("Charset", "utf-8", values.line, "Charset of headers and text."),
    Entry("ConnectionTimeout", 0.0, values.seconds, "As Timeout, for connecting; 0: Timeout."),
    Entry(
        "FinalReplyTimeout", 600.0, values.seconds, "The wait for the reply to the whole message."
    ),
    Entry("FoldHeaders", True, values.boolean, "Fold header lines that are too long."),
    Entry("Hello", "", values.domain, "Our name in EHLO; empty: the host's, or its address."),
    Entry("InBufferSize", 0, values.integer(), "Octets of the socket's incoming buffer."),
    Entry("LocalPort", 0, values.integer(0, 65535), "Local port; 0: any.", locked=106),
    Entry("MaxHeaderLength", 78, values.integer(40, 998), "Longer header lines are folded."),
    Entry("MaxLineLength", 2048, values.integer(256, 65536), "Longest reply line.", locked=112),
    Entry(
        "MessageIdAlgorithm",
        "SHA1",
        values.choice("MD5", "SHA1", "SHA256"),
        "The hash behind a random Message-ID.",
    ),
    Entry("OutBufferSize", 0, values.integer(), "Octets of the socket's outgoing buffer."),
    Entry("SendRSET", True, values.boolean, "RSET between transactions; False says EHLO instead."),
    Entry(
        "SSLEnabledProtocols",
        SSLProtocol.TLS1_2 | SSLProtocol.TLS1_3,
        values.flags(SSLProtocol),
        "Versions of TLS.",
    ),
    Entry(
        "SSLSecurityFlags",
        SSLSecurityFlag(0),
        values.flags(SSLSecurityFlag),
        "Faults of the server's certificate to overlook.",
    ),
    Entry("SSLServerCACerts", "", values.text, "Trusted roots as PEM, besides the system's."),
    Entry("SSLServerPin", "", values.line, "sha256:… of the server's public key; takes it alone."),
    Entry("StopOnBccErrors", False, values.boolean, "A refused Bcc stops the message."),
    Entry("StopOnCcErrors", True, values.boolean, "A refused Cc stops the message."),
    Entry("StopOnToErrors", True, values.boolean, "A refused To stops the message."),
    Entry("TCPKeepAlive", False, values.boolean, "Keep-alive probes of TCP."),
    Entry("TcpNoDelay", True, values.boolean, "Do not wait to fill packets (Nagle off)."),
    Entry("UseIPv6", 0, values.integer(0, 2), "0 IPv4 only, 1 IPv6 only, 2 IPv6 then IPv4."),
)
for _entry in _SETTINGS:
    register(_entry)

HEADERS = tuple(entry.reference for entry in REGISTRY.values() if entry.is_header)
