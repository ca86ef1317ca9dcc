"""No password is kept where a notebook is saved, sent or remembered."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from smtp_nb.model.secret import encodings

if TYPE_CHECKING:
    from .conftest import Kernel

CANARY = "correct-horse-Battery+staple"


def files_holding(kernel: Kernel, secret: str) -> list[str]:
    paths = [path for path in kernel.home.rglob("*") if path.is_file()]
    return [path.name for path in paths if secret.encode() in path.read_bytes()]


@pytest.mark.parametrize(
    "line",
    [
        f"connect smtp://ann:{CANARY}@mail.test",
        f"connect smtp://ann@mail.test --password {CANARY}",
        f"connect smtp://ann@mail.test --password={CANARY}",
    ],
)
def test_a_password_on_the_line_is_refused_and_forgotten(kernel: Kernel, line: str) -> None:
    seen = kernel.run(f"%smtp {line}")
    assert seen.status == "error"
    assert seen.text.startswith("UsageError")
    assert "--password-env" in seen.text
    assert CANARY not in seen.everything
    assert kernel.value(f"sorted(n for n, v in globals().items() if {CANARY[:9]!r} in str(v))"
                        ) == "[]"  # fmt: skip
    kernel.run("get_ipython().history_manager.writeout_cache()")
    assert CANARY not in kernel.run("%history -n -l 20").text
    assert files_holding(kernel, CANARY) == []


def test_the_history_file_keeps_the_rest_of_the_line(kernel: Kernel) -> None:
    kernel.run(f"%smtp connect smtp://ann:{CANARY}@kept.test")
    (path,) = kernel.home.rglob("history.sqlite")
    with closing(sqlite3.connect(path)) as history, history:
        rows = history.execute("SELECT source_raw FROM history").fetchall()
    history.close()
    assert ("%smtp connect smtp://ann:<hidden>@kept.test",) in rows


@pytest.fixture
def guarded(kernel: Kernel) -> Kernel:
    """A server that wants a login, whose password the kernel's environment knows."""
    kernel.run(
        "import os\nfrom smtp_nb.sandbox import SandboxServer\n"
        f"server = SandboxServer(auth={{'ann': {CANARY!r}}}).start()\n"
        f"os.environ['MAIL_PASSWORD'] = {CANARY!r}\n"
        "where = f'smtp://ann@127.0.0.1:{server.port}?tls=none'"
    )
    return kernel


def outputs_of_a_session(kernel: Kernel, connect: str, answers: list[str] | None = None) -> str:
    cells = [
        connect,
        "%smtp trail",
        "%smtp trail --static",
        "%smtp send --to a@b.test --from ann@b.test --subject x --text y",
        "%smtp status",
        "get_ipython().magics_manager.registry['SMTPMagics']._state.smtp",
        "import ipywidgets; print(ipywidgets.Widget.get_manager_state())",
        "1/0",
    ]
    seen = [kernel.run(cell, answers) for cell in cells]
    assert [s.status for s in seen] == ["ok"] * 7 + ["error"], [s.error for s in seen]
    return "".join(s.everything for s in seen)


def test_the_password_comes_from_the_environment_and_shows_nowhere(guarded: Kernel) -> None:
    everything = outputs_of_a_session(
        guarded, "%smtp connect {{ where }} --password-env MAIL_PASSWORD"
    )
    assert "AUTH PLAIN" in everything
    for spelling in encodings(CANARY):
        assert spelling not in everything
    guarded.run("server.stop()")


def test_the_password_is_asked_for_hidden(guarded: Kernel) -> None:
    seen = guarded.run("%smtp connect {{ where }}", answers=[CANARY])
    assert seen.status == "ok", seen.error
    assert seen.prompts == [("Password for ann at 127.0.0.1: ", True)]
    assert not any(spelling in seen.everything for spelling in encodings(CANARY))
    guarded.run("server.stop()")


def test_a_wrong_password_shows_neither(guarded: Kernel) -> None:
    seen = guarded.run("%smtp connect {{ where }}", answers=["wrong-but-secret"])
    assert seen.error is not None
    assert seen.error["ename"] == "AuthenticationError"
    whole = guarded.run("%tb").everything
    assert "wrong-but-secret" not in seen.everything + whole
    guarded.run("server.stop()")


def test_where_nobody_can_type_the_next_way_is_named(guarded: Kernel) -> None:
    seen = guarded.run("%smtp connect {{ where }}")
    assert seen.error is not None
    assert "--password-env NAME" in seen.error["evalue"]
    assert "keyring set 127.0.0.1 ann" in seen.error["evalue"]
    seen = guarded.run("%smtp connect {{ where }} --password-env NOT_THERE")
    assert seen.error is not None
    assert "NOT_THERE is not set" in seen.error["evalue"]
    guarded.run("server.stop()")
