"""Servers' certificates with one fault each, and the one flag that overlooks it."""

from dataclasses import dataclass, field
from functools import cache

from cryptography.x509.oid import ExtendedKeyUsageOID

from smtp_nb.model.enums import SSLProtocol, SSLSecurityFlag
from wire import pki

Flag = SSLSecurityFlag
OLD = SSLProtocol.TLS1_1 | SSLProtocol.TLS1_2 | SSLProtocol.TLS1_3


@dataclass(frozen=True)
class Case:
    make: object
    faults: set
    flag: SSLSecurityFlag | None = None
    host: str = pki.HOST
    settings: dict = field(default_factory=dict)
    ciphers: str = "DEFAULT"


def expired_intermediate():
    return pki.issue("Old", pki.root(), ca=True, since=-3 * pki.DAY, until=-pki.DAY)


def no_authority():
    return pki.issue("Leaf that signs", pki.root(), usage=None)


def constrained():
    authority = pki.issue("Narrow", pki.root(), ca=True, permitted="other.test")
    return pki.issue(issuer=authority)


def stranger():
    return pki.issue("Stranger", ca=True)


CASES = {
    "expired": Case(
        lambda: pki.issue(issuer=pki.intermediate(), since=-2 * pki.DAY, until=-pki.DAY),
        {(10, 0)},
        Flag.IGNORE_NOT_TIME_VALID,
    ),
    "not yet valid": Case(
        lambda: pki.issue(issuer=pki.intermediate(), since=pki.DAY, until=2 * pki.DAY),
        {(9, 0)},
        Flag.IGNORE_NOT_TIME_VALID,
    ),
    "expired intermediate": Case(
        lambda: pki.issue(issuer=expired_intermediate()), {(10, 1)}, Flag.IGNORE_NOT_TIME_VALID
    ),
    "wrong host": Case(
        lambda: pki.issue(issuer=pki.intermediate(), names=("other.test",)),
        {(62, 0)},
        Flag.IGNORE_CN_MISMATCH,
    ),
    "wrong address": Case(
        lambda: pki.issue(issuer=pki.intermediate(), names=("127.0.0.2", "mail.test")),
        {(64, 0)},
        Flag.IGNORE_CN_MISMATCH,
        host="127.0.0.1",
    ),
    "wrong host, common name only": Case(
        lambda: pki.issue("other.test", pki.intermediate(), names=()),
        {(62, 0)},
        Flag.IGNORE_CN_MISMATCH,
    ),
    "for clients": Case(
        lambda: pki.issue(issuer=pki.intermediate(), usage=ExtendedKeyUsageOID.CLIENT_AUTH),
        {(26, 0)},
        Flag.IGNORE_WRONG_USAGE,
    ),
    "missing intermediate": Case(
        lambda: pki.issue(issuer=pki.intermediate(), sends=()),
        {(20, 0)},
        Flag.ALLOW_UNKNOWN_CA,
    ),
    "unknown authority": Case(
        lambda: pki.issue(issuer=stranger(), sends=()), {(20, 0)}, Flag.ALLOW_UNKNOWN_CA
    ),
    "unknown authority that is sent": Case(
        lambda: pki.issue(issuer=stranger()), {(19, 1)}, Flag.ALLOW_UNKNOWN_CA
    ),
    "self-signed": Case(pki.issue, {(18, 0)}, Flag.ALLOW_UNKNOWN_CA),
    "signed by no authority": Case(lambda: pki.issue(issuer=no_authority()), {(79, 1)}),
    "name constraint": Case(constrained, {(47, 0)}),
    "weak key": Case(
        lambda: pki.issue(issuer=pki.intermediate(), key=pki.weak_key()),
        {(66, 0)},
        ciphers="DEFAULT:@SECLEVEL=0",
    ),
    "weak key at a lowered level": Case(
        lambda: pki.issue(issuer=pki.intermediate(), key=pki.weak_key()),
        {(66, 0)},
        settings={"enabled_protocols": OLD},
        ciphers="DEFAULT:@SECLEVEL=0",
    ),
    "weak authority at a lowered level": Case(
        lambda: pki.issue(issuer=pki.issue("Weak", pki.root(), ca=True, key=pki.weak_key())),
        {(67, 1)},
        settings={"enabled_protocols": OLD},
        ciphers="DEFAULT:@SECLEVEL=0",
    ),
    "SHA-1 at a lowered level": Case(
        pki.sha1_signed,
        {(68, 0)},
        settings={"enabled_protocols": OLD},
        ciphers="DEFAULT:@SECLEVEL=0",
    ),
}


@cache
def made(name):
    return CASES[name].make()
