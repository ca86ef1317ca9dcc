"""What a notebook may not do while it is run again.

The interpreter's audit events (PEP 578) are asked, for no Python code can take an audit hook away.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from contextlib import suppress

_NETWORK = {
    "socket.connect",
    "socket.bind",
    "socket.sendto",
    "socket.sendmsg",
    "socket.getaddrinfo",
    "socket.gethostbyname",
    "socket.gethostbyaddr",
}
_PROGRAMS = {
    "subprocess.Popen",
    "os.system",
    "os.exec",
    "os.posix_spawn",
    "os.spawn",
    "os.fork",
    "os.forkpty",
    "os.startfile",
}
# Which arguments of the event are paths that it changes.
_CHANGES = {
    "os.remove": (0,),
    "os.rename": (0, 1),
    "os.mkdir": (0,),
    "os.rmdir": (0,),
    "os.link": (1,),
    "os.symlink": (1,),
    "os.truncate": (0,),
    "os.chmod": (0,),
    "os.utime": (0,),
}
_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
# socket.socketpair connects to this machine on Windows, and asyncio cannot do without it.
_ON_WINDOWS = sys.platform == "win32"


def guard(folder: str, private: Iterable[str]) -> None:
    """Refuse, from now on, the network, programs, and writing outside a folder.

    Args:
        folder: where the notebook may write.
        private: files that it may not read either.
    """
    home = os.path.realpath(folder)
    hidden = {os.path.realpath(path) for path in private}

    def place(path: object) -> str:
        name = os.fsdecode(path) if isinstance(path, str | bytes | os.PathLike) else ""
        return os.path.realpath(name) if name else ""

    def check_change(path: object) -> None:
        where = place(path)
        if where and where != os.devnull and os.path.commonpath([home, where]) != home:
            raise PermissionError(f"a graded notebook writes in its own folder alone: {where}")

    def hook(event: str, arguments: tuple[object, ...]) -> None:
        if event == "open":
            path, _, flags = arguments
            if isinstance(flags, int) and flags & _WRITING:
                check_change(path)
            elif hidden and place(path) in hidden:
                raise PermissionError("a graded notebook does not read what others handed in")
        elif event in _CHANGES:
            for number in _CHANGES[event]:
                check_change(arguments[number])
        elif event in _NETWORK and not (_ON_WINDOWS and "127.0.0.1" in repr(arguments[1:])):
            raise PermissionError(f"no network while a notebook is graded ({event})")
        elif event in _PROGRAMS:
            raise PermissionError(f"no other programs while a notebook is graded ({event})")

    sys.addaudithook(hook)


def limit_memory(megabytes: int) -> None:
    """Limit the memory of this process, and the size of a file that it writes, where the system
    can.
    """
    try:
        import resource
    except ImportError:  # Windows
        return
    for what, most in (
        (resource.RLIMIT_AS, megabytes * 2**20),
        (resource.RLIMIT_FSIZE, 64 * 2**20),
        (resource.RLIMIT_CORE, 0),
    ):
        with suppress(ValueError, OSError):  # macOS does not take every limit
            resource.setrlimit(what, (most, most))
