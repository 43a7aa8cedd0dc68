"""Files that are there whole or not at all, also when the process that writes them dies; and room for them."""

import os
import secrets
import shutil
from collections.abc import Callable
from pathlib import Path

_LOW_SPACE_MB = 200
"""The first training of the sample bot, with its copies in MLflow and in the cache, takes 105 MB of a home folder."""


def write_whole(file: Path, content: bytes | Callable[[Path], object], *, aside_in: Path | None = None) -> None:
    """Write a file aside, then rename it into place; readers see the old content or the new, never a part.

    The permissions of a file that is replaced are kept. It is not flushed to the disk: after a power cut, a file system
    may hold less.

    Parameters
    ----------
    file
        The file. A link stays one, and what it leads to is replaced.
    content
        The bytes, or what writes them to the path that it is given.
    aside_in
        Folder for the unfinished file, on the same file system; beside the file if not given. A process that is killed
        leaves the unfinished file there. A link is replaced, not followed: it may lead to another file system.
    """
    target = file.resolve() if aside_in is None else file
    # two threads of a process may write the same file
    aside = (aside_in or target.parent) / f".{target.name}.{os.getpid()}-{secrets.token_hex(4)}.tmp"
    try:
        if isinstance(content, bytes):
            aside.write_bytes(content)
        else:
            content(aside)
        if target.exists():
            aside.chmod(target.stat().st_mode & 0o7777)
        aside.replace(target)
    finally:
        aside.unlink(missing_ok=True)


def lack_of_room(folder: Path) -> str | None:
    """Return what is wrong if the disk of a folder is nearly full; None also if nobody can tell."""
    try:
        free_mb = shutil.disk_usage(folder).free // 2**20
    except OSError:
        return None
    return f"the disk of {folder} has only {free_mb} MB left" if free_mb < _LOW_SPACE_MB else None
