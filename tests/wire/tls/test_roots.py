"""The roots of each platform, by stand-ins for Windows' store and for macOS' program."""

from __future__ import annotations

import shlex
import ssl
import sys
from pathlib import Path

import pytest
from OpenSSL import crypto

from smtp_nb.wire.tls import contexts, roots
from smtp_nb.wire.tls.contexts import context_for
from smtp_nb.wire.tls.roots import has_roots, platform_roots
from smtp_nb.wire.tls.tls import TLSSettings
from wire import pki


@pytest.fixture
def keychain(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The program `security` of macOS, and what it was called with."""
    program, pem = tmp_path / "security", pki.root().pem.decode()
    program.write_text(f'#!/bin/sh\necho "$@" >> {tmp_path}/calls\nprintf %s {shlex.quote(pem)}\n')
    program.chmod(0o700)
    monkeypatch.setattr(sys, "platform", "darwin")
    monkeypatch.setattr(roots, "_SECURITY", str(program))
    return tmp_path / "calls"


def test_on_macos_the_roots_are_apples(keychain: Path) -> None:
    wanted = [pki.root().certificate]
    assert list(platform_roots()) == wanted == list(platform_roots())
    assert keychain.read_text() == f"find-certificate -a -p {roots._APPLES_ROOTS}\n"  # once


@pytest.mark.parametrize("code", ["exit 1", "echo nonsense", "printf ''"])
def test_a_keychain_that_gives_nothing_adds_nothing(
    keychain: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: str
) -> None:
    program = tmp_path / "other"
    program.write_text(f"#!/bin/sh\n{code}\n")
    program.chmod(0o700)
    monkeypatch.setattr(roots, "_SECURITY", str(program))
    assert list(platform_roots()) == []
    monkeypatch.setattr(roots, "_SECURITY", str(tmp_path / "none"))
    assert list(platform_roots()) == []


def test_on_windows_the_roots_are_those_of_its_store(monkeypatch: pytest.MonkeyPatch) -> None:
    class Store:
        def get_ca_certs(self, binary_form: bool) -> list[bytes]:
            return [pki.root().der]

    monkeypatch.setattr(sys, "platform", "win32")
    monkeypatch.setattr(ssl, "create_default_context", Store)
    assert list(platform_roots()) == [pki.root().certificate]


def test_the_roots_of_the_platform_are_trusted(keychain: Path) -> None:
    contexts._context.cache_clear()
    context = context_for(TLSSettings()).context  # it owns its store
    store = context.get_cert_store()
    contexts._context.cache_clear()  # nobody else shall trust it
    assert store is not None
    leaf = pki.issue(issuer=pki.root())
    crypto.X509StoreContext(
        store, crypto.X509.from_cryptography(leaf.certificate)
    ).verify_certificate()


@pytest.mark.parametrize(
    ("bundle", "files", "is_there"),
    [("x", [], True), ("", [], False), (None, [], False), (None, ["5ed36f99.0"], True)],
)
def test_a_machine_without_any_root_is_known(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    bundle: str | None,
    files: list[str],
    is_there: bool,
) -> None:
    folder = tmp_path / "certs"
    folder.mkdir()
    for name in files:
        (folder / name).touch()
    if bundle is not None:
        (tmp_path / "bundle").write_text(bundle)
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "bundle"))
    monkeypatch.setenv("SSL_CERT_DIR", str(folder))
    assert has_roots() is is_there
