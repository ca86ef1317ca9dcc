"""What TLS tells while it works and afterwards: steps, records, keys, and sessions to resume."""

from __future__ import annotations

import os
import stat
from functools import cache
from typing import Any

import pytest

from drivers.fronts import NAMES, open_front
from drivers.peers import Peer
from flows.tls_server import Server, component, connected, context, good, send, steps_of
from smtp_nb.errors import CertificateError, InputError
from wire import pki

covers = pytest.mark.covers


@pytest.fixture(params=NAMES, scope="module")
def front(request):
    with open_front(request.param) as opened:
        yield opened


# -- afterwards -------------------------------------------------------------------------------


@covers("SSL.SSLNegotiatedProtocol", "SMTP.SSLServerCert")
def test_what_was_agreed_on_can_be_read_until_the_next_attempt(front):
    with Peer(Server(good)) as peer:
        smtp = component(front, Server(good), peer)
        front.run(smtp.send())
        assert not smtp.connected
        assert smtp.settings["SSLNegotiatedProtocol"] == "TLSv1.3"
        assert smtp.ssl_server_cert.der == good().der
        smtp.settings["SSLServerCACerts"] = ""
        with pytest.raises(CertificateError):
            front.run(smtp.send())
    assert smtp.settings["SSLNegotiatedProtocol"] == ""
    assert not smtp.ssl_server_cert


@covers("SMTP.SSLStatus", "SSLStatus.Message")
def test_the_handshake_is_told_step_by_step(front):
    steps = steps_of(front, Server(good))
    assert [step for step in steps if "client hello" in step]
    assert [step for step in steps if "server certificate" in step]
    assert [step for step in steps if "finished" in step]


@covers("SMTP.SSLStatus")
def test_a_handshake_that_fails_is_told_as_far_as_it_came(front):
    steps = steps_of(front, Server(good), SSLServerCACerts="")
    assert [step for step in steps if "server certificate" in step]


def test_whoever_decides_may_take_their_time(front):
    """A person may be asked; the server does not make us wait meanwhile."""
    passed = [0.0]

    def ponder(event: Any) -> None:
        passed[0] += 3600

    def prepare(smtp: Any) -> None:
        clock = smtp._clock
        smtp._clock = lambda: clock() + passed[0]
        smtp.on_ssl_server_authentication(ponder)

    assert send(front, Server(good), prepare, timeout=30)


@covers("SSL.LogSSLPackets")
@pytest.mark.parametrize("implicit", [False, True])
def test_each_record_is_told(front, implicit):
    assert not [line for line in steps_of(front, Server(good)) if "bytes" in line]
    lines = steps_of(front, Server(good, implicit), LogSSLPackets=True)
    records = [line for line in lines if line.endswith("bytes")]
    assert records[0].startswith("sent: handshake, TLS 1.")
    assert records[1].startswith("received: handshake, TLS 1.2")
    inside = [line for line in records if "application data" in line]
    assert len([line for line in inside if line.startswith("sent")]) >= 6
    assert len([line for line in inside if line.startswith("received")]) >= 6


@covers("SSL.SSLKeyLogFile")
def test_the_keys_are_appended_to_a_file_that_only_we_can_read(front, tmp_path):
    file = tmp_path / "keys"
    for enabled, label in ((12288, "SERVER_TRAFFIC_SECRET_0"), (3072, "CLIENT_RANDOM")):
        send(front, Server(good), SSLKeyLogFile=str(file), SSLEnabledProtocols=enabled)
        assert label in file.read_text()
    lines = file.read_text().splitlines()
    assert {len(line.split(" ")) for line in lines} == {3}
    if os.name == "posix":
        assert stat.S_IMODE(file.stat().st_mode) == 0o600


@covers("SSL.SSLKeyLogFile")
def test_the_keys_are_those_of_the_connection(front, tmp_path):
    file, theirs = tmp_path / "keys", tmp_path / "theirs"
    made = context.__wrapped__(good, version="1.3")
    made.keylog_filename = str(theirs)
    send(front, Server(context=made), SSLKeyLogFile=str(file))
    ours = set(file.read_text().splitlines())
    assert ours
    assert ours <= set(theirs.read_text().splitlines())


@covers("SSL.SSLKeyLogFile")
def test_a_file_of_keys_that_cannot_be_written_ends_the_attempt(front, tmp_path):
    server = Server(good, implicit=True)
    with pytest.raises(InputError, match="SSLKeyLogFile"):
        send(front, server, SSLKeyLogFile=str(tmp_path))
    assert server.protected == []


# -- sessions ---------------------------------------------------------------------------------


def twice(front: Any, server: Server, prepare: Any = id, between: Any = id, **changes: Any) -> Any:
    """Two connections of one component; gives what the server saw of each."""
    with connected(front, server, prepare, **changes) as smtp:
        front.run(smtp.disconnect())
        between(smtp)
        front.run(smtp.connect())
    return [inside.server.tls.session_reused for inside in server.inside]


@covers("SSL.ReuseSSLSession")
@pytest.mark.parametrize("version", ["1.2", "1.3"])
@pytest.mark.parametrize("implicit", [False, True])
def test_a_session_is_resumed_if_it_is_wanted(front, version, implicit):
    server = Server(implicit=implicit, context=context(good, version))
    assert twice(front, server, ReuseSSLSession=True) == [False, True]
    assert twice(front, Server(implicit=implicit, context=context(good, version))) == [False] * 2


@covers("SSL.ReuseSSLSession")
@pytest.mark.parametrize("version", ["1.2", "1.3"])
def test_the_session_of_a_server_that_is_no_longer_accepted_is_refused(front, version):
    """The handler accepted it once; nobody does the second time."""
    server = Server(implicit=True, context=context(self_signed, version))
    events: list[Any] = []
    is_kind = [True]

    def judge(event: Any) -> None:
        events.append((event.accept, event.status))
        event.accept = is_kind[0]

    with pytest.raises(CertificateError):
        twice(
            front,
            server,
            lambda smtp: smtp.on_ssl_server_authentication(judge),
            lambda smtp: is_kind.__setitem__(0, False),
            ReuseSSLSession=True,
        )
    assert [accept for accept, _ in events] == [False, False]
    assert events[0] == events[1]
    assert len(server.inside) == 2
    assert server.protected.count(b"EHLO client.test") == 1


@pytest.mark.parametrize(
    "setting", [{"SSLServerCACerts": ""}, {"SSLServerPin": "sha256:" + "0" * 64}]
)
def test_settings_that_changed_end_the_session(front, setting):
    (name, value), server = *setting.items(), Server(good, implicit=True)

    def change(smtp: Any) -> None:
        smtp.settings[name] = value

    with pytest.raises(CertificateError):
        twice(front, server, between=change, ReuseSSLSession=True)
    assert server.protected.count(b"EHLO client.test") == 1


@cache
def self_signed() -> pki.Issued:
    return pki.issue("localhost", names=("127.0.0.1",))


def test_a_copy_of_a_component_has_sessions_of_its_own(front):
    server = Server(good, implicit=True)
    with connected(front, server, ReuseSSLSession=True) as smtp:
        front.run(smtp.disconnect())
        copy = smtp.clone()
        front.run(copy.connect())
        front.run(copy.disconnect())
        front.run(smtp.connect())
    assert [x.server.tls.session_reused for x in server.inside] == [False, False, True]
