"""One hop: a server hands a message to the next, as a client that sends what it was given.

Our own client refuses a content with bare line ends. A server through which mail can be smuggled
does not, so this is one of its own: for servers of a `Net` alone, through memory.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from contextlib import suppress

from smtp_nb.classroom.relaying.mail import Mail, repaired
from smtp_nb.errors import SMTPError
from smtp_nb.model.memory_server import MemoryConnection, MemoryServer
from smtp_nb.model.reply import Reply
from smtp_nb.protocol.replies import ReplyParser

LOST = Reply(451, ("4.4.2 The connection was lost",))
NO_SMTPUTF8 = Reply(550, ("5.6.7 The next server does not offer SMTPUTF8",))
NO_8BITMIME = Reply(550, ("5.6.3 The next server does not offer 8BITMIME",))

_DOTS = re.compile(rb"\r\n\.(?!\n)")


class Lost(Exception):
    """The server has gone, or says nothing that is a reply."""


class Hop:
    """A connection from one server to the next.

    Args:
        server: the next one, whose clock runs while this one waits.
        connection: to it.
        hello: the name to give.
        repairs: put CRLF on the wire for each CR or LF that stands alone in the content.
    """

    def __init__(
        self, server: MemoryServer, connection: MemoryConnection, hello: str, *, repairs: bool
    ) -> None:
        self._server = server
        self._connection = connection
        self._hello = hello
        self._repairs = repairs
        self._parser = ReplyParser()
        self._extensions: frozenset[str] = frozenset()

    def deliver(self, mail: Mail) -> dict[str, Reply]:
        """Hand a message on.

        Returns:
            For each recipient the reply that decided.
        """
        replies: dict[str, Reply] = {}
        try:
            refusal = self._greet() or self._unfit(mail) or self._begin(mail)
            if refusal is None:
                self._hand_over(mail, replies)
        except (Lost, ConnectionError, SMTPError):
            refusal = LOST
        finally:
            self._leave()
        rest = refusal or LOST
        return {one: replies.get(one, rest) for one in mail.recipients}

    def _greet(self) -> Reply | None:
        reply = self._reply()
        if reply.code == 220:
            reply = self._ask(f"EHLO {self._hello}")
            self._extensions = frozenset(line.split(" ")[0].upper() for line in reply.lines[1:])
        return None if reply.is_success else reply

    def _unfit(self, mail: Mail) -> Reply | None:
        """What the next server has to be able to do, and is not."""
        if mail.needs_smtputf8 and "SMTPUTF8" not in self._extensions:
            return NO_SMTPUTF8
        if not mail.content.isascii() and "8BITMIME" not in self._extensions:
            return NO_8BITMIME
        return None

    def _begin(self, mail: Mail) -> Reply | None:
        words = [f"MAIL FROM:<{mail.sender}>"]
        if "8BITMIME" in self._extensions and not mail.content.isascii():
            words.append("BODY=8BITMIME")
        if mail.needs_smtputf8:
            words.append("SMTPUTF8")
        words += self._of_dsn(mail.parameters, ("RET", "ENVID"))
        reply = self._ask(" ".join(words))
        return None if reply.is_success else reply

    def _of_dsn(self, given: Mapping[str, str], names: tuple[str, ...]) -> list[str]:
        if "DSN" not in self._extensions:
            return []
        return [f"{name}={_xtext(name, given[name])}" for name in names if name in given]

    def _hand_over(self, mail: Mail, replies: dict[str, Reply]) -> None:
        taken = []
        for recipient, given in mail.recipients.items():
            words = [f"RCPT TO:<{recipient}>", *self._of_dsn(given, ("NOTIFY", "ORCPT"))]
            reply = self._ask(" ".join(words))
            replies[recipient] = reply
            if reply.is_success:
                taken.append(recipient)
                replies.pop(recipient)
        if not taken:
            return
        final = self._ask("DATA")
        if final.code == 354:
            octets = stuffed(mail.content)
            # Too late: what was no line when its dots were stuffed is one now.
            self._connection.write(repaired(octets) if self._repairs else octets)
            final = self._reply()
        replies.update(dict.fromkeys(taken, final))

    def _ask(self, line: str) -> Reply:
        self._connection.write(f"{line}\r\n".encode())
        return self._reply()

    def _reply(self) -> Reply:
        while (reply := self._parser.next_reply()) is None:
            data = self._connection.read()
            if data:
                self._parser.receive_data(data)
            elif data == b"" or not self._server.advance():
                raise Lost
        return reply

    def _leave(self) -> None:
        with suppress(Lost, ConnectionError, SMTPError):
            self._ask("QUIT")
        self._connection.close(gently=True)


def stuffed(content: bytes) -> bytes:
    """The content with its dots stuffed and the end of the data.

    A dot that a bare LF follows is left alone. Only a server that is careless about it gets as far
    as this; strict ones send no content with a bare LF.
    """
    lines = _DOTS.sub(b"\r\n..", b"\r\n" + content)[2:]
    return lines + (b".\r\n" if lines.endswith(b"\r\n") else b"\r\n.\r\n")


def _xtext(name: str, value: str) -> str:
    """A value as RFC 3461 section 4 writes it; in ORCPT the type before it stays as it is."""
    kind, mark, rest = value.partition(";") if name == "ORCPT" else ("", "", value)
    if name in ("RET", "NOTIFY"):
        return value
    return kind + mark + "".join(map(_encoded, rest))


def _encoded(letter: str) -> str:
    is_plain = letter not in "+=" and ("!" <= letter <= "~" or ord(letter) > 127)
    return letter if is_plain else f"+{ord(letter):02X}"
