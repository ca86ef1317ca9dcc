"""Words of a server, a proxy or a certificate never reach a terminal or page as controls."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from IPython.lib.pretty import pretty

import smtp_nb
from smtp_nb import errors
from smtp_nb.classroom import HexDump, Net, Quiz, Terminal, Zone
from smtp_nb.classroom.exercises.exercise import Criterion, Exercise
from smtp_nb.classroom.exercises.score import Score
from smtp_nb.classroom.hexdump.replay import Replay
from smtp_nb.classroom.lessons.who_sent_this import Case
from smtp_nb.classroom.middle.eavesdropper import Eavesdropper, Sighting
from smtp_nb.classroom.middle.tap import Sightings
from smtp_nb.classroom.net import Leg
from smtp_nb.classroom.relaying.authentication import Authentication, Verdict
from smtp_nb.classroom.relaying.findings import Findings, ZoneFinding
from smtp_nb.classroom.relaying.pipeline import Pipeline
from smtp_nb.classroom.replies import Replies
from smtp_nb.client.message.recipients import MessageRecipient, MessageRecipients
from smtp_nb.errors import SMTPError
from smtp_nb.merge.journal.schema import RecipientRecord
from smtp_nb.merge.journal.url import JournalURL
from smtp_nb.merge.results.missed import Missed
from smtp_nb.merge.results.report import _delivered
from smtp_nb.merge.results.summary import Summary
from smtp_nb.model.diagnosis import Check, Checkup, Finding
from smtp_nb.model.enums import RecipientType, TrailDirection
from smtp_nb.model.events import ErrorEvent, ExpandEvent, PITrailEvent, SSLStatusEvent
from smtp_nb.model.explain import explain
from smtp_nb.model.outcome import Outcome
from smtp_nb.model.receipt import Receipt, RecipientResult, TLSInfo
from smtp_nb.model.reply import Reply
from smtp_nb.model.secret import Secret
from smtp_nb.model.trail.trail import Trail
from smtp_nb.notebook.show import Card
from smtp_nb.sandbox import SandboxServer
from smtp_nb.sandbox.messages.mailbox import Inbox, Message
from smtp_nb.sandbox.session import Session

# ESC, a C1 control in two spellings, BEL, an override of the direction, a line separator.
EVIL = "\x1b[2J\x9b31m\x07\u202egnp\u2066\u2028 ann@x.test"
FORBIDDEN = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]")


def result(words: str) -> RecipientResult:
    return RecipientResult(
        "ann@x.test", RecipientType.TO, Outcome.REFUSED, 550, "5.1.1", f"{words}\n{words}"
    )


def receipt(words: str) -> Receipt:
    reply = Reply(250, (words, words))
    return Receipt(Outcome.REFUSED, (result(words),), reply, words, f"<{words}>")


def trail(words: str) -> Trail:
    made = Trail()
    made(PITrailEvent(TrailDirection.SERVER, f"250 {words}"))
    return made


def session(words: str) -> Session:
    made = Session(1, "127.0.0.1:1", ())
    made.client(f"EHLO {words}")
    made.server(Reply(250, (words,)))
    made.hello = words
    return made


def terminal(words: str) -> Terminal:
    with SandboxServer(inline=True) as server:
        made = Terminal(server, name=words)
        made.line(f"NOOP {words}")
        made.read()
    return made


def sighting(words: str) -> Sighting:
    found: list[Sighting] = []
    middle = Eavesdropper(found, 1, strip_starttls=False, inject=b"")
    middle.passes(TrailDirection.SERVER, f"250 {words}\n".encode())
    return found[0]


def selection(words: str) -> object:
    return dump(words).at(0, 40)


def dump(words: str) -> HexDump:
    made = Session(1, "127.0.0.1:1", ())
    made.heard(f"NOOP {words} {words}\r\n".encode())
    return HexDump(made)


def leg(words: str) -> Leg:
    return Leg(words, words, words, words, Reply(550, (words, words)))


def net(words: str) -> Net:
    made = Net(
        Zone({"school.test": {"MX": "10 mx.school.test"}, "mx.school.test": {"A": "192.0.2.1"}})
    )
    made.close()
    made.legs.append(leg(words))
    return made


def authentication(words: str) -> Authentication:
    verdict = Verdict("fail", words, words, is_aligned=True)
    return Authentication(verdict, (verdict,), verdict, words)


def message(words: str) -> Message:
    content = f"Subject: {words}\r\nX-{words}: {words}\r\n\r\n{words}\r\n".encode()
    return Message(
        f"{words}@x.test", (f"{words}@x.test",), content, {"ENVID": words}, ({"ORCPT": words},),
        "MAIL", "1", 1, TLSInfo("TLSv1.3", "x"), words, datetime(2026, 1, 2, tzinfo=UTC),
    )  # fmt: skip


def recipients(items: list[MessageRecipient]) -> MessageRecipients:
    made = MessageRecipients()
    for item in items:
        made.insert(len(made), item)
    return made


def inbox(words: str) -> Inbox:
    made = Inbox()
    made.add(message(words))
    return made


def error(kind: type[SMTPError]) -> Callable[[str], SMTPError]:
    def make(words: str) -> SMTPError:
        return kind(words, remedy=words, reply=Reply(550, (words,)), receipt=receipt(words))

    return make


ERRORS = [
    kind
    for kind in vars(errors).values()
    if isinstance(kind, type) and issubclass(kind, SMTPError) and kind is not SMTPError
]
HOLDERS: dict[str, Callable[[str], object]] = {
    "RecipientResult": result,
    "Receipt": receipt,
    "Score": lambda words: Score(
        Exercise("1.1", "say hello", 1, lambda seen: iter(())),
        [Criterion("said", 1, False, words)],
    ),
    "Reply": lambda words: Reply(250, (words, words)),
    "Trail": trail,
    "Ladder": lambda words: trail(words).ladder(show_addresses=True),
    "Missed": lambda words: Missed(1, words, "REFUSED", words),
    "JournalURL": lambda words: JournalURL(Secret(f"postgresql://host/{words}"), words),
    "Summary": lambda words: Summary(
        "a", {"REFUSED": 1}, (Missed(1, words, "REFUSED", words),), 1, (words,)
    ),
    "Session": session,
    "Terminal": terminal,
    "HexDump": dump,
    "Quiz": lambda words: Quiz(session(words)),
    "Selection": selection,
    "Replay": lambda words: Replay(((words, words, words),), words, (words,)),
    "Sightings": lambda words: Sightings([sighting(words)]),
    "Sighting": sighting,
    "Replies": lambda words: Replies([Reply(250, (words, words)), Reply(220, (words,))]),
    "Case": lambda words: Case(words, words, f"Subject: {words}\r\nFrom: {words}".encode()),
    "Leg": leg,
    "Net": net,
    "ZoneFinding": lambda words: ZoneFinding(words, words, words),
    "Findings": lambda words: Findings([ZoneFinding(words, words, words)]),
    "Authentication": authentication,
    "Pipeline": lambda words: Pipeline([(words, words, words, False)] * 2, words, words),
    "Message": message,
    "Inbox": inbox,
    "Checkup": lambda words: Checkup(words, (Check("banner", Finding.BAD, words, words),)),
    "Explanation": lambda words: explain(f"550 5.1.1 {words}"),
    "Card": lambda words: Card(words, [("said", words)]),
    "PITrailEvent": lambda words: PITrailEvent(TrailDirection.SERVER, words),
    "ErrorEvent": lambda words: ErrorEvent(161, words),
    "ExpandEvent": ExpandEvent,
    "SSLStatusEvent": SSLStatusEvent,
    "Recipients": lambda words: recipients([MessageRecipient(name=words)]),
    "SMTPError": error(SMTPError),
} | {kind.__name__: error(kind) for kind in ERRORS}
# Classes that write a text of ours, or hide what they hold.
OWN_WORDS = {
    "Hidden", "HiddenText", "Mailbox", "Tally", "Progress", "Preview", "PreviewedRow", "Shown",
    "Throughput", "TLSInfo", "Outcome", "Page", "Raw", "SettingError", "Day", "Fault", "FlowPlace",
}  # fmt: skip


def forms(value: object) -> list[str]:
    """All that a terminal or a notebook writes of a value by itself."""
    html = getattr(value, "_repr_html_", str)
    return [str(value), repr(value), pretty(value), html()]


@pytest.mark.parametrize("name", HOLDERS)
def test_no_form_of_a_value_writes_a_strangers_control(name: str) -> None:
    for form in forms(HOLDERS[name](EVIL)):
        assert FORBIDDEN.search(form.replace("\r\n", "\n")) is None, ascii(form)


def test_every_class_with_a_text_of_its_own_is_in_the_table() -> None:
    package = Path(smtp_nb.__file__).parent
    found = {
        node.name
        for path in package.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.ClassDef)
        and any(isinstance(part, ast.FunctionDef) and part.name == "__str__" for part in node.body)
    }
    assert found <= set(HOLDERS) | OWN_WORDS


def test_a_reply_in_a_frame_of_results_can_be_printed() -> None:
    fields = dict.fromkeys(RecipientRecord._fields, 0) | {"reply": EVIL, "code": 550, "kind": 0}
    fields |= {"enhanced_code": "", "recipient": "ann@x.test", "outcome": "REFUSED"}
    line = _delivered(0, RecipientRecord(**fields), {})
    assert not [cell for cell in line if isinstance(cell, str) and FORBIDDEN.search(cell)]


def test_a_receipt_for_many_has_a_short_repr() -> None:
    results = tuple(
        RecipientResult(f"p{n}@x.test", RecipientType.TO, Outcome.ACCEPTED, 250)
        for n in range(100_000)
    )
    made = Receipt(Outcome.ACCEPTED, results)
    assert "and 99,980 more" in repr(made)
    for form in (repr(made), pretty(made), made._repr_html_()):
        assert len(form) < 20_000
    assert repr(Receipt(Outcome.ACCEPTED, results[:1])).count("RecipientResult(") == 1


def test_a_reply_of_thousands_of_lines_has_a_short_repr() -> None:
    assert "and 1,980 more" in repr(Reply(250, ("x" * 100,) * 2000))
    assert repr(Reply(250, ("Ok",))) == "Reply(code=250, lines=('Ok',))"


def test_those_who_did_not_get_it_are_shown_before_a_thousand_who_did() -> None:
    results = [
        RecipientResult(f"p{n}@x.test", RecipientType.TO, Outcome.ACCEPTED) for n in range(1000)
    ]
    results.append(result("no"))
    made = Receipt(Outcome.PARTIAL, tuple(results))
    assert "REFUSED" in pretty(made)
    assert "and 951 more" in pretty(made)


def test_a_long_list_of_recipients_has_a_short_repr() -> None:
    many = recipients([MessageRecipient(f"p{n}@x.test") for n in range(1000)])
    assert repr(many).endswith("and 980 more]")
    few = recipients([MessageRecipient("p@x.test")])
    assert repr(few) == f"[{MessageRecipient('p@x.test')!r}]"
