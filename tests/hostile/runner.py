"""One case of the corpus on any driver: the scripted one, or a villain behind a socket."""

from __future__ import annotations

import math
import socket
import tempfile
import threading
from collections.abc import Callable
from functools import cache
from pathlib import Path
from ssl import SSLContext
from typing import Any, NamedTuple

from drivers.peers import Line
from hostile.corpus import Case
from hostile.misbehaving_server import Villain
from play.stage import LETTER, ScriptedStage
from smtp_nb import Trail
from smtp_nb.errors import SMTPError
from wire import pki

ROOTS = {"SSLServerCACerts": pki.root().pem.decode()}


@cache
def tls_context() -> SSLContext:
    """The villain's side of TLS; Python reads certificates from files only."""
    leaf = pki.issue(issuer=pki.root(), names=("127.0.0.1",))
    with tempfile.TemporaryDirectory() as folder:
        return pki.server_context(leaf.write(Path(folder)))


def villain_of(case: Case) -> Villain:
    """The server of a case."""
    make = (lambda: pki.MemoryServer(tls_context())) if case.tls else None
    return Villain(case.trigger, case.deed, case.offers, make, case.tls == "implicit")


class Result(NamedTuple):
    """What came of it."""

    error: type[SMTPError] | None
    code: int
    outcome: str


def result_of(smtp: Any, call: Any, twice: bool, pause: Any) -> tuple[Result, SMTPError | None]:
    """Send, once or again after a pause; `call` waits for the front's answer."""
    try:
        if twice:
            call(smtp.connect())
            assert call(smtp.send())
            pause()
        receipt, error = call(smtp.send()), None
    except SMTPError as raised:
        receipt, error = raised.receipt, raised
    outcome = ", ".join(f"{one.outcome} {one.code}" for one in receipt.recipients)
    call(smtp.disconnect())
    return Result(type(error) if error else None, error.code if error else 0, outcome), error


def scripted(case: Case) -> tuple[Result, ScriptedStage, Villain, Trail, SMTPError | None]:
    """A case on the virtual clock."""
    stage, trail, villain = ScriptedStage("", ROOTS | case.properties), Trail(), villain_of(case)
    stage.driver.player = villain  # type: ignore[assignment]  # it has all that is asked of one
    stage.smtp.on_pi_trail += trail
    result, error = result_of(stage.smtp, lambda value: value, case.twice, pass_time(stage))
    return result, stage, villain, trail, error


def pass_time(stage: ScriptedStage) -> Any:
    return lambda: stage.pass_time(40)


def habit_of(
    villain: Villain, pause: Callable[[float], object] = bool, most_octets: float = math.inf
) -> Callable[[Line], None]:
    """The villain on a socket. Pauses take no time there, unless `pause` takes it.

    Args:
        most_octets: it gives up after so many; otherwise whoever reads on reads for ever.
    """

    turn = threading.Lock()  # the next line may come before we know that the last one is gone

    def habit(line: Line) -> None:
        line.sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 16 * 1024)
        line.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, True)
        with turn:
            try:
                while villain.octets <= most_octets and _take_turn(line, villain, pause):
                    pass
            except ConnectionResetError:
                line.reset()
            finally:
                villain.hang_up()
                villain.at_rest.set()

    return habit


def _take_turn(line: Line, villain: Villain, pause: Callable[[float], object]) -> bool:
    step = villain.next_step()
    match step.kind if step else "listen":
        case "S":
            line.sock.sendall(step.data if step else b"")
        case "reset":
            line.reset()
            return False
        case "close":
            return False
        case "wait":
            pause(step.number if step else 0)
        case _ if villain.is_deaf:
            line.stop_reading()
            return False
        case _:
            villain.at_rest.set()
            data = line.sock.recv(65536)
            villain.at_rest.clear()
            if data:
                villain.hear(data)
            return bool(data)
    return True


def properties(case: Case, port: int) -> dict[str, Any]:
    """The properties of a component that meets a villain on this port of this machine."""
    where = {"FirewallPort": port} if "FirewallType" in case.properties else {"mail_port": port}
    # Small buffers: what one side writes the other soon has to read.
    buffers = {"OutBufferSize": 16384, "InBufferSize": 16384}
    return LETTER | buffers | ROOTS | case.properties | where


def component(front: Any, case: Case, port: int) -> Any:
    """A component of a front with these properties."""
    smtp = front.make()
    for name, value in properties(case, port).items():
        if name[0].isupper():
            smtp.settings[name] = value
        else:
            setattr(smtp, name, value)
    return smtp
