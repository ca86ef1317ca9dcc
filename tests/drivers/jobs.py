"""A stream of numbered letters that keeps account of every one of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from smtp_nb.compose.raw import raw_content
from smtp_nb.flows.intents import JobSource
from smtp_nb.model.address import parse_mailbox
from smtp_nb.model.envelope import DeliveryJob, Envelope, Recipient
from smtp_nb.model.outcome import Outcome
from smtp_nb.model.receipt import Receipt


def numbered(tag: object) -> DeliveryJob:
    """A letter whose sender and recipient tell which one it is."""
    sender, to = parse_mailbox(f"from-{tag}@example.test"), parse_mailbox(f"{tag}@example.test")
    content = raw_content(f"Subject: {tag}\r\nMessage-ID: <{tag}@example.test>\r\n\r\nHello\r\n")
    return DeliveryJob(Envelope(sender, (Recipient(to),)), content, tag)


class Stream(JobSource):
    """Gives so many letters (a `JobSource`).

    Args:
        prefix: tells the letters of several streams apart.
        before: called with the number of letters taken, before more are given.
        name: what a letter is called, from its number.

    Attributes:
        taken: the tags that were asked for, in order.
        given: what came back for each, in order.
    """

    def __init__(
        self,
        count: int,
        prefix: str = "n",
        before: Callable[[int], object] | None = None,
        name: Callable[[int], str] | None = None,
    ) -> None:
        self._left = count
        self._name = name or (lambda number: f"{prefix}{number}")
        self._before = before
        self.taken: list[str] = []
        self.given: list[tuple[str, Receipt]] = []

    def next_jobs(self, most: int) -> Sequence[DeliveryJob]:
        if self._before is not None:
            self._before(len(self.taken))
        count = min(most, self._left)
        self._left -= count
        tags = [self._name(len(self.taken) + number) for number in range(count)]
        self.taken += tags
        return [numbered(tag) for tag in tags]

    def done(self, results: Sequence[tuple[DeliveryJob, Receipt]]) -> None:
        self.given += [(str(job.tag), receipt) for job, receipt in results]

    @property
    def outcomes(self) -> dict[str, Outcome]:
        """What became of each letter."""
        return {tag: receipt.outcome for tag, receipt in self.given}

    def assert_complete(self) -> None:
        """Every letter taken came back, once."""
        assert [tag for tag, _ in self.given] == self.taken


COPIES = {Outcome.ACCEPTED: {1}, Outcome.UNKNOWN: {0, 1}, Outcome.NOT_SENT: {0}}
"""How many copies the server may have of a letter with this outcome."""
