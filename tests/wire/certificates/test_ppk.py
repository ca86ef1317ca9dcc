"""PuTTY's private keys, as puttygen writes them."""

from __future__ import annotations

import pytest

from smtp_nb import Certificate
from wire.certificates.makers import (
    CHEAP,
    KEYS,
    PASSWORD,
    Kind,
    assert_locked,
    both,
    code_of,
    pem_of,
    ppk,
    public_pem,
)


@pytest.mark.parametrize("kind", both(Kind.PPK_FILE, Kind.PPK_BLOB))
@pytest.mark.parametrize("algorithm", KEYS)
@pytest.mark.parametrize("version", ["version=2", f"version=3,{CHEAP}"])
def test_a_key_of_putty_opens(kind, algorithm, version, put, tmp_path) -> None:
    key = KEYS[algorithm]
    open_one = ppk(tmp_path, key, "--ppk-param", version)
    opened = Certificate(kind, put(kind, open_one), "", "*")
    assert opened.private_key.reveal() == pem_of(key).decode()
    assert opened.public_key == public_pem(key)
    locked = ppk(tmp_path, key, "--ppk-param", version, password=PASSWORD)
    assert_locked(kind, put(kind, locked))


@pytest.mark.parametrize("kdf", ["argon2i", "argon2d"])
def test_each_key_derivation_of_putty_is_known(kdf, tmp_path) -> None:
    options = ("--ppk-param", f"version=3,kdf={kdf},memory=64,passes=1")
    assert_locked(Kind.PPK_BLOB, ppk(tmp_path, KEYS["Ed25519"], *options, password=PASSWORD))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"Comment: ", b"Comment: not "),
        (b"Private-MAC: ", b"Private-MAC: 00"),
        (b"File-3", b"File-1"),
        (b"Encryption: none", b"Encryption: rot13"),
        (b"Private-Lines: 1", b"Private-Lines: 999999999"),
        (b"Private-Lines: 1", b"Private-Lines: -1"),
        (b"Public-Lines: 2", b"Public-Lines: 2\nPublic-Lines: 2"),
        (b"Comment: ", b"Remark: "),
    ],
)
def test_a_key_of_putty_that_was_changed_is_refused(old, new, tmp_path) -> None:
    data = ppk(tmp_path, KEYS["Ed25519"], "--ppk-param", f"version=3,{CHEAP}")
    assert old in data
    assert code_of(Kind.PPK_BLOB, data.replace(old, new), "", "*") == 271


@pytest.mark.parametrize(
    "cost",
    [
        b"Argon2-Memory: 999999999",
        b"Argon2-Memory: 1000000\nArgon2-Passes: 1000",
        b"Argon2-Passes: 999999999",
        b"Argon2-Parallelism: 9999",
    ],
)
def test_a_key_of_putty_that_would_cost_hours_is_refused(cost, tmp_path) -> None:
    data = ppk(tmp_path, KEYS["Ed25519"], "--ppk-param", f"version=3,{CHEAP}", password=PASSWORD)
    name = cost.partition(b":")[0]
    lines = [cost if line.startswith(name) else line for line in data.splitlines()]
    if cost.count(b"\n"):
        lines = [line for line in lines if line != b"Argon2-Passes: 1"]
    assert code_of(Kind.PPK_BLOB, b"\n".join(lines), PASSWORD, "*") == 271
