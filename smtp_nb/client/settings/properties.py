"""The properties and settings of the component, declared once."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from smtp_nb.client.settings import converters
from smtp_nb.client.settings.converters import Converter
from smtp_nb.client.settings.registry import (
    PROPERTIES,
    REGISTRY,
    Entry,
    Property,
    settings_as_written,
    unknown,
)
from smtp_nb.errors import SettingError
from smtp_nb.model.enums import AuthMechanism, Importance, Priority, Sensitivity, SSLProvider
from smtp_nb.model.enums import SSLStartMode as StartMode
from smtp_nb.model.secret import Secret
from smtp_nb.model.unseen import unseen_arguments

if TYPE_CHECKING:
    from smtp_nb.sasl import Tokens, TokenSource

ONE_ENGINE = "the only engine here is OpenSSL, whatever is set"
NO_BLIND_COPIES = "Bcc fields in it are removed, because they name recipients that must stay hidden"


def _line(reference: str, doc: str, default: str = "") -> Property[str]:
    return Property(Entry(reference, default, converters.line, doc, is_header=True))


def _boxes(
    reference: str,
    doc: str,
    convert: Converter[str] = converters.address_text,
    owner: str = "SMTP",
) -> Property[str]:
    deviation = (
        "it is checked on assignment, so that a wrong address is refused where it was written"
    )
    return Property(
        Entry(reference, "", convert, doc, is_header=True, owner=owner, deviation=deviation)
    )


class Properties:
    """The properties set before sending. Each one is a keyword of the constructor too."""

    _values: dict[str, Any]

    @property
    def connected(self) -> bool:
        """True while there is a session."""
        raise NotImplementedError

    # -- connection ---------------------------------------------------------------------------
    mail_server = Property(
        Entry(
            "MailServer",
            "",
            converters.server,
            "The server's name or address. With a * in front, a SOCKS firewall resolves it.",
            locked=101,
            deviation="it keeps the name, which the certificate is checked against;"
            " remote_address has the IP address",
        )
    )
    mail_port = Property(
        Entry(
            "MailPort",
            25,
            converters.integer(0, 65535),
            "The server's port; 465 is implicit TLS.",
            100,
        )
    )
    timeout = Property(
        Entry(
            "Timeout",
            60.0,
            converters.seconds,
            "Seconds of silence from the server before an error; 0 waits without limit. Once"
            " set, it also applies to the banner and to the end of the data, which"
            " otherwise get the 300 and 600 seconds of RFC 5321 section 4.5.3.2.",
            deviation="by default it is 300 s for the banner and 600 s for the end of the data:"
            " giving up too early is how mail is sent twice",
        )
    )
    local_host = Property(
        Entry(
            "LocalHost",
            "",
            converters.host,
            "The local address to connect from. Reads as the actual one while connected.",
            locked=107,
            live="line.local_address",
        )
    )
    allow_extensions = Property(
        Entry(
            "AllowExtensions",
            True,
            converters.boolean,
            "Send EHLO first, and HELO if that fails; False sends HELO at once.",
        )
    )
    pipelining = Property(
        Entry(
            "Pipelining",
            "auto",
            converters.choice("auto", "message", "off"),
            "Commands in groups (RFC 2920): across messages, within one message, or off.",
            owner="",
        )
    )
    mail_options = Property(
        Entry(
            "MailOptions",
            "",
            converters.mail_parameters,
            "Parameters of MAIL, as text or mapping: RET, ENVID (RFC 3461), HOLDFOR, HOLDUNTIL"
            " (4865), BY (2852), MT-PRIORITY (6710), REQUIRETLS (8689); an error if not offered.",
            owner="",
        )
    )
    window = Property(
        Entry(
            "Window",
            32,
            converters.integer(1, 1024),
            "The maximum number of messages in flight (without an outcome) on one connection.",
            owner="",
        )
    )

    # -- TLS and login ------------------------------------------------------------------------
    ssl_start_mode = Property(
        Entry(
            "SSLStartMode",
            StartMode.NONE,
            converters.member(StartMode),
            "When TLS begins. AUTOMATIC is STARTTLS on 25, 587 and 2525, else implicit.",
            deviation="AUTOMATIC is STARTTLS on 587 and 2525 too, which begin in clear as 25 does",
        )
    )
    ssl_provider = Property(
        Entry(
            "SSLProvider",
            SSLProvider.AUTOMATIC,
            converters.provider,
            "The TLS engine. Only one is available, whatever is set.",
            deviation=ONE_ENGINE,
        )
    )
    user = Property(
        Entry(
            "User",
            "",
            converters.line,
            "The user name; empty for no login, except by EXTERNAL or KERBEROS, which need no"
            " name.",
        )
    )
    password = Property(
        Entry("Password", Secret(""), converters.secret, "The password of `user`.", is_secret=True)
    )
    auth_mechanism = Property(
        Entry(
            "AuthMechanism",
            AuthMechanism.USER_PASSWORD,
            converters.mechanism,
            "How to log in; USER_PASSWORD is PLAIN if offered, else LOGIN.",
        )
    )

    @property
    def token_source(self) -> TokenSource | None:
        """The source of tokens for XOAUTH2, OAUTHBEARER and AUTO: a function that is called before
        each login, on a thread of its own. Its argument is False at first, and True to request a
        new token after the server refused one.

        Without it the two take the token from the setting AuthorizationIdentity, as IPWorks does.
        """
        tokens = tokens_of(self)
        return tokens.source if tokens else None

    @token_source.setter
    def token_source(self, source: TokenSource | None) -> None:
        from smtp_nb.sasl import Tokens

        if source is not None and not callable(source):
            raise SettingError(
                "token_source takes a function",
                remedy="Use a function, for a fixed token: lambda renew: token",
            )
        self._values["TokenSource"] = Tokens(source) if source else None

    # -- message ------------------------------------------------------------------------------
    from_ = _boxes("From", "The author: header From.")
    reply_to = _boxes("ReplyTo", "The address for replies: header Reply-To.")
    sender = _boxes("Sender", "The sender, if it is not the only author: header Sender.", owner="")
    return_path = _boxes(
        "ReturnPath",
        "The envelope's sender, where bounces go; empty means Sender or From, and <> is the"
        " null path of automatic answers (RFC 3834 section 3.3).",
        converters.return_path,
    )
    read_receipt_to = _boxes(
        "ReadReceiptTo", "The address for read receipts: header Disposition-Notification-To."
    )
    delivery_notification_to = _boxes(
        "DeliveryNotificationTo", "The address for delivery receipts: header Return-Receipt-To."
    )
    subject = _line("Subject", "The subject, on one line: header Subject.")
    message_date = Property(
        Entry(
            "MessageDate",
            "*",
            converters.date,
            "Header Date, a datetime or a string as in a header; * is now, empty leaves it to"
            " the relay.",
            is_header=True,
            deviation="it is checked on assignment: an unreadable Date is a sign of spam",
        )
    )
    message_id = Property(
        Entry(
            "MessageId",
            "*",
            converters.message_id,
            "Header Message-ID; * is random, empty leaves it out.",
            is_header=True,
        )
    )
    other_headers = Property(
        Entry(
            "OtherHeaders",
            "",
            converters.header_lines,
            "Further header fields, `Name: value`, one per line. MIME fields among them make"
            " message_text the body as it stands. If the string begins with an empty line,"
            " it replaces the whole computed header.",
            is_header=True,
        )
    )
    importance = Property(
        Entry(
            "Importance",
            Importance.UNSPECIFIED,
            converters.member(Importance),
            "How important it is: header Importance.",
            is_header=True,
        )
    )
    priority = Property(
        Entry(
            "Priority",
            Priority.UNSPECIFIED,
            converters.member(Priority),
            "How urgent it is: header Priority.",
            is_header=True,
        )
    )
    sensitivity = Property(
        Entry(
            "Sensitivity",
            Sensitivity.UNSPECIFIED,
            converters.member(Sensitivity),
            "How private it is: header Sensitivity.",
            is_header=True,
        )
    )
    message_text = Property(Entry("MessageText", "", converters.text, "The body as plain text."))
    message_html = Property(
        Entry("MessageHtml", "", converters.text, "The body as HTML.", owner="")
    )
    message_markdown = Property(
        Entry(
            "MessageMarkdown",
            "",
            converters.text,
            "One Markdown source for both bodies; a body set explicitly takes precedence.",
            owner="",
        )
    )
    message = Property(
        Entry(
            "Message",
            "",
            converters.raw,
            "A whole message, header and body, sent untouched in place of all of the above. The"
            " envelope still comes from send_to, cc, bcc and from_. A lone CR, LF or NUL in"
            " its body requires a server with BINARYMIME (RFC 3030).",
            deviation=NO_BLIND_COPIES,
        )
    )

    @property
    def message_b(self) -> bytes:
        """The bytes of `message` (IPWorks: MessageB)."""
        return self.message.encode("utf-8", "surrogateescape")

    @message_b.setter
    def message_b(self, value: bytes) -> None:
        if isinstance(value, str):
            raise converters.unreadable("MessageB", value, "bytes; message takes a string")
        self.message = value

    @property
    def ssl_enabled(self) -> bool:
        """True unless ssl_start_mode is NONE; setting it switches to AUTOMATIC or NONE (IPWorks:
        SSLEnabled)."""
        return self.ssl_start_mode is not StartMode.NONE

    @ssl_enabled.setter
    def ssl_enabled(self, value: Any) -> None:
        if not converters.boolean("SSLEnabled", value):
            self.ssl_start_mode = StartMode.NONE
        elif not self.ssl_enabled:
            self.ssl_start_mode = StartMode.AUTOMATIC

    @unseen_arguments
    def set(self, properties: dict[str, Any]) -> None:
        """Set several properties by their Python names.

        Raises:
            SettingError: the property does not exist; the remedy suggests the nearest.
        """
        for name in properties:
            if not isinstance(getattr(type(self), name, None), (property, Property)):
                names = [*PROPERTIES, *self._extra_properties()]
                raise unknown("property", name, names, settings_as_written())
        for name, value in properties.items():
            setattr(self, name, value)

    def _extra_properties(self) -> Iterable[str]:
        return [n for n in dir(type(self)) if isinstance(getattr(type(self), n), property)]


def tokens_of(properties: Properties) -> Tokens | None:
    """What `token_source` was set to, with the token that it gave last."""
    found: Tokens | None = properties._values.get("TokenSource")
    return found


# Attributes that no row of the registry declares, and their defaults.
_OTHERS = {
    "attachments": (),
    "inline_images": (),
    "calendar": "",
    "dkim": None,
    "token_source": None,
}


def keyword_defaults() -> dict[str, object]:
    """The keywords of the constructor, with their defaults."""
    entries = {name: REGISTRY[reference] for name, reference in PROPERTIES.items()}
    declared = {
        name: "" if entry.is_secret else entry.default
        for name, entry in entries.items()
        if entry.is_settable
    }
    return declared | _OTHERS
