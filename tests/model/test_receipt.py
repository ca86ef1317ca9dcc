"""What a notebook shows and saves of a receipt."""

from __future__ import annotations

from IPython.lib.pretty import pretty

from smtp_nb.model.enums import RecipientType
from smtp_nb.model.outcome import Outcome
from smtp_nb.model.receipt import Receipt, RecipientResult


def test_a_receipt_in_a_notebook_masks_recipients_and_shows_escapes() -> None:
    result = RecipientResult(
        "ann@example.org", RecipientType.TO, Outcome.REFUSED, 550, "5.1.1", "no <b>\x1b ann@x.test"
    )
    receipt = Receipt(Outcome.REFUSED, (result,))
    shown = pretty(receipt) + receipt._repr_html_()
    assert "ann@" not in shown
    assert "a…@example.org" in shown
    assert "\x1b" not in shown
    assert "<b>" not in receipt._repr_html_()
    assert "ann@example.org" in str(receipt)


def test_the_text_of_a_receipt_is_bounded_and_begins_with_who_did_not_get_it() -> None:
    many = [RecipientResult(f"u{n}@x.test", RecipientType.TO, Outcome.ACCEPTED) for n in range(999)]
    refused = RecipientResult("gone@x.test", RecipientType.TO, Outcome.REFUSED, 550)
    lines = str(Receipt(Outcome.PARTIAL, (*many, refused))).splitlines()
    assert "gone@x.test" in lines[1]
    assert lines[-1] == "  and 950 more"
    assert len(lines) == 52
