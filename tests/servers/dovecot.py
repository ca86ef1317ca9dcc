"""A real Dovecot submission server: it checks the login and hands the mail on while it comes in."""

from __future__ import annotations

from base64 import b64encode
from pathlib import Path

from servers import tokens
from servers.authority import Authority
from servers.daemon import Daemon, free_ports
from servers.postfix import Delivered, Postfix
from servers.realm import Realm

PROGRAMS = ("dovecot",)

SETTINGS = """\
protocols = submission
listen = 127.0.0.1
hostname = localhost
base_dir = {directory}/run
log_path = {directory}/log
ssl_cert = <{certificate}
ssl_key = <{key}
ssl_ca = <{ca}
ssl_verify_client_cert = yes
auth_ssl_username_from_cert = yes
disable_plaintext_auth = no
auth_mechanisms = plain login cram-md5 digest-md5 scram-sha-1 scram-sha-256 gssapi external \
    oauthbearer xoauth2
auth_username_format = %n
auth_krb5_keytab = {keytab}
auth_gssapi_hostname = "$ALL"
import_environment = TZ KRB5_CONFIG
auth_failure_delay = 0
first_valid_uid = 1
mail_location = maildir:{directory}/mail/%u
submission_relay_host = 127.0.0.1
submission_relay_port = {relay_port}
submission_max_mail_size = 100M
passdb {{
  driver = oauth2
  mechanisms = xoauth2 oauthbearer
  args = {directory}/oauth2.conf
}}
passdb {{
  driver = static
  mechanisms = external
  args = nopassword=y
}}
passdb {{
  driver = passwd-file
  args = scheme=PLAIN {directory}/users
}}
userdb {{
  driver = static
  args = uid=nobody gid=nogroup home={directory}/mail/%u
}}
service submission-login {{
  inet_listener submission {{
    port = {port}
  }}
}}
# Without it a failed login makes the next one wait for 2 to 15 s.
service anvil {{
  unix_listener anvil-auth-penalty {{
    mode = 0
  }}
}}
"""
# Tokens are checked here, by a key that both sides know, and nobody else is asked.
OAUTH = """\
introspection_mode = local
local_validation_key_dict = fs:posix:prefix={keys}/
username_attribute = email
username_format = %n
issuers = {issuer}
"""


class Dovecot:
    """The running server.

    Attributes:
        port: takes STARTTLS and AUTH.
        user, password: the first account.
        accounts: the password of each user.
        ca_file: the root of its certificate.
    """

    host = "localhost"
    accounts = Postfix.accounts
    user = Postfix.user
    password = Postfix.password

    def __init__(
        self,
        directory: Path,
        authority: Authority,
        behind: Postfix,
        realm: Realm,
        programs: dict[str, str],
    ) -> None:
        self.ca_file = authority.ca_file
        (self.port,) = free_ports(1)
        self._behind = behind
        self._log = directory / "log"
        self._write_settings(directory, authority, realm)
        self._daemon = Daemon(
            [programs["dovecot"], "-c", directory / "dovecot.conf"],
            directory / "run" / "master.pid",
            self._log,
            [self.port],
            {"KRB5_CONFIG": str(realm.config)},
        )

    def _write_settings(self, directory: Path, authority: Authority, realm: Realm) -> None:
        directory.mkdir()
        (directory / "mail").mkdir()
        (directory / "mail").chmod(0o777)
        users = [f"{user}:{{PLAIN}}{password}\n" for user, password in self.accounts.items()]
        (directory / "users").write_text("".join(users))
        (directory / "users").chmod(0o644)
        text = SETTINGS.format(
            directory=directory,
            certificate=authority.good.certificate,
            key=authority.good.key,
            ca=authority.ca_and_crl,
            keytab=realm.keytab,
            relay_port=self._behind.relay_port,
            port=self.port,
        )
        (directory / "dovecot.conf").write_text(text)
        self._write_oauth(directory)

    def _write_oauth(self, directory: Path) -> None:
        keys = directory / "keys"
        (keys / "default" / "HS256").mkdir(parents=True)
        (keys / "default" / "HS256" / "default").write_bytes(b64encode(tokens.KEY))
        (directory / "oauth2.conf").write_text(OAUTH.format(keys=keys, issuer=tokens.ISSUER))

    def messages(self) -> list[Delivered]:
        """Everything that arrived behind it since `clear`."""
        return self._behind.messages()

    def clear(self) -> None:
        self._behind.clear()

    def log(self) -> str:
        """What the server wrote about it all."""
        return self._log.read_text(errors="replace")

    def stop(self) -> None:
        self._daemon.stop()
