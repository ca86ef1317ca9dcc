"""OAuth accounts: how a grant is obtained, stored, and turned into tokens.

What differs between the services is in `gmail` and `outlook`. The rules are here: one grant at a
time, stored as soon as it arrives or changes, and no token in any text or traceback.
"""

from __future__ import annotations

import html
import re
import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, TypeVar
from urllib.parse import parse_qsl, urlsplit

from smtp_nb.client.oauth.token_store import MemoryStore, TokenStore
from smtp_nb.errors import AuthenticationError, InputError, LinkError, MissingError, SMTPError
from smtp_nb.model.display import visible
from smtp_nb.model.secret import HIDDEN, Secret

T = TypeVar("T")
MAX_WORDS = 300
# RFC 8628 section 3.5: the pause if none is named, and what "slow_down" adds to it.
PAUSE_S, SLOWER_S = 5.0, 5.0

PENDING, SLOW_DOWN = "authorization_pending", "slow_down"
_AGAIN = "Log in again"
_REMEDIES = {
    "access_denied": f"{_AGAIN}, and agree when you are asked",
    "authorization_declined": f"{_AGAIN}, and agree when you are asked",
    "expired_token": f"{_AGAIN}: the code was not used in time",
    "invalid_grant": f"{_AGAIN}: the grant was used up, revoked, or has expired",
    "invalid_client": "Check the client's id and secret: the service does not know them",
    "unauthorized_client": "Allow this kind of login where the client is registered",
    "invalid_scope": "This client may not request mail access this way; try the other way"
    " (by_code)",
}


# A service may repeat a code or token that it does not take; words and numbers of cases stay.
_WORD = re.compile(r"[^\s'\"<>(),;]{20,}")
_HARMLESS = re.compile(
    r"[a-z_]+[.:]?|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\.?|https://[\w./-]+"
)


def _hide_secret(found: re.Match[str]) -> str:
    return found[0] if _HARMLESS.fullmatch(found[0]) else HIDDEN


class Quiet(dict[str, Any]):
    """A configuration or response with secrets in it, for variables that a traceback shows."""

    def __repr__(self) -> str:
        return HIDDEN


@dataclass(frozen=True, slots=True, repr=False)
class DeviceCode:
    """What the user must do, on any device with a browser.

    Attributes:
        url: the page to open.
        code: what to type there.
        expires_s: how long the code is valid, in seconds.
        pause_s: seconds between two checks.
    """

    url: str
    code: str
    expires_s: float
    pause_s: float = PAUSE_S

    def __repr__(self) -> str:
        minutes = round(self.expires_s / 60)
        return f"Open {self.url} in a browser and type {self.code} (within {minutes} minutes)"

    def _repr_html_(self) -> str:
        return f"<p>Open {_link(self.url)} and type <code>{html.escape(self.code)}</code></p>"


_ENDING = "The browser ends at an address on localhost that does not open: copy the whole address"


def _link(url: str) -> str:
    """A link, if it is one to a page of HTTPS."""
    if not url.startswith("https://"):
        return html.escape(url)
    return f'<a href="{html.escape(url)}" rel="noreferrer" target="_blank">{html.escape(url)}</a>'


class Consent:
    """The other way to log in: a page to open, and the address that it ends at.

    Attributes:
        url: the page to open.
    """

    def __init__(self, url: str, finish: Callable[[Secret], None]) -> None:
        self.url = url
        self._finish = finish

    def finish(self, pasted: str | Secret) -> None:
        """Log in with the address where the browser ended; it begins with http://localhost.

        Raises:
            InputError: `address` is not that address.
            AuthenticationError: access was denied, or the address belongs to another login.
        """
        given = pasted if isinstance(pasted, Secret) else Secret(pasted)
        pasted = ""
        self._finish(given)

    def __repr__(self) -> str:
        return f"Open {self.url} in a browser and agree. {_ENDING}"

    def _repr_html_(self) -> str:
        return f"<p>Open {_link(self.url)} and agree. {_ENDING}</p>"


class Account(ABC):
    """A mailbox at a service that requires tokens. Calling it returns a token.

    Attributes:
        user: the mailbox, and the name to log in with.
        service: the provider, in one word.
        host: the provider's SMTP server.
    """

    service: ClassVar[str]
    host: str

    def __init__(self, user: str, keeper: TokenStore) -> None:
        self.user = user
        self._keeper = keeper
        self._lock = threading.RLock()
        self._kept = Secret("")
        self.is_kept = False
        """True if the grant will still be available to the next program."""

    # -- tokens -------------------------------------------------------------------------------

    def __call__(self, renew: bool = False) -> Secret:
        """Return a valid access token.

        Args:
            renew: True to get another token than the last one.

        Raises:
            MissingError: there has been no login yet.
            AuthenticationError: the service no longer issues tokens; log in again.
            LinkError: the service could not be reached.
        """
        with self._lock:
            self._require_permission()
            token = self._asking(lambda: Secret(self._token(renew)))
            self._keep()
            return token

    @property
    def has_permission(self) -> bool:
        """True after a login, here or in an earlier program."""
        with self._lock:
            try:
                self._require_permission()
            except MissingError:
                return False
            return True

    def _require_permission(self) -> None:
        if self._kept:
            return
        if not (found := self._keeper.load()):
            raise MissingError(
                f"not logged in to {self.service} as {self.user}",
                code=303,
                remedy=f"Write %smtp login {self.service} {self.user}, or call by_code() or"
                " by_device()",
            )
        try:
            self._restore(found)
        except (ValueError, KeyError, TypeError, AttributeError):
            problem = InputError(
                f"the token stored in {self._keeper.name} does not belong to {self.service}",
                code=303,
                remedy=_AGAIN,
            )
        else:
            self._kept, self.is_kept = found, True
            return
        raise problem

    @property
    def place(self) -> str:
        """Where the grant is stored; empty if it is not."""
        return self._keeper.name if self.is_kept else ""

    def _keep(self) -> None:
        """Keep the permission if it has changed: services replace it when they refresh."""
        state = self._state()
        if state == self._kept:
            return
        self._kept = state
        try:
            self._keeper.save(state)
            self.is_kept = not isinstance(self._keeper, MemoryStore)
        except SMTPError:
            # The login itself is good; what shows it also says that it is not kept.
            self.is_kept = False

    def forget(self) -> None:
        """Forget the grant, here and where it is stored."""
        with self._lock:
            self._kept, self.is_kept = Secret(""), False
            self._clear()
            self._keeper.forget()

    # -- logging in ---------------------------------------------------------------------------

    def by_device(
        self,
        show: Callable[[DeviceCode], object],
        sleep: Callable[[float], object] = time.sleep,
    ) -> None:
        """Log in with a code that the user types on any device (RFC 8628); waits until that is
        done.

        Args:
            show: called with a `DeviceCode`: what the user must do.
            sleep: called with a number of seconds to wait.

        Raises:
            AuthenticationError: the user denied access, or the code expired.
            LinkError: the service cannot be reached.
        """
        device = self._asking(self._begin_device)
        show(device)
        waited, pause = 0.0, device.pause_s
        while waited < device.expires_s:
            sleep(pause)
            waited += pause
            answer = self._asking(self._poll)
            if not answer:
                return self._logged_in()
            pause += SLOWER_S * (answer == SLOW_DOWN)
        raise self._refusal("expired_token", "")

    def by_code(self) -> Consent:
        """Begin a login that ends with a pasted address (RFC 7636).

        Returns:
            A `Consent`: show its `url`, and call its `finish()` with the address where the browser
            ended.

        Raises:
            LinkError: the service could not be reached.
        """
        url, state, take = self._asking(self._begin_code)

        def finish(pasted: Secret) -> None:
            answer = _answer(pasted)
            if answer["state"] != state:
                answer.clear()  # a traceback shows variables
                raise AuthenticationError(
                    "this address belongs to another login", remedy="Open the page again"
                )
            if error := answer.get("error"):
                raise self._refusal(error, answer.get("error_description", ""))
            try:
                self._asking(lambda: take(answer))
            finally:
                answer.clear()
            self._logged_in()

        return Consent(url, finish)

    def _logged_in(self) -> None:
        with self._lock:
            self._kept = Secret("")
            self._keep()

    def properties(self) -> dict[str, Any]:
        """Return the properties of a client that sends from this mailbox:
        `SMTP(**account.properties())`."""
        return {
            "mail_server": self.host,
            "mail_port": 587,
            "ssl_start_mode": "explicit",
            "user": self.user,
            "auth_mechanism": "xoauth2",
            "token_source": self,
        }

    def __repr__(self) -> str:
        return f"<{self.service} account {self.user}>"

    # -- errors -------------------------------------------------------------------------------

    def _asking(self, ask: Callable[[], T]) -> T:
        """Ask the service; what goes wrong there is told without its frames, full of tokens."""
        try:
            return ask()
        except SMTPError as error:
            problem = error.with_traceback(None)
        except Exception as error:
            problem = self._problem(error)
        problem.__cause__ = problem.__context__ = None
        raise problem

    def _problem(self, error: Exception) -> SMTPError:
        from requests import RequestException

        if isinstance(error, RequestException):
            return LinkError(
                f"could not reach the login service of {self.service}: {type(error).__name__}",
                remedy="Check the network, and the proxy for HTTPS",
            )
        return AuthenticationError(
            f"the login to {self.service} failed with {type(error).__name__}", remedy=_AGAIN
        )

    def _unreachable(self, error: Exception) -> LinkError:
        return LinkError(
            f"could not reach the login service of {self.service}: {type(error).__name__}",
            remedy="Check the network, and the proxy for HTTPS",
        )

    def _refusal(self, error: str, words: str) -> AuthenticationError:
        """The error for what a service says, in its words, cut where they get absurd."""
        said = _WORD.sub(_hide_secret, visible(f"{error}: {words}" if words else error))[:MAX_WORDS]
        return AuthenticationError(
            f"{self.service} denied access: {said}", remedy=_REMEDIES.get(error, _AGAIN)
        )

    # -- the service --------------------------------------------------------------------------

    @abstractmethod
    def _token(self, renew: bool) -> str: ...

    @abstractmethod
    def _state(self) -> Secret:
        """The permission as text, to be kept."""

    @abstractmethod
    def _restore(self, text: Secret) -> None: ...

    @abstractmethod
    def _clear(self) -> None: ...

    @abstractmethod
    def _begin_device(self) -> DeviceCode: ...

    @abstractmethod
    def _poll(self) -> str:
        """Empty if permission is there; else PENDING or SLOW_DOWN."""

    @abstractmethod
    def _begin_code(self) -> tuple[str, str, Callable[[Mapping[str, str]], object]]:
        """The page to open, the state that its answer must carry, and what takes the answer."""


def _answer(pasted: Secret) -> dict[str, str]:
    """What the address says behind its question mark."""
    try:
        answer = dict(parse_qsl(urlsplit(pasted.reveal().strip()).query))
    except ValueError:
        answer = {}
    if "state" in answer and {"code", "error"} & answer.keys():
        return answer
    answer.clear()
    raise InputError(
        "this is not the address where the browser ended",
        remedy="Copy the whole address from the browser: http://localhost…?…code=…",
    )
