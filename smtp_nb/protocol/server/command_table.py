"""Command table: argument, extension and place in the session of each command."""

from __future__ import annotations

from dataclasses import dataclass

from smtp_nb.model.reply import Reply
from smtp_nb.protocol.server import replies
from smtp_nb.protocol.server.policy import ReceivedTransaction, Service
from smtp_nb.protocol.server.replies import Refused


@dataclass(frozen=True, slots=True)
class Rule:
    """When one command is in order.

    Attributes:
        argument: True: required, False: not allowed, None: optional.
        extension: the keyword that must be offered.
        needs_hello: allowed only after EHLO or HELO.
        in_mail: True: only inside a transaction, False: only outside, None: both.
    """

    argument: bool | None = None
    extension: str = ""
    needs_hello: bool = False
    in_mail: bool | None = None

    def check(
        self, argument: str, service: Service, hello: str, transaction: ReceivedTransaction | None
    ) -> None:
        """Check the command at this point of the session.

        Raises:
            Refused: it is out of order; the reply says why.
        """
        if self.extension and self.extension not in service.extensions:
            raise Refused(replies.NOT_OFFERED)
        if self.argument is not None and self.argument is not bool(argument):
            raise Refused(replies.NEEDS_ARGUMENT if self.argument else replies.NO_ARGUMENT)
        if self.needs_hello and not hello:
            raise Refused(replies.HELLO_FIRST)
        if self.in_mail is False and transaction is not None:
            raise Refused(replies.NESTED_MAIL)
        if self.in_mail is True and transaction is None:
            raise Refused(replies.MAIL_FIRST)
        if self.in_mail is True and transaction is not None and transaction.is_chunked:
            raise Refused(replies.CHUNKS_BEGUN)


RULES: dict[str, Rule] = {
    "EHLO": Rule(argument=True),
    "HELO": Rule(argument=True),
    "MAIL": Rule(argument=True, needs_hello=True, in_mail=False),
    "SEND": Rule(argument=True, needs_hello=True, in_mail=False, extension="SEND"),
    "SOML": Rule(argument=True, needs_hello=True, in_mail=False, extension="SOML"),
    "SAML": Rule(argument=True, needs_hello=True, in_mail=False, extension="SAML"),
    "RCPT": Rule(argument=True, in_mail=True),
    "DATA": Rule(argument=False, in_mail=True),
    "BDAT": Rule(),  # its bytes come, in order or not, so it is judged when they have arrived
    "RSET": Rule(argument=False),
    "NOOP": Rule(),
    "VRFY": Rule(argument=True, extension="VRFY"),
    "EXPN": Rule(argument=True, extension="EXPN"),
    "HELP": Rule(extension="HELP"),
    "QUIT": Rule(argument=False),
    "STARTTLS": Rule(argument=False, needs_hello=True, in_mail=False, extension="STARTTLS"),
    "AUTH": Rule(argument=True, needs_hello=True, in_mail=False),
}

# The replies of commands that do nothing.
FIXED = {
    "NOOP": replies.OK,
    "QUIT": replies.GOODBYE,
    "HELP": Reply(214, (f"2.0.0 Commands: {' '.join(RULES)}", "2.0.0 Read RFC 5321")),
}
