"""A client that drives the server's machine without a socket."""

from __future__ import annotations

from dataclasses import dataclass, field

from smtp_nb.model.reply import Reply
from smtp_nb.protocol.server.policy import END, ReceivedTransaction, Service
from smtp_nb.protocol.server.server import ServerProtocol
from smtp_nb.sasl.server.server import response_fault, serve
from smtp_nb.sasl.server.verifier import CredentialVerifier

PASSWORDS = {"alice": "wonderland"}


def service(**changes) -> Service:
    values = {"hostname": "sandbox.test", "max_size": 1000} | changes
    return Service(**values)


def login_service(**changes) -> Service:
    return service(
        response_fault=response_fault,
        mechanisms=("PLAIN", "LOGIN", "CRAM-MD5"),
        begin_login=lambda name, certificate: serve(
            name, CredentialVerifier(PASSWORDS.get, certificate)
        ),
        **changes,
    )


@dataclass
class Talk:
    """Drives a machine: gives it octets, confirms its answers, keeps what came out."""

    service: Service = field(default_factory=service)
    instead: dict[str, Reply] = field(default_factory=dict)
    tls: bool = False
    output: bytes = b""
    shown: list[str] = field(default_factory=list)
    messages: list[ReceivedTransaction] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.machine = ServerProtocol(self.service, tls=self.tls)
        self.say(b"")

    def say(self, data: bytes) -> list[str]:
        """The reply lines to these octets."""
        self.machine.receive_data(data)
        while (request := self.machine.next_request()) is not None:
            self.shown.append(request.shown)
            given = self.machine.answer(self.instead.get(request.stage))
            if request.stage == END and given.code < 300:
                self.messages.append(request.transaction)
        sent = self.machine.data_to_send()
        self.output += sent
        return sent.decode().splitlines()

    def codes(self, data: bytes) -> list[int]:
        """The codes of the replies to these octets."""
        return [int(line[:3]) for line in self.say(data) if line[3:4] == " "]


def greeted(**changes) -> Talk:
    talk = Talk(**changes)
    assert talk.codes(b"EHLO client.test\r\n") == [250]
    return talk


def in_mail(**changes) -> Talk:
    talk = greeted(**changes)
    assert talk.codes(b"MAIL FROM:<a@x.test>\r\nRCPT TO:<b@x.test>\r\n") == [250, 250]
    return talk
