"""Error numbers: the whole table, and what the text of an error says."""

from __future__ import annotations

import errno
import os
import socket

import pytest

from play.stage import DRIVERS, stage
from smtp_nb import error_class
from smtp_nb.client.settings.reference import Conformance, rows
from smtp_nb.drivers.os_errors import os_error_code
from smtp_nb.errors import WINSOCK, SMTPError

CODES = [
    *(118, *range(161, 167), 301, 302),
    *(100, 101, 102, 104, 106, 107, 112, 116, 117, 135, 201, 211, 212, 213, 303, 434),
    *(1105, 1117, 1119, 1120),
    *range(270, 277),
    *range(280, 285),
    *WINSOCK,
]


MAPPED = {row.marker for row in rows() if row.state is Conformance.MAPPED}


def covering(codes):
    """Of a number without a natural cause, its place in the table is all that there is to show."""
    names = {code: f"error.{code}" for code in codes}
    return [
        pytest.param(code, marks=[pytest.mark.covers(name)] if name in MAPPED else [])
        for code, name in names.items()
    ]


@pytest.mark.parametrize("code", covering(CODES))
def test_every_number_has_its_class(code):
    assert issubclass(error_class(code), SMTPError)
    assert error_class(code)("text", code=code).code == code


def test_other_numbers_have_none():
    with pytest.raises(KeyError, match="not an error number"):
        error_class(999)


@pytest.mark.parametrize(
    "code", covering(c for c, (name, _) in WINSOCK.items() if hasattr(errno, name))
)
def test_an_errno_has_the_number_that_winsock_gave_it(code):
    number = getattr(errno, WINSOCK[code][0])
    assert os_error_code(OSError(number, os.strerror(number))) == code


@pytest.mark.parametrize(
    "code", covering(c for c in range(11001, 11005) if hasattr(socket, WINSOCK[c][0]))
)
def test_the_resolvers_errors_have_numbers_of_their_own(code):
    number = getattr(socket, WINSOCK[code][0])
    assert os_error_code(socket.gaierror(number, "resolver")) == code


@pytest.mark.parametrize(
    ("number", "code"),
    [(errno.EPERM, 10013), (errno.EPIPE, 10053), (errno.ENFILE, 10024), (errno.EAGAIN, 10035)],
)
def test_errnos_that_winsock_does_not_know_go_to_the_nearest(number, code):
    assert os_error_code(OSError(number, "")) == code


@pytest.mark.parametrize("code", covering(WINSOCK))
@pytest.mark.parametrize("kind", [OSError, socket.gaierror])
def test_winsocks_own_numbers_which_python_gives_on_windows_stay_as_they_are(kind, code):
    assert os_error_code(kind(code, "as Windows says it")) == code


@pytest.mark.parametrize(
    ("number", "code"),
    [
        pytest.param(number, code, marks=pytest.mark.covers(f"error.{code}"))
        for number, code in {64: 10054, 121: 10060, 1225: 10061, 1226: 10053, 1231: 10051,
                             1232: 10065, 1236: 10053}.items()
    ],
)  # fmt: skip
def test_overlapped_calls_of_windows_are_numbered_in_another_way(number, code):
    error = OSError(errno.EINVAL, "overlapped")
    error.winerror = number
    assert os_error_code(error) == code


@pytest.mark.parametrize("error", [OSError(errno.ENOSPC, ""), OSError("no number"), OSError(9999)])
def test_what_has_no_number_of_its_own_is_an_error_of_communication(error):
    assert os_error_code(error) == 162


@pytest.mark.parametrize("driver", DRIVERS)
@pytest.mark.parametrize("said", ["554 5.7.1 go away", "450 4.2.1 busy", "421 4.3.2 bye", "399 ?"])
def test_the_last_words_of_a_refusal_say_what_to_do(driver, said):
    text = f"S: 220 x\nC* EHLO\nS: 250 x\nC* MAIL\nS: {said}\n"
    text += "" if said.startswith(("421", "399")) else "C: QUIT\nS: 221 bye\n"
    with stage(driver, text, {}) as played, pytest.raises(SMTPError) as caught:
        played.call("send")
    error = caught.value
    assert str(error).endswith(error.remedy)
    assert len(error.remedy) > 10
    assert error.receipt is not None
