"""A real Postfix with Cyrus SASL that really delivers, on ports of its own.

It is not the system's instance: queue, settings, passwords and mailboxes are in one directory.
Every recipient exists, `refused@` and `later@` excepted, `refused@` may not send either, and all
mail falls into one maildir. What goes to `bounced@` is accepted and comes back to its sender.
"""

from __future__ import annotations

import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from canary import CANARY
from servers.authority import Authority
from servers.daemon import Daemon, free_ports, wait_until
from servers.realm import Realm
from servers.variants import SIZE_LIMIT, VARIANTS, Variant

PROGRAMS = ("postfix", "saslpasswd2")

# Debian builds it so that SASL's settings are read from here, whatever cyrus_sasl_config_path says.
SASL = "sasl/smtpd.conf"
# Mail flows through these in this order, so whatever moves while we look is seen further on.
QUEUES = ("maildrop", "incoming", "active", "deferred")
SETTINGS = {
    "compatibility_level": "3.6",
    "myhostname": "localhost",
    "mydestination": "",
    "inet_interfaces": "127.0.0.1",
    "inet_protocols": "ipv4",
    "mynetworks": "",
    "message_size_limit": "104857600",
    "virtual_mailbox_limit": "0",
    # Every address is delivered into the same maildir, and who has no mailbox is found out late.
    "smtpd_reject_unlisted_recipient": "no",
    "local_recipient_maps": "",
    "default_transport": "virtual",
    "virtual_uid_maps": "static:65534",
    "virtual_gid_maps": "static:65534",
    # Postfix would complete addresses in headers of local clients; the bytes are to be as sent.
    "local_header_rewrite_clients": "",
    "smtpd_relay_restrictions": "permit_sasl_authenticated, permit_mynetworks, reject",
    "smtpd_sasl_auth_enable": "yes",
    "smtpd_sasl_local_domain": "localhost",
    "smtpd_tls_security_level": "may",
    "smtpd_tls_received_header": "yes",
    "smtpd_error_sleep_time": "0",
    # Tests connect as often as they like.
    "smtpd_client_connection_count_limit": "0",
    "smtpd_hard_error_limit": "1000",
}
SERVICES = """\
127.0.0.1:{port} inet n - n - - smtpd
127.0.0.1:{tls_port} inet n - n - - smtpd -o smtpd_tls_wrappermode=yes
127.0.0.1:{relay_port} inet n - n - - smtpd -o mynetworks=127.0.0.0/8 -o smtpd_sasl_auth_enable=no
{variants}cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
error unix - - n - - error
retry unix - - n - - error
discard unix - - n - - discard
virtual unix - n n - - virtual
anvil unix - - n - 1 anvil
tlsmgr unix - - n 1000? 1 tlsmgr
postlog unix-dgram n - n - 1 postlogd
"""
# A port for each variant, for everybody on this machine; a refused sender is told at once.
VARIANT = """\
127.0.0.1:{port} inet n - n - - smtpd
    -o mynetworks=127.0.0.0/8 -o smtpd_sasl_auth_enable=no -o smtpd_delay_reject=no
    -o smtpd_hard_error_limit=20
    -o message_size_limit={limit} -o smtpd_discard_ehlo_keywords={hidden}
"""
SASL_SETTINGS = """\
pwcheck_method: auxprop
auxprop_plugin: sasldb
sasldb_path: {passwords}
keytab: {keytab}
mech_list: PLAIN LOGIN CRAM-MD5 DIGEST-MD5 NTLM SCRAM-SHA-1 SCRAM-SHA-256 GSSAPI
"""
REFUSALS = """\
/^refused@/ 550 5.1.1 no such student
/^later@/ 450 4.2.1 the mailbox is busy, come back later
"""
# Who has no mailbox is found out after the message was accepted.
MAILBOXES = "!/^bounced@/ inbox/\n"
REFUSED_SENDERS = "/^refused@/ 550 5.7.1 you may not send here\n"
TRACE_HEADERS = re.compile(
    rb"(?:(?:Return-Path|X-Original-To|Envelope-To|Delivered-To|Delivery-Date|Received):.*\n"
    rb"(?:[ \t].*\n)*)*",
    re.IGNORECASE,
)
# How a server calls the field with the envelope's recipient.
RECIPIENT = rb"(?:X-Original-To|Envelope-To)"


@dataclass(frozen=True, slots=True)
class Delivered:
    """One message in one mailbox.

    Attributes:
        sender: the envelope's; empty for a bounce.
        recipient: the envelope's, as it was given.
        trace: the header lines that the servers put on top.
        content: everything below them, as the client sent it, with CRLF.
    """

    sender: str
    recipient: str
    trace: bytes
    content: bytes


class Postfix:
    """The running server.

    Attributes:
        port: takes STARTTLS and AUTH.
        tls_port: speaks TLS from the first byte.
        relay_port: takes everything from loopback, for other servers.
        user, password: the first account.
        ports: that of each of the `VARIANTS`, by name; they take everything from loopback.
        accounts: the password of each user.
        ca_file: the root of its certificate.
    """

    host = "localhost"
    accounts: ClassVar = {"alice": "wonder land/+%=~", "zoe": "Grüße für Zoë", "canary": CANARY}
    user = "alice"
    password = accounts[user]

    def __init__(
        self, directory: Path, authority: Authority, realm: Realm, programs: dict[str, str]
    ) -> None:
        self.ca_file = authority.ca_file
        self.port, self.tls_port, self.relay_port = free_ports(3)
        self.ports = dict(zip(VARIANTS, free_ports(len(VARIANTS)), strict=True))
        self._spool = directory / "spool"
        self._inbox = directory / "mail" / "inbox"
        self._log = directory / "log"
        self._write_settings(directory, authority, realm)
        self._add_accounts(directory / "passwords", programs["saslpasswd2"])
        self._daemon = Daemon(
            [programs["postfix"], "-c", directory / "etc", "start"],
            self._spool / "pid" / "master.pid",
            self._log,
            [self.port, self.tls_port, self.relay_port, *self.ports.values()],
        )

    def _write_settings(self, directory: Path, authority: Authority, realm: Realm) -> None:
        etc, data, mail = directory / "etc", directory / "data", directory / "mail"
        for path in (etc / "sasl", data, mail, self._spool):
            path.mkdir(parents=True)
        shutil.chown(data, "postfix")
        shutil.chown(mail, "nobody")
        settings = SETTINGS | {
            "queue_directory": self._spool,
            "data_directory": data,
            "virtual_mailbox_base": mail,
            "maillog_file": self._log,
            # Its programs see no other variables than these.
            "import_environment": f"MAIL_CONFIG TZ LANG=C KRB5_CONFIG={realm.config}"
            f" KRB5_KTNAME={realm.keytab}",
            "maillog_file_prefixes": directory,
            "smtpd_tls_cert_file": authority.good.certificate,
            "smtpd_tls_key_file": authority.good.key,
            "smtpd_recipient_restrictions": f"check_recipient_access regexp:{etc}/refusals, permit",
            "virtual_mailbox_maps": f"regexp:{etc}/mailboxes",
            "smtpd_sender_restrictions": f"check_sender_access regexp:{etc}/refused_senders",
        }
        (etc / "main.cf").write_text("".join(f"{k} = {v}\n" for k, v in settings.items()))
        variants = "".join(_service(port, VARIANTS[name]) for name, port in self.ports.items())
        (etc / "master.cf").write_text(SERVICES.format(**vars(self), variants=variants))
        (etc / "refusals").write_text(REFUSALS)
        (etc / "refused_senders").write_text(REFUSED_SENDERS)
        (etc / "mailboxes").write_text(MAILBOXES)
        passwords = directory / "passwords"
        (etc / SASL).write_text(SASL_SETTINGS.format(passwords=passwords, keytab=realm.keytab))

    def _add_accounts(self, passwords: Path, saslpasswd2: str) -> None:
        for user, password in self.accounts.items():
            subprocess.run(
                [saslpasswd2, "-p", "-c", "-f", passwords, "-u", "localhost", user],
                input=password.encode(),
                check=True,
            )
        shutil.chown(passwords, "postfix")

    def messages(self) -> list[Delivered]:
        """Everything that was delivered since `clear`, in the order of arrival.

        Waits until the queue is empty, so what is not in the list will not come.
        """
        wait_until(lambda: not self._queued(), "mail stays in the queue", self._log)
        paths = (self._inbox / "new").glob("*")
        return [parse(path.read_bytes()) for path in sorted(paths, key=arrival)]

    def _queued(self) -> bool:
        return any(path.is_file() for name in QUEUES for path in (self._spool / name).rglob("*"))

    def clear(self) -> None:
        """Empty the mailbox."""
        wait_until(lambda: not self._queued(), "mail stays in the queue", self._log)
        shutil.rmtree(self._inbox, ignore_errors=True)

    def log(self) -> str:
        """What the server wrote about it all."""
        return self._log.read_text(errors="replace")

    def stop(self) -> None:
        self._daemon.stop()


def _service(port: int, variant: Variant) -> str:
    hidden = [name for name, shown in variant._asdict().items() if not shown]
    return VARIANT.format(port=port, limit=SIZE_LIMIT, hidden=",".join([*hidden, "silent-discard"]))


def arrival(path: Path) -> tuple[int, str]:
    """The place of a message among those in a maildir."""
    return path.stat().st_mtime_ns, path.name


def parse(stored: bytes) -> Delivered:
    """A message as it was stored, whatever the server."""
    found = TRACE_HEADERS.match(stored)
    assert found is not None  # it matches the empty string
    trace = found[0]
    return Delivered(
        sender=_value(trace, b"Return-Path").removeprefix("<").removesuffix(">"),
        recipient=_value(trace, RECIPIENT),
        trace=trace,
        # Servers keep lines without their ends, and the maildir ends them with LF.
        content=stored[len(trace) :].replace(b"\n", b"\r\n"),
    )


def _value(trace: bytes, name: bytes) -> str:
    found = re.search(rb"^" + name + rb": (.*)$", trace, re.MULTILINE | re.IGNORECASE)
    return found[1].decode() if found else ""
