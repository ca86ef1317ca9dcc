from __future__ import annotations

from dataclasses import replace

import pytest

from classroom.room.conftest import code_of, joined
from smtp_nb.classroom import Classroom
from smtp_nb.classroom.room.join_code import new_token
from smtp_nb.classroom.room.joining import meet
from smtp_nb.errors import AuthenticationError, CertificateError


def test_a_wrong_token_is_refused(room: Classroom) -> None:
    smtp = meet(replace(code_of(room), token=new_token()), "ann")
    with pytest.raises(AuthenticationError):
        smtp.connect()
    assert "535" in str(room["ann"].trail)
    assert not room["ann"].messages


def test_whoever_is_not_in_the_roster_is_refused(room: Classroom) -> None:
    with pytest.raises(AuthenticationError):
        meet(code_of(room), "dora").connect()


def test_a_forged_authority_is_refused_and_gets_no_login(room: Classroom) -> None:
    """Another server of the same kind, at the place where the code says that the class's is."""
    with Classroom(["ann"], code="maple-73", port=0) as forged:
        code = replace(code_of(room), port=code_of(forged).port)
        with pytest.raises(CertificateError, match="not the server of the class") as caught:
            meet(code, "ann")
        assert "Send no password" in str(caught.value)
        commands = [one.command for s in forged.server.sessions for one in s.exchanges]
        assert "AUTH" not in commands
        assert "STARTTLS" in commands


def test_an_authority_that_was_copied_vouches_for_nobody_else(room: Classroom) -> None:
    """A server in between can show the class's authority, but has no certificate from it."""
    genuine = meet(code_of(room), "ann")
    with Classroom(["ann"], code="maple-73", port=0) as forged:
        genuine.mail_port = code_of(forged).port
        with pytest.raises(CertificateError):
            genuine.connect()
        assert not any("AUTH" in str(session) for session in forged.server.sessions)


def test_the_machine_is_not_named_and_the_student_is(room: Classroom) -> None:
    ann = joined(room, "ANN")
    assert room["Ann"].session.hello == "ann.class.test"
    assert room["Ann"].session.user == "ann"
    ann.disconnect()
