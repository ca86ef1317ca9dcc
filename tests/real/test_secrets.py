"""After real servers have taken or refused a login its password shows nowhere."""

from __future__ import annotations

from typing import Any

import pytest

from canary import CANARY, assert_secret
from drivers.fronts import Front
from real.letters import Server, component
from servers.dovecot import Dovecot
from servers.postfix import Postfix
from servers.realm import Realm
from smtp_nb.errors import SMTPError
from smtp_nb.model.secret import Secret

pytestmark = [
    pytest.mark.real,
    pytest.mark.parametrize("front", ["blocking"], indirect=True),
]

BY_PASSWORD = ("sasl_plain", "login", "cram_md5", "sasl_digest_md5", "scram_sha_1", "scram_sha_256")
OUTCOMES = pytest.mark.parametrize(
    ("user", "failure"), [("canary", None), ("alice", SMTPError)], ids=["taken", "refused"]
)


def sender(front: Front, server: Server, **properties: Any) -> Any:
    smtp = component(front, server)
    smtp.set({"password": Secret(CANARY)} | properties)
    return smtp


@OUTCOMES
@pytest.mark.parametrize("mechanism", [*BY_PASSWORD, "auto"])
def test_a_login_by_password(
    front: Front, server: Server, mechanism: str, user: str, failure: type[SMTPError] | None
) -> None:
    if mechanism == "sasl_digest_md5" and isinstance(server, Dovecot):
        failure = SMTPError  # it hashes UTF-8 where Latin-1 is due
    assert_secret(front, sender(front, server, auth_mechanism=mechanism, user=user), failure)


@OUTCOMES
def test_a_login_by_kerberos(
    front: Front, server: Server, kerberos: Realm, user: str, failure: type[SMTPError] | None
) -> None:
    assert_secret(front, sender(front, server, auth_mechanism="kerberos", user=user), failure)


@pytest.mark.parametrize("uses_v2", [False, True])
def test_a_login_by_ntlm(front: Front, postfix: Postfix, uses_v2: bool) -> None:
    smtp = sender(front, postfix, auth_mechanism="ntlm")
    smtp.settings["UseNTLMv2"] = uses_v2
    assert_secret(front, smtp, SMTPError)
