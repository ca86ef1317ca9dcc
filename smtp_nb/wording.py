"""Remedies in the words of the front that asked.

A remedy is written once, in the words of Python: properties, settings, calls. A URL and a line of
`%smtp` have other names for the same. This table knows them, and it is the only place that does.
What has no name on a front is not advised there.
"""

from __future__ import annotations

import re
import sys
from enum import Enum
from typing import NamedTuple


class Front(Enum):
    """The front that asked, whose words a remedy uses."""

    PYTHON = "python"
    URL = "url"
    MAGIC = "magic"


def install(extra: str) -> str:
    """The remedy for an optional package that is missing.

    In double quotes, which all shells understand; that of Windows takes single ones for letters.
    """
    return f'Run pip install "smtp_nb[{extra}]"'


# What this package brings, by the names that are imported: the names that pip knows.
REQUIRED = {
    "IPython": "ipython",
    "ipywidgets": "ipywidgets",
    "anywidget": "anywidget",
    "pandas": "pandas",
    "narwhals": "narwhals",
    "jinja2": "jinja2",
    "markdown_it": "markdown-it-py",
    "babel": "Babel",
    "css_inline": "css-inline",
    "tqdm": "tqdm",
    "OpenSSL": "pyOpenSSL",
    "cryptography": "cryptography",
    "joserfc": "joserfc",
    "service_identity": "service-identity",
    "idna": "idna",
    "h11": "h11",
    "socks": "PySocks",
    "keyring": "keyring",
}


def bring(package: str) -> str:
    """The remedy for a package of `REQUIRED` that is missing.

    It comes with ours, but for the Python of browsers: a site brings there what its lessons need.
    """
    if sys.platform == "emscripten":
        return f"Run %pip install {package}, then this cell again"
    return "Run pip install smtp_nb, which brings it"


class Phrase(NamedTuple):
    """One action, under its names.

    Attributes:
        python: a regular expression for the words in Python.
        url: the words for a component made from a URL; None: as in Python.
        magic: the words for `%smtp`.
    """

    python: str
    url: str | None
    magic: str


_CONNECT = "in the URL of %smtp connect"

# The longest first: what one phrase has reworded no later one matches.
PHRASES = (
    # recipients, sender, server
    Phrase(r"Set send_to, or config\('AllowEmptyTo=True'\)", None, "Give --to ADDRESS"),
    Phrase(r"Set send_to", None, "Give --to ADDRESS"),
    Phrase(r"Set from_( or return_path)?\b", None, "Give --from ADDRESS"),
    Phrase(r"Set mail_server", None, "Write %smtp connect smtp://you@your.server:587"),
    Phrase(r"[Ss]et mail_port=(\d+)", r"write :\1 into the URL", rf"write :\1 {_CONNECT}"),
    Phrase(r"Set mail_port", "Write the port into the URL", f"Write the port {_CONNECT}"),
    Phrase(r"Check mail_server", "Check the URL", "Check the URL"),
    # TLS
    Phrase(
        r"Set ssl_start_mode='explicit' on 587, or 'implicit' on 465",
        "Say ?tls=starttls in the URL on 587, or ?tls=implicit on 465",
        f"Say ?tls=starttls on 587, or ?tls=implicit on 465, {_CONNECT}",
    ),
    Phrase(
        r"Turn TLS on \(ssl_start_mode='explicit'\), or allow it: .*by name",
        "Turn TLS on (?tls=starttls in the URL), or allow it:"
        " config('AllowClearTextAuth=True') and auth_mechanism by name",
        f"Turn TLS on: ?tls=starttls {_CONNECT}",
    ),
    Phrase(r"(set )?ssl_start_mode='none'", "?tls=none in the URL", f"?tls=none {_CONNECT}"),
    Phrase(
        r"(set )?ssl_start_mode='implicit'",
        "smtps:// or ?tls=implicit in the URL",
        f"smtps:// or ?tls=implicit {_CONNECT}",
    ),
    Phrase(
        r"(set )?ssl_start_mode='explicit'",
        "?tls=starttls in the URL",
        f"?tls=starttls {_CONNECT}",
    ),
    Phrase(
        r"Check ssl_start_mode and the port; the SSLStatus event shows the steps",
        "Check ?tls= and the port in the URL; the SSLStatus event shows the steps",
        f"Check ?tls= and the port {_CONNECT}; %smtp trail shows the steps",
    ),
    Phrase(r"config\('CACertFilePaths=…'\)", "?ca=FILE in the URL", f"?ca=FILE {_CONNECT}"),
    Phrase(r"config\('SSLServerPin=([^']*)'\)", r"?pin=\1 in the URL", rf"?pin=\1 {_CONNECT}"),
    Phrase(r"; SSLCheckCRL=False turns revocation lists off", None, ""),
    Phrase(r": check SSLEnabledProtocols", None, ""),
    Phrase(r"Set ssl_cert to a certificate that", None, "Use a certificate of your own that"),
    # connection
    Phrase(
        r"[^.;]*config\('UseIPv6=2'\)[^.;]*",
        None,
        "Write the server's address itself, such as smtp://[2001:db8::1]:587",
    ),
    Phrase(
        r"Raise timeout, or config\('AbsoluteTimeout=False'\)",
        None,
        "Allow more time: %smtp set timeout=300, or %smtp config AbsoluteTimeout=False",
    ),
    Phrase(r"Raise timeout, or", None, "Allow more time: %smtp set timeout=300; or"),
    Phrase(r"set pipelining='off'", None, "write %smtp set pipelining=off"),
    Phrase(r"Call connect\(\)", None, "Write %smtp connect"),
    Phrase(r"Call disconnect\(\) first, or clone\(\)\.doctor\(\)", None, "Write %smtp disconnect"),
    Phrase(r"Call disconnect\(\) first", None, "Write %smtp disconnect first"),
    Phrase(r"Wait for it, call interrupt\(\), or use a second object", None, "Wait for it"),
    Phrase(r"Check firewall\.host and firewall\.port", None, "Check the proxy's name and port"),
    Phrase(
        r"Set firewall\.user and firewall\.password", None, "Give the proxy's user and password"
    ),
    Phrase(r"Set firewall\.password", None, "Give the proxy's password"),
    Phrase(r"Remove it from firewall\.user", None, "Remove it from the proxy's user"),
    Phrase(r"Use SOCKS5, or config\('UseIPv6=0'\)", None, "Use SOCKS5, or an IPv4 address"),
    Phrase(r"in front of mail_server", None, "in front of the server's name"),
    # login
    Phrase(
        r"Check user, password and auth_mechanism; the trail shows the exchange",
        None,
        "Check user and password; %smtp trail shows the exchange",
    ),
    Phrase(r"Set password, or token_source for OAuth", None, "Write %smtp login"),
    Phrase(r"Set auth_mechanism to one that it offers", None, "Ask which login the server accepts"),
    Phrase(r"[Tt]ry auth_mechanism='sasl_plain'", None, "use SASL PLAIN from Python"),
    Phrase(r"Try another auth_mechanism", None, "Log in another way"),
    Phrase(r"\(variable=…\)", None, "(--password-env NAME)"),
    Phrase(r"\(file=…\)", None, "(--password-file PATH)"),
    Phrase(r", or call by_code\(\) or by_device\(\)", None, ""),
    Phrase(
        r"See \.receipt for what was sent before", None, "See %smtp trail for what was sent before"
    ),
    # merges
    Phrase(r"\brun\(\) sends to", None, "the same line with --send sends to"),
    Phrase(r"; see check\(\)", None, "; see the dry run"),
    Phrase(r"another name sends to them again", None, "another --name sends to them again"),
    Phrase(r"(?<![.\w])(resolve\([^)]*\))", None, r"MailMerge.\1 in Python"),
    Phrase(r"Use run\(changed=(?:['\"]go on['\"]|…)\)", None, "Add --changed"),
    Phrase(r"give the merge another name=?", None, "give another --name"),
    Phrase(r"leave at= out", None, "leave --at out"),
    Phrase(
        r"Use group_by= for one message of both, or key= with a column",
        None,
        "Use --group-by for one message of both, or --key with a column",
    ),
    Phrase(r"Use key= with a column", None, "Use --key with a column"),
    Phrase(
        r"Look at check\(\), or leave such rows out with run\(skip_invalid=True\)",
        None,
        "Look at the dry run, or leave such rows out with --skip-invalid",
    ),
    Phrase(
        r"Give the same key= as before, or another name",
        None,
        "Give the same --key as before, or another --name",
    ),
    Phrase(r"Give journal= ", None, "Give --journal "),
    Phrase(r"give list_unsubscribe=", None, "write list-unsubscribe: into the template's head"),
    Phrase(r"Write attachments=\[path\]", None, "Write attach: PATH into the template's head"),
)


def worded(remedy: str, front: Front) -> str:
    """Return a remedy in the words of a front."""
    if front is Front.PYTHON:
        return remedy
    remedy = phrased(remedy, front)
    return f"{remedy[:1].upper()}{remedy[1:]}"


def phrased(text: str, front: Front) -> str:
    """Return a text that advises within a sentence, in the words of a front."""
    if front is Front.PYTHON:
        return text
    for phrase in PHRASES:
        words = phrase.magic if front is Front.MAGIC else phrase.url
        if words is not None:
            text = re.sub(phrase.python, words, text)
    return text
