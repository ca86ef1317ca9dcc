"""Odd messages at every place of a window, on servers that really deliver what they took.

What counts is seen on the server: whom each message reached and under whose name. A client that
loses step sends a row under the sender of the row before, and no reply tells.
"""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from random import Random
from typing import Any, NamedTuple

import pandas as pd
import pytest

from servers.exim import Exim
from servers.postfix import Postfix
from servers.variants import SIZE_LIMIT, VARIANTS
from smtp_nb import SMTP, MailMerge, Template, TrailDirection
from smtp_nb.merge import load

pytestmark = pytest.mark.real
Server = Postfix | Exim

TEMPLATE = Template(
    subject="Row {{ n }}", text="{{ n }}: {{ body }}", from_="{{ sender }}", cc="{{ copy }}"
)
WORDS = "word " * (SIZE_LIMIT // 5)


class Kind(NamedTuple):
    """A sort of row: where it differs from others, and what shall become of its two recipients.

    `{n}` stands for the row's number.
    """

    to: str = "to-{n}@row.test"
    copy: str = "copy-{n}@row.test"
    sender: str = "from-{n}@row.test"
    body: str = "short"
    outcomes: tuple[str, str] = ("ACCEPTED", "ACCEPTED")
    code: int = 250


REFUSED, DEFERRED = ("REFUSED", "REFUSED"), ("DEFERRED", "DEFERRED")
GOOD = Kind()
ODD = {
    "refused": Kind(
        to="refused@to{n}.test", copy="refused@copy{n}.test", outcomes=REFUSED, code=550
    ),
    "deferred": Kind(to="later@to{n}.test", copy="later@copy{n}.test", outcomes=DEFERRED, code=450),
    "half refused": Kind(to="refused@to{n}.test", outcomes=("REFUSED", "ACCEPTED"), code=550),
    "half deferred": Kind(copy="later@copy{n}.test", outcomes=("ACCEPTED", "DEFERRED")),
    "sender refused": Kind(sender="refused@from{n}.test", outcomes=REFUSED, code=550),
    "over-long": Kind(body=WORDS, outcomes=REFUSED, code=552),
}
UNSENT = ODD["over-long"]._replace(outcomes=("NOT_SENT", "NOT_SENT"), code=0)
"""An over-long message for a server that announced its limit."""


@pytest.fixture(params=["postfix", "exim"])
def server(request: pytest.FixtureRequest) -> Server:
    found: Server = request.getfixturevalue(request.param)
    return found


def client(server: Server, variant: str, window: int) -> SMTP:
    smtp = SMTP(mail_server="127.0.0.1", mail_port=server.ports[variant])
    smtp.window = window
    return smtp


def frame(kinds: list[Kind]) -> pd.DataFrame:
    rows = [
        {
            "n": n,
            **{
                name: value.format(n=n) for name, value in zip(Kind._fields, kind[:4], strict=False)
            },
        }
        for n, kind in enumerate(kinds)
    ]
    return pd.DataFrame(rows)


def kinds_for(variant: str) -> list[Kind]:
    odd = ODD | ({"over-long": UNSENT} if VARIANTS[variant].size else {})
    return list(odd.values())


def at_every_place(odd: list[Kind], window: int) -> list[Kind]:
    """Each kind once at each place of a window, the others good; slow start in front of it."""
    rows = [GOOD] * (window - 1)
    for kind, place in itertools.product(odd, range(window)):
        rows += [GOOD] * place + [kind] + [GOOD] * (window - place - 1)
    return rows


def run(
    server: Server,
    variant: str,
    window: int,
    kinds: list[Kind],
    journal: Path,
    connections: int = 1,
) -> list[str]:
    """Send all rows and compare what the journal says and what arrived with what shall be.

    Returns:
        What the client said.
    """
    smtp = client(server, variant, window)
    trail: list[Any] = []
    smtp.on_pi_trail += trail.append
    merge = MailMerge(
        frame(kinds),
        TEMPLATE,
        to="to",
        server=smtp,
        journal=journal,
        patience=0,
        connections=connections,
    )
    results = merge.run(progress=None)
    left = len(results) + 1
    # Exim takes its leave after some refusals. Without patience that ends a run; each next one gets
    # further.
    while (results["code"] == 421).any() and (results["outcome"] == "NOT_SENT").sum() < left:
        left = (results["outcome"] == "NOT_SENT").sum()
        results = merge.run(progress=None)
    assert_outcomes(results, kinds)
    assert_outcomes(load(journal), kinds)
    assert_arrived(server, kinds)
    assert not [event for event in trail if "from now on" in event.message]
    said = [event.message for event in trail if event.direction is TrailDirection.CLIENT]
    assert {"DATA", "BDAT"} & {line.split()[0] for line in said} == {variant[:4]}
    return said


def assert_outcomes(results: pd.DataFrame, kinds: list[Kind]) -> None:
    found = results.groupby("row")["outcome"].agg(tuple)
    assert dict(found) == {n: kind.outcomes for n, kind in enumerate(kinds)}
    codes = results.groupby("row")["code"].first().fillna(0)
    assert dict(codes) == {n: kind.code for n, kind in enumerate(kinds)}


def assert_arrived(server: Server, kinds: list[Kind]) -> None:
    expected = Counter(itertools.chain.from_iterable(map(copies, itertools.count(), kinds)))
    arrived = server.messages()
    assert Counter((m.sender, m.recipient, subject(m.content)) for m in arrived) == expected


def copies(n: int, kind: Kind) -> Iterator[tuple[str, str, str]]:
    for address, outcome in zip((kind.to, kind.copy), kind.outcomes, strict=True):
        if outcome == "ACCEPTED":
            yield kind.sender.format(n=n), address.format(n=n), f"Row {n}"


def subject(content: bytes) -> str:
    (line,) = (line for line in content.split(b"\r\n") if line.startswith(b"Subject: "))
    return line.removeprefix(b"Subject: ").decode()


@pytest.mark.parametrize("variant", VARIANTS)
def test_an_odd_row_at_every_place_spoils_no_other(
    server: Server, variant: str, tmp_path: Path
) -> None:
    window, kinds = 4, at_every_place(kinds_for(variant), 4)
    said = run(server, variant, window, kinds, tmp_path / "journal")
    # The rows did share groups: only the first of a window goes without RSET.
    assert said.count("RSET") > len(kinds) // 2


@pytest.mark.long
@pytest.mark.parametrize("variant", VARIANTS)
@pytest.mark.parametrize("window", [2, 8, 16])
def test_windows_of_any_size(server: Server, variant: str, window: int, tmp_path: Path) -> None:
    run(server, variant, window, at_every_place(kinds_for(variant), window), tmp_path / "journal")


def at_random(dice: Random, variant: str, rows: int) -> list[Kind]:
    """Every second row is odd, one beside the other.

    After an over-long message comes a good one: three contents refused in a row end a run.
    """
    odd = kinds_for(variant)
    kinds = dice.choices([GOOD, *odd], [len(odd), *[1] * len(odd)], k=rows)
    return [GOOD if before.body == WORDS else kind for before, kind in pairwise([GOOD, *kinds])]


@pytest.mark.parametrize("variant", VARIANTS)
def test_odd_rows_side_by_side_spoil_no_other(server: Server, variant: str, tmp_path: Path) -> None:
    run(server, variant, 8, at_random(Random(variant), variant, 40), tmp_path / "journal")


@pytest.mark.long
@pytest.mark.parametrize("variant", VARIANTS)
@pytest.mark.parametrize("seed", range(10))
def test_many_odd_rows_side_by_side(
    server: Server, variant: str, seed: int, tmp_path: Path
) -> None:
    run(server, variant, 32, at_random(Random(seed), variant, 400), tmp_path / "journal")


@pytest.mark.parametrize("variant", VARIANTS)
def test_odd_rows_over_several_connections_spoil_no_other(
    server: Server, variant: str, tmp_path: Path
) -> None:
    kinds = at_random(Random(variant), variant, 60)
    said = run(server, variant, 8, kinds, tmp_path / "journal", connections=4)
    assert said.count("EHLO [127.0.0.1]") >= 4


@pytest.mark.parametrize("variant", ["BDAT", "DATA"])
def test_a_server_that_hangs_up_on_too_many_refusals_costs_nobody_their_message(
    server: Server, variant: str, tmp_path: Path
) -> None:
    """Postfix says 421 to the twentieth error, Exim 554 to RSET behind ten refused messages."""
    kinds = [GOOD, *[ODD["refused"]] * 30, *[GOOD] * 5, *[ODD["refused"]] * 5, GOOD]
    said = run(server, variant, 8, kinds, tmp_path / "journal")
    assert said.count("EHLO [127.0.0.1]") > 1


@pytest.mark.parametrize("variant", ["BDAT", "DATA"])
def test_a_server_that_takes_no_more_over_this_connection_gets_the_rest_over_another(
    exim: Exim, variant: str, tmp_path: Path
) -> None:
    """Exim says 421 to MAIL, stays, and answers all that was written behind it one by one."""
    said = run(exim, variant, 32, [GOOD] * 100, tmp_path / "journal")
    assert said.count("EHLO [127.0.0.1]") > 1
