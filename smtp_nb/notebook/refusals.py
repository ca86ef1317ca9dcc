"""Secrets on a magic's line, which are refused.

A line is in the notebook, in `In`, in the history file and was sent to every page that has the
notebook open, all before a magic runs. So a secret on it is refused, even if it would work.
"""

from __future__ import annotations

import base64
import binascii
import re
from urllib.parse import unquote

_OPTION = re.compile(r"--?(?:pass(?:word|wd|phrase)?|pwd?|secret|token)(?:=(.*))?\Z", re.IGNORECASE)
# A password for SMTP may hold anything, quoted or not; in other URLs a slash ends the authority.
_URL = re.compile(
    r"(?:smtps?://[^/:@]*:(?P<any>.+)|[a-z][a-z0-9+.-]*://[^/:@]*:(?P<strict>[^/@]+))@", re.I | re.S
)
_AUTH = re.compile(r"AUTH", re.IGNORECASE)
_ADJUSTING_VERBS = frozenset({"set", "config"})
# A mistyped name of a password is followed by a password all the same.
_SECRET_NAME = re.compile(r"pass|pwd|secret|token|firewalldata", re.IGNORECASE)
_TALKING_VERBS = frozenset({"command", "explain"})


def secrets_in(words: list[str]) -> set[str]:
    """The secrets that stand among the words of a line; an empty one for an option without value.

    Expressions in `{{ … }}` are names, not secrets.
    """
    found: set[str] = set()
    for position, word in enumerate(words):
        following = words[position + 1] if position + 1 < len(words) else ""
        found |= _in_word(word, following)
    return found | _of_login(words) | _of_adjustment(words)


def _in_word(word: str, following: str) -> set[str]:
    if option := _OPTION.match(word):
        value = following if option[1] is None else option[1]
        return set() if _is_expression(value) else {value}
    if url := _URL.match(word):
        secret = url["any"] or url["strict"]
        return set() if _is_expression(secret) else {secret, unquote(secret)}
    return {word} if _is_plain_response(word) else set()


def _is_expression(value: str) -> bool:
    return value.startswith("{{") and value.endswith("}}")


def _is_plain_response(word: str) -> bool:
    """Is it user and password as AUTH PLAIN sends them (RFC 4616)?"""
    try:
        return base64.b64decode(word, validate=True).count(b"\0") == 2
    except (binascii.Error, ValueError):
        return False


def _of_adjustment(words: list[str]) -> set[str]:
    """The value behind a password's name: `set password x`, `config FirewallPassword=x`."""
    if len(words) < 2 or words[0] not in _ADJUSTING_VERBS:
        return set()
    name, equals, value = words[1].partition("=")
    if not _SECRET_NAME.search(name):
        return set()
    given = [value.strip()] if equals else words[2:]
    return {secret for secret in given if secret and not _is_expression(secret)}


def _of_login(words: list[str]) -> set[str]:
    """What stands behind `AUTH MECHANISM` where a line of SMTP is given."""
    if not words or words[0] not in _TALKING_VERBS:
        return set()
    line = " ".join(words[1:]).split()
    if len(line) < 3 or not _AUTH.fullmatch(line[0]):
        return set()
    return set(line[2:])
