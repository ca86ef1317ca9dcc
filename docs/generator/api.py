"""Pages of methods, events, types, values and errors, generated from docstrings."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from enum import Enum, IntEnum, IntFlag

import smtp_nb
from generator import docstrings
from generator.rows import error_words, meaning
from generator.signatures import shown
from generator.text import entry, module, page, prose, section, table
from smtp_nb import SMTP, AsyncSMTP, errors, model
from smtp_nb.client.settings.reference import Row, rows

# Methods beyond IPWorks.
_OWN_METHODS = "from_url clone set deliver deliver_all doctor report_to"
_FIRST = ("Receipt", "RecipientResult", "Outcome", "Attachment", "MessageRecipient", "Trail")
_VALUES = "Receipt RecipientResult Outcome Trail Attachment"


def methods() -> str:
    """All methods of the blocking front; those of the asyncio front are awaited."""
    listed = [row.python.partition(".")[2] for row in rows() if row.kind == "method"]
    references = {r.python.partition(".")[2]: r.name for r in rows() if r.kind == "method"}
    blocks = []
    for name in [*listed, *_OWN_METHODS.split()]:
        method = getattr(SMTP, name)
        note = f"IPWorks name: {references[name]}." if name in references else ""
        label = f"method-{references.get(name, name)}".lower()
        blocks.append(entry(label, "method", f"SMTP.{name}{shown(method)}", _told(method), note))
    return page(
        "Methods",
        "```{py:module} smtp_nb\n```",
        "Each method of `SMTP` blocks until it is done. `AsyncSMTP` has the same ones; those that"
        " use the connection are awaited; `config`, `do_events`, `interrupt`, `reset_headers`,"
        " `set_message_stream`, `clone` and `set` are plain calls there too.",
        entry("class-smtp", "class", "SMTP(**properties)", docstrings.markdown(SMTP.__doc__)),
        entry("class-asyncsmtp", "class", "AsyncSMTP(**properties)", _told(AsyncSMTP)),
        "## Calls",
        *blocks,
    )


def _told(thing: object) -> str:
    return prose(docstrings.markdown(inspect.getdoc(thing)))


def events() -> str:
    """All nine events with their fields."""
    blocks = []
    for row in rows():
        if row.kind == "event":
            kind = getattr(smtp_nb, f"{row.name}Event")
            fields = [(f"`{name}`", said) for name, said in _fields(row.name, kind)]
            name = row.python.partition(".")[2]
            head = prose(docstrings.markdown(kind.__doc__).partition("**Attributes**")[0])
            note = f"The handler receives one `{kind.__name__}`. IPWorks name: {row.name}."
            label = f"event-{row.name}".lower()
            listed = table(("field", "what"), fields)
            blocks.append(entry(label, "attribute", f"SMTP.{name}", head, note))
            blocks.append(entry(f"class-{kind.__name__}".lower(), "class", kind.__name__, listed))
    return page(
        "Events",
        module("smtp_nb"),
        "`smtp.on_x = f` sets a handler, `+=` adds one, `-=` removes it, and `@smtp.on_x`"
        " decorates. It receives one value. An exception in a handler is logged and breaks nothing;"
        " in `on_ssl_server_authentication` it means that the certificate is not accepted.",
        *blocks,
    )


def _fields(owner: str, kind: type) -> Iterator[tuple[str, str]]:
    names = [row.python.partition(".")[2] for row in rows() if row.owner == owner]
    told = [name for name in names if hasattr(kind, name)]
    extra = [name for name in getattr(kind, "__slots__", ()) if name not in told]
    for name in [*told, *extra]:
        yield name, prose(docstrings.attribute(kind, name))


def types() -> str:
    """The types of properties, and those that methods return."""
    owners = list(dict.fromkeys(r.owner for r in rows() if r.kind == "type field"))
    blocks = [_type(name) for name in owners]
    blocks += [
        entry(f"type-{name}".lower(), "class", name, _told(kind), _members(kind))
        for name in _VALUES.split()
        for kind in [getattr(smtp_nb, name)]
    ]
    return page("Types", module("smtp_nb"), *sorted(blocks, key=_by_use))


def _by_use(block: str) -> int:
    """What methods return and messages hold comes before what few set."""
    return next((n for n, name in enumerate(_FIRST) if f"(type-{name.lower()})=" in block), 99)


def _members(kind: type) -> str:
    """The members of an enumeration; nothing for other types."""
    if not issubclass(kind, Enum):
        return ""
    names = [(f"`{name}`", prose(docstrings.attribute(kind, name))) for name in kind.__members__]
    return table(("value", "what"), names)


def _type(name: str) -> str:
    forms = [r for r in rows() if r.kind == "constructor" and r.owner == name]
    fields = [r for r in rows() if r.kind == "type field" and r.owner == name]
    return entry(
        f"type-{name}".lower(),
        "class",
        name,
        _told(getattr(smtp_nb, name)),
        table(("constructor", "result"), [(f"`{r.python}`", prose(meaning(r))) for r in forms]),
        table(("field", "what"), [(f"`{r.python.partition('.')[2]}`", _known(r)) for r in fields]),
    )


def _known(row: Row) -> str:
    return prose(meaning(row) or row.why)


def values() -> str:
    """The enumerations, with IPWorks names and numbers."""
    references = {r.python: r.name for r in rows() if r.kind == "value"}
    blocks = []
    for name, kind in vars(model.enums).items():
        if isinstance(kind, type) and issubclass(kind, IntEnum | IntFlag) and kind.__members__:
            lines = [
                (
                    f"`{member}`",
                    hex(number) if issubclass(kind, IntFlag) else str(int(number)),
                    references.get(f"{name}.{member}", ""),
                    prose(docstrings.attribute(kind, member)),
                )
                for member, number in kind.__members__.items()
            ]
            what = table(("value", "number", "IPWorks name", "meaning"), lines)
            blocks.append(entry(f"type-{name}".lower(), "class", name, _told(kind), what))
    return page(
        "Values",
        module("smtp_nb"),
        "A property accepts the member, its number, or its name in any case:"
        ' `smtp.ssl_start_mode = "explicit"`.',
        *blocks,
    )


def error_numbers() -> str:
    """The tree of classes, and the numbers with their classes."""
    tree = inspect.cleandoc(errors.__doc__ or "").partition("\n\n")[2]
    drawn, _, told = tree.partition("\n\nThe class")
    blocks = [
        section(f"error-{code}", f"{code}", _class(code), prose(error_words(code)), level=3)
        for code in errors.CODES
    ]
    numbers = [(str(c), f"`{n}`", words) for c, (n, words) in errors.WINSOCK.items()]
    return page(
        "Errors",
        f"```text\n{inspect.cleandoc(drawn)}\n```",
        f"The class{told}",
        module("smtp_nb.errors"),
        *_classes(),
        "## Numbers",
        *blocks,
        section("error-tcp-ip", "TCP/IP", table(("number", "name", "meaning"), numbers)),
    )


def _classes() -> Iterator[str]:
    """The classes of errors, as the tree has them."""
    yield "## Classes"
    for name, kind in vars(errors).items():
        if isinstance(kind, type) and issubclass(kind, errors.SMTPError):
            above = ", ".join(f"{{py:class}}`{base.__name__}`" for base in kind.__bases__)
            note = f"A kind of {above}." if kind is not errors.SMTPError else ""
            yield entry(f"type-{name}".lower(), "exception", name, _told(kind), note)


def _class(code: int) -> str:
    return f"{{py:exc}}`{errors.error_class(code).__name__}`"
