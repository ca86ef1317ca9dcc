"""Options of a run: who is left out, how fast it goes, and how long."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

from smtp_nb.errors import InputError
from smtp_nb.merge.planning.renderer import RowMessage
from smtp_nb.merge.planning.standing import GO_ON
from smtp_nb.merge.running.durations import Duration, rate_of, seconds_of
from smtp_nb.merge.running.pace import PaceLimits
from smtp_nb.merge.running.progress import Shown
from smtp_nb.merge.running.quiet import QuietTimes, quiet_hours_of
from smtp_nb.merge.running.source import SkipRow
from smtp_nb.model.address import ascii_domain, parse_mailbox
from smtp_nb.model.doors.typed import typed_arguments
from smtp_nb.model.enums import RecipientType
from smtp_nb.model.envelope import Recipient
from smtp_nb.model.known import known_attributes, suggestion


@known_attributes()
@typed_arguments
@dataclass(frozen=True, kw_only=True)
class Options:
    """The options of a run. A merge takes them for all its runs, a run for itself.

    Attributes:
        skip_invalid: leave rows with errors out, instead of raising before anything is sent.
        limit: the maximum number of messages to send; the other rows are SKIPPED.
        only_to: addresses and domains (`school.test`, `@school.test`); rows with other recipients
            are SKIPPED.
        redirect_to: send every message to this address alone, as a trial: the campaign's journal
            is not touched, and a second trial sends again.
        changed: "go on" sends the rest of a campaign although the template, or values of rows
            already sent, have changed.
        progress: "auto", "text" (a bar), None, or a function that takes a `Progress`.
        connections: the number of parallel connections; each holds one window of messages.
        window: the maximum number of messages in flight (without an outcome) on one connection;
            the client's own `window` (32) by default.
        rate: messages in any period, over all connections: "20/s", "500/h", "500/day". A period of
            an hour or more is a quota: it counts what all runs of the campaign sent.
        domain_rates: the same for each domain of a message's recipients: {"example.org": "100/h"};
            "*" is for each domain that is not named.
        quiet_hours: no message begins in them: "22:00-07:00", also with the name of a time zone.
        wait_for_quota: wait until a quota, the server's too, or quiet hours let the next message
            pass, instead of ending with the time at which to go on. A job of `start()` waits for
            quiet hours anyway.
        messages_per_connection: open a new connection after this many messages.
        deadline: seconds, or "30 min": no message is begun later; the next run goes on.
        patience: seconds, or "10 min": how long to retry greylisted messages and a busy server
            before the rest is left to the next run; 0 does not retry.
        cluster: a client of dask.distributed, whose workers send, each over as many connections as
            `connections` says; the journal is then in PostgreSQL.
    """

    skip_invalid: bool = False
    limit: int | None = None
    only_to: str | Sequence[str] = ()
    redirect_to: str = ""
    changed: str = ""
    progress: Shown = "auto"
    connections: int = 1
    window: int | None = None
    rate: str = ""
    domain_rates: Mapping[str, str] = field(default_factory=dict)
    quiet_hours: QuietTimes = ""
    wait_for_quota: bool = False
    messages_per_connection: int | None = None
    deadline: Duration | None = None
    patience: Duration = 600.0
    cluster: Any = None  # a distributed.Client, which only the extra `cluster` brings

    def __post_init__(self) -> None:
        for name in ("connections", "messages_per_connection", "window"):
            if (number := getattr(self, name)) is not None and number < 1:
                raise InputError(f"{name} is {number}", remedy="Give 1 or more")
        if self.limit is not None and self.limit < 0:
            raise InputError(f"limit is {self.limit}", remedy="Give the number of messages")
        if self.changed not in ("", GO_ON):
            raise InputError(f"changed={self.changed!r} is unknown", remedy=f"Give {GO_ON!r}")
        _ = (
            self.allowed,
            self.redirected,
            self.limits,
        )  # wrong addresses are told before anything happens

    def readdressed(self, message: RowMessage) -> tuple[Recipient, ...]:
        """The recipients that this run allows for a message.

        Raises:
            LeaveOut: one of them is not among `only_to`.
        """
        if allowed := self.allowed:
            for recipient in message.recipients:
                if not allowed & {recipient.mailbox.key, recipient.mailbox.domain.lower()}:
                    raise SkipRow(f"{recipient.address} is not in only_to")
        return self.redirected or message.recipients

    @cached_property
    def limits(self) -> PaceLimits:
        """How fast it may go."""
        return PaceLimits(
            rate=rate_of("rate", self.rate) if self.rate else None,
            domain_rates={
                domain if domain == "*" else ascii_domain(domain).lower(): rate_of(domain, rate)
                for domain, rate in self.domain_rates.items()
            },
            messages_per_connection=self.messages_per_connection,
            deadline_s=None if self.deadline is None else seconds_of("deadline", self.deadline),
            patience_s=seconds_of("patience", self.patience),
            quiet=quiet_hours_of(self.quiet_hours),
        )

    @cached_property
    def redirected(self) -> tuple[Recipient, ...]:
        """The one recipient of a trial; empty otherwise."""
        if not self.redirect_to:
            return ()
        return (Recipient(parse_mailbox(self.redirect_to), RecipientType.TO),)

    @cached_property
    def allowed(self) -> frozenset[str]:
        """Normalised addresses and domains; empty if all are allowed."""
        given = [self.only_to] if isinstance(self.only_to, str) and self.only_to else self.only_to
        return frozenset(map(_allowed, given))


def option_defaults() -> dict[str, object]:
    """The fields of `Options` with what holds without them."""
    plain = Options()
    return {name: getattr(plain, name) for name in Options.__dataclass_fields__}


def as_written() -> dict[str, str]:
    """What is given to a run and not assigned, and how that is written."""
    own = ("frame", "template", "to", "from_", "return_path", "journal", "key", "group_by")
    return {
        name: f"run({name}=…) or MailMerge(…, {name}=…)" for name in Options.__dataclass_fields__
    } | {name: f"MailMerge(…, {name}=…)" for name in (*own, "suppress")}


def _allowed(entry: str) -> str:
    local, _, domain = entry.rpartition("@")
    return parse_mailbox(entry).key if local else ascii_domain(domain).lower()


def changed_options(base: Options, given: dict[str, Any]) -> Options:
    """The options with those that were given in place of the old ones.

    Raises:
        InputError: there is no such option, or a value does not fit.
    """
    for name in given:
        if name not in Options.__dataclass_fields__:
            known = list(Options.__dataclass_fields__)
            raise InputError(
                f"a merge has no option {name!r}",
                remedy=suggestion(name, known) or f"There are {', '.join(known)}",
            )
    return replace(base, **given)
