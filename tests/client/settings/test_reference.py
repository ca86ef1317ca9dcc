"""The rows of the reference: each has a name here, a meaning, and a test that shows it at work."""

from __future__ import annotations

from collections import Counter

import pytest

import smtp_nb
from covering import by_row
from generator.conformance import promise, promises
from generator.rows import meaning
from smtp_nb.client.settings.reference import Conformance, Row, rows, snake
from smtp_nb.client.settings.registry import REGISTRY

ROWS = list(rows())
# The reference as it is documented: how many rows of each kind.
COUNTED = {
    "property": 40,
    "setting": 72,
    "method": 17,
    "event": 9,
    "event field": 22,
    "type field": 41,
    "constructor": 15,
    "value": 87,
    "error": 92,
}


@pytest.fixture(scope="module")
def tests() -> dict[str, list[str]]:
    return by_row()


def test_no_row_is_missing_and_none_is_there_twice():
    assert Counter(row.kind for row in ROWS) == COUNTED
    assert len({(row.kind, row.owner, row.name) for row in ROWS}) == len(ROWS)


def exists(row: Row) -> bool:
    if row.kind == "setting":
        return row.python in REGISTRY
    if row.kind == "error":
        return issubclass(smtp_nb.error_class(int(row.name)), smtp_nb.SMTPError)
    owner, *names = row.python.partition("(")[0].split(".")
    made = getattr(smtp_nb, owner)
    return all(hasattr(made() if row.kind == "type field" else made, name) for name in names)


def test_every_name_exists_unless_it_cannot():
    missing = [row for row in ROWS if not exists(row)]
    assert {row.state for row in missing} <= {Conformance.IMPOSSIBLE}


def test_every_row_says_what_it_means():
    assert {row.marker for row in ROWS if not meaning(row)} == set()


def test_every_sentence_of_the_reference_stands_beside_a_row():
    known = {(row.kind, row.owner, row.name) for row in ROWS}
    assert set(promises()) <= known
    assert [row.marker for row in ROWS if not promise(row, promises())] == []


def test_what_does_not_simply_work_says_why():
    assert [row for row in ROWS if bool(row.why) is (row.state is Conformance.WORKS)] == []


def test_few_rows_cannot_exist():
    assert len([row for row in ROWS if row.state is Conformance.IMPOSSIBLE]) <= 25


def test_every_row_has_a_test(tests):
    assert {row.marker for row in ROWS} - set(tests) == set()


def test_every_marker_names_a_row(tests):
    assert set(tests) <= {row.marker for row in ROWS}


def test_every_setting_of_the_registry_is_a_row_or_ours():
    known = {row.name for row in ROWS if row.kind in ("property", "setting")}
    assert {name for name, entry in REGISTRY.items() if entry.owner} <= known


@pytest.mark.parametrize(
    ("name", "here"),
    [
        ("SSLStartMode", "ssl_start_mode"),
        ("PITrail", "pi_trail"),
        ("FingerprintSHA256", "fingerprint_sha256"),
        ("CertEncodedB", "cert_encoded_b"),
        ("DoEvents", "do_events"),
    ],
)
def test_names_follow_by_one_rule(name: str, here: str):
    assert snake(name) == here
