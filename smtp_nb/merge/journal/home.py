"""Location of a campaign's journal.

What was sent to a sandbox of this process is gone with the sandbox, so its campaigns are too:
a notebook that is run again, with a new sandbox, sends again.
"""

from __future__ import annotations

import os
import shutil
import tempfile
import weakref
from pathlib import Path

from smtp_nb.client.component import Component
from smtp_nb.merge.journal.schema import SUFFIX
from smtp_nb.merge.journal.url import Place, is_url, place_of
from smtp_nb.sandbox.running import sandbox_at
from smtp_nb.sandbox.server import SandboxServer

_PLACES: weakref.WeakKeyDictionary[SandboxServer, str] = weakref.WeakKeyDictionary()


class Home:
    """The place of one campaign's journal.

    Args:
        name: of the campaign.
        given: the path or URL that the user chose; None for the usual one.
        server: through which it is sent.

    Attributes:
        path: the journal's file or URL.
        sandbox: with which the campaign lives and dies, if it does; kept, so that results can be
            looked at for as long as the merge is there.
    """

    def __init__(
        self, name: str, given: str | os.PathLike[str] | None, server: object = None
    ) -> None:
        file = f"{name}{SUFFIX}"
        self.sandbox = None if given is not None else _sandbox_of(server, file)
        self.path: Place
        if given is not None:
            self.path = place_of(given, name) if is_url(given) else Path(given).absolute()
        elif self.sandbox is not None:
            self.path = Path(_place(self.sandbox), file)
        else:
            self.path = Path(file).absolute()

    @property
    def shown(self) -> str:
        """The path as its user knows it; empty for one that lives with its sandbox."""
        if self.sandbox is not None:
            return ""
        if isinstance(self.path, Path) and self.path.parent == Path.cwd():
            return self.path.name
        return str(self.path)


def _sandbox_of(server: object, file: str) -> SandboxServer | None:
    if server is None:  # nothing can be sent, but results can be looked at
        known = [box for box, place in _PLACES.items() if Path(place, file).is_file()]
        running = [box for box in known if box.is_running]
        return running[-1] if running and not Path(file).is_file() else None
    if not isinstance(server, Component) or server.firewall.host:
        return None
    return sandbox_at(server.mail_server, server.mail_port, server._memory_server)


def journals_of(sandbox: SandboxServer) -> dict[str, Path]:
    """The journals that live and die with this sandbox, by the names of their campaigns."""
    if (place := _PLACES.get(sandbox)) is None:
        return {}
    return {path.name.removesuffix(SUFFIX): path for path in Path(place).glob(f"*{SUFFIX}")}


def _place(sandbox: SandboxServer) -> str:
    if sandbox not in _PLACES:
        _PLACES[sandbox] = place = tempfile.mkdtemp(prefix="smtp_nb-sandbox-")
        weakref.finalize(sandbox, shutil.rmtree, place, ignore_errors=True)
    return _PLACES[sandbox]
