"""Message templates."""

from __future__ import annotations

import datetime
import hashlib
import json
import os
from collections.abc import Callable, Mapping, Sequence
from copy import copy
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from smtp_nb.compose.calendar import calendar_source
from smtp_nb.compose.draft import Draft
from smtp_nb.compose.parts import Attachment, EncodedPart
from smtp_nb.errors import InputError, MissingError
from smtp_nb.merge.rows.nested import nested
from smtp_nb.merge.rows.printed import NOTES, Note, Notes
from smtp_nb.merge.rows.problem import RowError
from smtp_nb.merge.rows.rows import Row, Rows
from smtp_nb.merge.rows.unfilled import EmptyEntry, Unknown, suggestion
from smtp_nb.merge.templates.addressing import AddressPart, Mailboxes
from smtp_nb.merge.templates.attachments.made import Attachments, attachment_parts
from smtp_nb.merge.templates.calendars import CalendarPart, invitation
from smtp_nb.merge.templates.environment import Part, Values
from smtp_nb.merge.templates.filters import IMAGES, Images, SharedImages
from smtp_nb.merge.templates.formats import Formats
from smtp_nb.merge.templates.lawful import ROW, WHOLE_ROW
from smtp_nb.merge.templates.markdown import MarkdownPart
from smtp_nb.merge.templates.pictures import Pictures, check_content_ids
from smtp_nb.merge.templates.return_path import ReturnPathPart
from smtp_nb.merge.templates.sandboxed import Own, standard
from smtp_nb.merge.templates.unsubscribe import UnsubscribePart
from smtp_nb.model.address import Mailbox, refuse_controls
from smtp_nb.model.doors.typed import typed_arguments
from smtp_nb.model.known import known_attributes

# A template's name for the bare address of its recipient, if no column is called so.
ADDRESS = "address"


@known_attributes()
@typed_arguments
@dataclass(frozen=True, kw_only=True)
class Template:
    """A message with `{{ column }}` where rows differ (Jinja2, sandboxed and strict).

    `{{ figure | image }}` shows a figure inside the HTML, `{{ frame | table }}` a DataFrame. A
    column whose name is not a Python name is `{{ row["First name"] }}`. Comments are `{## … ##}`.

    Args:
        subject: one line.
        text, html: the bodies; values in `html` are escaped.
        markdown: both bodies from one source, instead of `text` and `html`.
        attachments: paths, or `Attachment`s. A path with an expression is a file of the row; an
            `Attachment` may name a row's frame, figure or bytes. Or a mapping of file names to
            frames, figures, bytes, paths and expressions.
        calendar: an iCalendar object with `METHOD:REQUEST`: an invitation, as an alternative to
            the text and as the file invite.ics. Values are text in it.
        headers: further headers by name.
        from_, reply_to, cc, bcc: addresses, which may differ from row to row.
        return_path: the address that bounces go to; the sender by default. `{{ key }}` in it is a
            token of the row: "bounces+{{ key }}@example.org" (VERP).
        list_unsubscribe: one or more `https:` or `mailto:` addresses; with `https:` mail programs
            show a button that works with one click (RFC 8058).
        context: values that are the same for all rows, including figures and frames.
        attachment_root: the directory of the rows' files; the working directory by default.
        locale: the locale of `date`, `number`, `money` and `percent`: "de", "de_DE"; English by
            default.
        timezone: the zone in which `date` shows timestamps that have a zone: "Europe/Berlin".
        filters: further filters by name, each a function of the value.
        functions: functions that expressions may call.

    Raises:
        InputError: the syntax of a part is wrong; the text names the part and the line.
    """

    subject: str = ""
    text: str | None = None
    html: str | None = None
    markdown: str | None = None
    attachments: Attachments = ()
    calendar: Any = ""  # text, bytes, or what has to_ical(); text once it is made
    headers: Mapping[str, str] = field(default_factory=dict)
    from_: str = ""
    reply_to: str = ""
    cc: str = ""
    bcc: str = ""
    return_path: str = ""
    list_unsubscribe: str | Sequence[str] = ()
    context: Mapping[str, object] = field(default_factory=dict)
    attachment_root: str | os.PathLike[str] | None = None
    locale: str = ""
    timezone: str | datetime.tzinfo | None = None
    filters: Mapping[str, Callable[..., Any]] = field(default_factory=dict)
    functions: Mapping[str, Callable[..., Any]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.markdown is not None and (self.text is not None or self.html is not None):
            raise InputError(
                "markdown makes both bodies, but text or html is given too",
                remedy="Give markdown alone, or text and html",
            )
        if isinstance(self.attachments, str | os.PathLike):
            raise InputError("attachments is one path", remedy="Write attachments=[path]")
        object.__setattr__(self, "calendar", calendar_source(self.calendar))
        for name, value in {"subject": self.subject, **self.headers}.items():
            refuse_controls(value, f"the template's {name}")
        Compiled(self)

    def own(self) -> Own | None:
        """What its expressions may use beyond what all templates have; None for nothing."""
        if not (self.locale or self.timezone or self.filters or self.functions):
            return None
        return Own(Formats(self.locale, self.timezone), self.filters, self.functions)

    def digest(self, from_: str = "", but: str = "") -> str:
        """Changes when what is written here changes; files, figures and frames are not read.

        Args:
            but: the field that is left out, as the return path is, which no reader sees.
        """
        names = [name for name in self.__dataclass_fields__ if name not in (but, "return_path")]
        parts = {name: _spelling(getattr(self, name)) for name in names}
        parts["from_"] = self.from_ or from_
        return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()


def _spelling(value: object) -> object:
    """A value as JSON can spell it; what has no spelling of its own is known by its kind."""
    if isinstance(value, str | int | float | None):
        return value
    if isinstance(value, os.PathLike):
        return os.fspath(value)
    if isinstance(value, Mapping):
        return {str(name): _spelling(entry) for name, entry in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, bytes):
        return [_spelling(entry) for entry in value]
    return getattr(value, "filename", "") or type(value).__name__


def _without_holes(context: Mapping[str, object]) -> dict[str, object]:
    """The values of `context=`, with nothing in them that would print as `nan`."""
    return {
        name: nested(value, lambda entry: EmptyEntry(name=str(entry)), name)
        for name, value in context.items()
    }


@dataclass(frozen=True, slots=True)
class RenderedRow:
    """The message of one row, before it is composed."""

    draft: Draft
    bcc: Mailboxes
    notes: tuple[Note, ...] = ()
    return_path: Mailbox | None = None


class Compiled:
    """A template ready to meet rows: parsed once, and what never varies made once.

    Args:
        from_, return_path: where the template has none of its own.
        without: normalised addresses that get no copy.
    """

    def __init__(
        self,
        template: Template,
        from_: str = "",
        return_path: str = "",
        without: frozenset[str] = frozenset(),
    ) -> None:
        own = template.own()
        made = standard() if own is None else own.environments()
        html, text = made.html, made.text
        self._subject = Part("subject", template.subject, text)
        self._text = None if template.text is None else Part("text", template.text, text)
        self._html = None if template.html is None else Part("html", template.html, html)
        markdown = template.markdown
        self._markdown = None if markdown is None else MarkdownPart(markdown, made)
        self._headers = {name: Part(name, v, text) for name, v in template.headers.items()}
        self._calendar = CalendarPart(template.calendar, made) if template.calendar else None
        self._unsubscribe = UnsubscribePart(template.list_unsubscribe, made)
        self._from = AddressPart("from_", template.from_ or from_, made)
        self._reply_to = AddressPart("reply_to", template.reply_to, made)
        self._cc = AddressPart("cc", template.cc, made)
        self._bcc = AddressPart("bcc", template.bcc, made)
        self._return_path = ReturnPathPart(template.return_path or return_path, made)
        self._without = without
        self._addresses = (self._from, self._reply_to, self._cc, self._bcc)
        root = Path(template.attachment_root or Path.cwd())
        self._attachments = attachment_parts(template.attachments, root, made)
        self._pictures = Pictures("html" if template.markdown is None else "markdown", root)
        self._images = SharedImages(tuple(template.context.values()))
        self._context = template.context
        self.common = {**text.globals, **_without_holes(template.context)}
        """What all rows have in common, by name."""
        parts = {"subject": template.subject, "text": template.text, "html": template.html,
                 "markdown": template.markdown, **template.headers}  # fmt: skip
        self.sources = {name: source for name, source in parts.items() if source}
        """The parts that readers see, as they were written."""

    def knowing(self, rows: Rows) -> Compiled:
        """The same, which knows what is meant by a name that no column has."""
        known = copy(self)
        unknown = self.names - set(rows.names) - self.common.keys() - {ROW, ADDRESS}
        source = "\n".join(self.sources.values())
        meant = {name: suggestion(name, rows.names, source) for name in unknown}
        known.common = {
            **{name: Unknown(name, meant[name] or rows.hint(name)) for name in unknown},
            **self.common,
        }
        return known

    @property
    def context_in_use(self) -> dict[str, object]:
        """What the template names of its context."""
        return {name: self._context[name] for name in sorted(self.names & self._context.keys())}

    def files(self, row: Row) -> list[Attachment | EncodedPart]:
        """The files that one row attaches, not read. What is made of values is left out.

        Raises:
            InputError: one is not there, or it lies outside of the allowed root.
        """
        values = self.values(row) if self._attachments else {}
        files = [part for part in self._attachments if part.is_file]
        return [file for part in files for file in part.files(values, encode=False)]

    @property
    def reads_files(self) -> bool:
        """True if `files` may find any, so that a message depends on more than its row."""
        return any(part.is_file for part in self._attachments)

    @property
    def has_own_senders(self) -> bool:
        """True if each row says who sends it, so that a refused sender is one row's trouble."""
        return bool(self._from.names or self._return_path.names)

    @property
    def names(self) -> frozenset[str]:
        """Every name that a row or the context has to fill."""
        found = self._unsubscribe.names.union(*(part.names for part in self._attachments))
        bodies = (self._subject, self._text, self._html, self._markdown, self._calendar)
        found = found.union(*(part.names for part in bodies if part is not None))
        found = found.union(self._return_path.names, *(part.names for part in self._addresses))
        return found.union(*(part.names for part in self._headers.values()))

    @property
    def is_plain(self) -> bool:
        """True if a row whose cells are all plain can neither fail nor look odd.

        `check` renders one such row and believes it of the others. So addresses and files must be
        the same for all, and subject and body must have some text of their own.
        """
        parts = [part for part in (self._text, self._html, self._markdown) if part is not None]
        copies = (self._cc.constant or ()) + (self._bcc.constant or ())
        return (
            all(part.is_plain for part in (self._subject, *parts))
            and self._subject.has_words
            and any(part.has_words for part in parts)
            and not self._names_elsewhere
            and not any(box.key in self._without for box in copies)
            and not any(name in self.common for name in self.names)
        )

    @property
    def _names_elsewhere(self) -> frozenset[str]:
        """What a row has to fill outside of subject and bodies."""
        return self._unsubscribe.names.union(
            *(part.names for part in self._addresses),
            *(part.names for part in self._attachments),
            *(part.names for part in self._headers.values()),
            self._calendar.names if self._calendar else (),
            self._return_path.names,
        )

    @property
    def printing(self) -> tuple[Part | None, ...] | None:
        """Subject, text and HTML, if nothing else of a message differs from row to row."""
        if self._names_elsewhere or self._calendar or self._return_path.differs:
            return None
        if self._markdown is None:
            return self._subject, self._text, self._html
        return None if self._markdown.parts is None else (self._subject, *self._markdown.parts)

    def finished(self, text: str, mark: str) -> str | None:
        """The text of `printing` as it is sent; see `MarkdownPart.finished`."""
        return text if self._markdown is None else self._markdown.finished(text, mark)

    def values(self, row: Row) -> dict[str, object]:
        """Everything that the templates may name, for one row."""
        # Columns whose names are not strings do no harm: a template cannot spell them.
        own: dict[str, object] = row  # type: ignore[assignment]
        more = {WHOLE_ROW: row, IMAGES: Images(self._images), NOTES: {}}
        return {ROW: row, **self.common, **own, **more}

    def letter(
        self, row: Row, to: Mailboxes, message_id: str, encode: bool = True, token: str = ""
    ) -> RenderedRow:
        """The message for one row.

        Args:
            message_id: with its angle brackets; or its first half, to stand before the sender's
                domain.
            encode: False only looks whether the row's files could be sent.
            token: what stands for the row in its return path.

        Raises:
            RowError: a name is not filled, an expression fails, a file is missing, an address is
                none, or a header value holds a control character.
        """
        values = self.values(row)
        texts = self._subject.line(values), *self._bodies(values)
        return self.addressed(values, texts, to, message_id, encode, token)

    def addressed(
        self,
        values: Values,
        texts: tuple[str, str | None, str | None],
        to: Mailboxes,
        message_id: str,
        encode: bool = True,
        token: str = "",
    ) -> RenderedRow:
        """The message for one row whose subject, text and HTML are filled in; see `letter`."""
        subject, text, html = texts
        sender = self._sender(values)
        images: Images = values[IMAGES]  # type: ignore[assignment]  # put there by `values`
        notes: Notes = values[NOTES]  # type: ignore[assignment]  # put there by `values`
        files = [file for part in self._attachments for file in part.files(values, encode)]
        calendar = self._calendar.render(values) if self._calendar else ""
        if calendar:
            files.append(invitation(calendar))
        shown = [file for file in files if file.cid]
        if html is not None:
            html = self._pictures.taken_along(html, images, notes)
            check_content_ids(html, (part.cid for part in (*images.parts, *shown)))
        headers = [(name, part.line(values)) for name, part in self._headers.items()]
        draft = Draft(
            from_=sender,
            reply_to=self._reply_to.render(values),
            to=to,
            cc=self._kept(self._cc, values),
            subject=subject,
            text=text,
            html=html,
            attachments=tuple(file for file in files if not file.cid),
            inline=(*images.parts, *shown),
            calendar=calendar,
            message_id=message_id if "@" in message_id else f"<{message_id}@{sender.domain}>",
            headers=(*headers, *self._unsubscribe.render(values)),
        )
        bcc = self._kept(self._bcc, values)
        return_path = self._return_path.render(values, token)
        return RenderedRow(draft, bcc, tuple(notes), return_path)

    def _kept(self, part: AddressPart, values: Values) -> Mailboxes:
        """The copies of a row, without those that are not to get one."""
        boxes = part.render(values)
        notes: Notes = values[NOTES]  # type: ignore[assignment]  # put there by `values`
        for box in boxes:
            if box.key in self._without:
                text = f"{box.address} in {part.what} is in suppress= and gets no copy"
                notes[Note(part.what, text, "Take it out there, if that is not meant")] = None
        return tuple(box for box in boxes if box.key not in self._without)

    def copies(self, row: Row) -> Mailboxes:
        """Who gets a copy of a row's message, seen or unseen.

        Raises:
            RowError: a value makes no address of its place.
        """
        constant = self._cc.constant, self._bcc.constant
        if constant == ((), ()):
            return ()
        values = self.values(row)
        return self._cc.render(values) + self._bcc.render(values)

    def _bodies(self, values: Values) -> tuple[str | None, str | None]:
        if self._markdown is not None:
            return self._markdown.render(values)
        text = None if self._text is None else self._text.render(values)
        return text, None if self._html is None else self._html.render(values)

    def _sender(self, values: Values) -> Mailbox:
        senders = self._from.render(values)
        if not senders:
            raise MissingError("the message has no sender", code=164, remedy="Set from_")
        if len(senders) > 1:
            raise RowError("from_ holds more than one address", column="from_")
        return senders[0]
