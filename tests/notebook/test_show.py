"""Promises of smtp_nb.notebook.show."""

from __future__ import annotations

import copyreg

import pytest
from IPython.lib.pretty import pretty
from tblib.pickling_support import pickle_exception

from smtp_nb.errors import ConnectFailed, RefusedError, SMTPError
from smtp_nb.model.reply import Reply
from smtp_nb.notebook.show import Card, short_lines, shortened

REPLY = Reply(550, ("5.1.1 <ann@example.org> \x1b[31mno such user",))
ERRORS = [
    ConnectFailed("nobody listens at mail.test", remedy="Start the server"),
    RefusedError("the server refused ann@example.org", reply=REPLY),
    RefusedError("refused", reply=REPLY, remedy="Check the address"),
    SMTPError("bare"),
]


@pytest.mark.parametrize("error", ERRORS, ids=lambda error: error.description)
def test_an_error_takes_two_to_four_lines_that_can_be_saved(error: SMTPError) -> None:
    lines = short_lines(error)
    assert 2 <= len(lines) <= 4
    text = "\n".join(lines)
    assert "ann@" not in text
    assert "\x1b" not in text
    assert "%tb" in lines[-1]


def test_a_reply_is_explained_where_the_error_has_no_advice() -> None:
    lines = short_lines(ERRORS[1])
    assert "The server said: 550 5.1.1 <a…@example.org> \\x1b[31mno such user" in lines[1]
    assert "What to do: The mailbox does not exist there: check the address" in lines[2]


def test_the_short_error_keeps_class_and_facts_and_hides_addresses() -> None:
    error = shortened(ERRORS[1])
    assert type(error) is RefusedError
    assert error.reply is REPLY
    assert str(error) == "[161] the server refused a…@example.org"
    assert str(ERRORS[1]) == "[161] the server refused ann@example.org"


def test_the_error_itself_stays_whole_where_dask_is_loaded(monkeypatch: pytest.MonkeyPatch) -> None:
    """Dask registers a copier of exceptions whose copies share their attributes."""
    monkeypatch.setitem(copyreg.dispatch_table, RefusedError, pickle_exception)
    error = RefusedError("the server refused ann@example.org")
    assert str(shortened(error)) == "[161] the server refused a…@example.org"
    assert str(error) == "[161] the server refused ann@example.org"


def test_it_is_short_once_and_whole_when_asked_again() -> None:
    error = shortened(ERRORS[0])
    assert error._render_traceback_()[0].startswith("ConnectFailed: nobody listens")  # type: ignore[attr-defined]
    assert not hasattr(error, "_render_traceback_")


def test_a_card_is_text_and_a_table_and_escapes() -> None:
    card = Card("<b>\x1b", [("Name", "<script>\u202e"), ("Empty", "")], about=3)
    assert pretty(card) == "<b>\\x1b\n  Name  <script>\\u202e"
    html = card._repr_html_()
    assert "<script>" not in html
    assert "<b>" not in html
    assert "Empty" not in html
    assert card.about == 3
