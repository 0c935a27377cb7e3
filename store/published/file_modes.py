"""Rights of other programs on SQLite: the modes of the store's file, of those beside it, and of their folder.

SQLite knows no rights inside a file. Whoever may read the file reads all tables, and whoever may write to it may
change all of them; what other programs are asked to write (w1_*) is then a matter of trust.

SQLite gives the files that it makes beside a database the database's own mode. Their group is the one of the folder
where that says so (setgid), else the service's; as root it takes the database's.
"""

from __future__ import annotations

import grp
import os
import pwd
import stat
from pathlib import Path

from store.errors import StoreError
from store.published.grants import Access, Granted

#: What may lie beside a database.
_BESIDE = ("-wal", "-shm", "-journal")
_READ, _READ_WRITE = stat.S_IRGRP, stat.S_IRGRP | stat.S_IWGRP


def grant(database: Path, group: str, access: Access) -> Granted:
    """Let a group of this machine read the store's file, or write to it too; raises StoreError.

    Nothing is taken away: modes only grow, and a file that another group may read is not given to this one.
    """
    try:
        number = grp.getgrnam(group).gr_gid
    except KeyError:
        raise StoreError(f"this machine has no group {group}", f"make it first, as root: groupadd {group}") from None
    granted = Granted()
    folder = database.parent
    try:
        _refuse_other_group(database, number)
        bits = _READ_WRITE if access is Access.WRITE else _READ
        for path in (database, *(database.with_name(database.name + end) for end in _BESIDE)):
            if path.exists():
                _open_to(path, number, bits, granted, group)
        _open_folder(folder, database, number, access, granted, group)
    except PermissionError as error:
        hint = "run it as the owner of the store, who has to be in that group, or as root"
        raise StoreError(f"the mode or group of {error.filename} can't be changed: {error.strerror}", hint) from None
    _look_around(database, number, granted, group)
    reach = (
        "may change every table, not w1_* alone"
        if access is Access.WRITE
        else "may read every table, not the views alone"
    )
    granted.notes.append(f"SQLite knows no rights inside a file: the group {group} {reach}")
    return granted


def _refuse_other_group(database: Path, number: int) -> None:
    """A file has one group. The owner's own is no loss; another one was given its right by somebody."""
    now = database.stat()
    if now.st_gid == number or not now.st_mode & _READ_WRITE or now.st_gid == _own_group(now.st_uid):
        return
    other = _name(now.st_gid)
    raise StoreError(
        f"{database} can be read by the group {other}, which would lose it: a file has one group",
        f"put the users into {other}, or give a further group its right with setfacl",
    )


def _own_group(user: int) -> int | None:
    try:
        return pwd.getpwuid(user).pw_gid
    except KeyError:
        return None


def _name(group: int) -> str:
    try:
        return grp.getgrgid(group).gr_name
    except KeyError:
        return str(group)


def _open_to(path: Path, number: int, bits: int, granted: Granted, group: str) -> None:
    before = path.stat()
    if before.st_gid != number:
        os.chown(path, -1, number)
    mode = stat.S_IMODE(before.st_mode) | bits
    if mode != stat.S_IMODE(before.st_mode) or before.st_gid != number:
        path.chmod(mode)
    granted.done.append(f"{path}: group {group}, mode {mode:04o}")


def _open_folder(folder: Path, database: Path, number: int, access: Access, granted: Granted, group: str) -> None:
    """Readers have to pass through; who writes makes files there too, but takes none away that are not its own."""
    before = folder.stat()
    mode, is_ours = stat.S_IMODE(before.st_mode), before.st_gid == number
    wanted = stat.S_IXGRP
    if access is Access.WRITE:
        wanted |= stat.S_IRWXG | stat.S_ISVTX | stat.S_ISGID
    elif _own_group(database.stat().st_uid) != number:
        wanted |= stat.S_ISGID  # else new files would have the service's own group
    elif mode & stat.S_IXOTH and (is_ours or not mode & stat.S_ISGID):
        return
    if not is_ours:
        if mode & stat.S_IRWXG and before.st_gid != _own_group(before.st_uid):
            what = f"files that will be made in {folder} have the group {_name(before.st_gid)}, as that folder has"
            granted.missing.append((what, f"give the store a folder of its own, of the group {group}"))
            return
        os.chown(folder, -1, number)
    if not is_ours or mode | wanted != mode:
        folder.chmod(mode | wanted)
    granted.done.append(f"{folder}: group {group}, mode {mode | wanted:04o}")


def _look_around(database: Path, number: int, granted: Granted, group: str) -> None:
    """What the group still lacks, and what it or others have besides."""
    for folder in list(database.parents)[1:]:
        found = folder.stat()
        may_pass = found.st_mode & stat.S_IXOTH or (found.st_gid == number and found.st_mode & stat.S_IXGRP)
        if not may_pass:
            granted.missing.append((f"the group {group} can't pass through {folder}", f"chmod o+x {folder}"))
    if database.stat().st_mode & stat.S_IROTH:
        granted.notes.append(f"every user of this machine can read {database}: its mode said so before")
