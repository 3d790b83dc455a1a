"""The journal's file: private from its first byte, and never on a network file system."""

from __future__ import annotations

import os
from pathlib import Path

from console.journal.errors import JournalReadOnly, NetworkFileSystem
from console.settings.errors import SettingsError
from console.settings.paths import private_dir, private_file

_NETWORK = frozenset(
    {
        "nfs", "nfs4", "cifs", "smb2", "smb3", "smbfs", "ncpfs", "afs", "ceph", "lustre", "gpfs", "beegfs", "glusterfs", "ocfs2",
        "fuse.sshfs", "fuse.glusterfs", "fuse.ceph", "fuse.s3fs", "fuse.rclone", "davfs", "fuse.davfs2",
    }
)  # fmt: skip


def prepare(path: Path) -> None:
    """Make sure that `path` is a private file on a local disk, whatever the umask.

    Raises:
        NetworkFileSystem: locks cannot be trusted there.
        JournalReadOnly: folder or file cannot be made.
    """
    try:
        refuse_network(private_dir(path.parent))
        private_file(path)
    except SettingsError as error:
        raise JournalReadOnly(error.message, remedy=error.remedy) from None
    except OSError as error:
        raise JournalReadOnly(
            f"{path} cannot be opened for writing: {error.strerror}.",
            remedy="Check owner and mode of the state folder, or choose another one with --state DIR.",
        ) from None


def refuse_network(folder: Path, mounts: Path = Path("/proc/self/mounts")) -> None:
    """Refuse a folder on a network file system (best effort: only where the kernel lists its mounts).

    Raises:
        NetworkFileSystem: with the remedy.
    """
    kind = _file_system(folder, mounts)
    if kind in _NETWORK:
        raise NetworkFileSystem(
            f"{folder} is on a network file system ({kind}), where the journal's locks cannot be trusted.",
            remedy="Keep the state on a local disk: --state DIR, or XDG_STATE_HOME.",
        )


def _file_system(folder: Path, mounts: Path) -> str:
    try:
        lines = mounts.read_text(encoding="utf-8", errors="surrogateescape").splitlines()
    except OSError:
        return ""
    found, kind = "", ""
    place = os.path.realpath(folder)
    for line in lines:
        fields = line.split(" ")
        if len(fields) < 3:
            continue
        point = _unescaped(fields[1])
        inside = place == point or place.startswith(point.rstrip("/") + "/")
        if inside and len(point) >= len(found):
            found, kind = point, fields[2]
    return kind


def _unescaped(field: str) -> str:
    for code, character in ((r"\040", " "), (r"\011", "\t"), (r"\012", "\n"), (r"\134", "\\")):
        field = field.replace(code, character)
    return field
