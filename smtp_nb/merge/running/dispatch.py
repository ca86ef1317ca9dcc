"""Where a run is sent from: this process, or the workers of a cluster."""

from __future__ import annotations

from smtp_nb.errors import InputError
from smtp_nb.merge.journal.url import Place
from smtp_nb.merge.running.options import Options
from smtp_nb.merge.running.run import Run
from smtp_nb.merge.running.sending import Server, send


def require(options: Options, place: Place, server: Server, *, is_awaited: bool = False) -> None:
    """See that a run with these options can begin there, before anything is written.

    Raises:
        InputError: the cluster, the journal and the server do not go together.
    """
    if options.cluster is None:
        return
    if is_awaited:
        raise InputError("arun() takes no cluster=", remedy="Use run() or start()")
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
