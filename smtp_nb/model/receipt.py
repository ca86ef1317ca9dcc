"""Delivery receipts: which recipients got a message, and what the server replied."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, fields
from typing import Any

from smtp_nb.model.display import bounded, masked, visible
from smtp_nb.model.enums import RecipientType
from smtp_nb.model.known import known_attributes
from smtp_nb.model.outcome import Outcome
from smtp_nb.model.reply import Reply

SHOWN_ROWS = 50


@known_attributes()
@dataclass(frozen=True, slots=True)
class RecipientResult:
    """The result for one recipient.

    Attributes:
        address: as in the envelope.
        kind: To, Cc or Bcc.
        outcome: ACCEPTED, REFUSED, DEFERRED, NOT_SENT or UNKNOWN.
        code: the reply that decided it, 0 if none came.
        enhanced_code: RFC 3463, or empty.
        text: the text of the reply, or what happened to the connection.
        stage: what that reply answered: MAIL, RCPT or END (DATA and the content), or empty.
    """

    address: str
    kind: RecipientType
    outcome: Outcome
    code: int = 0
    enhanced_code: str = ""
    text: str = ""
    stage: str = field(default="", compare=False, repr=False)

    @property
    def words(self) -> str:
        """Codes and text of the reply that decided it."""
        return " ".join(filter(None, (str(self.code or ""), self.enhanced_code, self.text)))

    def __str__(self) -> str:
        """One line, safe to print: control characters in the reply are escaped."""
        words = self.words.replace("\n", " ")
        return visible(f"{self.outcome:9} {self.address}  {words}")


@known_attributes()
@dataclass(frozen=True, slots=True)
class TLSInfo:
    """What the TLS handshake negotiated. Empty and 0 mean unknown."""

    protocol: str
    cipher: str
    bits: int = 0
    suite: str = ""
    key_exchange: str = ""
    key_exchange_bits: int = 0

    def __str__(self) -> str:
        return f"{self.protocol} {self.cipher}"


@known_attributes()
@dataclass(frozen=True, slots=True, repr=False)
class Receipt:
    """The delivery receipt of one message.

    Attributes:
        outcome: ACCEPTED for all, PARTIAL for some, else the common outcome of all.
        recipients: one result each, in the order of the envelope.
        reply: the reply to the end of the data, or the one that ended the message; None if the
            connection failed first.
        queue_id: the id under which the server queued it, if its reply holds one.
        message_id: the Message-ID with its angle brackets.
        size: bytes of the content as composed.
        seconds: from the first command of the message to its last reply.
        tls: what protected the connection, or None.
    """

    outcome: Outcome
    recipients: tuple[RecipientResult, ...]
    reply: Reply | None = None
    queue_id: str = ""
    message_id: str = ""
    size: int = 0
    seconds: float = 0.0
    tls: TLSInfo | None = None

    def __bool__(self) -> bool:
        """True if at least one recipient was accepted."""
        return self.outcome in (Outcome.ACCEPTED, Outcome.PARTIAL)

    def __str__(self) -> str:
        head = f"{self.outcome}: {self.message_id or 'message'}"
        if self.queue_id:
            head += f" queued as {self.queue_id}"
        shown, left = self._first_rows()
        rest = [f"  and {left:,} more"] if left else []
        return "\n".join([visible(head), *(f"  {result}" for result in shown), *rest])

    def __repr__(self) -> str:
        """The fields, with only the first recipients."""
        shown = {f.name: getattr(self, f.name) for f in fields(self)}
        facts = [f"{name}={value!r}" for name, value in shown.items() if name != "recipients"]
        facts.insert(1, f"recipients={bounded(self.recipients)}")
        return f"Receipt({', '.join(facts)})"

    def _rows(self, show: Callable[[str], str]) -> list[tuple[str, str]]:
        """Address and outcome of each recipient; `show` masks what a notebook saves.

        Of very many, those that did not get it come first, and the rest is counted.
        """
        results, left = self._first_rows()
        rows = [
            (visible(show(r.address)), visible(show(f"{r.outcome} {r.words}"))) for r in results
        ]
        return [*rows, ("…", f"and {left:,} more")] if left else rows

    def _first_rows(self) -> tuple[list[RecipientResult], int]:
        """The recipients that are shown, and how many more there are."""
        results = list(self.recipients)
        if len(results) > SHOWN_ROWS:
            results.sort(key=lambda result: result.outcome is Outcome.ACCEPTED)
        return results[:SHOWN_ROWS], max(0, len(results) - SHOWN_ROWS)

    # IPython passes its printer, of a class that the model does not know.
    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        printer.text(self.forms()[0])

    def _repr_html_(self) -> str:
        return self.forms()[1]

    def forms(self, *, show_addresses: bool = False) -> tuple[str, str]:
        """Text and HTML for a cell, addresses masked unless it says otherwise."""
        from html import escape  # loaded only where it is shown

        found = self._rows(str if show_addresses else masked)
        text = "\n".join([str(self.outcome), *(f"  {who}  {words}" for who, words in found)])
        left = ' style="text-align:left"'  # nbconvert aligns all cells to the right
        rows = "".join(
            f'<tr><th scope="row"{left}>{escape(address)}</th><td{left}>{escape(words)}</td></tr>'
            for address, words in found
        )
        return text, f"<p>{self.outcome}</p><table>{rows}</table>"


def summary(outcomes: Iterable[Outcome]) -> Outcome:
    """Return the outcome of a message from those of its recipients.

    Doubt outweighs the rest: a message that may have left for one recipient is UNKNOWN, unless it
    certainly left for another, which is PARTIAL.
    """
    found = set(outcomes)
    if found == {Outcome.ACCEPTED}:
        return Outcome.ACCEPTED
    if Outcome.ACCEPTED in found:
        return Outcome.PARTIAL
    for worst in (Outcome.UNKNOWN, Outcome.DEFERRED, Outcome.NOT_SENT):
        if worst in found:
            return worst
    return Outcome.REFUSED
