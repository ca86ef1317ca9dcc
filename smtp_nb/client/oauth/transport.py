"""HTTPS transport to the login services, with a time limit and the user's trusted authorities."""

from __future__ import annotations

from typing import Any, TypeVar

from requests import PreparedRequest, Response, Session
from requests.adapters import HTTPAdapter

S = TypeVar("S", bound=Session)
TIMEOUT_S = 30.0


class Adapter(HTTPAdapter):
    """Apply a default timeout; without it a request would block forever on a silent service."""

    def __init__(self, verify: bool | str) -> None:
        self._verify = verify
        super().__init__(max_retries=1)

    # As in the class above, the types of what is handed on are requests' own.
    def send(self, request: PreparedRequest, *args: Any, **options: Any) -> Response:
        options["timeout"] = options.get("timeout") or TIMEOUT_S
        if self._verify is not True:
            # A session's own `verify` loses against REQUESTS_CA_BUNDLE of the environment.
            options["verify"] = self._verify
        return super().send(request, *args, **options)


def prepared(session: S, verify: bool | str) -> S:
    """Set up a session."""
    session.mount("https://", Adapter(verify))
    return session
