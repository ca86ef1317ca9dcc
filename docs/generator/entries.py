"""Pages of properties and settings, generated from the registry."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from typing import Any

from generator.docstrings import summary
from generator.text import entry, module, page, prose
from smtp_nb import SMTP
from smtp_nb.client.settings.registry import PROPERTIES, REGISTRY, Entry
from smtp_nb.errors import SMTPError

_PARTS = {
    "Recipients": "SendTo Cc BCc MessageRecipients",
    "Header": "From Sender ReplyTo ReturnPath Subject MessageDate MessageId Importance Priority"
    " Sensitivity ReadReceiptTo DeliveryNotificationTo OtherHeaders MessageHeaders"
    " MessageHeadersString",
    "Content": "MessageText MessageHtml MessageMarkdown Message MessageB",
    "Server and connection": "MailServer MailPort LocalHost Timeout AllowExtensions Pipelining"
    " Window MailOptions Firewall",
    "TLS": "SSLStartMode SSLEnabled SSLProvider SSLCert SSLAcceptServerCert SSLServerCert",
    "Login": "User Password AuthMechanism",
    "State": "Connected Idle LastReply",
}
_OWNERS = {
    "SMTP": "Message and delivery",
    "IPPort": "Connection and proxy",
    "SSL": "TLS",
    "Socket": "Socket",
    "Base": "Library",
    "": "Not in IPWorks",
}


def properties() -> str:
    """One section for each attribute, by subject."""
    attributes = {reference: name for name, reference in PROPERTIES.items()}
    listed = " ".join(_PARTS.values()).split()
    assert sorted(listed) == sorted(attributes), set(listed) ^ set(attributes)
    blocks = []
    for title, names in _PARTS.items():
        blocks.append(f"## {title}")
        for name in names.split():
            known = REGISTRY[name]
            blocks.append(
                entry(
                    f"property-{name}".lower(),
                    "attribute",
                    f"SMTP.{attributes[name]}",
                    *_body(known),
                    type=_type(known),
                    value=_default(known) or known.shown_default,
                )
            )
    return page(
        "Properties",
        "Each is an attribute of `SMTP` and `AsyncSMTP`, a keyword of their constructors and,"
        " under its IPWorks name, a setting.",
        module("smtp_nb"),
        *blocks,
        _COMMAND,
        "(properties-ours)=\n## Not in IPWorks",
        *_ours(),
    )


# Other names for settings, and `command`, which has a section of its own.
_TOLD_ELSEWHERE = {"command", "build_info", "transfer_text", "negotiated"}


def _ours() -> Iterator[str]:
    """The attributes that are neither IPWorks properties nor settings."""
    public = {name for name in dir(SMTP) if not name.startswith("_")}
    for name in sorted(public - PROPERTIES.keys() - _TOLD_ELSEWHERE):
        member = inspect.getattr_static(SMTP, name)
        if isinstance(member, property):
            kept = member.fget.__annotations__["return"] if member.fget else ""
            told = prose(summary(member.__doc__))
            yield entry(f"own-{name}", "attribute", f"SMTP.{name}", told, type=kept)


_COMMAND = "## Deprecated\n\n" + entry(
    "property-command",
    "attribute",
    "SMTP.command",
    "Assigning it sends one line, as [`send_command()`](#method-sendcommand) does. It is"
    " write-only.",
)


def settings() -> str:
    """One section for each setting that is not an attribute, by the part that lists it."""
    blocks = []
    for owner, title in _OWNERS.items():
        blocks.append(f"## {title}")
        for known in sorted(REGISTRY.values(), key=lambda known: known.reference.lower()):
            name = known.reference
            if known.owner == owner and name not in PROPERTIES.values():
                options = {"type": f"`{_type(known)}`", "default": _code(_default(known))}
                label = f"setting-{name}".lower()
                blocks.append(entry(label, "confval", name, *_body(known), **options))
    return page(
        "Settings",
        '`smtp.config("Name=Value")` sets one from text and `smtp.config("Name")` reads it;'
        ' `smtp.settings["Name"]` has its own type. Names and words are accepted in any case. The'
        " [properties](properties.md) are settings too.",
        *blocks,
    )


def _body(known: Entry[Any]) -> Iterator[str]:
    yield prose(known.doc)
    yield "\n".join(f"- {line}" for line in _facts(known))


def _facts(known: Entry[Any]) -> Iterator[str]:
    if known.reference in PROPERTIES.values() and known.owner:
        yield f"IPWorks name: {known.reference}"
    if not known.is_settable:
        yield "Read-only"
    elif takes := _takes(known):
        yield f"Accepts {prose(takes)}"
    if known.locked is not None:
        yield f"While connected: error [{known.locked}](#error-{known.locked})"
    if known.turns_on:
        yield f"Turns on [`{known.turns_on}`](#setting-{known.turns_on.lower()})"
    if known.is_header:
        yield "`reset_headers()` clears it"
    if known.is_secret:
        yield "Secret: it is never shown"
    if known.reason:
        yield f"Cannot be changed: {prose(known.reason)}"
    if known.deviation:
        yield f"Differs from IPWorks: {prose(known.deviation)}"


def _type(known: Entry[Any]) -> str:
    names = {reference: name for name, reference in PROPERTIES.items()}
    attribute = inspect.getattr_static(SMTP, names.get(known.reference, ""), None)
    if isinstance(attribute, property) and attribute.fget:
        return str(attribute.fget.__annotations__["return"])
    return "Secret" if known.is_secret else known.type_name


def _default(known: Entry[Any]) -> str:
    if known.default == ():
        return ""
    return getattr(known.default, "name", None) or known.shown_default


def _code(text: str) -> str:
    return f"`{text}`" if text else ""


def _takes(known: Entry[Any]) -> str:
    """What it accepts, in the words of the error for what it does not accept."""
    try:
        known.convert(known.reference, object())
    except SMTPError as error:
        return error.remedy.partition("Use ")[2].rstrip(".")
    return ""
