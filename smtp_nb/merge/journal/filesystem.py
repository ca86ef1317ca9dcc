"""Detection of network file systems.

A write-ahead log keeps its index in memory that all readers share; over a network they do not, and
SQLite's own advice is not to use it there.
"""

from __future__ import annotations

import ctypes
import os
import re
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

_NETWORK = re.compile(
    r"nfs|cifs|smb|9p|afs|ceph|lustre|gluster|beegfs|gpfs|sshfs|davfs|rclone|drvfs|vboxsf|virtiofs"
    r"|s3fs|gcsfuse|juicefs|moosefs|orangefs|ocfs2|gfs2|curlftpfs"
    r"|afpfs|webdav|^ftp$"  # macOS
)
# The host's file systems, as containers and virtual machines see them.
_LENT = re.compile(r"fuse|fakeowner|osxfs|prl_fs|vmhgfs")
_DRIVE_REMOTE = 4  # GetDriveTypeW
_MOUNTS = Path("/proc/self/mountinfo")
# macOS and BSD have no /proc. A path, lest another program of that name be asked.
_MOUNT = "/sbin/mount"
_MOUNT_LINE = re.compile(r".+? on (?P<point>/.*) \((?P<kind>[^,()]+)[^()]*\)")
_PATIENCE_S = 10


def is_on_network(path: Path) -> bool:
    """True if `path` is known to be on a network or shared file system."""
    if sys.platform == "win32":  # pragma: no cover
        root = path.absolute().anchor
        remote: bool = ctypes.windll.kernel32.GetDriveTypeW(root) == _DRIVE_REMOTE
        return remote or root.startswith("\\\\")
    return bool(_NETWORK.search(_kind(path)))


def keeps_times(path: Path) -> bool:
    """True if the time of a file's last change is this machine's, and changes with a change only.

    Elsewhere it is put right later, when what was written has arrived.
    """
    return not is_on_network(path) and not _LENT.search(_kind(path))


def _kind(path: Path) -> str:
    """The file system that `path` is on; empty where it cannot be found out."""
    if not _MOUNTS.exists():
        return kind_in_list(Path(os.path.realpath(path)), _mount_list())
    # Names of mount points are bytes in an unknown encoding.
    mounts = _MOUNTS.read_text("utf-8", "surrogateescape")
    return kind_of_mount(Path(os.path.realpath(path)), mounts)


def _mount_list() -> str:
    """What mount(8) prints; empty if there is none."""
    try:
        ran = subprocess.run([_MOUNT], capture_output=True, timeout=_PATIENCE_S, check=False)
    except (OSError, subprocess.SubprocessError):
        return ""
    return os.fsdecode(ran.stdout)


def kind_in_list(path: Path, mounts: str) -> str:
    """The file system that `path` is under, from lines as macOS prints them.

    //ann@files/home on /Volumes/home (smbfs, nodev, nosuid, mounted by ann)
    """
    lines = filter(None, map(_MOUNT_LINE.fullmatch, mounts.splitlines()))
    return _nearest(path, ((Path(line["point"]), line["kind"]) for line in lines))


def kind_of_mount(path: Path, mountinfo: str) -> str:
    """The file system of the mount that `path` is under (proc(5), /proc/pid/mountinfo)."""

    def entry(line: str) -> tuple[Path, str]:
        left, _, right = line.partition(" - ")
        point = re.sub(r"\\(\d{3})", lambda octal: chr(int(octal[1], 8)), left.split(" ")[4])
        return Path(point), right.split(" ")[0]

    return _nearest(path, map(entry, mountinfo.splitlines()))


def _nearest(path: Path, mounts: Iterable[tuple[Path, str]]) -> str:
    best, kind = -1, ""
    for point, found in mounts:
        # A later mount on the same point hides the earlier one.
        if path.is_relative_to(point) and len(point.parts) >= best:
            best, kind = len(point.parts), found
    return kind
