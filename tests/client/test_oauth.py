"""Logins by OAuth, against a server of our own behind TLS."""

from __future__ import annotations

import base64
import json
import stat
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from keyring.errors import NoKeyringError

from canary import Witness, log, ours, texts_of_error
from client.keyrings import CredentialManager, Ring, using
from drivers.fronts import letter
from drivers.peers import Line, Peer, greet
from servers.authority import Authority
from servers.oauth import CLIENT_ID, CLIENT_SECRET, OAuthServer
from smtp_nb import SMTP
from smtp_nb.client.oauth import Account, DeviceCode, google, microsoft
from smtp_nb.errors import AuthenticationError, InputError, LinkError, MissingError, SMTPError
from smtp_nb.model.secret import encodings

USER = "ann@school.test"
Make = Callable[..., Account]


@pytest.fixture
def server(authority: Authority) -> Iterator[OAuthServer]:
    with OAuthServer(authority) as running:
        yield running


@pytest.fixture
def ring() -> Iterator[Ring]:
    made = Ring()
    with using(made):
        yield made


@pytest.fixture(params=["google", "microsoft"])
def make(request: pytest.FixtureRequest, server: OAuthServer, ring: Ring) -> Make:
    """Makes an account of a service, as if it lived on our server."""
    verify = str(server.authority.ca_file)

    def of_google(keep: Any = "keyring", user: str = USER) -> Account:
        return google(user, server.google_client, keep=keep, verify=verify)

    def of_microsoft(keep: Any = "keyring", user: str = USER) -> Account:
        return microsoft(user, CLIENT_ID, keep=keep, authority=server.url, verify=verify)

    return {"google": of_google, "microsoft": of_microsoft}[request.param]


class Pauses(list[float]):
    """Waits that take no time."""

    def __call__(self, seconds: float) -> None:
        self.append(seconds)


def enter(account: Account, server: OAuthServer) -> Account:
    """Log in as a person does who agrees."""
    consent = account.by_code()
    consent.finish(server.visit(consent.url))
    return account


def refusal(call: Callable[[], object], kind: type[SMTPError] = AuthenticationError) -> SMTPError:
    with pytest.raises(kind) as caught:
        call()
    return caught.value


def assert_hidden(server: OAuthServer, where: str, text: str) -> None:
    for secret in (*server.secrets, CLIENT_SECRET):
        for spelling in encodings(secret):
            assert spelling not in text, where


# -- getting permission -------------------------------------------------------------------------


def test_a_pasted_address_gives_permission(make: Make, server: OAuthServer) -> None:
    account = make()
    assert not account.has_permission
    consent = account.by_code()
    assert consent.url in str(consent)
    consent.finish(f"  {server.visit(consent.url)}\n")
    assert account.has_permission
    assert account().reveal() == server.issued[-1]
    assert len(server.issued) == 1


def test_a_device_gives_permission(make: Make, server: OAuthServer) -> None:
    account, pauses, told = make(), Pauses(), []
    server.answers = ["authorization_pending", "slow_down", "authorization_pending"]
    account.by_device(told.append, pauses)
    (code,) = told
    assert isinstance(code, DeviceCode)
    assert "ABCD-EFGH" in str(code)
    assert code.url in code._repr_html_()
    assert pauses == [5.0, 5.0, 10.0, 10.0]
    assert account().reveal() == server.issued[-1]


def test_a_device_that_nobody_takes_up_is_given_up(make: Make, server: OAuthServer) -> None:
    server.answers = ["authorization_pending"] * 99
    pauses = Pauses()
    error = refusal(lambda: make().by_device(str, pauses))
    assert "expired_token" in error.description
    assert sum(pauses) == 60


def test_a_code_that_the_server_forgot_is_told(make: Make, server: OAuthServer) -> None:
    error = refusal(lambda: make().by_device(lambda code: server._devices.clear(), Pauses()))
    assert "expired_token" in error.description
    assert "not used in time" in error.remedy


def test_a_person_who_says_no_is_heard(make: Make, server: OAuthServer) -> None:
    server.agrees = False
    for call in (lambda: make().by_device(str, Pauses()), lambda: enter(make(), server)):
        error = refusal(call)
        assert "access_denied" in error.description
        assert "agree" in error.remedy


@pytest.mark.parametrize(
    "pasted", ["", "4/0AeaYSH", "http://localhost:1/?code=x", "http://localhost:1/", "http://[?"]
)
def test_what_is_not_the_address_is_told(make: Make, pasted: str) -> None:
    error = refusal(lambda: make().by_code().finish(pasted), InputError)
    assert "whole address" in error.remedy


def test_the_address_of_another_login_is_refused(make: Make, server: OAuthServer) -> None:
    account = make()
    other = server.visit(account.by_code().url)
    error = refusal(lambda: account.by_code().finish(other))
    assert "another login" in error.description
    assert not server.issued


def test_an_address_is_good_once(make: Make, server: OAuthServer) -> None:
    account = make()
    consent = account.by_code()
    pasted = server.visit(consent.url)
    consent.finish(pasted)
    refusal(lambda: consent.finish(pasted))


def test_a_client_that_the_service_does_not_know_is_told(server: OAuthServer, ring: Ring) -> None:
    verify = str(server.authority.ca_file)
    config = server.google_client
    config["installed"]["client_id"] = "another"
    for account in (
        google(USER, config, verify=verify),
        microsoft(USER, "another", authority=server.url, verify=verify),
    ):
        error = refusal(lambda account=account: account.by_device(str, Pauses()))
        assert "invalid_client" in error.description
        assert "client's id" in error.remedy


# -- tokens -------------------------------------------------------------------------------------


def test_a_token_is_used_until_it_expires(make: Make, server: OAuthServer) -> None:
    account = enter(make(), server)
    assert {account().reveal() for _ in range(3)} == {server.issued[0]}
    server.lifetime_s = 1
    account(renew=True)
    assert account().reveal() == server.issued[-1]
    assert len(server.issued) == 3  # the one of one second was not given twice


def test_a_token_that_is_not_taken_is_replaced(make: Make, server: OAuthServer) -> None:
    account = enter(make(), server)
    first = account()
    second = account(renew=True)
    assert second != first
    assert second.reveal() == server.issued[-1]
    assert account() == second


def test_refresh_tokens_that_are_good_once_are_replaced(make: Make, server: OAuthServer) -> None:
    enter(make(), server)
    for count in range(3):
        assert make()(renew=True).reveal() == server.issued[-1]
        assert len(server.issued) == count + 2


def test_permission_that_was_taken_back_asks_for_a_new_login(
    make: Make, server: OAuthServer
) -> None:
    account = enter(make(), server)
    server.take_back()
    error = refusal(lambda: account(renew=True))
    assert "invalid_grant" in error.description
    assert "Log in again" in error.remedy


def test_without_permission_there_is_no_token(make: Make) -> None:
    account = make()
    error = refusal(account, MissingError)
    assert f"%smtp login {account.service} {USER}" in error.remedy


def test_a_service_that_cannot_be_reached_is_told(make: Make, server: OAuthServer) -> None:
    account = enter(make(), server)
    other = make(keep=None)
    server.stop()
    assert account()
    for call in (lambda: account(renew=True), other.by_code, lambda: other.by_device(str)):
        if call == other.by_code and account.service == "google":
            continue  # it asks nobody before the browser does
        with pytest.raises((LinkError, AuthenticationError)) as caught:
            call()
        assert account.service in caught.value.description


# -- keeping ------------------------------------------------------------------------------------


def test_permission_is_kept_in_the_keyring(make: Make, server: OAuthServer, ring: Ring) -> None:
    account = enter(make(), server)
    assert account.is_kept
    assert list(ring.known) == [(f"smtp_nb {account.service}", USER)]
    assert make().has_permission
    assert make()()
    make().forget()
    assert ring.known == {}
    assert not make().has_permission


def test_permission_is_kept_in_a_private_file(
    make: Make, server: OAuthServer, ring: Ring, tmp_path: Path
) -> None:
    path = tmp_path / "mail" / "token"
    assert enter(make(keep=path), server).is_kept
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert make(keep=str(path))()
    assert ring.known == {}
    path.chmod(0o644)
    assert "0644" in refusal(make(keep=path), InputError).description
    path.chmod(0o600)
    make(keep=path).forget()
    assert not path.exists()
    make(keep=path).forget()


@pytest.mark.parametrize("text", ["nonsense", "{}", "[]", '{"refresh_token": 5}', "5"])
def test_a_file_that_is_no_permission_is_told(make: Make, tmp_path: Path, text: str) -> None:
    path = tmp_path / "token"
    path.write_text(text)
    path.chmod(0o600)
    with pytest.raises(SMTPError) as caught:
        make(keep=path)()
    assert "Log in again" in caught.value.remedy


def test_without_a_keyring_permission_lasts_as_long_as_the_program(
    make: Make, server: OAuthServer, ring: Ring
) -> None:
    ring.failure = NoKeyringError("none")
    account = enter(make(), server)
    assert not account.is_kept
    assert account()
    assert not make().has_permission
    assert not enter(make(keep=None), server).is_kept


def test_windows_keeps_the_permission_too(server: OAuthServer) -> None:
    verify = str(server.authority.ca_file)

    def make() -> Account:
        return microsoft(USER, CLIENT_ID, authority=server.url, verify=verify)

    with using(CredentialManager()):
        assert enter(make(), server).place == "the keyring"
        assert make()()


def test_a_login_stays_good_whatever_the_keyring_raises(make: Make, server: OAuthServer) -> None:
    ring = Ring()
    ring.failure = CredentialManager.Error(1312, "CredRead", "no such logon session")
    with using(ring):
        account = enter(make(), server)
        assert (account.is_kept, account.place) == (False, "")
        assert account()
        account.forget()


# -- secrets ------------------------------------------------------------------------------------


def test_no_secret_shows_in_any_text(make: Make, server: OAuthServer, tmp_path: Path) -> None:
    with log() as lines:
        account = enter(make(keep=tmp_path / "token"), server)
        account.by_device(str, Pauses())
        account(renew=True)
        shown = f"{account!r}{account}{vars(account)!r}{account.properties()!r}{account()!r}"
    assert_hidden(server, "the account", shown)
    assert_hidden(server, "the log", "\n".join(lines.lines))


@pytest.mark.parametrize("fault", ["invalid_grant", "authorization_declined"])
def test_no_secret_shows_in_any_error(make: Make, server: OAuthServer, fault: str) -> None:
    account = enter(make(), server)
    consent = account.by_code()
    pasted = [server.visit(consent.url)]
    server.fault = fault
    server.words = f"you sent {server.secrets[-1]}"
    calls = [
        lambda: account(renew=True),
        lambda: consent.finish(pasted.pop()),
        lambda: account.by_device(str, Pauses()),
    ]
    for call in calls:
        error = refusal(call)
        assert fault in error.description
        for where, text in texts_of_error(error):
            assert_hidden(server, where, ours(text))


@pytest.mark.parametrize("answer", [b"235 2.7.0 welcome", b"535 5.7.8 not %s"])
def test_no_token_shows_when_it_was_used(make: Make, server: OAuthServer, answer: bytes) -> None:
    def habit(line: Line) -> None:
        greet(line, b"AUTH XOAUTH2 OAUTHBEARER")
        while (said := line.hear()).startswith(b"AUTH "):
            line.say(answer.replace(b"%s", base64.b64decode(said.split()[2])))
        line.sock.close()

    with Peer(habit) as peer, log() as lines:
        account = enter(make(), server)
        smtp = SMTP(**account.properties() | letter(peer.port, ssl_start_mode="none"))
        witness = Witness(smtp)
        with pytest.raises(SMTPError) as caught:
            smtp.send()
        texts = [*witness.texts(), *texts_of_error(caught.value), ("log", "\n".join(lines.lines))]
    for where, text in texts:
        assert_hidden(server, where, ours(text))


# -- what a person gives ------------------------------------------------------------------------


@pytest.mark.parametrize("text", ["nonsense", "{}", '{"installed": {"client_id": "x"}}', "[]"])
def test_a_file_that_is_not_googles_is_told(tmp_path: Path, text: str) -> None:
    path = tmp_path / "client.json"
    path.write_text(text)
    for client in (path, tmp_path / "none.json"):
        error = refusal(lambda client=client: google(USER, client), InputError)
        assert error.code == 303
        assert "desktop app" in error.remedy


def test_googles_file_is_read(tmp_path: Path, server: OAuthServer, ring: Ring) -> None:
    path = tmp_path / "client.json"
    path.write_text(json.dumps(server.google_client))
    account = google(USER, path, verify=str(server.authority.ca_file))
    assert enter(account, server)()


def test_an_account_knows_its_server(make: Make) -> None:
    account = make()
    properties = account.properties()
    hosts = {"google": "smtp.gmail.com", "microsoft": "smtp.office365.com"}
    assert properties["mail_server"] == hosts[account.service]
    assert properties["token_source"] is account
    assert SMTP(**properties).token_source is account


def test_a_person_at_outlook_has_another_server(ring: Ring) -> None:
    for user in ("ann@outlook.com", "ann@Hotmail.com"):
        assert microsoft(user, CLIENT_ID).host == "smtp-mail.outlook.com"
