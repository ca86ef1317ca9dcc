"""A component in a forked child: the parent's connection is left alone."""

from __future__ import annotations

import asyncio
import os
import sys
import traceback
import warnings
from collections.abc import Callable
from typing import Any

import pytest

from drivers.fronts import Front, letter
from smtp_nb.sandbox import SandboxServer

if sys.platform == "win32":
    pytest.skip("Windows has no fork", allow_module_level=True)


async def _awaited(value: Any) -> Any:
    return await value


def in_child(front: Front, work: Callable[[Callable[[Any], Any]], object]) -> str:
    """What `work` returned or raised in a forked child, as text.

    The child gets a way to wait of its own: the parent's event loop is the parent's.
    """
    reading, writing = os.pipe()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # the sandbox has a thread
        child = os.fork()
    if child == 0:
        try:
            run = front.run if front.loop is None else lambda value: asyncio.run(_awaited(value))
            said = str(work(run))
        except BaseException:
            said = traceback.format_exc()
        os.write(writing, said.encode()[-60_000:])
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading) as pipe:
        said = pipe.read()
    os.waitpid(child, 0)
    return said


DEEDS: dict[str, Callable[[Any, Callable[[Any], Any]], Any]] = {
    "send": lambda smtp, run: run(smtp.send()).outcome,
    "send_command": lambda smtp, run: run(smtp.send_command("NOOP"))[:3],
    "verify": lambda smtp, run: run(smtp.verify("ben@example.test"))[:3],
    "disconnect": lambda smtp, run: run(smtp.disconnect()),
    "reset": lambda smtp, run: run(smtp.reset()),
    "leaving with": lambda smtp, run: (
        run(smtp.__aexit__(None, None, None))
        if hasattr(smtp, "__aexit__")
        else smtp.__exit__(None, None, None)
    ),
    "connect": lambda smtp, run: run(smtp.connect()),
    "interrupt": lambda smtp, run: smtp.interrupt(),
    "looking": lambda smtp, run: (smtp.connected, smtp.remote_address, smtp.idle),
}
WANTED = {
    "send": "ACCEPTED",
    "send_command": "250",
    "verify": "252",
    "looking": "(False, '', True)",
}


@pytest.mark.parametrize("tls", [None, "starttls"])
@pytest.mark.parametrize("deed", DEEDS)
def test_whatever_a_child_does_the_parent_goes_on_undisturbed(
    front: Front, deed: str, tls: str | None
) -> None:
    with SandboxServer(tls=tls) as server:
        smtp = front.SMTP.from_url(server.url)
        for name, value in letter(server.port).items():
            if not name.startswith("mail_"):
                setattr(smtp, name, value)
        with front.connected(smtp):
            address = smtp.line.local_port
            assert in_child(front, lambda run: DEEDS[deed](smtp, run)) == WANTED.get(deed, "None")
            assert front.run(smtp.send())
            assert front.run(smtp.send())
            assert smtp.line.local_port == address, "it is the connection it was"
        parents = server.sessions[0]
    said = [line for line in str(parents).splitlines() if "QUIT" in line or "MAIL" in line]
    assert len(said) == 3, "two messages and a goodbye, nothing of the child's"


def test_the_child_keeps_its_own_connection_and_says_why_in_the_trail(front: Front) -> None:
    with SandboxServer() as server:
        smtp = front.make(**letter(server.port))
        trail: list[str] = []
        smtp.on_pi_trail += lambda event: trail.append(event.message)

        def work(run: Callable[[Any], Any]) -> Any:
            trail.clear()
            if front.loop is None:
                run(smtp.send())
                run(smtp.send())
                is_kept = smtp.connected
                run(smtp.disconnect())
            else:

                async def twice() -> bool:
                    await smtp.send()
                    await smtp.send()
                    is_kept = smtp.connected
                    await smtp.disconnect()
                    return is_kept

                is_kept = run(twice())
            remarks = [line for line in trail if "was forked" in line]
            return is_kept, len(remarks), f"process {os.getppid()}" in remarks[0]

        with front.connected(smtp):
            assert in_child(front, work) == "(True, 1, True)"
            assert front.run(smtp.send())
        assert len(server.sessions) == 2
        assert len(server.messages) == 3


def test_a_handler_that_forks_does_not_send_twice(front: Front) -> None:
    """The child goes on in the middle of the call, and is stopped before it writes."""
    children: list[int] = []
    reading, writing = os.pipe()

    def fork(event: Any) -> None:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)
            children.append(os.fork())

    with SandboxServer() as server:
        smtp = front.make(**letter(server.port))
        with front.connected(smtp):
            smtp.on_start_transfer = fork
            try:
                front.run(smtp.send())
            except BaseException as error:
                if children[0]:
                    raise
                os.write(writing, str(error).encode())
            finally:
                if children and not children[0]:
                    os._exit(0)
            os.close(writing)
            with os.fdopen(reading) as pipe:
                said = pipe.read()
            os.waitpid(children[0], 0)
            smtp.on_start_transfer = None
            assert "belongs to the parent of this forked process" in said
            assert front.run(smtp.send())
    assert len(server.messages) == 2
