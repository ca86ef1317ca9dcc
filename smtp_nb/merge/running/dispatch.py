"""Where a run is sent from: this process, or the workers of a cluster."""

from __future__ import annotations

from smtp_nb.merge.running.run import Run
from smtp_nb.merge.running.sending import Server, send


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
