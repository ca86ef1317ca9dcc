"""The part of a session that brought one message, as an inbox shows it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from smtp_nb.model.display import visible
from smtp_nb.model.explain import explain
from smtp_nb.sandbox import Message, Session
from smtp_nb.sandbox.exchanges import Exchange

MOST = 50
"""So many exchanges of a part are shown: a letter may have a thousand recipients."""
LAST = 3
Line = list[object]
"""[speaker, seconds, whether inside TLS, text, whether it refuses, what it means]"""


def conversation(session: Session, message: Message) -> list[Line]:
    """The lines of the session around a message: how it began, the message's own, how it ended.

    Args:
        session: the one that brought it.
        message: one of the session's.

    Returns:
        Lines for a page; what other messages were about is counted.
    """
    exchanges = session.exchanges
    envelopes = [at for at, one in enumerate(exchanges) if one.command in ("MAIL", *_OLD)]
    if not envelopes:
        return list(_lines(exchanges))
    ends = next((at for at, one in enumerate(exchanges) if _took(one, message)), -1)
    begins = max((at for at in envelopes if at <= ends), default=-1)
    if begins < 0:
        return [*_lines(exchanges[: envelopes[0]]), _note("what brought it is no longer kept")]
    last = max(ends, envelopes[-1])
    # The last message's own lines end where the client says goodbye.
    after = next((at for at in range(last, len(exchanges)) if exchanges[at].command == "QUIT"), 0)
    lines = [*_lines(exchanges[: envelopes[0]]), *_left_out(begins - envelopes[0])]
    lines += _lines(exchanges[begins : ends + 1])
    lines += _left_out((after or len(exchanges)) - ends - 1)
    return lines + list(_lines(exchanges[after:] if after else []))


_OLD = ("SEND", "SOML", "SAML")
_DOT = "The message ends here"


def _took(exchange: Exchange, message: Message) -> bool:
    """True for the reply that took the message."""
    reply = exchange.reply
    return reply is not None and reply.code == 250 and message.queue_id in reply.text.split()


def _left_out(number: int) -> list[Line]:
    if number <= 0:
        return []
    noun = "exchange" if number == 1 else "exchanges"
    return [_note(f"{number:,} {noun} about other messages")]


def _note(text: str) -> Line:
    return ["note", None, False, f"… {text}", False, ""]


def _lines(exchanges: Sequence[Exchange]) -> Iterator[Line]:
    """The first ones and the last ones; of a letter to a thousand, its end is kept in sight."""
    left = len(exchanges) - MOST - LAST
    if left > 0:
        yield from _lines(exchanges[:MOST])
        yield _note(f"{left:,} more exchanges")
        yield from _lines(exchanges[-LAST:])
        return
    for one in exchanges:
        said = visible(" ".join(filter(None, (one.command, one.argument))))
        if said:
            meaning = _DOT if said == "." else explain(one.command).title
            yield ["client", round(one.seconds, 3), one.tls, said, False, visible(meaning)]
        if one.reply is not None:
            lines = [visible(line) for line in one.reply.wire_lines()]
            refuses = one.reply.code >= 400
            meaning = explain(lines[0]).title
            yield ["server", None, one.tls, "\n".join(lines), refuses, visible(meaning)]
