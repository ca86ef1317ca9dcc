"""Is a file on this machine, or somewhere behind a network?

A write-ahead log keeps its index in memory that all readers share; over a network they do not, and
SQLite's own advice is not to use it there.
"""

from __future__ import annotations

import ctypes
import re
import sys
from pathlib import Path

_NETWORK = re.compile(
    r"nfs|cifs|smb|9p|afs|ceph|lustre|gluster|beegfs|gpfs|sshfs|davfs|rclone|drvfs|vboxsf|virtiofs"
    r"|s3fs|gcsfuse|juicefs|moosefs|orangefs|ocfs2|gfs2|curlftpfs"
)
_DRIVE_REMOTE = 4  # GetDriveTypeW
_MOUNTS = Path("/proc/self/mountinfo")


def is_on_network(path: Path) -> bool:
    """True if `path` is known to be on a network or shared file system."""
    if sys.platform == "win32":  # pragma: no cover
        root = path.absolute().anchor
        remote: bool = ctypes.windll.kernel32.GetDriveTypeW(root) == _DRIVE_REMOTE
        return remote or root.startswith("\\\\")
    if not _MOUNTS.exists():
        return False
    # Names of mount points are octets, in whatever encoding.
    mounts = _MOUNTS.read_text("utf-8", "surrogateescape")
    return bool(_NETWORK.search(kind_of_mount(path.resolve(), mounts)))


def kind_of_mount(path: Path, mountinfo: str) -> str:
    """The file system of the mount that `path` is under (proc(5), /proc/pid/mountinfo)."""
    best, kind = -1, ""
    for line in mountinfo.splitlines():
        left, _, right = line.partition(" - ")
        point = Path(re.sub(r"\\(\d{3})", lambda octal: chr(int(octal[1], 8)), left.split(" ")[4]))
        # A later mount on the same point hides the earlier one.
        if path.is_relative_to(point) and len(point.parts) >= best:
            best, kind = len(point.parts), right.split(" ")[0]
    return kind
