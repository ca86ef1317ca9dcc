"""Where a run is sent from: this process, or the workers of a cluster."""

from __future__ import annotations

import asyncio

from smtp_nb.merge.journal.url import Place
from smtp_nb.merge.running.options import Options
from smtp_nb.merge.running.run import Run
from smtp_nb.merge.running.sending import Server, asend, send


def require(options: Options, place: Place, server: Server) -> None:
    """See that a run with these options can begin there, before anything is written.

    Raises:
        InputError: the cluster, the journal and the server do not go together.
    """
    if options.cluster is not None:
        from smtp_nb.merge.running.cluster.conductor import require_cluster

        require_cluster(options, place, server)


def dispatch(run: Run, server: Server) -> None:
    """Send what a run has to send, and wait for the end.

    Raises:
        SMTPError: could not connect, or no connection got anything done; or the server refused
            the sender or the session; or the cluster is gone.
    """
    if run.options.cluster is None:
        send(run, server)
    else:
        from smtp_nb.merge.running.cluster.conductor import conduct

        conduct(run, server)


async def adispatch(run: Run, server: Server) -> None:
    """As `dispatch`, for asyncio: a cluster is followed from a thread."""
    if run.options.cluster is None:
        await asend(run, server)
        return
    sending = asyncio.ensure_future(asyncio.to_thread(dispatch, run, server))
    try:
        await asyncio.shield(sending)
    except asyncio.CancelledError:
        run.control.cancel()
        await sending
        raise
