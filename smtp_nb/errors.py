"""Every error that smtp_nb raises, in one tree.

    SMTPError                     .code .description .reply .receipt .connection_survives
    ├── InputError                (ValueError) refused before a byte was written
    │   ├── AddressError          a mailbox that the grammar does not allow
    │   ├── InjectionError        a line break, NUL or control inside an argument or header
    │   ├── MissingError          163 no server, 164 no sender, 165 no recipient
    │   ├── SettingError          (KeyError too) an unknown setting, or a value it does not take
    │   │   └── AttributeRefused  (AttributeError) an attribute that an object does not have
    │   ├── ProblemsFound         rows of a merge that cannot be sent as they are
    │   ├── TemplateChanged       somebody who has a message of this campaign would get another one
    │   └── JournalError          a file that is not the journal of a merge
    ├── StateError                the call does not fit the moment
    │   └── BusyError             166 another call is still at work on this object
    │       └── CampaignBusy      another process or job sends this campaign
    ├── ReplyError                161 the server said no; .reply holds its words
    │   ├── RefusedError          5yz: do not try again unchanged
    │   ├── DeferredError         4yz: the same may work later
    │   └── AuthenticationError   the login was refused
    ├── ExtensionError            (ReplyError) the server lacks what this message or login needs
    │   └── BinaryRefused         (InputError too) a CR, LF or NUL stands alone in the content
    ├── LinkError                 (ConnectionError) 162 the connection failed
    │   ├── ConnectFailed         no connection came about (TCP/IP codes 100xx and 110xx)
    │   ├── ConnectionClosed      1120 the server closed the connection
    │   ├── MalformedReply        what came back is not SMTP
    │   ├── SMTPTimeout           (TimeoutError) 201 nothing came in time
    │   └── FirewallError         118 the proxy failed
    │       └── FirewallTimeout   (SMTPTimeout) the proxy did not answer in time
    ├── TLSError                  270 to 284
    │   ├── CertificateError      280 the server's certificate was not accepted
    │   └── PlaintextInjected     bytes waited in clear behind the 220 to STARTTLS
    ├── ClearTextRefused          a password would have crossed a wire in clear
    ├── Unsupported               this library, or the installed OpenSSL, cannot do it
    └── Interrupted               301 interrupt(), or Ctrl-C

The class answers what a caller asks first: may I try again, is the connection still good, whose
fault is it. Fields hold facts and `str()` makes the sentence; its last words say what to do. The
numbers are those of the reference component, IPWorks SMTP 2022 (.NET).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from smtp_nb.wording import Front, worded

if TYPE_CHECKING:
    from smtp_nb.model.receipt import Receipt
    from smtp_nb.model.reply import Reply


class SMTPError(Exception):
    """Anything that went wrong in smtp_nb.

    Attributes:
        code: the reference's number for this error.
        description: what happened, in words, without the advice.
        remedy: what to do about it.
        reply: the server's reply that caused it, or None.
        receipt: what is known of each recipient, when a send failed; else None.
        connection_survives: True if the session can be used on.
    """

    default_code: ClassVar[int] = 162
    default_remedy: ClassVar[str] = ""
    connection_survives: bool = True
    front: Front = Front.PYTHON
    """Who asked, and so whose words `str()` speaks."""

    def __init__(
        self,
        description: str,
        *,
        code: int | None = None,
        remedy: str = "",
        reply: Reply | None = None,
        receipt: Receipt | None = None,
    ) -> None:
        super().__init__(description)
        self.description = description
        self.code = self.default_code if code is None else code
        self.remedy = remedy or self.default_remedy
        self.reply = reply
        self.receipt = receipt

    def __str__(self) -> str:
        """The sentence, safe to print: strangers' words in it with controls as escapes."""
        from smtp_nb.model.display import visible_lines

        text = f"[{self.code}] {self.description}"
        remedy = worded(self.remedy, self.front)
        return visible_lines(f"{text.rstrip('.')}. {remedy}" if remedy else text)


class InputError(SMTPError, ValueError):
    """Something given to us is wrong; nothing was written."""

    default_code = 10022
    default_remedy = "Correct it and call again"


class AddressError(InputError):
    """A mailbox or domain that RFC 5321 section 4.1.2 (or RFC 6531) does not allow."""


class InjectionError(InputError):
    """A line break, NUL or control character where it would become a command or a header."""


class MissingError(InputError):
    """No server (163), no sender (164) or no recipient (165) was given."""

    default_code = 165


class SettingError(InputError, KeyError):
    """A setting or property that does not exist, or a value that it does not take."""

    __str__ = SMTPError.__str__  # KeyError would print the repr


class AttributeRefused(SettingError, AttributeError):
    """An attribute that an object does not have, or that can only be read."""


class ProblemsFound(InputError):
    """Rows of a merge cannot be sent as they are; `problems` is the frame that lists them."""

    problems: object = None  # a DataFrame, which this room does not know


class TemplateChanged(InputError):
    """Somebody who has a message would get another one: its template or values differ."""


class JournalError(InputError):
    """A file is no journal of a merge, or one that a later version wrote."""


class StateError(SMTPError):
    """The call does not fit the moment: not connected, or locked while connected, say."""

    default_code = 211
    default_remedy = "The trail shows what came before"


class BusyError(StateError):
    """Another call is still at work on this object."""

    default_code = 166


class CampaignBusy(BusyError):
    """Another process, or another job of this one, is sending this campaign; it is named."""


class ReplyError(SMTPError):
    """The server answered with an error; its words are in `.reply`."""

    default_code = 161


class RefusedError(ReplyError):
    """A permanent refusal (5yz): the same again will be refused again."""


class DeferredError(ReplyError):
    """A transient refusal (4yz): the same may work later."""


class AuthenticationError(ReplyError):
    """The login was refused, or the server could not prove that it knows the password."""

    default_remedy = "Check user, password and auth_mechanism; the trail shows the exchange"


class ExtensionError(ReplyError):
    """The server does not offer an extension that this message, login or option needs."""


class BinaryRefused(ExtensionError, InputError):
    """A CR, LF or NUL stands alone in a message, and the server does not offer BINARYMIME."""

    default_code = InputError.default_code


class LinkError(SMTPError, ConnectionError):
    """The connection to the server failed; the connection is gone.

    Attributes:
        fell_back: True if something was learnt from it, so that the next connection to this server
            goes more carefully.
    """

    connection_survives = False
    fell_back: bool = False
    default_remedy = "Connect again; the trail shows how far it got"


class ConnectFailed(LinkError):
    """No connection came about."""


class ConnectionClosed(LinkError):
    """The server closed the connection."""

    default_code = 1120


class MalformedReply(LinkError):
    """What came back is not an SMTP reply, or goes beyond the limits; the connection was
    aborted."""


class SMTPTimeout(LinkError, TimeoutError):
    """Nothing came in time."""

    default_code = 201
    default_remedy = "Raise timeout, or see whether the server is overloaded"


class FirewallError(LinkError):
    """The proxy refused, failed or lied; its words are in the description."""

    default_code = 118
    default_remedy = "Check the firewall's host, port and login"


class FirewallTimeout(FirewallError, SMTPTimeout):
    """The proxy did not answer in time; its number is the firewall's."""


class TLSError(SMTPError):
    """The handshake failed or the TLS layer broke; the connection is gone."""

    default_code = 276
    connection_survives = False
    default_remedy = "Check ssl_start_mode and the port; the SSLStatus event tells the steps"


class CertificateError(TLSError):
    """The server's certificate was not accepted; no credential was sent."""

    default_code = 280


class PlaintextInjected(TLSError):
    """Bytes waited in clear behind the 220 to STARTTLS: somebody is on the connection (RFC
    3207)."""


class ClearTextRefused(SMTPError):
    """A password would have crossed a wire in clear; it was not sent."""

    default_code = 276


class Unsupported(SMTPError, NotImplementedError):
    """What was asked for cannot be done here; the description says why."""

    default_code = 270


class Interrupted(SMTPError):
    """`interrupt()` or Ctrl-C stopped the call; the connection is closed."""

    default_code = 301
    connection_survives = False
    default_remedy = "What had left before stands in .receipt"


# The reference numbers its TCP/IP errors as Winsock does: 10000 and the old BSD number.
WINSOCK: dict[int, tuple[str, str]] = {
    10004: ("EINTR", "cut short by a signal"),
    10009: ("EBADF", "no such descriptor"),
    10013: ("EACCES", "not permitted"),
    10014: ("EFAULT", "pointer out of range"),
    10022: ("EINVAL", "an argument makes no sense"),
    10024: ("EMFILE", "too many open files"),
    10035: ("EWOULDBLOCK", "the call would have to wait"),
    10036: ("EINPROGRESS", "a call is under way"),
    10037: ("EALREADY", "the same call is under way"),
    10038: ("ENOTSOCK", "not a socket"),
    10039: ("EDESTADDRREQ", "no destination"),
    10040: ("EMSGSIZE", "message too long"),
    10041: ("EPROTOTYPE", "protocol and socket type differ"),
    10042: ("ENOPROTOOPT", "unknown socket option"),
    10043: ("EPROTONOSUPPORT", "protocol unknown here"),
    10044: ("ESOCKTNOSUPPORT", "socket type unknown here"),
    10045: ("EOPNOTSUPP", "not for this socket"),
    10046: ("EPFNOSUPPORT", "protocol family unknown here"),
    10047: ("EAFNOSUPPORT", "the address family does not fit"),
    10048: ("EADDRINUSE", "the local address is taken"),
    10049: ("EADDRNOTAVAIL", "not an address of this host"),
    10050: ("ENETDOWN", "the network interface is off"),
    10051: ("ENETUNREACH", "no way to that network"),
    10052: ("ENETRESET", "the network dropped the connection"),
    10053: ("ECONNABORTED", "the connection was given up on this side"),
    10054: ("ECONNRESET", "the server reset the connection"),
    10055: ("ENOBUFS", "out of buffers"),
    10056: ("EISCONN", "connected already"),
    10057: ("ENOTCONN", "not connected"),
    10058: ("ESHUTDOWN", "the sending side is closed"),
    10059: ("ETOOMANYREFS", "too many references"),
    10060: ("ETIMEDOUT", "the server does not answer"),
    10061: ("ECONNREFUSED", "nobody listens there"),
    10062: ("ELOOP", "links go round in a circle"),
    10063: ("ENAMETOOLONG", "name too long"),
    10064: ("EHOSTDOWN", "the host is off"),
    10065: ("EHOSTUNREACH", "no way to that host"),
    10066: ("ENOTEMPTY", "directory in use"),
    10067: ("EPROCLIM", "too many processes"),
    10068: ("EUSERS", "too many users"),
    10069: ("EDQUOT", "disk quota used up"),
    10070: ("ESTALE", "remote file gone"),
    10071: ("EREMOTE", "nested remote path"),
    10091: ("WSASYSNOTREADY", "Winsock is not ready"),
    10092: ("WSAVERNOTSUPPORTED", "wrong version of Winsock"),
    10093: ("WSANOTINITIALISED", "Winsock was not started"),
    11001: ("EAI_NONAME", "that host name does not exist"),
    11002: ("EAI_AGAIN", "the name server cannot say just now"),
    11003: ("EAI_FAIL", "the name server failed"),
    11004: ("EAI_NODATA", "that name has no address"),
}

# The numbers of the reference below those of TCP/IP: (class, what it tells).
CODES: dict[int, tuple[type[SMTPError], str]] = {
    118: (FirewallError, "the proxy or firewall failed; its words are told"),
    161: (ReplyError, "the server said no; its reply is attached"),
    162: (LinkError, "the connection to the server failed; the cause is attached"),
    163: (MissingError, "no server was given"),
    164: (MissingError, "no sender was given"),
    165: (MissingError, "no recipient was given"),
    166: (BusyError, "another call is still at work on this object"),
    301: (Interrupted, "interrupt() or Ctrl-C stopped the call"),
    302: (InputError, "an attachment cannot be read"),
    100: (StateError, "the server's port cannot change while connected"),
    101: (StateError, "the server's name cannot change while connected"),
    102: (ConnectFailed, "the server's name leads to the null address"),
    104: (StateError, "there is a connection already"),
    106: (StateError, "the local port cannot change while connected"),
    107: (StateError, "the local address cannot change while connected"),
    112: (StateError, "MaxLineLength cannot change while connected"),
    116: (InputError, "the server's port is 0"),
    117: (StateError, "an option of datagrams cannot change while in use"),
    135: (StateError, "a socket that does not block would have to wait"),
    201: (SMTPTimeout, "nothing came in time"),
    211: (StateError, "the call does not fit the moment"),
    212: (StateError, "the call needs a connection"),
    213: (StateError, "the call does not fit a listening socket"),
    303: (InputError, "a file or directory cannot be opened"),
    434: (InputError, "a text cannot be written in its charset"),
    1105: (StateError, "connect() is at work already"),
    1117: (StateError, "the call needs a connection first"),
    1119: (StateError, "the local address cannot change while connected"),
    1120: (ConnectionClosed, "the server closed the connection"),
    # A missing engine (Unsupported) and a broken one (TLSError) share it.
    270: (SMTPError, "TLS, or what was asked of it, cannot be had here"),
    271: (InputError, "a certificate store cannot be read"),
    272: (InputError, "a certificate store lacks that certificate"),
    273: (InputError, "a key or its password cannot be used"),
    274: (TLSError, "a chain of certificates cannot be built"),
    275: (TLSError, "a chain of certificates does not verify"),
    # A failed handshake (TLSError) and a login in clear (ClearTextRefused).
    276: (SMTPError, "the handshake failed, or the connection is not safe enough"),
    280: (CertificateError, "the server's certificate was not accepted"),
    281: (TLSError, "the server wants a certificate of ours"),
    282: (TLSError, "the server showed no certificate"),
    283: (TLSError, "a record could not be sealed"),
    284: (TLSError, "a record could not be opened"),
}


def error_class(code: int) -> type[SMTPError]:
    """The class of the errors that carry the reference's number `code`.

    Raises:
        KeyError: the reference has no such number.
    """
    if code in CODES:
        return CODES[code][0]
    if code in WINSOCK:
        # EINVAL may come from the system (LinkError) or from a caller (InputError).
        return SMTPError if code == 10022 else LinkError
    raise KeyError(f"{code} is no error number of the reference component")
