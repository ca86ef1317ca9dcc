"""Mailboxes and domains: one strict parser for headers, envelopes and allow-lists.

The law here: an address is taken exactly as RFC 5321 section 4.1.2 and RFC 6531 allow it, or it
is refused. It is never repaired, because a repaired address is somebody else's address. Comments,
source routes, folded white space and control characters have no place in it.
"""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass
from functools import lru_cache

from smtp_nb.errors import AddressError, InjectionError

_ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~\-\u0080-\U0010ffff]+"
_DOT_STRING = re.compile(rf"{_ATOM}(?:\.{_ATOM})*\Z")
_QUOTED = re.compile(r'"(?:[ !#-\[\]-~\u00a0-\U0010ffff]|\\[ -~])*"\Z')
_LABEL = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\Z")
# C0, DEL, C1, and Unicode's line and paragraph separators: each has split a line somewhere.
CONTROLS = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")

MAX_LOCAL = 64
MAX_DOMAIN = 255
MAX_PATH = 254  # RFC 5321 section 4.5.3.1.3: 256 octets with the angle brackets


def refuse_controls(text: str, what: str) -> None:
    """Raise if `text` holds a line break, a NUL or any other control character.

    Raises:
        InjectionError: names `what` and the offset. Nothing was written.
    """
    if (found := CONTROLS.search(text)) is not None:
        raise InjectionError(
            f"{what} holds the control character {found.group()!a} at offset {found.start()}",
            remedy="Take it out: it could turn data into a command or a header",
        )


@dataclass(frozen=True, slots=True)
class Mailbox:
    """One recipient or sender: `local@domain`, with the name that a header shows.

    Attributes:
        local: the local part as it goes on the wire, quoted if it has to be.
        domain: the domain in A-labels (ASCII), or an address literal in brackets.
        name: the display name, without quotes; may be empty.
    """

    local: str
    domain: str
    name: str = ""

    @property
    def address(self) -> str:
        """`local@domain` as the envelope carries it."""
        return f"{self.local}@{self.domain}"

    @property
    def needs_smtputf8(self) -> bool:
        """True if the local part is not ASCII (RFC 6531): the domain never is the reason."""
        return not self.local.isascii()

    @property
    def key(self) -> str:
        """The address for comparisons: A-labels, and an ASCII local part in lower case."""
        local = self.local.lower() if self.local.isascii() else self.local
        return f"{local}@{self.domain.lower()}"

    def __str__(self) -> str:
        if not self.name:
            return self.address
        return f"{_shown_name(self.name)} <{self.address}>"


def _shown_name(name: str) -> str:
    if re.fullmatch(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~ \-\u0080-\U0010ffff]+", name):
        return name
    return '"' + re.sub(r'(["\\])', r"\\\1", name) + '"'


def ascii_domain(domain: str) -> str:
    """The domain in A-labels (IDNA 2008, UTS 46 non-transitional), or an address literal, checked.

    Raises:
        AddressError: it is no domain. Nothing was written.
    """
    refuse_controls(domain, "The domain")
    if domain.startswith("[") and domain.endswith("]"):
        return _literal(domain)
    if not domain.isascii():
        domain = _a_labels(domain)
    labels = domain.removesuffix(".").split(".")
    if len(domain) > MAX_DOMAIN or not all(_LABEL.match(label) for label in labels):
        raise AddressError(
            f"{domain!r} is not a domain name (RFC 5321 section 4.1.2)", remedy="Check its spelling"
        )
    return domain.removesuffix(".")


def _a_labels(domain: str) -> str:
    import idna  # loaded only for names beyond ASCII

    try:
        return idna.encode(domain, uts46=True, transitional=False).decode("ascii")
    except idna.IDNAError as error:
        raise AddressError(
            f"{domain!r} is not an internationalised domain name: {error}",
            remedy="Check its spelling",
        ) from error


def _literal(domain: str) -> str:
    inside = domain[1:-1]
    try:
        if inside[:5].upper() == "IPV6:":
            return f"[IPv6:{ipaddress.IPv6Address(inside[5:])}]"
        return f"[{ipaddress.IPv4Address(inside)}]"
    except ValueError as error:
        raise AddressError(
            f"{domain!r} is not an address literal (RFC 5321 section 4.1.3)",
            remedy="Write [192.0.2.1] or [IPv6:2001:db8::1]",
        ) from error


@lru_cache(maxsize=4096)
def parse_mailbox(text: str) -> Mailbox:
    """Read one mailbox: `a@b.test`, `<a@b.test>` or `Name <a@b.test>`.

    Args:
        text: one address. A name that holds a comma, semicolon, colon, at sign, full stop or angle
            bracket stands in double quotes.

    Raises:
        AddressError: the grammar does not allow it; the text says what and where.
        InjectionError: it holds a control character. Nothing was written in either case.
    """
    refuse_controls(text, "The address")
    name, spec = _split_name(text.strip(" "))
    local, at, domain = _split_spec(spec)
    if not at or not local or not domain:
        raise AddressError(
            f"{text!r} is not an e-mail address", remedy="Write it as name@example.org"
        )
    _check_local(local, text)
    box = Mailbox(local, ascii_domain(domain), name)
    if len(box.address.encode()) > MAX_PATH:
        raise AddressError(
            f"{text[:80]!r}… is longer than {MAX_PATH} octets (RFC 5321 section 4.5.3.1.3)",
            remedy="No mail server will take it",
        )
    return box


def _check_local(local: str, text: str) -> None:
    if len(local.encode()) > MAX_LOCAL:
        raise AddressError(
            f"the part before the @ of {text[:80]!r} is longer than {MAX_LOCAL} octets"
            " (RFC 5321 section 4.5.3.1.1)",
            remedy="No mail server has to take it",
        )
    if not (_DOT_STRING.match(local) or _QUOTED.match(local)):
        raise AddressError(
            f"the part before the @ of {text!r} is not allowed (RFC 5321 section 4.1.2)",
            remedy="Take out spaces, brackets, commas and doubled full stops, or quote it",
        )


def _split_spec(spec: str) -> tuple[str, str, str]:
    if spec.startswith('"'):
        match = re.match(r'"(?:[^"\\]|\\.)*"', spec)
        end = match.end() if match else 0
        return (
            spec[:end],
            spec[end : end + 1] if spec[end : end + 1] == "@" else "",
            spec[end + 1 :],
        )
    return spec.partition("@")


def _split_name(text: str) -> tuple[str, str]:
    """(display name, addr-spec) of one mailbox."""
    if not text.endswith(">"):
        return "", text
    quoted = re.match(r'"((?:[^"\\]|\\.)*)" *<', text)
    if quoted:
        return re.sub(r"\\(.)", r"\1", quoted.group(1)), text[quoted.end() : -1]
    name, _, spec = text.partition("<")
    if re.search(r'[@,;:<>()"\[\]\\]', name):
        raise AddressError(
            f"the name in {text!r} holds a character that needs quotes",
            remedy='Write "Surname, Name" <name@example.org>',
        )
    return name.strip(" "), spec[:-1]


def split_addresses(text: str) -> list[str]:
    """Cut a list at its commas and semicolons, those in quotes and angle brackets apart.

    Line breaks are refused by `parse_mailbox`, not here; empty entries are dropped.
    """
    parts = re.findall(r'(?:"(?:[^"\\]|\\.)*"|<[^<>]*>|[^,;"<]|["<])+', text)
    return [part.strip(" ") for part in parts if part.strip(" ")]


def parse_addresses(text: str) -> list[Mailbox]:
    """Read a list of mailboxes separated by commas or semicolons.

    Raises:
        AddressError, InjectionError: as `parse_mailbox`, for the first one that is wrong.
    """
    return [parse_mailbox(part) for part in split_addresses(text)]
