"""Statements for one row as statements for many."""

from __future__ import annotations

import json

import pytest

from smtp_nb.merge.journal import claims, schema
from smtp_nb.merge.journal.postgresql.bulk import bulk

EACH_WINDOW = {
    "record": schema.RECORD_ATTEMPT,
    "settle": schema.SETTLE,
    "digest": schema.DIGEST,
    "leave out": schema.LEAVE_OUT,
    "finish": claims._FINISH,
    "leave out a claim": claims._LEAVE_OUT,
}


@pytest.mark.parametrize("name", EACH_WINDOW)
def test_what_is_written_for_each_window_is_one_statement(name: str) -> None:
    statement = EACH_WINDOW[name]
    found = bulk(statement)
    assert found is not None
    assert found.statement.count("?") == 1
    assert len(found.names) == statement.count("?")


def test_values_go_by_the_names_of_their_columns() -> None:
    found = bulk("UPDATE message SET digest = ? WHERE id = ?")
    assert found is not None
    assert found.statement == (
        "UPDATE message SET digest = given.digest"
        " FROM json_populate_recordset(NULL::message, ?::json) AS given"
        " WHERE message.id = given.id"
    )
    (text,) = found.texts([("é", 1), (None, 2)])
    assert json.loads(text) == [{"digest": "é", "id": 1}, {"digest": None, "id": 2}]
    assert list(found.texts([])) == []


def test_other_statements_stay_as_they_are() -> None:
    assert bulk("DELETE FROM budget WHERE id = ?") is None
