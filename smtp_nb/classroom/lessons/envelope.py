"""Lesson 3: envelope and headers."""

from __future__ import annotations

from collections.abc import Iterator
from email.utils import getaddresses

from smtp_nb.classroom.exercises.exercise import BY_HAND, Criterion, exercise
from smtp_nb.classroom.exercises.seen import Seen
from smtp_nb.classroom.lessons.by_hand import NOBODY_TYPED
from smtp_nb.classroom.lessons.plan import LessonPlan
from smtp_nb.model.display import counted
from smtp_nb.sandbox.messages.mailbox import Message

LIST = "class@class.test"
FRIENDS = ("ann@class.test", "ben@class.test", "cy@class.test")
SECRET = "ben@class.test"
HEAD = "head@school.test"
NO_MESSAGE = "no message with the exercise and your word as its subject yet"


def with_word(seen: Seen, key: str) -> list[Message]:
    """The messages whose subject is the exercise's number and the student's word."""
    return [message for message in seen.messages if message.subject == f"{key} {seen.nonce}"]


def in_header(message: Message, *names: str) -> list[str]:
    """The addresses in these header fields, in small letters."""
    fields = [str(value) for name in names for value in message.parsed.get_all(name, [])]
    return [address.lower() for _, address in getaddresses(fields)]


@exercise(
    "3.1",
    "one message for ann, ben and cy, addressed to the class, with ben hidden",
    4,
    hints=(
        "RCPT says who gets it; To is only what people read",
        "one conversation, one MAIL, one DATA, and RCPT once for each of the three",
        "look at the source of what arrived: no line of the header may name ben, not even Bcc",
    ),
)
def hidden(seen: Seen) -> Iterator[Criterion]:
    """A message whose envelope and header differ."""
    found = with_word(seen, "3.1")
    number = f"{counted(len(found), 'message')} came" if found else NO_MESSAGE
    yield Criterion("one message", 1, len(found) == 1, number)
    last = found[-1] if found else None
    envelope = sorted(last.rcpt_tos) if last else []
    yield Criterion(
        "the envelope names all three",
        1,
        envelope == sorted(FRIENDS),
        f"RCPT named {', '.join(envelope)}" if last else NO_MESSAGE,
    )
    shown = in_header(last, "To", "Cc") if last else []
    yield Criterion(
        f"To names {LIST} alone",
        1,
        shown == [LIST],
        f"To and Cc name {', '.join(shown) or 'no address'}" if last else NO_MESSAGE,
    )
    betrays = [name for name in last.parsed if SECRET in in_header(last, name)] if last else []
    yield Criterion(
        f"no header names {SECRET}",
        1,
        last is not None and SECRET in envelope and not betrays,
        _betrayal(betrays, last),
    )


def _betrayal(betrays: list[str], message: Message | None) -> str:
    if message is None:
        return NO_MESSAGE
    return f"the field {betrays[0]} does" if betrays else "RCPT does not name that address either"


@exercise(
    "3.2",
    f"write in the name of {HEAD}, say where a bounce goes, and send that bounce",
    4,
    takes="bounce_to",
    hints=(
        "From is written into the header; MAIL is what you say to the server",
        "a complaint about a letter goes where: to the name on the paper, or on the envelope?",
        "a bounce must never be answered by another bounce, so its own MAIL has an empty path: <>",
    ),
)
def bounce(seen: Seen, answer: object) -> Iterator[Criterion]:
    """A message with two senders, and the way back."""
    found = with_word(seen, "3.2")
    both = [one for one in found if HEAD in in_header(one, "From") and one.mail_from]
    differing = [one for one in both if one.mail_from.lower() != HEAD]
    last = differing[-1] if differing else None
    yield Criterion(
        "From and MAIL differ",
        1,
        last is not None,
        f"both are {HEAD}" if both else f"From is not {HEAD}" if found else NO_MESSAGE,
    )
    own = f"{seen.nonce}@class.test"
    wants_word = last is not None and last.mail_from.lower() == own
    yield Criterion(
        "MAIL is your word at class.test",
        1,
        wants_word,
        f"MAIL is {last.mail_from}" if last else "no such message yet",
    )
    right = wants_word and str(answer).strip(" <>").lower() == own
    said = "nothing was said" if answer is None else f"you said {str(answer)[:60]!r}"
    yield Criterion("where a bounce goes", 1, right, said)
    returned = [
        one for one in seen.messages if not one.mail_from and own in map(str.lower, one.rcpt_tos)
    ]
    yield Criterion(
        "the bounce comes from the null path",
        1,
        bool(returned),
        "no message came from <> for the address to which a bounce goes",
    )


@exercise(
    "3.3",
    "two addresses in one RCPT: hear the no, then do it right in the same conversation",
    4,
    hints=(
        "write both addresses into one pair of angle brackets, or two pairs in one line",
        "after a no the server is as before: say RCPT again, once for each of the two",
    ),
)
def two_at_once(seen: Seen) -> Iterator[Criterion]:
    """A refused RCPT, and two good ones after it."""
    talks = seen.by_hand
    if not talks:
        yield Criterion(BY_HAND, 4, False, NOBODY_TYPED)
        return
    tried = [talk for talk in talks if "second-address" in talk.remarks]
    messages = [one for one in with_word(seen, "3.3") if any(one in t.messages for t in tried)]
    yield Criterion(
        "two addresses in one RCPT were refused",
        2,
        bool(messages),
        NO_MESSAGE if tried else "no RCPT named two addresses yet",
    )
    both = [one for one in messages if len(set(one.rcpt_tos)) == 2]
    instead = f"it went to {', '.join(messages[-1].rcpt_tos)}" if messages else NO_MESSAGE
    yield Criterion("then one message went to both", 2, bool(both), instead)


PLAN = LessonPlan(
    3,
    "Envelope and headers",
    "You know who really decides where a mail goes, and why To and From may say something else.",
    25,
    (hidden, bounce, two_at_once),
    {
        "latency": "20ms",
        "without": (
            "PIPELINING",
            "CHUNKING",
            "DSN",
            "SEND",
            "SOML",
            "SAML",
            "EXPN",
            "VRFY",
            "SMTPUTF8",
        ),
    },
)
