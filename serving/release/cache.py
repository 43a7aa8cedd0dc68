"""Releases kept on this machine, so that serving starts when MLflow is down, and the journal of what answered when.

releases/BOT/VERSION-RUN/     a release folder, renamed into place when it is complete
releases/BOT/last_good.json   the version that answered last
releases/BOT/journal.jsonl    one line for each swap
"""

import json
import os
import re
import shutil
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from pipelines.errors import NotFound, ReleaseRefused
from pipelines.nlu.release import MANIFEST_FILE
from pipelines.settings import BOT_NAME

LAST_GOOD_FILE, JOURNAL_FILE = "last_good.json", "journal.jsonl"
_INCOMING_SECONDS = 3600.0
"""A download older than this belongs to a process that was killed."""


@dataclass(frozen=True)
class CachedRelease:
    """A release folder on this machine and the version it holds."""

    version: str
    folder: Path


class ReleaseCache:
    """The releases of all bots on this machine.

    Several serving processes may share one folder: folders appear by renaming, and what one wrote the other uses.

    Parameters
    ----------
    root
        Folder for everything; made when needed.
    keep
        Number of releases kept for each bot.
    """

    def __init__(self, root: Path, *, keep: int = 3) -> None:
        self._root, self._keep = root, keep

    def folder(self, bot: str) -> Path:
        """Give a bot's folder.

        Parameters
        ----------
        bot
            The bot's name, possibly from a stranger's request.

        Returns
        -------
        Path
            A folder below the root, existing or not.

        Raises
        ------
        NotFound
            No bot can have this name.
        """
        if re.fullmatch(BOT_NAME, bot, re.ASCII) is None:
            raise NotFound("bot", bot, hint="a bot's name consists of a-z, 0-9, `_` and `-`")
        return self._root / bot

    def get(self, bot: str, key: str) -> Path | None:
        """Give the folder of a release that is there already."""
        folder = self.folder(bot) / key
        return folder if (folder / MANIFEST_FILE).is_file() else None

    def add(self, bot: str, key: str, fill: Callable[[Path], None]) -> Path:
        """Bring in a release; its folder appears whole or not at all.

        Parameters
        ----------
        bot
            The bot's name.
        key
            Name of the release's folder.
        fill
            Downloads into the folder it is given; the release may lie anywhere inside.

        Returns
        -------
        Path
            The release's folder.

        Raises
        ------
        ReleaseRefused
            What was downloaded holds no release.
        """
        known = self.get(bot, key)
        if known is not None:
            return known
        parent = self.folder(bot)
        parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".incoming-", dir=parent, ignore_cleanup_errors=True) as aside:
            fill(Path(aside))
            manifests = sorted(Path(aside).rglob(MANIFEST_FILE), key=lambda file: len(file.parts))
            if not manifests:
                raise ReleaseRefused(bot, key, f"it holds no {MANIFEST_FILE}, so it is not a release")
            target = parent / key
            try:
                manifests[0].parent.rename(target)
            except OSError:
                # Another process of this machine was faster.
                if self.get(bot, key) is None:
                    raise
        return target

    def discard(self, bot: str, key: str) -> None:
        """Delete a release whose files are damaged, so that the next try downloads it anew."""
        shutil.rmtree(self.folder(bot) / key, ignore_errors=True)

    def last_good(self, bot: str) -> CachedRelease | None:
        """Give the release that answered last on this machine, if it is still there."""
        try:
            record = json.loads((self.folder(bot) / LAST_GOOD_FILE).read_text(encoding="utf-8"))
            key, version = str(record["key"]), str(record["version"])
        except (OSError, ValueError, KeyError, TypeError):
            return None
        folder = self.get(bot, Path(key).name)
        return CachedRelease(version, folder) if folder is not None else None

    def record_swap(self, bot: str, *, key: str, version: str, before: str | None, data_hash: str, source: str) -> None:
        """Remember a release as the last good one, note the swap in the journal and delete releases long gone.

        Parameters
        ----------
        bot
            The bot's name.
        key
            Folder name of the release that answers now.
        version
            Its version.
        before
            The version that answered before; None at start-up.
        data_hash
            Hash of the data it was trained on.
        source
            Where it came from: `registry` or `cache`.
        """
        folder = self.folder(bot)
        now = datetime.now(UTC).isoformat(timespec="milliseconds")
        _write_aside(folder / LAST_GOOD_FILE, json.dumps({"key": key, "version": version, "at": now}))
        row = {
            "at": now, "bot": bot, "before": before, "version": version, "key": key, "data_hash": data_hash,
            "source": source, "process": os.getpid(),
        }  # fmt: skip
        with (folder / JOURNAL_FILE).open("a", encoding="utf-8") as journal:
            journal.write(json.dumps(row) + "\n")
        os.utime(folder / key)
        self._prune(folder, current=key)

    def _prune(self, folder: Path, *, current: str) -> None:
        releases = [path for path in folder.iterdir() if (path / MANIFEST_FILE).is_file() and path.name != current]
        releases.sort(key=lambda path: path.stat().st_mtime, reverse=True)
        for old in releases[self._keep - 1 :]:
            shutil.rmtree(old, ignore_errors=True)
        for left_over in folder.glob(".incoming-*"):
            if time.time() - left_over.stat().st_mtime > _INCOMING_SECONDS:
                shutil.rmtree(left_over, ignore_errors=True)


def _write_aside(file: Path, text: str) -> None:
    aside = file.with_name(f".{file.name}.{os.getpid()}")
    aside.write_text(text, encoding="utf-8")
    aside.replace(file)
