"""What every test can use, and the rule about missing components.

A test that needs a mail server or a browser asks for it with `components.require`, which skips on
a laptop without it. On CI a skip is a failure, whatever its reason: a green run there means that
everything ran.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Generator, Iterator
from pathlib import Path

import hypothesis
import pytest

from components import find, require
from judges.parsers import PROGRAMS as JUDGES
from judges.parsers import Judges
from servers import dovecot as dovecot_server
from servers import exim as exim_server
from servers import postfix as postfix_server
from servers import postgresql as postgresql_server
from servers import proxies as proxy_servers
from servers import realm as realm_server
from servers.authority import Authority
from servers.dovecot import Dovecot
from servers.exim import Exim
from servers.postfix import Postfix
from servers.postgresql import PostgreSQL
from servers.proxies import Proxies
from servers.realm import Realm

ON_CI = os.environ.get("CI") == "true"

# How long an example takes says more about the machine than about us.
hypothesis.settings.register_profile("steady", deadline=None, print_blob=True)
hypothesis.settings.load_profile("steady")


_temporary = ""


def pytest_configure(config: pytest.Config) -> None:
    """Give all temporary files one folder, and all processes of the run: workers, kernels, servers.

    Kernels are killed and workers end without their last words, so what each would tidy up stays.
    """
    global _temporary
    if hasattr(config, "workerinput"):
        return  # it has the folder of who started it
    # Folders of pytest itself stay where they were: they are looked at after a failure.
    os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", tempfile.gettempdir())
    _temporary = tempfile.mkdtemp(prefix="smtp-")  # short: paths of sockets have a limit
    Path(_temporary).chmod(0o1777)  # servers run as users of their own
    os.environ["TMPDIR"] = tempfile.tempdir = _temporary


def pytest_unconfigure() -> None:
    shutil.rmtree(_temporary, ignore_errors=True)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    if ON_CI and report.skipped and not hasattr(report, "wasxfail"):
        report.outcome = "failed"
        report.longrepr = f"skipped, which CI does not allow: {report.longrepr}"
    return report


@pytest.fixture(scope="session")
def servers_directory() -> Iterator[Path]:
    """Where the servers live. Their processes have several owners, so all may pass through it."""
    with tempfile.TemporaryDirectory(prefix="smtp_nb-") as name:
        Path(name).chmod(0o755)
        yield Path(name)


@pytest.fixture(scope="session")
def authority(servers_directory: Path) -> Authority:
    """Certificates, good and faulty."""
    return Authority(servers_directory / "certificates")


@pytest.fixture(scope="session")
def realm(servers_directory: Path) -> Iterator[Realm]:
    """Runs if its programs are there; servers read their key in it when they start."""
    made = Realm(servers_directory / "kerberos")
    programs = find(*realm_server.PROGRAMS)
    if len(programs) == len(realm_server.PROGRAMS):
        made.start(programs, Postfix.accounts)
    yield made
    made.stop()


@pytest.fixture
def kerberos(realm: Realm, monkeypatch: pytest.MonkeyPatch) -> Realm:
    """A realm with the accounts of the servers, which Kerberos here knows; nobody has a ticket."""
    require(*realm_server.PROGRAMS)
    pytest.importorskip("gssapi", reason="the extra 'kerberos' is not installed")
    monkeypatch.setenv("KRB5_CONFIG", str(realm.config))
    monkeypatch.setenv("KRB5CCNAME", "MEMORY:nobody")
    return realm


@pytest.fixture(scope="session")
def judges() -> Judges:
    """Independent parsers of mail, from npm."""
    return Judges(**require(*JUDGES))


@pytest.fixture(scope="session")
def running_postfix(
    servers_directory: Path, authority: Authority, realm: Realm
) -> Iterator[Postfix]:
    programs = require(*postfix_server.PROGRAMS, root=True)
    server = Postfix(servers_directory / "postfix", authority, realm, programs)
    yield server
    server.stop()


@pytest.fixture(scope="session")
def running_dovecot(
    servers_directory: Path, authority: Authority, realm: Realm, running_postfix: Postfix
) -> Iterator[Dovecot]:
    programs = require(*dovecot_server.PROGRAMS, root=True)
    server = Dovecot(servers_directory / "dovecot", authority, running_postfix, realm, programs)
    yield server
    server.stop()


@pytest.fixture(scope="session")
def running_exim(servers_directory: Path) -> Iterator[Exim]:
    programs = require(*exim_server.PROGRAMS, root=True)
    server = Exim(servers_directory / "exim", programs)
    yield server
    server.stop()


@pytest.fixture(scope="session")
def postgresql(servers_directory: Path) -> Iterator[PostgreSQL]:
    """A real PostgreSQL; ask it for a database."""
    server = PostgreSQL(servers_directory / "postgresql", require(*postgresql_server.PROGRAMS))
    yield server
    server.stop()


@pytest.fixture(scope="session")
def proxies(servers_directory: Path) -> Iterator[Proxies]:
    """Real proxies, for SOCKS and for HTTP CONNECT."""
    programs = require(*proxy_servers.PROGRAMS, root=True)
    with proxy_servers.running_proxies(servers_directory / "proxies", programs) as started:
        yield started


@pytest.fixture
def postfix(running_postfix: Postfix) -> Postfix:
    """A real Postfix whose mailbox is empty."""
    running_postfix.clear()
    return running_postfix


@pytest.fixture
def dovecot(running_dovecot: Dovecot) -> Dovecot:
    """A real Dovecot submission server; the mailbox behind it is empty."""
    running_dovecot.clear()
    return running_dovecot


@pytest.fixture
def exim(running_exim: Exim) -> Exim:
    """A real Exim whose mailbox is empty."""
    running_exim.clear()
    return running_exim
