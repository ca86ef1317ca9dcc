from __future__ import annotations

import shlex
from pathlib import Path

import pytest

from smtp_nb.merge.journal import filesystem
from smtp_nb.merge.journal.filesystem import is_on_network, keeps_times, kind_of_mount

MOUNTS = r"""
22 1 254:0 / / rw,relatime shared:1 - ext4 /dev/vda rw
30 22 0:45 / /home rw shared:5 - nfs4 files:/home rw,vers=4.2
31 30 0:46 / /home/ann/local rw - ext4 /dev/vdb rw
32 22 0:47 / /mnt/my\040share rw - cifs //host/share rw
33 22 0:48 / /mnt/c rw - 9p C:\ rw
34 32 0:49 / /mnt/my\040share rw - tmpfs tmpfs rw
""".strip()


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/etc/x", "ext4"),
        ("/home/ann/x", "nfs4"),
        ("/homeless/x", "ext4"),
        ("/home/ann/local/x", "ext4"),
        ("/mnt/c/x", "9p"),
        ("/mnt/my share/x", "tmpfs"),
    ],
)
def test_the_mount_that_a_path_is_under_counts(path: str, kind: str) -> None:
    assert kind_of_mount(Path(path), MOUNTS) == kind


@pytest.mark.parametrize(
    ("kind", "is_remote"),
    [("nfs4", True), ("cifs", True), ("fuse.sshfs", True), ("fuse.s3fs", True), ("9p", True),
     ("ext4", False), ("overlay", False), ("fuseblk", False), ("tmpfs", False)],
)  # fmt: skip
def test_file_systems_behind_a_network_are_known(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str, is_remote: bool
) -> None:
    mounts = tmp_path / "mountinfo"
    other = b"23 22 0:2 / /caf\xe9 rw - ext4 y rw\n"
    mounts.write_bytes(b"22 1 0:1 / / rw - %s x rw\n" % kind.encode() + other)
    monkeypatch.setattr(filesystem, "_MOUNTS", mounts)
    assert is_on_network(tmp_path / "x.sqlite") is is_remote


MAC = """
/dev/disk3s1s1 on / (apfs, sealed, local, read-only, journaled)
devfs on /dev (devfs, local, nobrowse)
/dev/disk3s5 on /System/Volumes/Data (apfs, local, journaled, nobrowse, protect)
map auto_home on /System/Volumes/Data/home (autofs, automounted, nobrowse)
files.school.test:/export/homes on /private/nethome (nfs, nodev, nosuid, automounted)
//ann@files/My%20share on /Volumes/My share (2) (smbfs, nodev, nosuid, mounted by ann)
//ann@old/x on /Volumes/old (afpfs, nodev, nosuid, mounted by ann)
https://cloud.test/ on /Volumes/cloud (webdav, nodev, mounted by ann)
files:/sub on on /Volumes/stick/here (nfs)
/dev/disk4s1 on /Volumes/stick (msdos, local, nodev)
""".strip()


@pytest.mark.parametrize(
    ("path", "is_remote"),
    [("/Users/ann/x", False), ("/System/Volumes/Data/x", False), ("/private/nethome/ann/x", True),
     ("/Volumes/My share (2)/x", True), ("/Volumes/old/x", True), ("/Volumes/cloud/x", True),
     ("/Volumes/stick/x", False)],
)  # fmt: skip
def test_network_homes_are_known_on_macos(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, path: str, is_remote: bool
) -> None:
    """There is no /proc there, so mount(8) is asked."""
    program = tmp_path / "mount"
    program.write_text(f"#!/bin/sh\nprintf '%s\\n' {shlex.quote(MAC)}\n")
    program.chmod(0o700)
    monkeypatch.setattr(filesystem, "_MOUNTS", tmp_path / "no proc")
    monkeypatch.setattr(filesystem, "_MOUNT", str(program))
    assert is_on_network(Path(path)) is is_remote
    assert keeps_times(Path(path)) is not is_remote


def test_without_any_list_of_mounts_a_file_counts_as_local(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(filesystem, "_MOUNTS", tmp_path / "no proc")
    monkeypatch.setattr(filesystem, "_MOUNT", str(tmp_path / "no program"))
    assert not is_on_network(tmp_path)


def test_this_directory_is_local(tmp_path: Path) -> None:
    assert not is_on_network(tmp_path / "x.sqlite")
