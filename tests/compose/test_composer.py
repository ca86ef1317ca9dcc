"""A composer that has made other messages makes the next one as a new composer would."""

from __future__ import annotations

from collections.abc import Iterator
from email import message_from_bytes, policy
from email.message import EmailMessage

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smtp_nb.compose.draft import Draft
from smtp_nb.compose.message import Composed, Composer
from smtp_nb.compose.parts import Attachment, EncodedPart
from smtp_nb.compose.text import SegmentedText, SharedText
from smtp_nb.errors import InjectionError, InputError
from smtp_nb.model.address import parse_mailbox
from smtp_nb.model.enums import Importance, Sensitivity

ANN, BOB = parse_mailbox("Ann <ann@x.test>"), parse_mailbox("bob@y.test")
LOCAL = parse_mailbox("zoë@y.test")
LOGO = EncodedPart(Attachment(data=b"png", filename="logo.png", cid="logo"))
SHEET = EncodedPart(Attachment(data=bytes(5000), filename="résultat.pdf"))
ZEROS = bytes(12).hex()

# A message is a choice among few values, so that neighbours share most of them.
drafts = st.builds(
    Draft,
    from_=st.sampled_from([ANN, BOB]),
    sender=st.sampled_from([None, ANN]),
    reply_to=st.sampled_from([(), (BOB,)]),
    to=st.sampled_from([(ANN,), (BOB,), (ANN, BOB), (LOCAL,)]),
    cc=st.sampled_from([(), (ANN,)]),
    subject=st.sampled_from(["", "Hello", "é" * 60, "word " * 40]),
    text=st.sampled_from([None, "Dear Ann\n", "é\n", "é" * 300, f"--=_a{ZEROS}\n"]),
    html=st.sampled_from([None, "<p>Dear Ann</p>", '<img src="cid:logo">é']),
    attachments=st.sampled_from([(), (SHEET,)]),
    date=st.sampled_from(["", "*", "Fri, 01 Mar 2024 21:24:52 +0100"]),
    message_id=st.sampled_from(["", "*", "<1@x.test>"]),
    headers=st.sampled_from(
        [(), (("X-Course", "5é"),), (("X-A", "1"), ("X-A", "2")), (("Subject", "Other"),)]
    ),
    replacing=st.sampled_from([frozenset(), frozenset({"subject"})]),
    other_headers=st.sampled_from(["", "X-Given: yes\n"]),
    importance=st.sampled_from(Importance),
    sensitivity=st.sampled_from(Sensitivity),
    charset=st.sampled_from(["utf-8", "iso-8859-1"]),
    max_header_length=st.sampled_from([78, 40]),
)


def composer() -> Composer:
    numbers: Iterator[int] = iter(range(1000))
    return Composer(lambda: 1_700_000_000, lambda size: bytes([next(numbers)]) * size)


def made(composer: Composer, draft: Draft) -> Composed | str:
    try:
        return composer.compose(draft)
    except InputError as error:
        return str(error)


def shape(composed: Composed | str) -> list[object]:
    """All that is not random about a message, as the standard library reads it."""
    if isinstance(composed, str):
        return [composed]
    message = message_from_bytes(bytes(composed), policy=policy.SMTP)
    assert isinstance(message, EmailMessage)
    found: list[object] = [composed.needs_smtputf8, composed.size]
    for part in message.walk():
        assert part.defects == []
        fields = [(name, str(part[name])) for name in part if name != "Message-ID"]
        content = None if part.is_multipart() else part.get_payload(decode=True)
        found.append(([f for f in fields if "boundary" not in f[1]], content))
    return found


@given(st.lists(drafts, min_size=2, max_size=6))
def test_what_came_before_leaves_no_trace(sequence: list[Draft]) -> None:
    used = composer()
    for draft in sequence:
        assert shape(made(used, draft)) == shape(made(composer(), draft))


def test_with_one_boundary_it_is_the_same_octet_for_octet() -> None:
    def constant() -> Composer:
        return Composer(lambda: 1_700_000_000, lambda size: b"\xab" * size)

    used = constant()
    for number in range(3):
        draft = Draft(from_=ANN, to=(BOB,), text=f"{number}\n", html="<p>é</p>", inline=(LOGO,))
        assert bytes(used.compose(draft)) == bytes(constant().compose(draft))


def test_a_text_that_holds_the_boundary_gets_another() -> None:
    used = composer()
    first = used.compose(Draft(from_=ANN, text="x", html="y"))
    found = message_from_bytes(bytes(first), policy=policy.SMTP).get_boundary() or ""
    second = used.compose(Draft(from_=ANN, text=f"x\n--{found}\n", html="y"))
    message = message_from_bytes(bytes(second), policy=policy.SMTP)
    assert message.get_boundary() != found
    assert len(list(message.walk())) == 3


def test_what_was_refused_once_is_refused_again() -> None:
    used = composer()
    wrong = Draft(from_=ANN, text="x", headers=(("X-A", "a"), ("X-B", "b\nBcc: c")))
    for _ in range(2):
        with pytest.raises(InjectionError):
            used.compose(wrong)
    with pytest.raises(InputError, match="cannot be given directly"):
        used.compose(Draft(from_=ANN, text="x", headers=(("Message-ID", "<1@x>"),)))


lines = st.lists(st.sampled_from(["a", "é", " ", "=", ".", "\t", "word " * 20, "ю" * 30])).map(
    lambda parts: "".join(parts) + "\n"
)
stretches = st.lists(lines).map(lambda parts: SharedText("".join(parts)))
pieces = st.lists(st.one_of(lines, stretches))


@given(pieces, st.sampled_from(["", "tail", "é \r"]), st.sampled_from(["utf-8", "us-ascii"]))
def test_a_woven_text_is_encoded_as_if_it_were_one(
    pieces: list[str | SharedText], tail: str, charset: str
) -> None:
    woven = SegmentedText([*pieces, tail])
    draft = Draft(from_=ANN, date="", message_id="", text=woven, charset=charset)
    plain = Draft(from_=ANN, date="", message_id="", text=str(woven), charset=charset)
    for _ in range(2):  # what a stretch remembers is the same as what it found out
        found, expected = made(composer(), draft), made(composer(), plain)
        assert bytes(found) == bytes(expected) if isinstance(found, Composed) else found == expected
