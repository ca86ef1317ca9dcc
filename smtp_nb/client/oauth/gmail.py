"""OAuth for Gmail and Google Workspace, through google-auth-oauthlib.

Google grants mail access to no device, so `by_device` only serves compatible services and reports
Google's refusal. Use `by_code`.
"""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Callable, Mapping
from importlib.util import find_spec
from typing import Any, ClassVar

from smtp_nb.client.oauth.account import PENDING, SLOW_DOWN, Account, DeviceCode, Quiet
from smtp_nb.client.oauth.token_store import KEYRING, TokenStore, token_store
from smtp_nb.errors import InputError, SMTPError, Unsupported
from smtp_nb.model.regular import read_regular
from smtp_nb.model.secret import Secret
from smtp_nb.wording import install

SCOPES = ["https://mail.google.com/"]
DEVICE_URI = "https://oauth2.googleapis.com/device/code"
# Google lets a desktop client use any port here. Nothing listens: the address is pasted.
REDIRECT = "http://localhost:1"
_MOST = 1 << 16  # bytes of a client's file
_REMEDY = "Create a client of type 'desktop app' at console.cloud.google.com, and download its file"

_LOGGERS = ("oauthlib", "requests_oauthlib")

Config = Mapping[str, Any]  # members of several types, as Google's file has them


def google(
    user: str,
    client: str | os.PathLike[str] | Config,
    *,
    keep: str | os.PathLike[str] | None = KEYRING,
    verify: bool | str = True,
) -> GoogleAccount:
    """Return a Google mailbox that logs in by OAuth.

    Args:
        user: its address.
        client: the path of the file that Google issues for an OAuth client of type "desktop app",
            or its content as a dict.
        keep: where to store the grant: `"keyring"`, the name of a file that only you will be able
            to read, or None for this program only.
        verify: a file of authorities to trust instead of the usual ones.

    Returns:
        A `GoogleAccount`; it connects to no service yet.

    Raises:
        InputError: 303, the file cannot be read or is not a Google OAuth client file.
        Unsupported: the extra `oauth` is not installed.
    """
    return GoogleAccount(
        user, _config(client), token_store(keep, GoogleAccount.service, user), verify
    )


def _config(client: str | os.PathLike[str] | Config) -> Config:
    try:
        whole: Any = client if isinstance(client, Mapping) else json.loads(_text(client))
        found: Config = whole["installed"] if "installed" in whole else whole["web"]
        if found.keys() >= {"client_id", "client_secret", "auth_uri", "token_uri"}:
            return dict(found)
    except InputError:
        raise
    except (ValueError, KeyError, TypeError):
        pass
    raise InputError(
        "not a Google OAuth client file",
        code=303,
        remedy=_REMEDY,
    )


def _text(path: str | os.PathLike[str]) -> str:
    try:
        return read_regular(path, _MOST).decode("utf-8")
    except OSError as error:
        raise InputError(
            f"the OAuth client file {os.fspath(path)!r} cannot be read: {error.strerror}",
            code=303,
            remedy=_REMEDY,
        ) from error


class GoogleAccount(Account):
    """See `google`."""

    service: ClassVar[str] = "google"
    host = "smtp.gmail.com"

    def __init__(
        self, user: str, config: Config, token_store: TokenStore, verify: bool | str
    ) -> None:
        super().__init__(user, token_store)
        self._config = Quiet(config)
        self._verify = verify
        self._credentials: Any = None  # google.oauth2.credentials.Credentials, which has no types
        self._device: Any = None
        _hush()

    def _token(self, renew: bool) -> str:
        if renew or not self._credentials.valid:
            self._refresh()
        return str(self._credentials.token)

    def _refresh(self) -> None:
        from google.auth.exceptions import RefreshError, TransportError
        from google.auth.transport.requests import Request
        from requests import Session

        from smtp_nb.client.oauth.transport import prepared

        problem: SMTPError
        with prepared(Session(), self._verify) as session:
            try:
                self._credentials.refresh(Request(session))
            except TransportError as error:
                problem = self._unreachable(error)
            except RefreshError as error:
                answer = error.args[1] if len(error.args) > 1 else None
                said = answer.get("error") if isinstance(answer, dict) else None
                problem = self._refusal(str(said or "invalid_grant"), "")
            else:
                return
        raise problem

    def _state(self) -> Secret:
        # The token itself is not kept: it is good for an hour, and another costs one question.
        return Secret(json.dumps({"refresh_token": self._credentials.refresh_token}))

    def _restore(self, text: Secret) -> None:
        self._credentials = self._permission(json.loads(text.reveal())["refresh_token"])

    def _permission(self, refresh_token: str) -> Any:
        from google.oauth2 import credentials

        if not isinstance(refresh_token, str):
            raise ValueError("a refresh token is a text")
        config, made = self._config, vars(credentials)["Credentials"]  # it has no types
        return made(
            None,
            refresh_token=refresh_token,
            token_uri=config["token_uri"],
            client_id=config["client_id"],
            client_secret=config["client_secret"],
            scopes=SCOPES,
        )

    def _clear(self) -> None:
        self._credentials = None

    # -- by device ----------------------------------------------------------------------------

    def _begin_device(self) -> DeviceCode:
        from oauthlib.oauth2 import DeviceClient
        from requests_oauthlib import OAuth2Session

        from smtp_nb.client.oauth.transport import prepared

        client = DeviceClient(self._config["client_id"], scope=SCOPES)
        session = prepared(OAuth2Session(client=client), self._verify)
        asked = {"client_id": self._config["client_id"], "scope": " ".join(SCOPES)}
        uri = self._config.get("device_authorization_uri", DEVICE_URI)
        answer = session.post(uri, data=asked, withhold_token=True).json()
        if "device_code" not in answer:
            raise self._refusal(
                str(answer.get("error", "no answer")), str(answer.get("error_description", ""))
            )
        self._device = (session, Secret(answer["device_code"]))
        # Google says verification_url where RFC 8628 says verification_uri.
        url = answer.get("verification_url") or answer["verification_uri"]
        pause = float(answer.get("interval", 5))
        return DeviceCode(url, answer["user_code"], float(answer["expires_in"]), pause)

    def _poll(self) -> str:
        from oauthlib.oauth2 import OAuth2Error

        session, code = self._device
        try:
            session.fetch_token(
                self._config["token_uri"],
                device_code=code.reveal(),
                client_secret=self._config["client_secret"],
                include_client_id=True,
            )
        except OAuth2Error as error:
            if error.error in (PENDING, SLOW_DOWN):
                return str(error.error)
            raise self._refusal(str(error.error), str(error.description or "")) from None
        self._take(session)
        return ""

    # -- by code ------------------------------------------------------------------------------

    def _begin_code(self) -> tuple[str, str, Callable[[Mapping[str, str]], object]]:
        from google_auth_oauthlib.flow import Flow

        from smtp_nb.client.oauth.transport import prepared

        flow = Flow.from_client_config({"installed": dict(self._config)}, SCOPES)
        flow.redirect_uri = REDIRECT
        prepared(flow.oauth2session, self._verify)
        # Without `consent` Google gives the lasting permission only the first time.
        url, state = flow.authorization_url(prompt="consent", login_hint=self.user)

        def take(answer: Mapping[str, str]) -> None:
            self._exchange(flow, answer["code"])

        return url, state, take

    def _exchange(self, flow: Any, code: str) -> None:
        from oauthlib.oauth2 import OAuth2Error

        try:
            flow.fetch_token(code=code)
        except OAuth2Error as error:
            raise self._refusal(str(error.error), str(error.description or "")) from None
        self._take(flow.oauth2session)

    def _take(self, session: Any) -> None:
        from google_auth_oauthlib.helpers import credentials_from_session

        self._credentials = credentials_from_session(session, self._config)


def _hush() -> None:
    """These log every token at the level DEBUG."""
    if any(find_spec(name) is None for name in (*_LOGGERS, "google_auth_oauthlib")):
        raise needs_extra()
    for name in _LOGGERS:
        logging.getLogger(name).setLevel(logging.WARNING)


def needs_extra() -> SMTPError:
    """The error for a login that needs more than is installed."""
    return Unsupported(
        "OAuth logins require packages that are not installed",
        remedy=install("oauth"),
    )
