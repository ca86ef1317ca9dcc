"""SASLprep (RFC 4013): one spelling for names and passwords that look the same."""

from __future__ import annotations

import stringprep
from unicodedata import ucd_3_2_0

from smtp_nb.errors import InputError

_PROHIBITED = (
    stringprep.in_table_c12,
    stringprep.in_table_c21_c22,
    stringprep.in_table_c3,
    stringprep.in_table_c4,
    stringprep.in_table_c5,
    stringprep.in_table_c6,
    stringprep.in_table_c7,
    stringprep.in_table_c8,
    stringprep.in_table_c9,
)


def saslprep(text: str, what: str) -> str:
    """Prepare a name or a password for a mechanism that hashes it.

    Code points that Unicode 3.2 did not know pass as they are (RFC 3454 section 7: a query).

    Raises:
        InputError: it holds what RFC 4013 section 2 prohibits, or nothing is left of it. The
            message names `what` and never quotes it.
    """
    mapped = "".join(
        " " if stringprep.in_table_c12(character) else character
        for character in text
        if not stringprep.in_table_b1(character)
    )
    prepared = ucd_3_2_0.normalize("NFKC", mapped)
    if not prepared or not _is_allowed(prepared):
        raise InputError(
            f"{what} holds characters that this login does not allow",
            remedy="They are prepared by RFC 4013; try auth_mechanism='sasl_plain'",
        )
    return prepared


def _is_allowed(text: str) -> bool:
    return not any(table(c) for c in text for table in _PROHIBITED) and _has_one_direction(text)


def _has_one_direction(text: str) -> bool:
    """RFC 3454 section 6: right-to-left letters must be at both ends, or nowhere."""
    if not any(map(stringprep.in_table_d1, text)):
        return True
    ends = stringprep.in_table_d1(text[0]) and stringprep.in_table_d1(text[-1])
    return ends and not any(map(stringprep.in_table_d2, text))
