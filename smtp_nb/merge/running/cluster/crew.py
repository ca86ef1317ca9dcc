"""The tasks of a run on a Dask cluster: one for each worker, as long as there is something to do.

Dask decides where a task runs, and runs it again where its worker died. That sends nothing twice,
because the claims decide. Here a task is only replaced that Dask gave up.
"""

from __future__ import annotations

import threading
from contextlib import suppress
from typing import Any

from smtp_nb import ambient
from smtp_nb.errors import InputError, LinkError, SMTPError, Unsupported
from smtp_nb.merge.running.cluster.shipment import Shipment
from smtp_nb.merge.running.cluster.worker import WorkerReport, work
from smtp_nb.merge.running.progress import RESUME
from smtp_nb.wording import install

# Of dask.distributed, which has few types of its own.
Client = Any
Future = Any

# So many tasks in a row that end without a message decided are no accident.
_FAILURES = 10
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
        self._shipment = shipment
        self._news = threading.Event()
        self._tasks: list[Future] = []
        self._lost = 0
        self.errors: list[SMTPError] = []
        self.is_final = False
        self.resume = RESUME
        self._freight = self._scattered()
        for address in list(client.nthreads()) or [""]:
            self._hire(address)

    def _scattered(self) -> Future:
        # By no hash of what is in it, so that no key of Dask's says anything about it.
        return self._client.scatter(self._shipment, broadcast=True, hash=False)

    def _hire(self, address: str = "") -> None:
        where = {"workers": [address], "allow_other_workers": True} if address else {}
        task = self._client.submit(
            work,
            self._freight,
            key=f"smtp_nb-merge-{ambient.random(16).hex()}",
            pure=False,
            **where,
        )
        task.add_done_callback(lambda _: self._news.set())
        self._tasks.append(task)

    @property
    def is_busy(self) -> bool:
        """True while a task is waiting or running."""
        return bool(self._tasks)

    @property
    def is_cut_off(self) -> bool:
        """True if the tasks are no longer followed."""
        return bool(self._client.status != _RUNNING)

    def wait(self, seconds: float) -> None:
        """Wait until a task has ended, at most so long."""
        self._news.wait(seconds)
        self._news.clear()

    def muster(self) -> None:
        """Take note of tasks that have ended."""
        for task in [task for task in self._tasks if task.status != _PENDING]:
            self._tasks.remove(task)
            if task.status == _FINISHED:
                report: WorkerReport = task.result()
                self.is_final = self.is_final or report.is_final
                if report.resume != RESUME:
                    self.resume = report.resume
                if report.error is not None:
                    self.errors.append(report.error)
            elif not self.is_cut_off:
                self._lost += 1
                said = task.exception() if task.status == _ERROR else None
                if self._lost >= _FAILURES:
                    self.errors.append(_given_up(said))
                else:
                    self.hire_another()

    def hire_another(self) -> None:
        """One more task, for messages that are waiting."""
        if self._freight.status != _FINISHED:  # lost with the workers that had it
            self._freight = self._scattered()
        self._hire()

    def went_well(self) -> None:
        """Messages were decided."""
        self._lost = 0

    def close(self) -> None:
        """Let go of what is left; a task that has not begun does not begin."""
        with suppress(OSError):  # there may be no scheduler any more
            for task in self._tasks:
                task.cancel()
        self._tasks.clear()


def _given_up(said: BaseException | None) -> SMTPError:
    why = f": {type(said).__name__}: {said}" if said is not None else ""
    return SMTPError(
        f"{_FAILURES} workers in a row ended before they got anything done{why}",
        remedy="Look at the logs of the workers, then run again to resume",
    )
