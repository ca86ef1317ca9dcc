"""Mailboxes and domains: one strict parser for headers, envelopes and allow-lists.

The law here: an address is taken exactly as RFC 5321 section 4.1.2 and RFC 6531 allow it, or it
is refused. It is never repaired, because a repaired address is a different mailbox. Comments,
source routes, folded white space and control characters are not allowed. A quoted local part is
accepted, and sent quoted where it must be and bare where it can be, as RFC 5321 section 4.1.2 asks:
the two are one mailbox. Encoded words in an unquoted name are decoded, for an address is header
syntax and `email.utils.formataddr` makes them. Every pattern here is linear, whatever the input.
"""

from __future__ import annotations

import ipaddress
import re
import unicodedata
from functools import lru_cache

from smtp_nb.errors import AddressError, InjectionError
from smtp_nb.model.encoded import decode_words
from smtp_nb.model.known import value

# What is refused rather than what is accepted: a set that reaches to U+10FFFF takes 8 ms to
# compile.
_ATOM = r'[^\x00- "(),.:;<>@\[\\\]\x7f]+'
_DOT_STRING = re.compile(rf"{_ATOM}(?:\.{_ATOM})*\Z")
_STRING = r'"(?:[^"\\]|\\.)*+"'
_QUOTED = re.compile(r'"(?:[^\x00-\x1f"\\\x7f-\x9f]|\\[ -~])*"\Z')
_QUOTED_PREFIX = re.compile(_STRING)
_QUOTED_NAME = re.compile(rf"({_STRING}) *<")
_ESCAPED = re.compile(r"\\(.)")
_UNSAFE = re.compile(r'(["\\])')
_SPECIAL_IN_NAME = re.compile(r'[@,;:<>()"\[\]\\]')
_PLAIN_NAME = re.compile(r'[^\x00-\x1f"(),.:;<>@\[\\\]\x7f]+\Z')
_ENCODED_WORD = re.compile(r"=\?[^?]*\?[A-Za-z]\?")
_LABEL = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\Z")
# What most addresses look like, which nothing above would refuse or change: no encoded word, no
# domain that ends in a number. Their lengths are still to be checked.
_PLAIN = re.compile(
    r"[A-Za-z0-9!#$%&'*+/^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/^_`{|}~-]+)*"
    r"@(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)*"
    r"(?![0-9]+\Z)[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\Z"
)
# An entry of a list: quoted strings, angle brackets with quoted strings in them, and the rest. One
# that is never closed reaches to the end, so that no scan starts twice at the same place.
_ENTRY = re.compile(
    r'(?:"(?:[^"\\]|\\.)*+"?|<(?:[^<>"]|"(?:[^"\\]|\\.)*+"?)*+>?|[^,;"<])++', re.DOTALL
)
# C0, DEL, C1, and Unicode's line and paragraph separators: each has split a line somewhere.
CONTROLS = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
# Text direction, empty joiners, byte order marks: they show one address and mean another.
_INVISIBLE = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b\u200e\u200f\u202a-\u202e"
    "\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\uffff\U000e0000-\U000e0fff]"
)

MAX_LOCAL = 64
MAX_DOMAIN = 255
MAX_PATH = 254  # RFC 5321 section 4.5.3.1.3: 256 bytes with the angle brackets
MAX_TEXT = 2048  # our limit: no name needs more, and parsed text is cached

# At the ends of a cell these are left over from copying, and part of no address.
_ENDS = (
    "\t\n\r\x0b\x0c \u00a0\u00ad\u180e\u200b\u200c\u200d\u200e\u200f"
    "\u2028\u2029\u202f\u2060\u3000\ufeff"
)


def refuse_controls(text: str, what: str) -> None:
    """Raise if `text` holds a line break, a NUL or any other control character.

    Raises:
        InjectionError: names `what` and the offset. Nothing was written.
    """
    # What prints holds none of them, and most texts print.
    if not text.isprintable() and (found := CONTROLS.search(text)) is not None:
        raise InjectionError(
            f"{what} holds the control character {found.group()!a} at offset {found.start()}",
            remedy="Remove it: it could turn data into a command or a header",
        )


@value
class Mailbox:
    """One recipient or sender: `local@domain`, with the name that a header shows.

    Attributes:
        local: the local part as sent, quoted if necessary.
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
        """True if the local part is not ASCII (RFC 6531): the domain is never the reason."""
        return not self.local.isascii()

    @property
    def key(self) -> str:
        """The address for comparisons: A-labels, and an ASCII local part in lower case."""
        address = f"{self.local}@{self.domain}"
        if address.isascii():
            return address.lower()
        local = self.local.lower() if self.local.isascii() else self.local
        return f"{local}@{self.domain.lower()}"

    def __str__(self) -> str:
        if not self.name:
            return self.address
        return f"{_shown_name(self.name)} <{self.address}>"


def _shown_name(name: str) -> str:
    return name if _PLAIN_NAME.match(name) else _quote(name)


def _quote(text: str) -> str:
    return '"' + _UNSAFE.sub(r"\\\1", text) + '"'


@lru_cache(maxsize=1024)
def ascii_domain(domain: str) -> str:
    """Return the domain in A-labels (IDNA 2008, UTS 46 non-transitional), or an address literal,
    checked.

    Raises:
        AddressError: it is not a domain, or is not spelled as it seems. Nothing was written.
    """
    refuse_controls(domain, "the domain")
    if domain.startswith("[") and domain.endswith("]"):
        return _literal(domain)
    if not domain.isascii():
        _refuse_blanks(domain)
    name = (domain if domain.isascii() else _a_labels(domain)).removesuffix(".")
    labels = name.split(".")
    if len(name) > MAX_DOMAIN or not all(_LABEL.match(label) for label in labels):
        raise AddressError(
            f"{_cut(domain)} is not a domain name (RFC 5321 section 4.1.2)",
            remedy="Check its spelling",
        )
    if labels[-1].isdigit():
        raise AddressError(
            f"{_cut(domain)} ends in a number, which a domain name cannot",
            remedy="Write an IP address in brackets, as [192.0.2.1]",
        )
    return name


def _refuse_blanks(domain: str) -> None:
    """Raise at a character that shows as a space or not at all, such as those copied from web
    pages.
    """
    for char in domain:
        if not char.isascii() and (char.isspace() or _INVISIBLE.match(char)):
            raise AddressError(
                f"{_cut(domain)} holds U+{ord(char):04X} ({unicodedata.name(char, 'unnamed')}),"
                " which is not part of a domain name",
                remedy="Remove it; text copied from a web page often contains it",
            )


def _a_labels(domain: str) -> str:
    import idna  # loaded only for names beyond ASCII

    # UTS 46 makes full-width dots full stops and drops soft hyphens: another name than it showed.
    seeming = unicodedata.normalize("NFC", "".join(map(str.lower, domain)))
    try:
        if len(domain) <= MAX_DOMAIN and idna.uts46_remap(domain, True, False) == seeming:
            return idna.encode(seeming, uts46=False).decode("ascii")
        reason = "it holds a character that is mapped to others, or removed"
    except idna.IDNAError as error:
        reason = str(error)
    raise AddressError(
        f"{_cut(domain)} is not an internationalised domain name: {reason}",
        remedy="Retype it, with plain full stops",
    )


def _literal(domain: str) -> str:
    inside = domain[1:-1]
    try:
        if inside[:5].upper() == "IPV6:":
            return f"[IPv6:{_without_zone(inside[5:])}]"
        return f"[{ipaddress.IPv4Address(inside)}]"
    except ValueError as error:
        raise AddressError(
            f"{_cut(domain)} is not an address literal (RFC 5321 section 4.1.3)",
            remedy="Write [192.0.2.1] or [IPv6:2001:db8::1]",
        ) from error


def _without_zone(text: str) -> ipaddress.IPv6Address:
    address = ipaddress.IPv6Address(text)
    if address.scope_id is not None:
        raise ValueError("a zone is only meaningful on one host")
    return address


def trimmed(text: str) -> str:
    """The text without what is invisible at its ends."""
    return text.strip(_ENDS)


def is_ip_address(host: str) -> bool:
    """True for 192.0.2.1, 2001:db8::1, in brackets or not, with a zone or not."""
    try:
        ipaddress.ip_address(bare_address(host))
    except ValueError:
        return False
    return True


def bare_address(host: str) -> str:
    """The address without brackets and zone."""
    return host.strip("[]").partition("%")[0]


def split_plain(text: str) -> tuple[str, str] | None:
    """Split an address that needs no further look.

    Returns:
        Its local part and domain, of which `parse_mailbox` would make the same Mailbox; None where
        only `parse_mailbox` can say.
    """
    if len(text) > MAX_PATH or _PLAIN.match(text) is None:
        return None
    local, _, domain = text.partition("@")
    return None if len(local) > MAX_LOCAL else (local, domain)


@lru_cache(maxsize=4096)
def parse_mailbox(text: str) -> Mailbox:
    """Read one mailbox: `a@b.test`, `<a@b.test>` or `Name <a@b.test>`.

    Args:
        text: one address. A name that holds a comma, semicolon, colon, at sign or bracket must be
            in double quotes.

    Raises:
        AddressError: the grammar does not allow it; the text says what and where.
        InjectionError: it holds a control character. Nothing was written in either case.
    """
    if len(text) > MAX_TEXT:
        raise AddressError(
            f"{_cut(text)} is too long for an address", remedy="Put commas between addresses"
        )
    refuse_controls(text, "the address")
    name, spec = _split_name(text.strip(" "))
    local, at, domain = _split_spec(spec)
    if not at or not local or not domain:
        raise AddressError(
            f"{_cut(text)} is not an e-mail address", remedy="Write it as name@example.org"
        )
    if domain.endswith("."):
        raise AddressError(
            f"{_cut(text)} ends in a full stop, which an address cannot", remedy="Remove it"
        )
    box = Mailbox(_checked_local(local, text), ascii_domain(domain), name)
    if len(box.address.encode()) > MAX_PATH:
        raise AddressError(
            f"{_cut(text)} is longer than {MAX_PATH} bytes (RFC 5321 section 4.5.3.1.3)",
            remedy="No mail server will accept it",
        )
    return box


def _cut(text: str) -> str:
    return repr(text) if len(text) <= 100 else f"{text[:80]!r}…"


def _checked_local(local: str, text: str) -> str:
    """Return the local part as sent."""
    if len(local.encode()) > MAX_LOCAL:
        raise AddressError(
            f"the part before the @ of {_cut(text)} is longer than {MAX_LOCAL} bytes"
            " (RFC 5321 section 4.5.3.1.1)",
            remedy="No mail server has to accept it",
        )
    if _ENCODED_WORD.search(local):
        raise AddressError(
            f"the part before the @ of {_cut(text)} looks like an encoded word, which some servers"
            " decode into another address",
            remedy="Only names are encoded (RFC 2047 section 5)",
        )
    if not local.isascii() and (wrong := _deceptive(local)):
        raise AddressError(
            f"the part before the @ of {_cut(text)} holds {wrong!a}, which is not what it seems",
            remedy="Retype it",
        )
    if _DOT_STRING.match(local):
        return local
    if not _QUOTED.match(local):
        raise AddressError(
            f"the part before the @ of {_cut(text)} is not allowed (RFC 5321 section 4.1.2)",
            remedy="Remove spaces, brackets, commas and doubled full stops, or quote it",
        )
    bare = _ESCAPED.sub(r"\1", local[1:-1])
    return bare if _DOT_STRING.match(bare) else _quote(bare)


def _deceptive(local: str) -> str:
    """Return the first character that is invisible, or that other programs turn into one of `@.<>
    `.
    """
    for char in local:
        if not char.isascii():
            plain = unicodedata.normalize("NFKC", char)
            if _INVISIBLE.match(char) or not all(map(_DOT_STRING.match, plain)):
                return char
    return ""


def _split_spec(spec: str) -> tuple[str, str, str]:
    """Return (local part, the at sign, domain) of an addr-spec."""
    if not spec.startswith('"'):
        return spec.partition("@")
    match = _QUOTED_PREFIX.match(spec)
    end = match.end() if match else 0
    return spec[:end], "@" if spec.startswith("@", end) else "", spec[end + 1 :]


def _split_name(text: str) -> tuple[str, str]:
    """Return (display name, addr-spec) of one mailbox."""
    if not text.endswith(">"):
        return "", text
    if quoted := _QUOTED_NAME.match(text):
        return _ESCAPED.sub(r"\1", quoted[1][1:-1]), text[quoted.end() : -1]
    name, _, spec = text.partition("<")
    if _SPECIAL_IN_NAME.search(name):
        raise AddressError(
            f"the name in {_cut(text)} holds a character that needs quotes",
            remedy='Write "Surname, Name" <name@example.org>',
        )
    return _decoded(name.strip(" "), text), spec[:-1]


def _decoded(name: str, text: str) -> str:
    """Return an unquoted name with its encoded words decoded (RFC 2047 section 5)."""
    try:
        decoded = decode_words(name)
    except ValueError as error:
        raise AddressError(
            f"the name in {_cut(text)} cannot be read: {error}",
            remedy="Write the name as it is; it is encoded when the message is written",
        ) from error
    if decoded is not name:
        refuse_controls(decoded, f"the name in {_cut(text)}, once decoded,")
    return decoded


def split_addresses(text: str) -> list[str]:
    """Split a list at its commas and semicolons, except those in quotes and angle brackets.

    Line breaks are refused by `parse_mailbox`, not here; empty entries are dropped.
    """
    parts = (part.strip(" ") for part in _ENTRY.findall(text))
    return [part for part in parts if part]


def parse_addresses(text: str) -> list[Mailbox]:
    """Read a list of mailboxes separated by commas or semicolons.

    Raises:
        AddressError, InjectionError: as `parse_mailbox`, for the first wrong one.
    """
    return [parse_mailbox(part) for part in split_addresses(text)]
