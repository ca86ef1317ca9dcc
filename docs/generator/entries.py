"""Pages of properties and settings, generated from the registry."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from typing import Any

from generator.docstrings import summary
from generator.text import page, prose, section, table
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
            entry = REGISTRY[name]
            blocks.append(
                section(f"property-{name}".lower(), f"`{attributes[name]}`", *_body(entry), level=3)
            )
    return page(
        "Properties",
        "Each is an attribute of `SMTP` and `AsyncSMTP`, a keyword of their constructors and,"
        " under its IPWorks name, a setting.",
        *blocks,
        _COMMAND,
        section("properties-ours", "Not in IPWorks", table(("attribute", "meaning"), _ours())),
    )


# Other names for settings, and `command`, which has a section of its own.
_TOLD_ELSEWHERE = {"command", "build_info", "transfer_text", "negotiated"}


def _ours() -> Iterator[tuple[str, str]]:
    """The attributes that are neither IPWorks properties nor settings."""
    public = {name for name in dir(SMTP) if not name.startswith("_")}
    for name in sorted(public - PROPERTIES.keys() - _TOLD_ELSEWHERE):
        member = inspect.getattr_static(SMTP, name)
        if isinstance(member, property):
            yield f"`{name}`", prose(summary(member.__doc__))


_COMMAND = (
    "## Deprecated\n\n(property-command)=\n### `command`\n\nAssigning it sends one line, as"
    " [`send_command()`](#method-sendcommand) does. It is write-only."
)


def settings() -> str:
    """One section for each setting that is not an attribute, by the part that lists it."""
    blocks = []
    for owner, title in _OWNERS.items():
        blocks.append(f"## {title}")
        for entry in sorted(REGISTRY.values(), key=lambda entry: entry.reference.lower()):
            if entry.owner == owner and entry.reference not in PROPERTIES.values():
                heading = f"`{entry.reference}`"
                label = f"setting-{entry.reference}".lower()
                blocks.append(section(label, heading, *_body(entry), level=3))
    return page(
        "Settings",
        '`smtp.config("Name=Value")` sets one from text and `smtp.config("Name")` reads it;'
        ' `smtp.settings["Name"]` has its own type. Names and words are accepted in any case. The'
        " [properties](properties.md) are settings too.",
        *blocks,
    )


def _body(entry: Entry[Any]) -> Iterator[str]:
    yield prose(entry.doc)
    yield "\n".join(f"- {line}" for line in _facts(entry))


def _facts(entry: Entry[Any]) -> Iterator[str]:
    if entry.reference in PROPERTIES.values() and entry.owner:
        yield f"IPWorks name: {entry.reference}"
    yield f"Type: {_type(entry)}{f', default `{_default(entry)}`' if _default(entry) else ''}"
    if not entry.is_settable:
        yield "Read-only"
    elif takes := _takes(entry):
        yield f"Accepts {prose(takes)}"
    if entry.locked is not None:
        yield f"While connected: error [{entry.locked}](#error-{entry.locked})"
    if entry.turns_on:
        yield f"Turns on [`{entry.turns_on}`](#setting-{entry.turns_on.lower()})"
    if entry.is_header:
        yield "`reset_headers()` clears it"
    if entry.is_secret:
        yield "Secret: it is never shown"
    if entry.reason:
        yield f"Cannot be changed: {prose(entry.reason)}"
    if entry.deviation:
        yield f"Differs from IPWorks: {prose(entry.deviation)}"


def _type(entry: Entry[Any]) -> str:
    names = {reference: name for name, reference in PROPERTIES.items()}
    attribute = inspect.getattr_static(SMTP, names.get(entry.reference, ""), None)
    if isinstance(attribute, property) and attribute.fget:
        return f"`{attribute.fget.__annotations__['return']}`"
    return "`Secret`" if entry.is_secret else f"`{entry.type_name}`"


def _default(entry: Entry[Any]) -> str:
    if entry.default == ():
        return ""
    return getattr(entry.default, "name", None) or entry.shown_default


def _takes(entry: Entry[Any]) -> str:
    """What it accepts, in the words of the error for what it does not accept."""
    try:
        entry.convert(entry.reference, object())
    except SMTPError as error:
        return error.remedy.partition("Use ")[2].rstrip(".")
    return ""
