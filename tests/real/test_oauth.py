"""From a person with a browser to a message that arrived: OAuth in front of a real Dovecot."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from drivers.fronts import Front
from real.letters import component
from servers.authority import Authority
from servers.dovecot import Dovecot
from servers.oauth import CLIENT_ID, OAuthServer
from servers.tokens import token
from smtp_nb import Outcome
from smtp_nb.client.oauth import Account, google, microsoft
from smtp_nb.errors import AuthenticationError

pytestmark = pytest.mark.real

USER = "alice"


def of_google(service: OAuthServer, place: Path) -> Account:
    verify = str(service.authority.ca_file)
    return google(USER, service.google_client, keep=place, verify=verify)


def of_microsoft(service: OAuthServer, place: Path) -> Account:
    verify = str(service.authority.ca_file)
    return microsoft(USER, CLIENT_ID, keep=place, authority=service.url, verify=verify)


@pytest.mark.parametrize("make", [of_google, of_microsoft])
def test_a_login_by_device_sends_and_goes_on_sending_when_its_token_runs_out(
    front: Front,
    dovecot: Dovecot,
    authority: Authority,
    tmp_path: Path,
    make: Callable[[OAuthServer, Path], Account],
) -> None:
    place = tmp_path / "token"
    with OAuthServer(authority, make_token=lambda: token(USER, lifetime)) as service:
        lifetime = 3600.0
        make(service, place).by_device(str, lambda seconds: None)
        # Later, in another program: Dovecot no longer takes the token that was kept.
        lifetime = -60.0
        account = make(service, place)
        account(renew=True)
        lifetime = 3600.0
        properties: dict[str, Any] = {"auth_mechanism": "xoauth2", "token_source": account}
        smtp = component(front, dovecot, **properties)
        assert front.run(smtp.send()).outcome is Outcome.ACCEPTED
        assert len(dovecot.messages()) == 1
        assert len(service.issued) == 3


def test_permission_that_was_taken_back_stops_the_login(
    front: Front, dovecot: Dovecot, authority: Authority, tmp_path: Path
) -> None:
    with OAuthServer(authority, make_token=lambda: token(USER, -60.0)) as service:
        account = of_google(service, tmp_path / "token")
        account.by_device(str, lambda seconds: None)
        service.take_back()
        smtp = component(front, dovecot, auth_mechanism="xoauth2", token_source=account)
        with pytest.raises(AuthenticationError, match="invalid_grant") as caught:
            front.run(smtp.send())
    assert "Log in again" in caught.value.remedy
    assert dovecot.messages() == []
