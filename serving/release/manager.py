"""What the admin API does with the releases of bots: the same functions as the commands, off the event loop."""

import asyncio
import csv
import io
from collections.abc import Callable, Coroutine, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from typing import Any, TypeVar

from pydantic import ValidationError

from pipelines.errors import (
    ForeignRelease,
    LiveReleaseChanged,
    NotFound,
    PromotionRefused,
    ReleaseRefused,
    UserInputError,
)
from pipelines.registry.client import RegisteredVersion, Registry, model_name
from pipelines.registry.fetch import find_problem
from pipelines.registry.links import version_page
from pipelines.registry.run_record import DRIFT_TABLE, GATE_FILE, LoggedRun
from pipelines.registry.runs import Runs
from pipelines.schemas.verdict import Check
from pipelines.settings import Settings
from serving.release.loader import own_share
from serving.release.promoter import AliasMove, Promoter
from serving.release.registry_calls import MOVE_SECONDS, RegistryCalls
from serving.release.trials import CANARY
from serving.store.client import Database

T = TypeVar("T")
TABLES = (
    "holdout/intents.csv", "holdout/entities.csv", "holdout/confusions.csv", "gate/comparison.csv", "gate/replay.csv",
    "gate/relabelled.csv",
)  # fmt: skip
"""Tables that a training logs; the last three only if another version answered."""


@dataclass(frozen=True)
class Overview:
    """Versions of a bot, newest first, and the version of each alias."""

    versions: Sequence[RegisteredVersion]
    aliases: Mapping[str, str]


@dataclass(frozen=True)
class Evidence:
    """What a run has logged about a version: figures by name, the gate's findings if it has any, and its pages."""

    figures: Mapping[str, float]
    gate: Check | None
    run_page: str = ""


@dataclass(frozen=True)
class LoggedDrift:
    """A look for drift: its run, a row for each week, and its page."""

    run: LoggedRun
    weeks: Sequence[Mapping[str, str]]
    page: str


@dataclass(frozen=True)
class Wanted:
    """A move that somebody asks for.

    `why` and `by` go into the journal. `instead_of` is the version that they believe to answer now; None: whichever.
    """

    by: str
    why: str = ""
    instead_of: str | None = None


class ReleaseManager:
    """Reads the registry, and moves the aliases of bots."""

    def __init__(self, settings: Settings, calls: RegistryCalls) -> None:
        self._settings, self._calls = settings, calls
        self._moving = asyncio.Lock()

    @property
    def alias(self) -> str:
        """The alias of the version that answers."""
        return self._settings.release_alias

    @property
    def canary_share(self) -> float:
        """Share of threads that a canary answers unless it has one of its own; 0: there are no canaries."""
        return self._settings.canary_share

    @property
    def has_shadow(self) -> bool:
        """Whether shadows are tried."""
        return self._settings.shadow_cpu_share > 0

    async def overview(self, bot: str) -> Overview:
        """Return every version of a bot; raises `NotFound` if it has no registered model."""

        def read(registry: Registry) -> Overview:
            aliases = registry.aliases(bot)
            return Overview(registry.versions(bot), aliases)

        return await self._calls.call(read)

    async def find(self, bot: str, version: str) -> Overview:
        """Return one version; raises `NotFound` if there is none."""

        def read(registry: Registry) -> Overview:
            aliases = registry.aliases(bot)
            return Overview([registry.find_version(bot, version)], aliases)

        return await self._calls.call(read)

    async def problem(self, bot: str, version: RegisteredVersion) -> str:
        """Return why the version behind the alias must not answer, as far as the registry shows it; else nothing."""
        return await self._calls.call(lambda registry: find_problem(registry, version, bot=bot) or "")

    async def tables(self, version: RegisteredVersion) -> Mapping[str, Sequence[Mapping[str, str]]]:
        """Return the tables of its training by file, without rows where its run has none."""

        def read(registry: Registry) -> dict[str, Sequence[Mapping[str, str]]]:
            runs = Runs(registry.tracking_uri)
            found: dict[str, Sequence[Mapping[str, str]]] = dict.fromkeys(TABLES, ())
            with suppress(NotFound):
                for name in TABLES:
                    found[name] = _table(runs.read(version.run_id, name))
            return found

        return await self._calls.call(read)

    async def drift(self, bot: str) -> LoggedDrift | None:
        """Return the last look for drift that ended; None: nobody has looked."""

        def read(registry: Registry) -> LoggedDrift | None:
            runs = Runs(registry.tracking_uri)
            run = runs.newest(bot, kind="drift")
            if run is None:
                return None
            return LoggedDrift(run, _table(runs.read(run.run_id, DRIFT_TABLE)), runs.url(run.run_id))

        return await self._calls.call(read)

    async def evidence(self, version: RegisteredVersion) -> Evidence:
        """Return what its run has logged about a version; nothing if the run was deleted."""

        def read(registry: Registry) -> Evidence:
            runs = Runs(registry.tracking_uri)
            with suppress(NotFound):
                content = runs.read(version.run_id, GATE_FILE)
                gate = _gate(content) if content is not None else None
                return Evidence(runs.figures(version.run_id), gate, runs.url(version.run_id))
            return Evidence({}, None)

        return await self._calls.call(read)

    def page(self, bot: str, version: str) -> str:
        """Return the link to a version's page in MLflow; empty for a store without pages."""
        return version_page(self._calls.tracking_uri, model_name(bot), version)

    async def promote(self, bot: str, version: str, wanted: Wanted) -> AliasMove:
        """Let a version answer.

        Raises `PromotionRefused` if serving would refuse it, `UserInputError` if it is another bot's, `NotFound` if
        there is none, and `LiveReleaseChanged` if another one answers than somebody believes; nothing has moved then.
        """
        return await self._move(
            bot, wanted, lambda promoter, found: promoter.promote(found(version), why=wanted.why, by=wanted.by)
        )

    async def roll_back(self, bot: str, wanted: Wanted) -> AliasMove:
        """Restore the version that answered before; raises as `promote` does."""
        return await self._move(bot, wanted, lambda promoter, _: promoter.roll_back(why=wanted.why, by=wanted.by))

    async def start_trial(
        self, bot: str, version: str, wanted: Wanted, *, alias: str, share: float | None = None
    ) -> AliasMove:
        """Try a version beside the one that answers, as `canary` or `shadow`; `share` is a canary's share of threads.

        Raises as `promote` does, and `UserInputError` where such trials are switched off, or for what answers already.
        """
        is_canary = alias == CANARY
        if not (self.canary_share if is_canary else self.has_shadow):
            variable = "INTENTLOOP_CANARY_SHARE" if is_canary else "INTENTLOOP_SHADOW_CPU_SHARE"
            raise UserInputError(f"nothing is tried as {alias} here: {variable} is 0; set it and restart the servers")
        if (await self.find(bot, version)).aliases.get(self.alias) == version:
            raise UserInputError(f"version {version} answers already; try another one beside it")

        async def start(promoter: Promoter, found: Callable[[str], RegisteredVersion]) -> AliasMove:
            return await promoter.promote(found(version), alias=alias, share=share, why=wanted.why, by=wanted.by)

        return await self._move(bot, wanted, start)

    async def stop_trial(self, bot: str, wanted: Wanted, *, alias: str) -> AliasMove:
        """End the trial of the version behind an alias; raises `NotFound` if there is none."""
        return await self._move(
            bot, wanted, lambda promoter, _: promoter.stop_trial(alias, why=wanted.why, by=wanted.by)
        )

    def share_of(self, version: RegisteredVersion) -> float:
        """Return the share of threads that a version answers, or would, as the canary."""
        return own_share(version) or self.canary_share

    async def _move(
        self,
        bot: str,
        wanted: Wanted,
        move: Callable[[Promoter, Callable[[str], RegisteredVersion]], Coroutine[Any, Any, AliasMove]],
    ) -> AliasMove:
        def work(registry: Registry) -> AliasMove:
            with closing(Database.from_settings(self._settings)) as database:
                promoter = Promoter.from_settings(self._settings, database, bot=bot, registry=registry)
                self._require(registry, bot, wanted)
                return asyncio.run(move(promoter, lambda version: registry.find_version(bot, version)))

        try:
            async with self._moving:  # else two could pass the same check
                return await self._calls.call(work, seconds=MOVE_SECONDS)
        except ForeignRelease as error:
            raise UserInputError(str(error)) from error
        except ReleaseRefused as error:
            raise PromotionRefused(error.version, error.reason) from error

    def _require(self, registry: Registry, bot: str, wanted: Wanted) -> None:
        if wanted.instead_of is None:
            return
        found = registry.version_behind(bot, alias=self.alias)
        live = found.version if found is not None else None
        if live != wanted.instead_of:
            raise LiveReleaseChanged(bot, expected=wanted.instead_of, live=live)


def _table(content: bytes | None) -> Sequence[Mapping[str, str]]:
    return list(csv.DictReader(io.StringIO((content or b"").decode())))


def _gate(content: bytes) -> Check | None:
    try:
        return Check.model_validate_json(content)
    except ValidationError:
        return None


@contextmanager
def open_manager(settings: Settings) -> Iterator[ReleaseManager]:
    """Open what reads and moves releases; connects with the first call."""
    calls = RegistryCalls(settings.resolved_tracking_uri)
    try:
        yield ReleaseManager(settings, calls)
    finally:
        calls.close()
