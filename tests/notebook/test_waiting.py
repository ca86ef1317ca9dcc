"""A cell that waits says for what, and the line goes away when the wait is over."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from smtp_nb.flows.limits import PATIENCE
from smtp_nb.notebook.waiting import WaitingLine

if TYPE_CHECKING:
    import pytest

    from .conftest import Kernel

SILENT = """
import socket, smtp_nb.client.session.session_settings, smtp_nb.flows.limits
smtp_nb.client.session.session_settings.BANNER_TIMEOUT = 0.2
smtp_nb.flows.limits.PATIENCE = 0.01
silent = socket.create_server(("127.0.0.1", 0))
url = f"smtp://127.0.0.1:{silent.getsockname()[1]}"
"""


def test_a_cell_that_waits_says_for_what_and_how_to_end_it(kernel: Kernel) -> None:
    assert kernel.run(SILENT).status == "ok"
    seen = kernel.run("%smtp connect {{ url }}")
    assert seen.status == "error"
    shown = [output["text/plain"] for output in seen.outputs]
    assert shown[0].startswith("waiting for the banner of 127.0.0.1 port ")
    assert shown[0].endswith("; the stop button ends it")
    assert seen.updates[-1] == {"text/plain": ""}


# The timer of the kernel's state goes off at once.
NO_PATIENCE = """
state = get_ipython().magics_manager.registry["SMTPMagics"]._state
state.waiting._later = lambda seconds, tell: (tell(), lambda: None)[1]
"""
ASKING = """
import keyring, keyring.backend
import smtp_nb.notebook.verbs.login as login
from smtp_nb.errors import MissingError
class Ring(keyring.backend.KeyringBackend):
    priority = 1
    def get_password(self, *at): return "secret"
    def set_password(self, *at): pass
keyring.set_keyring(Ring())
class Account:
    service, has_permission = "google", False
    def by_code(self): return self
    def finish(self, pasted): raise MissingError("that is all")
login._SERVICES["google"] = lambda *_: Account()
"""
WAITS = {
    "%smtp connect smtp://ann@127.0.0.1:1": "waiting for the keyring",
    "%smtp login google ann@x.test": "waiting for the address where the browser ended",
}


def test_whatever_a_cell_waits_for_is_said_and_taken_back(kernel: Kernel) -> None:
    assert kernel.run(NO_PATIENCE + ASKING).status == "ok"
    for cell, words in WAITS.items():
        seen = kernel.run(cell, answers=["http://127.0.0.1/?code=1"])
        said = [output["text/plain"] for output in seen.outputs if "text/plain" in output]
        assert any(text.startswith(words) for text in said), said
        assert all(text.endswith("; the stop button ends it") for text in said[-1:])
        assert seen.updates[-1] == {"text/plain": ""}
    kernel.run("import keyring.backends.fail as f; keyring.set_keyring(f.Keyring())")


def test_a_short_wait_is_not_said(monkeypatch: pytest.MonkeyPatch) -> None:
    shown: list[str] = []
    due: list[Callable[[], None]] = []

    def later(seconds: float, tell: Callable[[], None]) -> Callable[[], None]:
        assert seconds == PATIENCE
        due.append(tell)
        return lambda: None

    line = WaitingLine(later)
    monkeypatch.setattr(line, "_show", lambda text, _: shown.append(text))
    with line.during("the keyring"):
        pass
    due.pop()()  # the timer was on its way when the wait ended
    assert shown == []
    with line.during("the keyring"):
        due.pop()()
        assert shown == ["waiting for the keyring"]


def test_a_remedy_speaks_the_words_of_the_magic(kernel: Kernel) -> None:
    kernel.run(SILENT)
    seen = kernel.run("%smtp connect {{ url }}")
    said = "".join(seen.error["traceback"])
    assert "smtps:// or ?tls=implicit in the URL of %smtp connect" in said
    assert "ssl_start_mode" not in said
