"""`%smtp login`, with passwords and by OAuth."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from drivers.peers import Line, Peer, greet, talk
from servers.authority import Authority
from servers.oauth import CLIENT_ID, OAuthServer
from smtp_nb.model.secret import encodings

if TYPE_CHECKING:
    from ..conftest import Kernel

CANARY = "correct-horse-Battery+staple"
USER = "ann@school.test"
# A browser that is a program: it agrees, and copies the address at which it ends.
BROWSER = """
import getpass, requests
import smtp_nb.notebook.verbs.login as login
shown = []
login.display = shown.append
getpass.getpass = lambda prompt: requests.get(shown[-1].url).json()["location"]
"""


def assert_hidden(text: str, *secrets: str) -> None:
    for secret in secrets:
        assert not any(spelling in text for spelling in encodings(secret))


# -- passwords ----------------------------------------------------------------------------------


@pytest.fixture
def guarded(kernel: Kernel) -> Iterator[Kernel]:
    """A session on a server that wants a login, without one."""
    kernel.run(
        "from smtp_nb.sandbox import SandboxServer\n"
        f"server = SandboxServer(auth={{'ann': {CANARY!r}}}).start()\n"
        "where = f'smtp://127.0.0.1:{server.port}?tls=none'"
    )
    assert kernel.run("%smtp connect {{ where }}").status == "ok"
    yield kernel
    kernel.run("server.stop()")


def test_who_is_connected_logs_in_afterwards(guarded: Kernel) -> None:
    seen = guarded.run("%smtp login ann", answers=[CANARY])
    assert seen.status == "ok", seen.error
    assert "Logged in as" in seen.text
    assert seen.prompts == [("Password for ann at 127.0.0.1: ", True)]
    assert_hidden(seen.everything, CANARY)
    assert guarded.run("%smtp send --to a@b.test --from ann@b.test --text x").status == "ok"


def test_a_wrong_password_can_be_followed_by_the_right_one(guarded: Kernel) -> None:
    seen = guarded.run("%smtp login ann", answers=["wrong"])
    assert seen.error is not None
    assert seen.error["ename"] == "AuthenticationError"
    seen = guarded.run("%smtp login --ask", answers=[CANARY])
    assert seen.status == "ok", seen.error


def test_a_password_is_kept_once_the_server_has_taken_it(guarded: Kernel) -> None:
    guarded.run(
        "import keyring, keyring.backend\n"
        "class Ring(keyring.backend.KeyringBackend):\n"
        "    priority, known = 1, {}\n"
        "    def get_password(self, *at): return self.known.get(at)\n"
        "    def set_password(self, service, user, word): self.known[service, user] = word\n"
        "    def delete_password(self, *at): del self.known[at]\n"
        "keyring.set_keyring(Ring())"
    )
    guarded.run("%smtp login ann --keep", answers=["wrong"])
    assert guarded.value("Ring.known") == "{}"
    assert guarded.run("%smtp login ann --keep", answers=[CANARY]).status == "ok"
    assert guarded.value("list(Ring.known)") == "[('127.0.0.1', 'ann')]"
    assert guarded.run("%smtp login ann").status == "ok"  # nobody is there to type
    guarded.run("import keyring.backends.fail as f; keyring.set_keyring(f.Keyring())")


def test_a_login_stays_good_if_the_password_cannot_be_kept(guarded: Kernel) -> None:
    seen = guarded.run("%smtp login ann --keep", answers=[CANARY])  # a kernel without a keyring
    assert seen.status == "ok", seen.error
    assert "not stored: the keyring cannot store the password" in seen.text
    assert "environment variable" in seen.text


def test_a_password_comes_out_of_a_private_file(guarded: Kernel) -> None:
    path = guarded.home / "password"
    path.write_text(CANARY)
    path.chmod(0o640)
    seen = guarded.run("%smtp login ann --password-file password")
    assert seen.error is not None
    assert "chmod 600" in seen.error["evalue"]
    path.chmod(0o600)
    seen = guarded.run("%smtp login ann --password-file password")
    assert seen.status == "ok", seen.error
    path.unlink()


MISSING = {
    "login": "a user name is missing",
    "login gogle ann@x.test": "'gogle' is not a service",
    "login google": "a mailbox is missing",
    "login google ann@x.test": "--client is missing",
    "login microsoft ann@x.test": "--client is missing",
    "login google ann@x.test --client nowhere.json": "desktop app",
}


def test_what_is_missing_is_told(guarded: Kernel) -> None:
    for line, words in MISSING.items():
        seen = guarded.run(f"%smtp {line}")
        assert seen.status == "error"
        assert words in seen.text + str(seen.error)


# -- tokens -------------------------------------------------------------------------------------


class Post:
    """A mail server that takes the tokens which the login service gave; `tokens` are those seen."""

    def __init__(self, service: OAuthServer) -> None:
        self._service = service
        self.tokens: list[str] = []

    def __call__(self, line: Line) -> None:
        greet(line, b"AUTH XOAUTH2")
        while (said := line.hear()).startswith(b"AUTH XOAUTH2 "):
            fields = base64.b64decode(said.split()[2]).decode().split("\x01")
            assert fields[0] == f"user={USER}"
            self.tokens.append(fields[1].removeprefix("auth=Bearer "))
            if self.tokens[-1] == self._service.issued[-1]:
                line.say(b"235 2.7.0 welcome")
                return talk(line)
            line.say(b"535 5.7.8 expired")
        return None


@pytest.fixture
def service(authority: Authority) -> Iterator[OAuthServer]:
    with OAuthServer(authority, interval_s=0) as running:
        yield running


@pytest.fixture
def post(kernel: Kernel, service: OAuthServer) -> Iterator[Post]:
    made = Post(service)
    with Peer(made) as peer:
        path = kernel.home / "client.json"
        path.write_text(json.dumps(service.google_client))
        kernel.run(
            f"import os; os.environ['REQUESTS_CA_BUNDLE'] = {str(service.authority.ca_file)!r}"
        )
        kernel.run(f"where = 'smtp://127.0.0.1:{peer.port}?tls=none'")
        yield made
        kernel.run("%smtp disconnect")
        for name in ("client.json", "token"):
            (kernel.home / name).unlink(missing_ok=True)


def line_for(name: str, service: OAuthServer) -> str:
    client = "--client client.json" if name == "google" else f"--client {CLIENT_ID}"
    authority = f" --authority {service.url}" if name == "microsoft" else ""
    return f"%smtp login {name} {USER} {client}{authority} --server {{{{ where }}}}"


@pytest.mark.parametrize("name", ["google", "microsoft"])
def test_a_device_logs_in(kernel: Kernel, service: OAuthServer, post: Post, name: str) -> None:
    service.answers = ["authorization_pending", "authorization_pending"]
    seen = kernel.run(f"{line_for(name, service)} --by device")
    assert seen.status == "ok", seen.error
    assert "type ABCD-EFGH" in seen.text
    assert "Logged in as" in seen.text
    assert "this kernel only" in seen.text
    assert post.tokens == service.issued
    assert_hidden(seen.everything, *service.secrets)


@pytest.mark.parametrize("name", ["google", "microsoft"])
def test_a_pasted_address_logs_in_and_is_kept(
    kernel: Kernel, service: OAuthServer, post: Post, name: str
) -> None:
    line = f"{line_for(name, service)} --by code --token-file token"
    seen = kernel.run(f"{BROWSER}\n{line}")
    kernel.run("from IPython.display import display; login.display = display")
    assert seen.status == "ok", seen.error
    assert f"stored in {Path('token')}" in seen.text
    assert (kernel.home / "token").stat().st_mode & 0o777 == 0o600
    # Another day, another kernel: nobody is asked, and a token that is not taken is replaced.
    service.issued.append("another")
    seen = kernel.run(line)
    assert seen.status == "ok", seen.error
    assert post.tokens[-1] == service.issued[-1]
    assert_hidden(seen.everything, *service.secrets)


def test_where_nobody_can_paste_the_other_way_is_named(
    kernel: Kernel, service: OAuthServer, post: Post
) -> None:
    seen = kernel.run(line_for("google", service))
    assert seen.error is not None
    assert "--by device" in seen.error["evalue"]
    assert "agree" in seen.text


def test_a_person_who_says_no_is_heard(kernel: Kernel, service: OAuthServer, post: Post) -> None:
    service.agrees = False
    seen = kernel.run(line_for("microsoft", service))
    assert seen.error is not None
    assert "access_denied" in seen.error["evalue"]
    assert "agree when you are asked" in seen.error["evalue"]
    assert post.tokens == []
