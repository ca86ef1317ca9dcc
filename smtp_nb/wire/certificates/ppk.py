"""PuTTY's private keys, versions 2 and 3, as appendix C of PuTTY's manual has them.

No maintained library reads them, so this parser does: it accepts what puttygen writes, checks the
MAC over all of it before it reads the key, and refuses everything else. The file names the cost of
its own key derivation, which is limited here.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.kdf.argon2 import Argon2d, Argon2i, Argon2id
from cryptography.hazmat.primitives.serialization import load_ssh_public_key

from smtp_nb.wire.certificates.identity import (
    MAX_NUMBER,
    Hidden,
    Identity,
    PrivateKey,
    key_is_locked,
    of_key,
)

_LINE = re.compile(r"([A-Za-z0-9-]+): ?(.*)")
_BLOCK = 16  # of AES
_MAX_LINES = 1000
_NEEDED = {"Encryption", "Comment", "Public-Lines", "Private-Lines", "Private-MAC"}
_KDFS: dict[str, type[Argon2d] | type[Argon2i] | type[Argon2id]] = {
    "Argon2d": Argon2d,
    "Argon2i": Argon2i,
    "Argon2id": Argon2id,
}
# puttygen uses 8 MiB and some 20 passes; more than this is an attack on the reader. The last
# is for both together: what goes through the memory, in KiB.
_LIMITS = {"Argon2-Memory": 1 << 20, "Argon2-Passes": 1 << 10, "Argon2-Parallelism": 1 << 6}
_MAX_WORK = 1 << 24


@dataclass(frozen=True, slots=True)
class _KeyFile:
    """The fields of a file, and its two blobs."""

    version: int
    algorithm: str
    fields: Mapping[str, str]
    public: bytes
    private: bytes = field(repr=False)

    @property
    def is_locked(self) -> bool:
        return self.fields["Encryption"] != "none"


@dataclass(frozen=True, slots=True, repr=False)
class _Keys:
    """What the password yields: the cipher's key and IV, and the key of the MAC."""

    cipher: bytes
    start: bytes
    mac: bytes


def read_ppk(data: Hidden, password: Hidden) -> list[Identity]:
    """The key in a PuTTY file.

    Raises:
        InputError: 273, the password is wrong or missing, or TLS has no such key.
        ValueError: it is not such a file, or it was modified.
    """
    file = _parse(data)
    if file.is_locked and not password:
        raise key_is_locked(has_password=False)
    keys = _keys(file, password if file.is_locked else Hidden())
    plain = Hidden(_decrypt(file, keys) if file.is_locked else file.private)
    if not hmac.compare_digest(_mac(file, keys, plain), bytes.fromhex(file.fields["Private-MAC"])):
        if file.is_locked:
            raise key_is_locked(has_password=True)
        raise ValueError("the MAC does not match: the file was modified")
    key = _private_key(file, plain)
    return [of_key(key)]


# -- the file -----------------------------------------------------------------------------------


def _parse(data: Hidden) -> _KeyFile:
    lines = iter(data.decode("utf-8").splitlines())
    head, algorithm = _split(next(lines, ""))
    version = {"PuTTY-User-Key-File-2": 2, "PuTTY-User-Key-File-3": 3}.get(head)
    if version is None:
        raise ValueError("only versions 2 and 3 of PuTTY's format are supported")
    fields: dict[str, str] = {}
    blobs: dict[str, bytes] = {}
    for line in lines:
        name, value = _split(line)
        if name in fields:
            raise ValueError(f"{name} is repeated")
        fields[name] = value
        if name.endswith("-Lines"):
            blobs[name] = _blob(lines, _count(value))
    if missing := _NEEDED - fields.keys():
        raise ValueError(f"{min(missing)} is missing")
    if fields["Encryption"] not in ("none", "aes256-cbc"):
        raise ValueError("its cipher is unknown")
    return _KeyFile(version, algorithm, fields, blobs["Public-Lines"], blobs["Private-Lines"])


def _split(line: str) -> tuple[str, str]:
    if not (match := _LINE.fullmatch(line)):
        raise ValueError("a line is not a field")
    return match[1], match[2]


def _blob(lines: Iterator[str], count: int) -> bytes:
    return base64.b64decode(
        "".join(next(lines, "") for _ in range(min(count, 1000))), validate=True
    )


def _count(text: str) -> int:
    """Return a number; anything else is not quoted, as `int()` would."""
    if not (text.isascii() and text.isdigit() and len(text) < 10):
        raise ValueError("a number is malformed")
    return int(text)


# -- the password -------------------------------------------------------------------------------


def _keys(file: _KeyFile, password: Hidden) -> _Keys:
    if file.version == 2:
        stretched = b"".join(
            hashlib.sha1(count.to_bytes(4, "big") + password).digest() for count in range(2)
        )
        mac = hashlib.sha1(b"putty-private-key-file-mac-key" + password).digest()
        return _Keys(stretched[:32], bytes(_BLOCK), mac)
    if not file.is_locked:
        return _Keys(b"", b"", b"")
    made = _argon2(file.fields, password)
    return _Keys(made[:32], made[32:48], made[48:])


def _argon2(fields: Mapping[str, str], password: Hidden) -> bytes:
    kind = _KDFS.get(fields.get("Key-Derivation", ""))
    costs = {name: _count(fields.get(name, "0")) for name in _LIMITS}
    is_too_much = costs["Argon2-Memory"] * costs["Argon2-Passes"] > _MAX_WORK
    if kind is None or is_too_much or any(costs[name] > most for name, most in _LIMITS.items()):
        raise ValueError("its key derivation is unknown, or too costly")
    derivation = kind(
        salt=bytes.fromhex(fields.get("Argon2-Salt", "")),
        length=80,
        iterations=costs["Argon2-Passes"],
        lanes=costs["Argon2-Parallelism"],
        memory_cost=costs["Argon2-Memory"],
    )
    return derivation.derive(password)


def _decrypt(file: _KeyFile, keys: _Keys) -> bytes:
    decryptor = Cipher(algorithms.AES256(keys.cipher), modes.CBC(keys.start)).decryptor()
    return decryptor.update(file.private) + decryptor.finalize()


def _mac(file: _KeyFile, keys: _Keys, plain: Hidden) -> bytes:
    texts = (file.algorithm, file.fields["Encryption"], file.fields["Comment"])
    parts = [*(text.encode("utf-8") for text in texts), file.public, plain]
    framed = b"".join(len(part).to_bytes(4, "big") + part for part in parts)
    return hmac.digest(keys.mac, framed, "sha1" if file.version == 2 else "sha256")


# -- the key ------------------------------------------------------------------------------------


def _private_key(file: _KeyFile, plain: Hidden) -> PrivateKey:
    line = f"{file.algorithm} {base64.b64encode(file.public).decode()}"
    public = load_ssh_public_key(line.encode("ascii"))
    numbers = _numbers(plain)
    key: PrivateKey
    if isinstance(public, rsa.RSAPublicKey):
        key = _rsa(public, numbers)
    elif isinstance(public, ec.EllipticCurvePublicKey):
        key = ec.derive_private_key(int.from_bytes(next(numbers)), public.curve)
    elif isinstance(public, ed25519.Ed25519PublicKey):
        key = ed25519.Ed25519PrivateKey.from_private_bytes(next(numbers))
    else:
        raise ValueError("keys of this kind are not supported")
    if key.public_key() != public:
        raise ValueError("its private key does not belong to its public key")
    return key


def _numbers(plain: Hidden) -> Iterator[Hidden]:
    """The numbers of an SSH blob; padding after the last is never read."""
    at = 0
    while True:
        size = int.from_bytes(plain[at : at + 4])
        if size > MAX_NUMBER or at + 4 + size > len(plain):
            raise ValueError("a number is cut off, or too long")
        yield Hidden(plain[at + 4 : at + 4 + size])
        at += 4 + size


def _rsa(public: rsa.RSAPublicKey, numbers: Iterator[Hidden]) -> rsa.RSAPrivateKey:
    d, p, q, inverse = (int.from_bytes(next(numbers)) for _ in range(4))
    return rsa.RSAPrivateNumbers(
        p, q, d, rsa.rsa_crt_dmp1(d, p), rsa.rsa_crt_dmq1(d, q), inverse, public.public_numbers()
    ).private_key()
