from __future__ import annotations

from collections.abc import Callable

from sandbox.conftest import RawClient
from smtp_nb.model.reply import Reply
from smtp_nb.protocol.server.policy import Request
from smtp_nb.sandbox import SandboxServer, Session
from smtp_nb.sandbox.door import HELD, Door


class Gate(Door):
    """Admits two, calls them all ann, and refuses VRFY."""

    def __init__(self) -> None:
        self.seen: list[Session] = []

    def admit(self, session: Session) -> Reply | None:
        return Reply(421, ("4.7.0 Full",)) if session.number > 2 else None

    def name_of(self, session: Session) -> str:
        return "ann"

    def refusal(self, session: Session, request: Request) -> Reply | None:
        return Reply(530, ("5.7.0 Not you",)) if request.stage == "VRFY" else None

    def notice(self, session: Session) -> None:
        self.seen.append(session)


def test_a_door_admits_names_refuses_and_is_told(connect: Callable[..., RawClient]) -> None:
    gate = Gate()
    with SandboxServer(door=gate) as server:
        client = connect(server, ehlo=True)
        assert client.ask(b"VRFY ann\r\n") == [530]
        server.inject("reply", user="ann", stage="NOOP", code=451)
        assert client.ask(b"NOOP\r\n") == [451]
        connect(server)
        assert connect(server, greeting=False).rest() == b"421 4.7.0 Full\r\n"
    assert {session.number for session in gate.seen} == {1, 2, 3}


def test_held_replies_come_when_the_server_goes_on(connect: Callable[..., RawClient]) -> None:
    with SandboxServer() as server:
        client = connect(server, ehlo=True)
        server.hold()
        client.send(b"NOOP\r\nNOOP\r\n")
        late = connect(server, greeting=False)
        assert server.sessions[0].waiting == HELD
        server.hold(False)
        assert client.codes(2) == [250, 250]
        assert late.codes(1) == [220]
        assert "holds its replies" in str(server.sessions[0].trail)
