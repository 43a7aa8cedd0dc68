"""A registry whose answers a test decides, for the cases that a real server cannot be brought into on demand."""

import shutil
import threading
from pathlib import Path

from pipelines.errors import NotFound, RegistryUnavailable
from serving.release.registry import RegisteredVersion


class ScriptedRegistry:
    """Holds release folders; says of each bot which one carries the alias.

    `is_down` makes every call fail as a silent server does. `gate` may be cleared to let `find` hang.
    """

    def __init__(self) -> None:
        self.folder_by_key: dict[str, Path] = {}
        self.promoted: dict[str, RegisteredVersion] = {}
        self.refusals: dict[str, str] = {}
        self.cleared: list[str] = []
        self.finds: list[str] = []
        self.downloads = 0
        self.is_down = False
        self.gate = threading.Event()
        self.gate.set()

    def promote(self, bot: str, version: str, folder: Path, *, tags: dict[str, str] | None = None) -> RegisteredVersion:
        """Let a version carry the alias."""
        given = {"gate": "passed"} if tags is None else tags
        registered = RegisteredVersion(f"intentloop-{bot}", version, f"run{version}run", given)
        self.folder_by_key[registered.key] = folder
        self.promoted[bot] = registered
        return registered

    def find(self, bot: str, *, alias: str) -> RegisteredVersion:
        """Find the version that carries the alias."""
        self.finds.append(bot)
        self.gate.wait(20)
        self._fail_if_down()
        if bot not in self.promoted:
            raise NotFound("bot", bot, hint=f"nothing carries {alias}")
        return self.promoted[bot]

    def download(self, version: RegisteredVersion, folder: Path) -> None:
        """Copy as MLflow lays it out."""
        self._fail_if_down()
        self.downloads += 1
        shutil.copytree(self.folder_by_key[version.key], folder / "artifacts" / "release")

    def tag_refusal(self, version: RegisteredVersion, reason: str) -> None:
        """Note a refusal."""
        self.refusals[version.version] = reason

    def clear_refusal(self, version: RegisteredVersion) -> None:
        """Note that a refusal is gone."""
        self.cleared.append(version.version)

    def _fail_if_down(self) -> None:
        if self.is_down:
            raise RegistryUnavailable("http://registry", "scripted")
