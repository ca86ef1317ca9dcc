"""Every error that smtp_nb raises, in one tree.

    SMTPError                     .code .description .reply .receipt .connection_survives
    ├── InputError                (ValueError) refused before a byte was written
    │   ├── AddressError          a mailbox that RFC 5321 does not allow
    │   ├── InjectionError        a line break, NUL or control inside an argument or header
    │   ├── MissingError          163 no server, 164 no sender, 165 no recipient
    │   ├── SettingError          (KeyError too) an unknown setting, or a value it does not take
    │   │   ├── AttributeRefused  (AttributeError) an attribute that an object does not have
    │   │   └── ArgumentRefused   (TypeError) a keyword that a class does not take
    │   ├── ProblemsFound         rows of a merge that cannot be sent as they are
    │   ├── TemplateChanged       a recipient would get a second, different message
    │   └── JournalError          a file that is not the journal of a merge
    ├── StateError                the call does not fit the moment
    │   └── BusyError             166 another call is still running on this object
    │       └── CampaignBusy      another process or job sends this campaign
    ├── ReplyError                161 the server refused; .reply holds its answer
    │   ├── RefusedError          5yz: do not try again unchanged
    │   ├── DeferredError         4yz: the same may work later
    │   └── AuthenticationError   the login was refused
    ├── ExtensionError            (ReplyError) the server lacks what this message or login needs
    │   └── BinaryRefused         (InputError too) a CR, LF or NUL stands alone in the content
    ├── LinkError                 (ConnectionError) 162 the connection failed
    │   ├── ConnectFailed         could not connect (TCP/IP codes 100xx and 110xx)
    │   ├── ConnectionClosed      1120 the server closed the connection
    │   ├── MalformedReply        what came back is not SMTP
    │   ├── SMTPTimeout           (TimeoutError) 201 timed out
    │   └── FirewallError         118 the proxy failed
    │       └── FirewallTimeout   (SMTPTimeout) the proxy timed out
    ├── TLSError                  270 to 284
    │   ├── CertificateError      280 the server's certificate was not accepted
    │   └── PlaintextInjected     clear-text bytes followed the 220 to STARTTLS
    ├── ClearTextRefused          a password would have crossed a wire in clear
    ├── Unsupported               this library, or the installed OpenSSL, cannot do it
    └── Interrupted               301 interrupt(), or Ctrl-C

The class answers what a caller asks first: can I retry, does the connection survive, whose fault is
it. Fields hold the facts and `str()` makes the sentence, which ends with what to do. The numbers
are those of IPWorks SMTP 2022 (.NET).
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
        code: the IPWorks number of this error.
        description: what happened, without the advice.
        remedy: what to do about it.
        reply: the server's reply that caused it, or None.
        receipt: what is known about each recipient if a send failed, else None.
        connection_survives: True if the session is still usable.
    """

    default_code: ClassVar[int] = 162
    default_remedy: ClassVar[str] = ""
    connection_survives: bool = True
    front: Front = Front.PYTHON
    """The front that asked: `str()` uses its words."""

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
        """The sentence, safe to print: control characters in quoted text are escaped."""
        from smtp_nb.model.display import visible_lines

        text = f"[{self.code}] {self.description}"
        remedy = worded(self.remedy, self.front)
        return visible_lines(f"{text.rstrip('.')}. {remedy}" if remedy else text)


class InputError(SMTPError, ValueError):
    """Invalid input; nothing was written."""

    default_code = 10022
    default_remedy = "Correct it and call again"


class AddressError(InputError):
    """A mailbox or domain that RFC 5321 section 4.1.2 (or RFC 6531) does not allow."""


class InjectionError(InputError):
    """A line break, NUL or control character that could become a command or a header."""


class MissingError(InputError):
    """No server (163), no sender (164) or no recipient (165) was given."""

    default_code = 165


class SettingError(InputError, KeyError):
    """An unknown setting or property, or a value that it does not accept."""

    __str__ = SMTPError.__str__  # KeyError would print the repr


class AttributeRefused(SettingError, AttributeError):
    """An attribute that an object does not have, or that can only be read."""


class ArgumentRefused(SettingError, TypeError):
    """A keyword that is not one of a class's arguments."""


class ProblemsFound(InputError):
    """Rows of a merge cannot be sent as they are; `problems` is the frame that lists them."""

    problems: object = None  # a DataFrame, which this room does not know


class TemplateChanged(InputError):
    """A recipient would get a second message: the template or its values have changed."""


class JournalError(InputError):
    """The file is not the journal of a merge, or was written by a later version."""


class StateError(SMTPError):
    """The call is not possible now, for example not connected, or locked while connected."""

    default_code = 211
    default_remedy = "The trail shows what came before"


class BusyError(StateError):
    """Another call is still running on this object."""

    default_code = 166


class CampaignBusy(BusyError):
    """Another process or job is sending this campaign; the description names it."""


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
    """The message holds a bare CR, LF or NUL, and the server does not offer BINARYMIME."""

    default_code = InputError.default_code


class LinkError(SMTPError, ConnectionError):
    """The connection to the server failed and is closed.

    Attributes:
        fell_back: True if the next connection to this server will avoid what failed.
    """

    connection_survives = False
    fell_back: bool = False
    default_remedy = "Connect again; the trail shows how far it got"


class ConnectFailed(LinkError):
    """Could not connect."""


class ConnectionClosed(LinkError):
    """The server closed the connection."""

    default_code = 1120


class MalformedReply(LinkError):
    """The reply is not SMTP or exceeds the limits; the connection was aborted."""


class SMTPTimeout(LinkError, TimeoutError):
    """The wait timed out."""

    default_code = 201
    default_remedy = "Raise timeout, or check whether the server is overloaded"


class FirewallError(LinkError):
    """The proxy refused, failed or sent nonsense; the description quotes it."""

    default_code = 118
    default_remedy = "Check the firewall's host, port and login"


class FirewallTimeout(FirewallError, SMTPTimeout):
    """The proxy timed out; the error number is that of the firewall."""


class TLSError(SMTPError):
    """The handshake or the TLS layer failed; the connection is closed."""

    default_code = 276
    connection_survives = False
    default_remedy = "Check ssl_start_mode and the port; the SSLStatus event shows the steps"


class CertificateError(TLSError):
    """The server's certificate was not accepted; no credential was sent."""

    default_code = 280


class PlaintextInjected(TLSError):
    """Clear-text bytes followed the 220 to STARTTLS: possible injection (RFC 3207)."""


class ClearTextRefused(SMTPError):
    """A password would have crossed a wire in clear; it was not sent."""

    default_code = 276


class Unsupported(SMTPError, NotImplementedError):
    """Not supported here; the description says why."""

    default_code = 270


class Interrupted(SMTPError):
    """`interrupt()` or Ctrl-C stopped the call; the connection is closed."""

    default_code = 301
    connection_survives = False
    default_remedy = "See .receipt for what was sent before"


# IPWorks numbers its TCP/IP errors as Winsock does: 10000 and the old BSD number.
WINSOCK: dict[int, tuple[str, str]] = {
    10004: ("EINTR", "cut short by a signal"),
    10009: ("EBADF", "no such descriptor"),
    10013: ("EACCES", "not permitted"),
    10014: ("EFAULT", "pointer out of range"),
    10022: ("EINVAL", "invalid argument"),
    10024: ("EMFILE", "too many open files"),
    10035: ("EWOULDBLOCK", "the call would block"),
    10036: ("EINPROGRESS", "a call is in progress"),
    10037: ("EALREADY", "the same call is already in progress"),
    10038: ("ENOTSOCK", "not a socket"),
    10039: ("EDESTADDRREQ", "no destination"),
    10040: ("EMSGSIZE", "message too long"),
    10041: ("EPROTOTYPE", "protocol and socket type differ"),
    10042: ("ENOPROTOOPT", "unknown socket option"),
    10043: ("EPROTONOSUPPORT", "protocol not supported"),
    10044: ("ESOCKTNOSUPPORT", "socket type not supported"),
    10045: ("EOPNOTSUPP", "operation not supported on this socket"),
    10046: ("EPFNOSUPPORT", "protocol family not supported"),
    10047: ("EAFNOSUPPORT", "address family not supported by the protocol"),
    10048: ("EADDRINUSE", "the local address is in use"),
    10049: ("EADDRNOTAVAIL", "not an address of this host"),
    10050: ("ENETDOWN", "the network is down"),
    10051: ("ENETUNREACH", "the network is unreachable"),
    10052: ("ENETRESET", "the network dropped the connection"),
    10053: ("ECONNABORTED", "the connection was aborted on this side"),
    10054: ("ECONNRESET", "the server reset the connection"),
    10055: ("ENOBUFS", "no buffer space left"),
    10056: ("EISCONN", "connected already"),
    10057: ("ENOTCONN", "not connected"),
    10058: ("ESHUTDOWN", "the socket was shut down for sending"),
    10059: ("ETOOMANYREFS", "too many references"),
    10060: ("ETIMEDOUT", "the server does not answer"),
    10061: ("ECONNREFUSED", "connection refused: no server listens on that port"),
    10062: ("ELOOP", "too many levels of symbolic links"),
    10063: ("ENAMETOOLONG", "name too long"),
    10064: ("EHOSTDOWN", "the host is down"),
    10065: ("EHOSTUNREACH", "the host is unreachable"),
    10066: ("ENOTEMPTY", "directory not empty"),
    10067: ("EPROCLIM", "too many processes"),
    10068: ("EUSERS", "too many users"),
    10069: ("EDQUOT", "disk quota exceeded"),
    10070: ("ESTALE", "stale remote file handle"),
    10071: ("EREMOTE", "too many levels of remote paths"),
    10091: ("WSASYSNOTREADY", "Winsock is not ready"),
    10092: ("WSAVERNOTSUPPORTED", "wrong version of Winsock"),
    10093: ("WSANOTINITIALISED", "Winsock was not initialised"),
    11001: ("EAI_NONAME", "the host name does not exist"),
    11002: ("EAI_AGAIN", "temporary failure of the name server"),
    11003: ("EAI_FAIL", "the name server failed"),
    11004: ("EAI_NODATA", "the host name has no address"),
}

# The IPWorks numbers below those of TCP/IP: (class, meaning).
CODES: dict[int, tuple[type[SMTPError], str]] = {
    118: (FirewallError, "the proxy or firewall failed; its answer is quoted"),
    161: (ReplyError, "the server refused; its reply is attached"),
    162: (LinkError, "the connection to the server failed; the cause is attached"),
    163: (MissingError, "no server was given"),
    164: (MissingError, "no sender was given"),
    165: (MissingError, "no recipient was given"),
    166: (BusyError, "another call is still running on this object"),
    301: (Interrupted, "interrupt() or Ctrl-C stopped the call"),
    302: (InputError, "an attachment cannot be read"),
    100: (StateError, "the server's port cannot change while connected"),
    101: (StateError, "the server's name cannot change while connected"),
    102: (ConnectFailed, "the server's name resolves to the null address"),
    104: (StateError, "already connected"),
    106: (StateError, "the local port cannot change while connected"),
    107: (StateError, "the local address cannot change while connected"),
    112: (StateError, "MaxLineLength cannot change while connected"),
    116: (InputError, "the server's port is 0"),
    117: (StateError, "a datagram option cannot change while in use"),
    135: (StateError, "a non-blocking socket would have to wait"),
    201: (SMTPTimeout, "timed out"),
    211: (StateError, "the call is not possible now"),
    212: (StateError, "the call needs a connection"),
    213: (StateError, "the call is not possible on a listening socket"),
    303: (InputError, "a file or directory cannot be opened"),
    434: (InputError, "a text cannot be encoded in its charset"),
    1105: (StateError, "connect() is already running"),
    1117: (StateError, "the call needs a connection first"),
    1119: (StateError, "the local address cannot change while connected"),
    1120: (ConnectionClosed, "the server closed the connection"),
    # A missing engine (Unsupported) and a broken one (TLSError) share it.
    270: (SMTPError, "TLS, or a TLS feature, is not available here"),
    271: (InputError, "a certificate store cannot be read"),
    272: (InputError, "the certificate is not in the store"),
    273: (InputError, "a key is not usable, or its password is wrong"),
    274: (TLSError, "a certificate chain cannot be built"),
    275: (TLSError, "a certificate chain does not verify"),
    # A failed handshake (TLSError) and a login in clear (ClearTextRefused).
    276: (SMTPError, "the TLS handshake failed, or the connection is not secure enough"),
    280: (CertificateError, "the server's certificate was not accepted"),
    281: (TLSError, "the server requires a client certificate"),
    282: (TLSError, "the server sent no certificate"),
    283: (TLSError, "a TLS record could not be encrypted"),
    284: (TLSError, "a TLS record could not be decrypted"),
}


def error_classes() -> dict[str, type[SMTPError]]:
    """Every class of error by its name, as in the tree above."""
    found: dict[str, type[SMTPError]] = {}
    waiting: list[type[SMTPError]] = [SMTPError]
    while waiting:
        kind = waiting.pop(0)
        found[kind.__name__] = kind
        waiting += [below for below in kind.__subclasses__() if below.__module__ == __name__]
    return found


def error_class(code: int) -> type[SMTPError]:
    """The class of the errors with the IPWorks number `code`.

    Raises:
        KeyError: IPWorks has no such number.
    """
    if code in CODES:
        return CODES[code][0]
    if code in WINSOCK:
        # EINVAL may come from the system (LinkError) or from a caller (InputError).
        return SMTPError if code == 10022 else LinkError
    raise KeyError(f"{code} is not an error number of IPWorks SMTP")
