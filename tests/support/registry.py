"""A registry whose answers a test decides, for the cases that a real server cannot be brought into on demand."""

import shutil
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pipelines.errors import NotFound, RegistryUnavailable
from pipelines.registry.client import PROMOTED_AT_TAG, STAGE_TAG, RegisteredVersion
from pipelines.registry.release import MANIFEST_FILE
from tests.support.releases import bot_of, made_for
from tests.support.verdicts import write_judged

REFUSED_TAG = "refused_reason"


class ScriptedRegistry:
    """Holds release folders with verdicts; says of each bot which one carries an alias.

    `is_down` makes every call fail as a silent server does, `has_files` = False only the download. `gate` may be
    cleared to let `find` hang, for 20 s, which is counted in `n_waited_in_vain`. `verdicts` is a folder of the test's.
    """

    def __init__(self, verdicts: Path) -> None:
        self._verdicts = verdicts
        self.folder_by_key: dict[str, Path] = {}
        self.version_by_alias: dict[tuple[str, str], RegisteredVersion] = {}
        self.known: dict[tuple[str, str], RegisteredVersion] = {}
        self.tags_set: list[tuple[str, str, str]] = []
        self.tags_deleted: list[tuple[str, str]] = []
        self.logged: list[tuple[str, dict[str, float], dict[str, Any]]] = []
        self.finds: list[str] = []
        self.downloads = 0
        self.n_waited_in_vain = 0
        self.is_down = False
        self.has_files = True
        self.gate = threading.Event()
        self.gate.set()

    @property
    def refusals(self) -> dict[str, str]:
        """Give the reason of each version that was refused."""
        return {version: value for version, name, value in self.tags_set if name == REFUSED_TAG}

    def promote(
        self,
        bot: str,
        version: str,
        folder: Path,
        *,
        tags: dict[str, str] | None = None,
        alias: str = "production",
        key: str | None = None,
        is_copied: bool = False,
        **verdict: Any,
    ) -> RegisteredVersion:
        """Let a version carry an alias, made for the bot unless it `is_copied` from another one.

        `tags` stands for all that its verdict gives it.
        """
        name = f"intentloop-{bot}"
        run = f"run{version}run"
        place = self._verdicts / f"{version}-{run[:8]}"
        is_release = (folder / MANIFEST_FILE).is_file()
        if is_release and not is_copied and bot_of(folder) != bot:
            own = self._verdicts / f"made-for-{bot}-{version}-{folder.name}"
            folder = own if own.is_dir() else made_for(bot, folder, own)
        given = write_judged(folder, place, key=key, **verdict) if is_release else {"gate": "passed"}
        registered = RegisteredVersion(name, version, run, given if tags is None else tags)
        self.folder_by_key[registered.key] = folder
        self.known[bot, version] = self.version_by_alias[bot, alias] = registered
        return registered

    def find(self, bot: str, *, alias: str) -> RegisteredVersion:
        """Find the version that carries the alias."""
        self.finds.append(bot)
        if not self.gate.wait(20):
            self.n_waited_in_vain += 1
        self._fail_if_down()
        if (bot, alias) not in self.version_by_alias:
            raise NotFound("bot", bot, hint=f"nothing carries {alias}")
        return self.version_by_alias[bot, alias]

    def find_version(self, bot: str, version: str) -> RegisteredVersion:
        """Find a version by its number."""
        self._fail_if_down()
        if (bot, version) not in self.known:
            raise NotFound("version", version, hint="none")
        return self.known[bot, version]

    def versions(self, bot: str) -> list[RegisteredVersion]:
        """Give every version of a bot."""
        self._fail_if_down()
        return [version for (name, _), version in self.known.items() if name == bot]

    def aliases(self, bot: str) -> dict[str, str]:
        """Map every alias to its version."""
        self._fail_if_down()
        return {alias: found.version for (name, alias), found in self.version_by_alias.items() if name == bot}

    def remove_alias(self, bot: str, alias: str) -> None:
        """Take an alias away."""
        self._fail_if_down()
        self.version_by_alias.pop((bot, alias), None)

    def download(self, version: RegisteredVersion, folder: Path) -> None:
        """Copy as MLflow lays it out."""
        self._fail_if_down()
        if not self.has_files:
            raise RegistryUnavailable("http://registry", "scripted: the artifact store is down")
        self.downloads += 1
        shutil.copytree(self.folder_by_key[version.key], folder / "artifacts" / "release")
        for file in (self._verdicts / version.key).glob("*"):
            shutil.copy(file, folder / "artifacts")

    def verdict_of(self, version: str) -> Path:
        """Give the verdict's file, to change it."""
        return next(self._verdicts.glob(f"{version}-*/verdict.json"))

    def set_tag(self, version: RegisteredVersion, name: str, value: str) -> None:
        """Set a tag, and note it unless it only says which version answers."""
        self._fail_if_down()
        version.tags[name] = value
        if name not in (STAGE_TAG, PROMOTED_AT_TAG):
            self.tags_set.append((version.version, name, value))

    def delete_tag(self, version: RegisteredVersion, name: str) -> None:
        """Delete a tag, and note it."""
        self._fail_if_down()
        version.tags.pop(name, None)
        self.tags_deleted.append((version.version, name))

    def log_figures(
        self, version: RegisteredVersion, metrics: Mapping[str, float], *, table: str, rows: dict[str, Any]
    ) -> None:
        """Note figures."""
        self._fail_if_down()
        self.logged.append((version.version, dict(metrics), rows))

    def _fail_if_down(self) -> None:
        if self.is_down:
            raise RegistryUnavailable("http://registry", "scripted")
