"""Intents: everything that a flow may ask of a driver, and so the driver's whole contract.

A flow is a generator. It yields one of these values; the driver carries it out and sends the answer
back, or throws what went wrong. Nothing else crosses, except the clock, which a session gets as a
function. After an `Interrupted` was thrown a flow yields only `Close` and `Done`, so that the user
who pressed Ctrl-C does not wait again.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from dataclasses import field
from typing import Any, Protocol, TypeVar

from smtp_nb.model.envelope import DeliveryJob
from smtp_nb.model.events import Event
from smtp_nb.model.known import value
from smtp_nb.model.receipt import Receipt


@value
class SocketOptions:
    """How to open the connection. `None` and 0 leave it to the system.

    Attributes:
        use_ipv6: 0 IPv4 only, 1 IPv6 only, 2 both in turn, IPv6 first (RFC 8305 section 4).
        keep_alive_s, keep_alive_interval_s: silence before the first probe, and between probes.
        linger: False resets the connection when it is closed, gently or not.
        linger_s: how long a gentle close may last; 0: as long as TCP tries, in the background.
    """

    local_host: str = ""
    local_port: int = 0
    use_ipv6: int = 0
    tcp_no_delay: bool = True
    keep_alive: bool = False
    keep_alive_s: int = 0
    keep_alive_interval_s: int = 0
    linger: bool = True
    linger_s: int = 0
    in_buffer_size: int = 0
    out_buffer_size: int = 0


@value
class Peer:
    """Both ends of an open connection.

    Attributes:
        others: further addresses of the host, which might be tried too.
        failed: those that were tried before without success, each with its error.
    """

    remote_address: str
    remote_port: int
    local_address: str = ""
    local_port: int = 0
    others: tuple[str, ...] = ()
    failed: tuple[str, ...] = ()


@value
class Notice:
    """A notice for a long wait. The wait itself goes on.

    Attributes:
        after_s: seconds into the wait.
        tell: gives the notice; called at most once for this wait.
    """

    after_s: float
    tell: Callable[[], None]


@value
class Open:
    """Connect to the first address of a host that accepts us (RFC 8305). Answer: a `Peer`.

    Attributes:
        addresses: try these, and do not look the name up.
    """

    host: str
    port: int
    timeout_s: float | None = None
    options: SocketOptions = field(default_factory=SocketOptions)
    addresses: tuple[str, ...] = ()
    notice: Notice | None = field(default=None, compare=False, repr=False)


@value
class Resolve:
    """Look a name up. Answer: its addresses as texts, at least one, the best first."""

    host: str
    port: int
    timeout_s: float | None = None
    options: SocketOptions = field(default_factory=SocketOptions)
    notice: Notice | None = field(default=None, compare=False, repr=False)


@value
class Write:
    """Write all of it, and meanwhile keep reading into the inbox. Answer: None."""

    data: bytes = field(repr=False)  # may hold a password
    timeout_s: float | None = None
    notice: Notice | None = field(default=None, compare=False, repr=False)


class Octets(bytes):
    """Bytes from the peer, which may echo passwords: no traceback shows them."""

    def __repr__(self) -> str:
        return f"<{len(self)} bytes>"

    __str__ = __repr__


@value
class Read:
    """Read. Answer: the next `Octets`, at least one byte; b"" once the peer has closed its side."""

    timeout_s: float | None = None
    waiting_for: str = "a reply"
    notice: Notice | None = field(default=None, compare=False, repr=False)


@value
class Probe:
    """Read without waiting. Answer: the bytes, b"" if the peer closed, None if there are none."""


@value
class Sleep:
    """Wait. Answer: None."""

    seconds: float


@value
class Call:
    """Call something that may block, on a thread, where it blocks nothing else.

    Answer: what it returns. If the flow is stopped meanwhile the call goes on by itself and its
    result is dropped.
    """

    work: Callable[[], Any]  # the answer is of its kind
    waiting_for: str
    timeout_s: float | None = None
    notice: Notice | None = field(default=None, compare=False, repr=False)


@value
class WaitForJobs:
    """Wait for the source to have jobs, up to this time or until a nudge. Answer: True; False if no
    job is wanted any more."""

    seconds: float


@value
class Notify:
    """Show the observers an event and wait for their handlers. Answer: None."""

    event: Event


@value
class Close:
    """Close the connection. Not gently: reset it, so that no byte still in flight arrives."""

    gently: bool = True


@value
class PushConnection:
    """Set the connection aside, still open: what follows is about another one. Answer: None.

    `Close` closes those put aside too.
    """


@value
class PopConnection:
    """Close the current connection, if any, and return to the one set aside. Answer:
    None."""


@value
class Next:
    """Ask the source for jobs. Answer: what its `next_jobs(most)` returns; None without asking it
    if no job is wanted any more, as after a first Ctrl-C. Both end `deliver`."""

    most: int


@value
class Prefetch:
    """Announce that the flow is about to wait for the server: call the source's `prepare(most)`.
    Answer: None.

    A hint: a driver that carries it out late, or not at all, is slower but correct.
    """

    most: int


@value
class Done:
    """Tell the source what became of jobs. Answer: None."""

    results: Sequence[tuple[DeliveryJob, Receipt]]


Intent = (
    Open | Resolve | Write | Read | Probe | Close | PushConnection | PopConnection  # the connection
    | Sleep | WaitForJobs | Call | Notify | Next | Prefetch | Done
)  # fmt: skip
T = TypeVar("T")
# The answer's type depends on the intent; a generator has one type for all of them.
Flow = Generator[Intent, Any, T]


def notice_of(intent: Intent) -> Notice | None:
    """Return the notice for this intent if it has to wait for long."""
    return intent.notice if isinstance(intent, (Open, Resolve, Write, Read, Call)) else None


class JobSource(Protocol):
    """Where `deliver` gets its jobs and leaves the results.

    The driver calls these three methods while it carries out `Next`, `Prefetch` and `Done`: one at
    a time, never while another intent is under way. What `next_jobs` or `done` raises ends the
    delivery: jobs in flight are reported to `done`, then the flow is closed.
    """

    def next_jobs(self, most: int) -> Sequence[DeliveryJob]:
        """Up to `most` jobs to send now; an empty sequence if there is none for now.

        An empty sequence ends `deliver`; `deliver_with_reconnects` then asks its source whether to
        wait for more.
        """

    def prepare(self, most: int) -> None:
        """Get up to `most` jobs ready for the next call, if that helps. It raises nothing."""

    def done(self, results: Sequence[tuple[DeliveryJob, Receipt]]) -> None:
        """Report what became of jobs, in the order in which they were taken."""
