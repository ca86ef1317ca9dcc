"""The quick way makes, byte for byte, what the general way makes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from smtp_nb import ambient
from smtp_nb.compose.parts import Attachment
from smtp_nb.errors import InputError
from smtp_nb.merge import Template
from smtp_nb.merge.planning.plan import make_plan
from smtp_nb.merge.planning.recipients import To
from smtp_nb.merge.planning.renderer import RowMessage, RowRenderer
from smtp_nb.merge.rows.rows import Rows
from smtp_nb.merge.templates import form_letter
from smtp_nb.merge.templates.template import Compiled

Said = list[RowMessage | str]
PLAIN = ["Ann", "O'Neill", "a & b", "7.5", "nan", "", " ", "Çem", "10:30", "cid", "x" * 59, "=?x?="]
cells = st.one_of(
    st.sampled_from(PLAIN), st.text(max_size=70), st.integers(), st.floats(), st.booleans(),
    st.text("ab c.:=_-'<", max_size=62),
)  # fmt: skip
holes = ["{{ a }}", "{{ b }}", "{{ a | upper }}", "{{ b|trim|e }}", "{{ term }}", "{{ address }}"]
words = [" is ", "\n", "ü", "Dear ", ": ", ".\n", "=", "long " * 30, "x" * 900, "\r\n", " \n", "\t"]
texts = st.lists(st.sampled_from([*holes, *words]), max_size=7).map("".join)
markup = ["<p>", '<a href="', '">', '<img src="https://x.test/', "cid:", "<", "&", "# Points\n\n"]
bodies = st.lists(st.sampled_from([*holes, *words, *markup]), max_size=8).map("".join)
boxes = st.sampled_from(
    ["ann@school.test", "Ann <ann@school.test>", '"B, A" <b@school.test>', "Çem <c@school.test>",
     "a_b+c@x.test", f"{'l' * 60}@school.test", '"a b"@school.test', "dörte@school.test"]
)  # fmt: skip


def said(template: Template, rows: list[dict[str, Any]], to: To, *, quickly: bool) -> Said:
    """The message of each row, or what is wrong with it."""
    with ambient.deterministic(seed=7):
        frame = Rows(pd.DataFrame(rows).astype(object))
        compiled = Compiled(template, "teacher@school.test", "bounces@school.test")
        renderer = RowRenderer(frame, compiled, "salt")
        make = renderer.message if quickly else lambda filled: renderer.compose(filled).outgoing
        found: Said = []
        for filled in renderer.read(make_plan(frame, to).sendable):
            try:
                found.append(make(filled))
            except InputError as error:
                found.append(f"{type(error).__name__}: {error}")
        return found


def same(template: Template, rows: list[dict[str, Any]], to: To = "to") -> None:
    quick = said(template, rows, to, quickly=True)
    slow = said(template, rows, to, quickly=False)
    for one, other in zip(quick, slow, strict=True):
        if isinstance(one, str) or isinstance(other, str):
            assert one == other
            continue
        assert one[1:] == other[1:]
        assert _facts(one) == _facts(other)


def _facts(message: RowMessage) -> tuple[object, ...]:
    content = message.content
    octets = bytes(content)
    assert len(octets) == content.size
    return octets, content.head, content.message_id, content.is_8bit, content.headers


@given(texts, bodies | st.none(), bodies | st.none(), st.lists(cells, min_size=2, max_size=6),
       boxes)  # fmt: skip
@example("Points", "Dear {{ a }},\nü", "<p>{{ b }}</p>", ["Ann", 7, "Eve", 1.5], "ann@school.test")
@example("", None, '<a {{ a }}="cid:x">', ["href", "href"], "ann@school.test")
@example("", None, '<a href="{{ a }}{{ b }}:x">', ["ci", "d", "cid", "x"], "ann@school.test")
@example("", None, "<{{ a }} src=logo.png>", ["img", "b"], "ann@school.test")
@example("{{ b|trim|e }}", "{{ a }}", "{{ a }}", ["Ann", ""], "ann@school.test")
@example("{{ a }}", "{{ a }}{{ b }}", None, ["=", "?x?="], "ann@school.test")
def test_a_form_letter_is_the_letter(
    subject: str, text: str | None, html: str | None, values: list[Any], box: str
) -> None:
    if "\n" in subject or "\r" in subject or "\t" in subject:
        subject = ""
    template = Template(subject=subject, text=text, html=html, context={"term": "2026"})
    rows = [
        {"a": a, "b": b, "to": box.replace("@", f"{n}@", 1)}
        for n, (a, b) in enumerate(zip(values, [*values[1:], "z"], strict=True))
    ]
    same(template, rows)


@given(bodies, st.lists(cells, min_size=2, max_size=5))
@example("# Points\n\nDear {{ a }}\n=====\n\n{{ b }}", ["Ann", "Eve"])
@example("Dear **{{ a }}**\n\n[here](https://x.test/{{ b }})", ["Ann", "cid:x"])
def test_markdown_too(markdown: str, values: list[Any]) -> None:
    template = Template(subject="Points", markdown=markdown, context={"term": "2026"})
    same(template, [{"a": a, "b": a, "to": f"s{n}@x.test"} for n, a in enumerate(values)])


@pytest.mark.parametrize(
    "more",
    [
        {"attachments": [Attachment(data=b"x" * 2_000_000, filename="x.bin")]},
        {"attachments": [Attachment(data=b"small", filename="x.txt")]},
        {"html": '<img src="cid:l@x">', "attachments": [
            Attachment(data=b"GIF89a", filename="l.gif", cid="l@x")]},
        {"headers": {"X-Term": "1"}, "list_unsubscribe": "https://x.test/out"},
        {"headers": {"X-Name": "{{ a }}"}},
        {"cc": "head@school.test", "bcc": "file@school.test", "reply_to": "d@school.test"},
        {"cc": "s1@x.test"},
        {"return_path": "bounces+{{ key }}@school.test"},
        {"from_": "Schülerbüro <büro@school.test>"},
        {"calendar": "BEGIN:VCALENDAR\nMETHOD:REQUEST\nEND:VCALENDAR"},
        {"html": '<img src="logo.gif"> {{ a }}'},
        {"text": "x" * 3000 + "\n{{ a }}"},
        {"text": "ü" * 3000 + "\n{{ a }}"},
    ],
    ids=str,
)  # fmt: skip
@pytest.mark.parametrize("to", ["to", ["to", "copy"], "{{ a }} <{{ to }}>"], ids=str)
def test_whatever_else_a_message_has(
    more: dict[str, Any], to: To, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "logo.gif").write_bytes(b"GIF89a")
    template = Template(**{"subject": "{{ a }}", "text": "Dear {{ a }}", **more})
    rows = [{"a": a, "to": f"s{n}@x.test", "copy": f"c{n}@x.test"} for n, a in enumerate(PLAIN)]
    same(template, rows, to)


def test_most_merges_take_the_quick_way(monkeypatch: pytest.MonkeyPatch) -> None:
    taken = []
    message = form_letter.FormLetter.message

    def seen(*args: Any) -> Any:
        taken.append(message(*args))
        return taken[-1]

    monkeypatch.setattr(form_letter.FormLetter, "message", seen)
    markdown = "# Prüfung\n\nDear {{ a }}, you have **{{ b }}** points. {{ term }}"
    for body in (
        {"text": "Dear {{ a }}, {{ b }}", "html": "<p>Dear {{ a }}</p>"},
        {"text": "Liebe {{ a }}, schöne Grüße {{ b }}"},
        {"markdown": markdown, "context": {"term": "2026"}},
        {"text": "Dear {{ a }}", "attachments": [Attachment(data=b"x", filename="x.txt")]},
    ):
        template = Template(subject="Ergebnis für {{ a }}", **body)
        rows = [{"a": f"Student {n}", "b": n, "to": f"s{n}@x.test"} for n in range(3)]
        assert len(said(template, rows, "to", quickly=True)) == 3
    assert len(taken) == 12
    assert None not in taken
