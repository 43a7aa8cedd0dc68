"""Releases kept on this machine, so that serving starts when MLflow is down, and the local journal of swaps.

releases/BOT/VERSION-RUN/     `release/`, its verdict and the verdict's signature, renamed into place once complete
releases/BOT/last_good.json   the version that answered last
releases/BOT/journal.jsonl    one line for each swap
"""

import json
import logging
import os
import re
import shutil
import tempfile
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipelines.errors import NotFound
from pipelines.files import write_whole
from pipelines.registry.release import MANIFEST_FILE, find_release_folder, read_plain
from pipelines.registry.verdict import SIGNATURE_FILE, VERDICT_FILE
from pipelines.settings import BOT_NAME_RULE, is_bot_name
from serving.clock import utc_now

logger = logging.getLogger(__name__)

RELEASE_FOLDER = "release"
LAST_GOOD_FILE, JOURNAL_FILE = "last_good.json", "journal.jsonl"
_KEY = re.compile(r"(?P<version>[0-9]{1,9})-[A-Za-z0-9_.-]{1,8}")
_INCOMING_SECONDS = 3600.0
"""A download older than this belongs to a process that was killed."""


@dataclass(frozen=True)
class CachedRelease:
    """A release folder on this machine, with its version and its key in the cache."""

    version: str
    folder: Path
    key: str


class ReleaseCache:
    """The releases of all bots on this machine.

    Several serving processes may share `root`: folders appear by renaming, and each process uses what another one
    downloaded. The last `keep` releases of each bot are kept.
    """

    def __init__(self, root: Path, *, keep: int = 3) -> None:
        self._root, self._keep = root, keep

    def beside(self, name: str) -> "ReleaseCache":
        """Return a cache in a folder of its own that no bot has, for releases that answer nobody."""
        return ReleaseCache(self._root.with_name(f"{self._root.name}-{name}"), keep=self._keep)

    def prune(self, bot: str, *, current: str) -> None:
        """Delete all but a release and those used last."""
        with suppress(OSError):
            os.utime(self.folder(bot) / current)
            self._prune(self.folder(bot), current=current)

    def folder(self, bot: str) -> Path:
        """Return a bot's folder, whether or not it exists; raises `NotFound` for a name that no bot can have.

        The name may come from a stranger's request, and must not lead out of the root.
        """
        if not is_bot_name(bot):
            raise NotFound("bot", bot, hint=BOT_NAME_RULE)
        return self._root / bot

    def get(self, bot: str, key: str) -> Path | None:
        """Return the folder of a cached release, or None. Nothing is verified yet, but it is no link to elsewhere."""
        folder = self.folder(bot) / key / RELEASE_FOLDER
        is_here = not (folder.is_symlink() or folder.parent.is_symlink())
        return folder if is_here and (folder / MANIFEST_FILE).is_file() else None

    def add(self, bot: str, key: str, fill: Callable[[Path], None]) -> Path:
        """Download a release and return its folder, with its verdict beside it; the folder appears whole or not at all.

        `fill` downloads into the folder that it is given; the release may lie anywhere inside, its verdict beside it.
        Raises `ReleaseRefused` if the download holds no release.
        """
        known = self.get(bot, key)
        if known is not None:
            return known
        parent = self.folder(bot)
        parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".incoming-", dir=parent, ignore_cleanup_errors=True) as aside:
            download = Path(aside) / "download"
            download.mkdir()
            fill(download)
            found = find_release_folder(download, name=bot, version=key)
            whole = Path(aside) / f".{key}"
            whole.mkdir()
            verdict = found.parent / VERDICT_FILE
            found.rename(whole / RELEASE_FOLDER)
            if verdict.is_file() and found != download:
                verdict.rename(whole / VERDICT_FILE)
            target = parent / key
            try:
                whole.rename(target)
            except OSError:
                # Another process of this machine was faster, or the folder there is incomplete.
                if self.get(bot, key) is None:
                    _remove(target)
                    whole.rename(target)
        return target / RELEASE_FOLDER

    def keep_signature(self, bot: str, key: str, signature: str) -> None:
        """Keep the verdict's signature beside it, for starts without the registry that holds it."""
        file = self.folder(bot) / key / SIGNATURE_FILE
        with suppress(OSError):
            if not file.is_symlink() and file.is_file() and read_plain(file) == signature.encode():
                return
            _remove(file)
            write_whole(file, signature.encode())

    def discard(self, bot: str, key: str) -> None:
        """Delete a release that is damaged or must not answer; if it may answer again, it is downloaded again."""
        with suppress(OSError):
            _remove(self.folder(bot) / key)

    def last_good(self, bot: str) -> CachedRelease | None:
        """Return the release that answered last on this machine, if it is still there."""
        try:
            key = str(json.loads(read_plain(self.folder(bot) / LAST_GOOD_FILE))["key"])
        except (OSError, ValueError, KeyError, TypeError, RecursionError):
            return None
        return self._kept(bot, key)

    def kept(self, bot: str, version: str) -> list[CachedRelease]:
        """Return what is kept of a version, under whichever key: registries may each have a version of that number."""
        keys = sorted(path.name for path in self.folder(bot).glob(f"{version}-*")) if version.isdecimal() else []
        return [found for key in keys if (found := self._kept(bot, key)) is not None]

    def record_swap(self, bot: str, *, key: str, version: str, before: str | None, data_hash: str, source: str) -> None:
        """Record a release as the last good one, add the swap to the journal and delete old releases.

        A full or missing disk is logged and stops nothing.
        """
        folder = self.folder(bot)
        row = {
            "before": before, "version": version, "key": key, "data_hash": data_hash, "source": source,
            "process": os.getpid(),
        }  # fmt: skip
        try:
            self.write_journal(bot, row)
            now = utc_now().isoformat(timespec="milliseconds")
            last_good = json.dumps({"key": key, "version": version, "at": now})
            write_whole(folder / LAST_GOOD_FILE, last_good.encode())
            os.utime(folder / key)
            self._prune(folder, current=key)
        except OSError as error:
            logger.warning("swap could not be recorded on this machine", extra={"bot": bot, "reason": str(error)})

    def write_journal(self, bot: str, row: Mapping[str, object]) -> Path:
        """Add a line to this machine's journal, with the time and the bot; return the journal's file."""
        file = self.folder(bot) / JOURNAL_FILE
        file.parent.mkdir(parents=True, exist_ok=True)
        now = utc_now().isoformat(timespec="milliseconds")
        with file.open("a", encoding="utf-8") as journal:
            journal.write(json.dumps({"at": now, "bot": bot, **row}) + "\n")
        return file

    def read_journal(self, bot: str) -> list[dict[str, Any]]:
        """Return the readable lines of this machine's journal, oldest first."""
        try:
            lines = (self.folder(bot) / JOURNAL_FILE).read_text(encoding="utf-8", errors="replace").splitlines()
        except OSError:
            return []
        rows = []
        for line in lines:
            with suppress(ValueError):  # a line cut short by a crash
                row = json.loads(line)
                rows.append(row)
        return [row for row in rows if isinstance(row, dict)]

    def _kept(self, bot: str, key: str) -> CachedRelease | None:
        named = _KEY.fullmatch(key)
        folder = self.get(bot, key) if named is not None else None
        return CachedRelease(named["version"], folder, key) if named is not None and folder is not None else None

    def _prune(self, folder: Path, *, current: str) -> None:
        # a folder without a leading dot is a release, perhaps in the layout of an earlier program version
        releases = [path for path in folder.iterdir() if path.is_dir() and path.name[0] != "." and path.name != current]
        releases.sort(key=lambda path: path.stat().st_mtime, reverse=True)
        for old in releases[self._keep - 1 :]:
            shutil.rmtree(old, ignore_errors=True)
        for left_over in folder.glob(".incoming-*"):
            if time.time() - left_over.stat().st_mtime > _INCOMING_SECONDS:
                shutil.rmtree(left_over, ignore_errors=True)


def _remove(path: Path) -> None:
    """Remove a folder, or what lies in its place; a link is removed, not followed."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)
