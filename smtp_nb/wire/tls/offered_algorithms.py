"""Offered algorithms of a context: versions, cipher suites, groups and signatures.

IPWorks has one list for TLS 1.2 and another for TLS 1.3 where OpenSSL has one for both. So the
lists are joined here, and what was negotiated is looked up afterwards in the list of its version
(`out_of_list`). If only some of the lists are set, the others have the IPWorks defaults. What
OpenSSL lacks is an error if nothing else is left of a list, else a remark.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sized
from functools import lru_cache

from OpenSSL import SSL

from smtp_nb.errors import InputError, Unsupported
from smtp_nb.model.enums import SSLProtocol
from smtp_nb.wire.certificates.signatures import NEW_SIGNATURES, OLD_SIGNATURES
from smtp_nb.wire.settings import Offer, TLSSettings, versions
from smtp_nb.wire.tls import libssl
from smtp_nb.wire.tls.groups import GROUPS, NEW_GROUPS, OLD_GROUPS
from smtp_nb.wire.tls.suites import BY_OPENSSL, wanted

# Suites without a certificate skip its verification altogether, so they are never offered.
NEVER = ":!aNULL:!eNULL:!PSK:!SRP"
# TLS 1.0 and 1.1 sign with SHA-1, which OpenSSL allows at this level only. What else the level lets
# in (short keys) is checked again in `strength`.
LOWERED = ":@SECLEVEL=0"
MOST_KEY_SHARES = 4  # OpenSSL refuses a list with more

_VERSIONS = {
    SSLProtocol.TLS1: SSL.TLS1_VERSION,
    SSLProtocol.TLS1_1: SSL.TLS1_1_VERSION,
    SSLProtocol.TLS1_2: SSL.TLS1_2_VERSION,
    SSLProtocol.TLS1_3: SSL.TLS1_3_VERSION,
}


def make_offer(context: SSL.Context, settings: TLSSettings) -> list[str]:
    """Set up a new context; returns remarks on what was requested and left out.

    Raises:
        InputError: parts of the settings contradict each other.
        Unsupported: the installed OpenSSL supports nothing that a list names.
    """
    spoken, level = versions(settings.enabled_protocols), _level(settings)
    suites, remarks = _suites(settings.offer, level)
    spoken, dropped = _with_suites(spoken, suites)
    context.set_min_proto_version(_VERSIONS[spoken[0]])
    context.set_max_proto_version(_VERSIONS[spoken[-1]])
    _offer_suites(context, suites, level)
    _check_renegotiation(settings.offer, spoken)
    more = _offer_groups(context, settings.offer, spoken)
    more += _offer_signatures(context, settings.offer, spoken, level)
    return _old_versions(settings) + remarks + dropped + more


def _level(settings: TLSSettings) -> str:
    """Return OpenSSL's security level: as a cipher list says, else low if old versions need it."""
    if said := re.search("@SECLEVEL=[0-5]", settings.offer.cipher_list):
        return f":{said.group()}"
    return LOWERED if versions(settings.enabled_protocols)[0] < SSLProtocol.TLS1_2 else ""


def _old_versions(settings: TLSSettings) -> list[str]:
    if settings.enabled_protocols & (SSLProtocol.SSL2 | SSLProtocol.SSL3):
        return ["SSL 2 and SSL 3 are left out: OpenSSL no longer supports them"]
    return []


# -- cipher suites ------------------------------------------------------------------------------


@lru_cache(maxsize=32)
def _known(cipher_list: str) -> tuple[str, ...]:
    """Return the suites that a list in OpenSSL's language stands for, by OpenSSL's names.

    Raises:
        InputError: it selects none.
    """
    context = SSL.Context(SSL.TLS_CLIENT_METHOD)
    try:
        context.set_cipher_list(cipher_list.encode("ascii"))
    except (SSL.Error, UnicodeError) as error:
        raise InputError(
            f"OpenSSL finds no cipher for the cipher list {cipher_list!r}",
            remedy="See OpenSSL's documentation of openssl-ciphers, or leave it empty",
        ) from error
    return tuple(SSL.Connection(context, None).get_cipher_list())


def _suites(offer: Offer, level: str) -> tuple[list[str], list[str]]:
    """Return OpenSSL's names of the suites to offer, and remarks."""
    pool, remarks = list(_known((offer.cipher_list or "DEFAULT") + NEVER + level)), []
    if offer.suites:
        usable = set(_known("ALL:COMPLEMENTOFALL" + NEVER + level))
        pool = [suite.openssl for suite in wanted(offer.suites) if suite.openssl in usable]
        lacking = [
            name for name in offer.suites if usable.isdisjoint(x.openssl for x in wanted([name]))
        ]
        remarks = _lacking("SSLEnabledCipherSuites", offer.suites, pool, lacking)
    strong = [name for name in pool if _bits(name) >= offer.least_bits]
    if not strong:
        raise Unsupported(
            f"no enabled cipher suite has {offer.least_bits} bits",
            remedy="Lower SSLCipherStrength, or enable others in SSLEnabledCipherSuites",
        )
    return strong, remarks


def _bits(openssl: str) -> int:
    suite = BY_OPENSSL.get(openssl)
    return suite.bits if suite else 0


def _lacking(
    setting: str, named: Iterable[str], usable: Sized, lacking: Iterable[str]
) -> list[str]:
    """Return a remark on what OpenSSL lacks, or raise if nothing is left."""
    if not usable:
        raise Unsupported(
            f"the installed OpenSSL supports nothing in {setting}: {', '.join(named)}",
            remedy="Add others to the list",
        )
    return [f"{setting}: left out, because OpenSSL lacks it: {name}" for name in lacking]


def _with_suites(
    spoken: list[SSLProtocol], names: Iterable[str]
) -> tuple[list[SSLProtocol], list[str]]:
    """Return the versions for which there is a suite, and remarks on the others."""
    has = {name.startswith("TLS_") for name in names}
    kept = [version for version in spoken if (version is SSLProtocol.TLS1_3) in has]
    if not kept:
        raise InputError(
            "no enabled version of TLS can use any of the enabled cipher suites",
            remedy="See SSLEnabledProtocols and SSLEnabledCipherSuites: TLS 1.3 has its own suites",
        )
    lost = [version for version in spoken if version not in kept]
    return kept, [
        f"{version.name} is left out: none of its cipher suites is enabled" for version in lost
    ]


def _offer_suites(context: SSL.Context, names: Iterable[str], level: str) -> None:
    old = [name for name in names if not name.startswith("TLS_")]
    new = [name for name in names if name.startswith("TLS_")]
    context.set_cipher_list((":".join(old or ["DEFAULT" + NEVER]) + level).encode("ascii"))
    if new:
        context.set_tls13_ciphersuites(":".join(new).encode("ascii"))


def _check_renegotiation(offer: Offer, spoken: list[SSLProtocol]) -> None:
    if not offer.renegotiation_info and spoken[0] < SSLProtocol.TLS1_3:
        raise Unsupported(
            "OpenSSL cannot leave out renegotiation_info where TLS 1.2 or older is enabled",
            remedy="Set SSLEnabledProtocols to TLS 1.3 alone (12288), or SSLEnableRenegotiation to"
            " True; renegotiation itself is refused in any case",
        )


# -- groups and signatures ----------------------------------------------------------------------


def _joined(new: Iterable[str], old: Iterable[str], spoken: list[SSLProtocol]) -> list[str]:
    """Return the lists of the enabled versions, joined."""
    names = [*new] if spoken[-1] is SSLProtocol.TLS1_3 else []
    if spoken[0] < SSLProtocol.TLS1_3:
        names += old
    return list(dict.fromkeys(names))


def _offer_groups(context: SSL.Context, offer: Offer, spoken: list[SSLProtocol]) -> list[str]:
    if not (offer.old_groups or offer.new_groups or offer.key_shares):
        return []
    new = offer.new_groups or NEW_GROUPS
    if strange := [name for name in offer.key_shares if name not in new]:
        raise InputError(
            f"TLS13KeyShareGroups names {', '.join(strange)}, TLS13SupportedGroups does not",
            remedy="Add it to both",
        )
    shares, surplus = offer.key_shares[:MOST_KEY_SHARES], offer.key_shares[MOST_KEY_SHARES:]
    names = _joined(new, offer.old_groups or OLD_GROUPS, spoken)
    listed = ["*" * (name in shares) + GROUPS[name][0] for name in names]
    libssl.set_groups(context, ":".join(listed))
    return [f"TLS13KeyShareGroups: OpenSSL allows at most four, so none for {x}" for x in surplus]


def _offer_signatures(
    context: SSL.Context, offer: Offer, spoken: list[SSLProtocol], level: str
) -> list[str]:
    if not (offer.old_signatures or offer.new_signatures):
        return []
    names = _joined(
        offer.new_signatures or NEW_SIGNATURES, offer.old_signatures or OLD_SIGNATURES, spoken
    )
    usable = [name for name in names if level or not name.startswith("sha1-")]
    lacking = [name for name in offer.old_signatures if name not in usable and name in names]
    remarks = _lacking("TLS12SignatureAlgorithms", names, usable, lacking)
    theirs = OLD_SIGNATURES | NEW_SIGNATURES
    libssl.set_signatures(context, ":".join(theirs[name] for name in usable))
    return remarks
