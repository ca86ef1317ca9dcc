"""The verbs of the sandbox: `server start`, and what is asked of the server after it."""

from __future__ import annotations

from smtp_nb.notebook.verb import Verb
from smtp_nb.notebook.verbs.server import heal, reset, server, sessions

VERBS: tuple[Verb, ...] = (*server.VERBS, *sessions.VERBS, *heal.VERBS, *reset.VERBS)
