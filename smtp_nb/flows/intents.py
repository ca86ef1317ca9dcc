"""Everything that a flow may ask of a driver, and so the whole contract of a driver.

A flow is a generator. It yields one of these values, the driver does what it says and sends the
answer back, or throws what went wrong. Nothing else crosses, the clock apart, which a session gets
as a function. After an `Interrupted` was thrown a flow yields only `Close` and `Done`, so that
whoever pressed Ctrl-C does not wait again.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeVar

from smtp_nb.model.envelope import DeliveryJob
from smtp_nb.model.events import Event
from smtp_nb.model.receipt import Receipt


@dataclass(frozen=True, slots=True)
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


@dataclass(frozen=True, slots=True)
class Peer:
    """Both ends of an open connection.

    Attributes:
        others: further addresses of the host, which might be tried too.
        failed: those that were tried before in vain, each with what became of it.
    """

    remote_address: str
    remote_port: int
    local_address: str = ""
    local_port: int = 0
    others: tuple[str, ...] = ()
    failed: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Notice:
    """What to do about a wait that lasts: say so. It goes on being one wait.

    Attributes:
        after_s: seconds into the wait.
        tell: says it; called at most once for this wait.
    """

    after_s: float
    tell: Callable[[], None]


@dataclass(frozen=True, slots=True)
class Open:
    """Connect to the first address of a host that takes us (RFC 8305). Answer: a `Peer`.

    Attributes:
        addresses: try these, and do not look the name up.
    """

    host: str
    port: int
    timeout_s: float | None = None
    options: SocketOptions = field(default_factory=SocketOptions)
    addresses: tuple[str, ...] = ()
    notice: Notice | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Resolve:
    """Look a name up. Answer: its addresses as texts, at least one, the best first."""

    host: str
    port: int
    timeout_s: float | None = None
    options: SocketOptions = field(default_factory=SocketOptions)
    notice: Notice | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Write:
    """Write all of it, and go on reading into the inbox meanwhile. Answer: None."""

    data: bytes = field(repr=False)  # may hold a password
    timeout_s: float | None = None
    notice: Notice | None = field(default=None, compare=False, repr=False)


class Octets(bytes):
    """Octets of the peer, which echoes passwords at times: no traceback shows them."""

    def __repr__(self) -> str:
        return f"<{len(self)} octets>"

    __str__ = __repr__


@dataclass(frozen=True, slots=True)
class Read:
    """Answer: the next `Octets`, at least one; b"" once the peer has closed its side."""

    timeout_s: float | None = None
    waiting_for: str = "a reply"
    notice: Notice | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Probe:
    """What came in by itself? Answer: the octets, b"" if the peer closed, None if nothing came."""


@dataclass(frozen=True, slots=True)
class Sleep:
    """Wait. Answer: None."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Call:
    """Call something that may keep us waiting, where it keeps nobody else waiting: on a thread.

    Answer: what it returns. If we are stopped meanwhile it goes on by itself, and nobody hears of
    what came of it.
    """

    work: Callable[[], Any]  # the answer is of its kind
    waiting_for: str
    timeout_s: float | None = None
    notice: Notice | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class WaitForJobs:
    """Wait for the source to have jobs: so long, or until somebody nudges. Answer: True; False if
    no job is wanted any more."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Notify:
    """Show the observers an event and wait until they have had their say. Answer: None."""

    event: Event


@dataclass(frozen=True, slots=True)
class Close:
    """Let go of the connection. Not gently: reset it, so that no octet still under way arrives."""

    gently: bool = True


@dataclass(frozen=True, slots=True)
class PushConnection:
    """Keep the connection open but out of the way: what follows is about another one. Answer: None.

    `Close` closes those put aside too.
    """


@dataclass(frozen=True, slots=True)
class PopConnection:
    """Close the connection that is there, if any, and go on with the one put aside. Answer:
    None."""


@dataclass(frozen=True, slots=True)
class Next:
    """Ask the source for jobs. Answer: what its `next_jobs(most)` returns; None without asking it
    if no job is wanted any more, as after a first Ctrl-C. Both end `deliver`."""

    most: int


@dataclass(frozen=True, slots=True)
class Prefetch:
    """The flow is about to wait for the server: call the source's `prepare(most)`. Answer: None.

    A hint: a driver that carries it out late, or not at all, is slower but correct.
    """

    most: int


@dataclass(frozen=True, slots=True)
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
    """What is to be said if this intent keeps us waiting."""
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
        """Get up to `most` jobs ready for the next call, if that is of use. It raises nothing."""

    def done(self, results: Sequence[tuple[DeliveryJob, Receipt]]) -> None:
        """What became of jobs, in the order in which they were taken."""
