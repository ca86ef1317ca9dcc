"""OAuth for Microsoft 365 and Outlook, through msal."""

from __future__ import annotations

import logging
import os
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from importlib.util import find_spec
from typing import Any, ClassVar

from smtp_nb.client.oauth.account import PENDING, SLOW_DOWN, Account, DeviceCode, Quiet
from smtp_nb.client.oauth.gmail import needs_extra
from smtp_nb.client.oauth.token_store import KEYRING, TokenStore, token_store
from smtp_nb.model.secret import Secret

SCOPES = ["https://outlook.office.com/SMTP.Send"]
AUTHORITY = "https://login.microsoftonline.com"
REDIRECT = "http://localhost"
# Mailboxes of persons, not of organisations, have a server of their own.
PERSONAL = frozenset({"outlook.com", "hotmail.com", "live.com", "msn.com"})
PERSONAL_HOST = "smtp-mail.outlook.com"


def microsoft(
    user: str,
    client_id: str,
    *,
    tenant: str = "common",
    keep: str | os.PathLike[str] | None = KEYRING,
    authority: str = AUTHORITY,
    verify: bool | str = True,
) -> MicrosoftAccount:
    """Return a Microsoft 365 or outlook.com mailbox that logs in by OAuth.

    Args:
        user: its address.
        client_id: the id of an application registered with Microsoft Entra as a public client, with
            the delegated permission SMTP.Send and the redirect address http://localhost.
        tenant: the organisation's domain or id; `common` for all.
        keep: where to store the grant: `"keyring"`, the name of a file that only you will be able
            to read, or None for this program only.
        authority: the URL of another cloud, or of a test server.
        verify: a file of authorities to trust instead of the usual ones.

    Returns:
        A `MicrosoftAccount`; it connects to no service yet.

    Raises:
        Unsupported: the extra `oauth` is not installed.
    """
    place = token_store(keep, MicrosoftAccount.service, user)
    return MicrosoftAccount(user, client_id, f"{authority}/{tenant}", place, verify)


class MicrosoftAccount(Account):
    """See `microsoft`."""

    service: ClassVar[str] = "microsoft"
    host = "smtp.office365.com"

    def __init__(
        self, user: str, client_id: str, authority: str, token_store: TokenStore, verify: bool | str
    ) -> None:
        super().__init__(user, token_store)
        if user.rpartition("@")[2].lower() in PERSONAL:
            self.host = PERSONAL_HOST
        self._client_id, self._authority, self._verify = client_id, authority, verify
        self._app: Any = None  # msal has no types
        self._cache: Any = None
        self._flow = Quiet()
        if find_spec("msal") is None:
            raise needs_extra()
        logging.getLogger("msal").setLevel(logging.WARNING)  # it logs answers at the level DEBUG

    def _msal(self) -> Any:
        """The application, made when it is needed: that asks Microsoft for its addresses."""
        import msal
        from requests import Session

        from smtp_nb.client.oauth.transport import prepared

        if self._app is None:
            self._app = msal.PublicClientApplication(
                self._client_id,
                authority=self._authority,
                # Microsoft's own register knows Microsoft's servers alone.
                instance_discovery=None if self._authority.startswith(AUTHORITY) else False,
                token_cache=self._tokens(),
                http_client=prepared(Session(), self._verify),
            )
        return self._app

    def _tokens(self) -> Any:
        import msal

        if self._cache is None:
            self._cache = msal.SerializableTokenCache()
        return self._cache

    def _token(self, renew: bool) -> str:
        app = self._msal()
        accounts = app.get_accounts(self.user) or app.get_accounts()
        account = accounts[0] if accounts else None
        found = app.acquire_token_silent_with_error(SCOPES, account, force_refresh=renew)
        return str(self._checked(found or {"error": "invalid_grant"})["access_token"])

    def _state(self) -> Secret:
        return Secret(self._tokens().serialize())

    def _restore(self, text: Secret) -> None:
        self._clear()
        self._tokens().deserialize(text.reveal())

    def _clear(self) -> None:
        self._app = self._cache = None

    def _begin_device(self) -> DeviceCode:
        self._flow = flow = Quiet(self._checked(self._msal().initiate_device_flow(SCOPES)))
        pause = float(flow.get("interval", 5))
        return DeviceCode(
            flow["verification_uri"], flow["user_code"], float(flow["expires_in"]), pause
        )

    def _poll(self) -> str:
        # It measures the pause by its own clock; here the caller keeps the pace.
        with _unwarned("Attempted too soon"):
            found = self._msal().acquire_token_by_device_flow(
                self._flow, exit_condition=lambda flow: True
            )
        if found.get("error") in (PENDING, SLOW_DOWN):
            return str(found["error"])
        self._checked(found)
        return ""

    def _begin_code(self) -> tuple[str, str, Callable[[Mapping[str, str]], object]]:
        app = self._msal()
        # A form that is posted, which it would like better, cannot be pasted.
        with _unwarned("response_mode"):
            flow = app.initiate_auth_code_flow(SCOPES, redirect_uri=REDIRECT, login_hint=self.user)

        def take(answer: Mapping[str, str]) -> None:
            self._checked(app.acquire_token_by_auth_code_flow(flow, dict(answer)))

        return flow["auth_uri"], flow["state"], take

    def _checked(self, answer: dict[str, Any]) -> dict[str, Any]:
        """What msal gives, unless it is an error."""
        if error := answer.get("error"):
            raise self._refusal(str(error), str(answer.get("error_description", "")))
        return answer


@contextmanager
def _unwarned(about: str) -> Iterator[None]:
    """Without one of msal's warnings."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", f".*{about}")
        yield
