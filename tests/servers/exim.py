"""A real Exim that really delivers, on ports of its own.

It shares nothing with the system's mail: settings, queue and mailbox are in one directory. Every
recipient exists, `refused@` and `later@` excepted, `refused@` may not send either, and all mail
falls into one maildir. `class@` is a list of three. VRFY and EXPN are answered. Its package
conflicts with Postfix's, so `.ci/run` unpacks it where `components.require` looks and installs
nothing.
"""

from __future__ import annotations

import shutil
from pathlib import Path

from servers.daemon import Daemon, free_ports, wait_until
from servers.postfix import Delivered, arrival, parse
from servers.variants import SIZE_LIMIT, VARIANTS

PROGRAMS = ("exim4",)
USER = "Debian-exim"
"""Compiled into Debian's program; without this user it does not even start."""

SETTINGS = """\
primary_hostname = localhost
exim_path = {program}
spool_directory = {directory}/spool
log_file_path = {directory}/%slog
pid_file_path = {directory}/pid
message_logs = false
keep_environment =
local_interfaces = 127.0.0.1
daemon_smtp_ports = {ports}
# Whoever has a queue delivers from it: root is needed to begin only.
deliver_drop_privilege
# Deliver at once, however many messages come over one connection.
smtp_accept_queue_per_connection = 0
smtp_accept_max = 100
# By itself it takes a thousand messages over one connection, and says 421 to each one behind.
smtp_accept_max_per_connection = 60
tls_advertise_hosts =
pipelining_advertise_hosts = *
chunking_advertise_hosts = ${{if inlist{{$received_port}}{{{chunking}}}{{*}}{{}}}}
message_size_limit = ${{if inlist{{$received_port}}{{{size}}}{{{limit}}}{{0}}}}
acl_smtp_mail = mail
acl_smtp_rcpt = rcpt
acl_smtp_data = content
acl_smtp_vrfy = courtesy
acl_smtp_expn = courtesy

begin acl
mail:
  deny    condition = ${{if eq{{$sender_address_local_part}}{{refused}}}}
          message = 550 5.7.1 you may not send here
  accept
rcpt:
  deny    local_parts = refused
          message = 550 5.1.1 no such student
  defer   local_parts = later
          message = 450 4.2.1 the mailbox is busy, come back later
  accept
content:
  deny    condition = ${{if >{{$message_size}}{{{limit}}}}}
          message = 552 5.3.4 the message is too long
  accept

courtesy:
  accept

begin routers
list:
  driver = redirect
  local_parts = class
  data = ann@school.test, ben@school.test, Cy Lee <cy@school.test>
everybody:
  driver = accept
  local_parts = ! refused
  transport = inbox

begin transports
inbox:
  driver = appendfile
  directory = {directory}/mail/inbox
  maildir_format
  create_directory
  envelope_to_add
  return_path_add
"""


class Exim:
    """The running server.

    Attributes:
        ports: that of each of the `VARIANTS`, by name; they take everything from loopback.
    """

    host = "127.0.0.1"

    def __init__(self, directory: Path, programs: dict[str, str]) -> None:
        self.ports = dict(zip(VARIANTS, free_ports(len(VARIANTS)), strict=True))
        self._log = directory / "mainlog"
        self._queue = directory / "spool" / "input"
        self._inbox = directory / "mail" / "inbox"
        directory.mkdir()
        shutil.chown(directory, USER, USER)
        (directory / "mail").mkdir()
        shutil.chown(directory / "mail", USER, USER)
        settings = directory / "exim.conf"
        settings.write_text(self._settings(directory, programs["exim4"]))
        self._daemon = Daemon(
            [programs["exim4"], "-C", settings, "-bd"],
            directory / "pid",
            self._log,
            list(self.ports.values()),
        )

    def _settings(self, directory: Path, program: str) -> str:
        named = {
            claim: ":".join(str(self.ports[name]) for name in VARIANTS if holds(name))
            for claim, holds in {
                "ports": lambda name: True,
                "chunking": lambda name: VARIANTS[name].chunking,
                "size": lambda name: VARIANTS[name].size,
            }.items()
        }
        return SETTINGS.format(directory=directory, program=program, limit=SIZE_LIMIT, **named)

    def messages(self) -> list[Delivered]:
        """Everything that was delivered since `clear`, in the order of arrival.

        Waits until the queue is empty, so what is not in the list will not come.
        """
        self._settle()
        paths = (self._inbox / "new").glob("*")
        return [parse(path.read_bytes()) for path in sorted(paths, key=arrival)]

    def _settle(self) -> None:
        wait_until(lambda: not self._queued(), "mail stays in the queue", self._log)

    def _queued(self) -> bool:
        return self._queue.exists() and any(self._queue.iterdir())

    def clear(self) -> None:
        """Empty the mailbox."""
        self._settle()
        shutil.rmtree(self._inbox, ignore_errors=True)

    def log(self) -> str:
        """What the server wrote about it all."""
        return self._log.read_text(errors="replace")

    def stop(self) -> None:
        self._daemon.stop()
