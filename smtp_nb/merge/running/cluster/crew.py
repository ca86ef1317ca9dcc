"""The tasks of a run on a Dask cluster: one for each worker, as long as there is something to do.

A task stays with its worker and is lost with it; a worker that comes later gets one of its own.
Left to Dask, the tasks of workers that died pile up on those that are left, and a newcomer has
nothing to do. A task may run anywhere, and twice, and sends nothing twice: the claims decide.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from smtp_nb import ambient
from smtp_nb.errors import InputError, LinkError, SMTPError, Unsupported
from smtp_nb.merge.running.cluster.shipment import Parcel, Shipment
from smtp_nb.merge.running.cluster.worker import WorkerReport, open_and_work
from smtp_nb.merge.running.progress import RESUME
from smtp_nb.wording import install

# Of dask.distributed, which has few types of its own.
Client = Any
Future = Any

# So many tasks in a row that end without a message decided are no accident.
_FAILURES = 10
# How long the report of a task is waited for, and a worker that is to receive the shipment.
_REPORT_S, _SCATTER_S = 10.0, 2.0
_RUNNING, _PENDING, _FINISHED, _ERROR = "running", "pending", "finished", "error"


def require_client(client: object) -> None:
    """See that a run can begin on a cluster.

    Raises:
        InputError: it is no client, or one for asyncio.
        LinkError: it has no scheduler.
        Unsupported: Dask is not installed.
    """
    try:
        import distributed
    except ImportError as error:
        raise Unsupported("cluster= needs dask.distributed", remedy=install("cluster")) from error
    if not isinstance(client, distributed.Client) or client.asynchronous:
        raise InputError(
            "cluster= is not a blocking client of dask.distributed",
            remedy="Give cluster=Client(…) from dask.distributed",
        )
    if client.status != _RUNNING:
        raise scheduler_gone()


def scheduler_gone() -> LinkError:
    """What a run without its scheduler ends with."""
    return LinkError(
        "the scheduler of cluster= is gone",
        remedy="Connect to a cluster, then run again to resume",
    )


class Crew:
    """The tasks of a run.

    Attributes:
        errors: what stopped workers.
        is_final: True if no further worker would get anything done.
        resume: how to go on, in words.
    """

    def __init__(self, client: Client, shipment: Shipment) -> None:
        self._client = client
        self._parcel = Parcel.of(shipment)
        self._news = threading.Event()
        self._tasks: dict[str, Future] = {}
        self._workers: set[str] = set()
        self._served: set[str] = set()
        self._freight: Future | None = None
        self._call: Future | None = None
        self._lost = 0
        self.errors: list[SMTPError] = []
        self.is_final = False
        self.resume = RESUME

    @property
    def is_busy(self) -> bool:
        """True while a task is waiting or running."""
        return bool(self._tasks)

    @property
    def is_cut_off(self) -> bool:
        """True if the tasks are no longer followed."""
        return bool(self._client.status != _RUNNING)

    @property
    def has_workers(self) -> bool:
        """True if the cluster had a worker when `muster` looked."""
        return bool(self._workers)

    def wait(self, seconds: float) -> None:
        """Wait until a task has ended, at most so long."""
        self._news.wait(seconds)
        self._news.clear()

    def muster(self) -> None:
        """Take note of tasks that have ended, and of workers that have gone or come."""
        with suppress(OSError):  # a scheduler that is gone shows in `is_cut_off`
            self._workers = set(self._client.nthreads())
        self._served &= self._workers
        for address in list(self._tasks):
            if address not in self._workers:
                self._lose(address)
            elif self._tasks[address].status != _PENDING:
                self._release(address)
        if not (self.is_final or self.is_cut_off):
            self._serve_newcomers()

    def ask_again(self) -> None:
        """Messages are waiting although no task found any: each worker gets another one."""
        self._served.clear()

    def went_well(self) -> None:
        """Messages were decided."""
        self._lost = 0

    def close(self) -> None:
        """Let go of what is left; a task that has not begun does not begin."""
        with suppress(OSError):  # there may be no scheduler any more
            for task in self._tasks.values():
                task.cancel()
        self._tasks.clear()

    # -- tasks --------------------------------------------------------------------------------

    def _release(self, address: str) -> None:
        """Take the report of a task that has ended."""
        task = self._tasks[address]
        if task.status != _FINISHED:
            self._lose(address, task.exception() if task.status == _ERROR else None)
            return
        try:
            report: WorkerReport = task.result(_REPORT_S)
        except OSError:  # its worker died with it
            self._lose(address)
            return
        del self._tasks[address]
        self.is_final = self.is_final or report.is_final
        if report.resume != RESUME:
            self.resume = report.resume
        if report.error is not None:
            self.errors.append(report.error)

    def _lose(self, address: str, said: BaseException | None = None) -> None:
        """Give up a task that ended without a report; its worker, if it lives, gets another."""
        with suppress(OSError):
            self._tasks.pop(address).cancel()
        self._served.discard(address)
        self._count_loss(said)

    def _count_loss(self, said: BaseException | None) -> None:
        self._lost += 1
        if self._lost >= _FAILURES:
            self.is_final = True
            self.errors.append(_given_up(said))

    def _serve_newcomers(self) -> None:
        newcomers = self._workers - self._served
        if not self._workers:
            self._call_for_workers()
        elif newcomers and (freight := self._loaded()) is not None:
            self._call = None
            for address in newcomers:
                self._tasks[address] = self._submit(open_and_work, freight, workers=[address])
                self._served.add(address)

    def _call_for_workers(self) -> None:
        """Have something to do, for a cluster that starts workers when there is."""
        if self._call is None:
            self._call = self._submit(_here)

    def _submit(self, do: Callable[..., object], *given: object, **where: object) -> Future:
        # By no hash of what is in it, so that no key of Dask's says anything about it.
        key = f"smtp_nb-merge-{ambient.random(16).hex()}"
        task = self._client.submit(do, *given, key=key, pure=False, **where)
        task.add_done_callback(lambda _: self._news.set())
        return task

    def _loaded(self) -> Future | None:
        """What all tasks need, with the workers; None if it cannot be brought there now."""
        if self._freight is None or self._freight.status != _FINISHED:
            # Else it is lost with the workers that had it.
            try:
                self._freight = self._client.scatter(
                    self._parcel, broadcast=True, hash=False, timeout=_SCATTER_S
                )
            except OSError as error:  # those who were to have it died
                self._count_loss(error)
                return None
        return self._freight


def _here() -> None:
    """What a worker is called for that has nothing to do yet."""


def _given_up(said: BaseException | None) -> SMTPError:
    why = f": {type(said).__name__}: {said}" if said is not None else ""
    return SMTPError(
        f"{_FAILURES} workers in a row ended before they got anything done{why}",
        remedy="Look at the logs of the workers, then run again to resume",
    )
