"""Promotion and rollback as commands: verified as serving verifies, recorded, and only then the alias moves."""

import getpass
import os
import socket
from collections.abc import Sequence
from contextlib import closing, suppress
from dataclasses import dataclass
from typing import Literal, Self

from pipelines.errors import NotFound, RegistryUnavailable, StoreUnavailable, UserInputError
from pipelines.registry.client import ANSWERED, ANSWERS, PROMOTED_AT_TAG, STAGE_TAG, RegisteredVersion, Registry
from pipelines.registry.fetch import fetch_judged
from pipelines.schemas.training import TrainParams
from pipelines.settings import Settings
from serving.clock import utc_now
from serving.release.cache import ReleaseCache
from serving.release.loader import CANARY_SHARE_TAG, STOPPED_TAG
from serving.release.marks import correct_marks
from serving.release.trials import CANARY, SHADOW
from serving.store.client import Database
from serving.store.releases.promotions import Move, Promotions, answered_before, former_versions


@dataclass(frozen=True)
class AliasMove:
    """An alias that was moved from the version `before`, if there was one.

    `version` is None if it was only removed. `note` is the file it was recorded in if the database did not answer.
    `is_made` is false if nothing was left to do.
    """

    alias: str
    before: str | None
    version: str | None
    note: str | None
    is_made: bool = True

    def describe(self, *, bot: str, poll_seconds: float) -> list[str]:
        """Describe the move in sentences."""
        if not self.is_made:
            return [f"version {self.version} of bot {bot!r} answers already; nothing was moved"]
        before = f", before it version {self.before}" if self.before not in (None, self.version) else ""
        if self.version is None:
            lines = [f"version {self.before} of bot {bot!r} has lost the alias {self.alias}"]
        else:
            lines = [f"version {self.version} of bot {bot!r} carries the alias {self.alias}{before}"]
        lines.append(f"every server notices within about {poll_seconds * 1.2 + 1:.0f} seconds")
        if self.note is not None:
            lines.append(f"the database did not answer; this is noted in {self.note} instead")
        return lines


class Promoter:
    """Moves the aliases of one bot.

    Parameters
    ----------
    cache
        Holds this machine's journal, for when the database is down.
    alias
        Alias of the version that answers.
    verdict_key
        Key of the verdicts' signatures; None: verdicts need no signature.
    """

    def __init__(
        self,
        registry: Registry,
        promotions: Promotions,
        cache: ReleaseCache,
        *,
        bot: str,
        alias: str,
        verdict_key: str | None,
    ) -> None:
        self._registry, self._promotions, self._cache = registry, promotions, cache
        self._bot, self._alias, self._verdict_key = bot, alias, verdict_key

    @classmethod
    def from_settings(cls, settings: Settings, database: Database, *, bot: str, registry: Registry) -> Self:
        """Build the promoter from the settings."""
        key = settings.verdict_key
        return cls(
            registry,
            Promotions(database),
            ReleaseCache(settings.home / "releases"),
            bot=bot,
            alias=settings.release_alias,
            verdict_key=key.get_secret_value() if key is not None else None,
        )

    async def promote(
        self,
        version: RegisteredVersion,
        *,
        alias: str | None = None,
        why: str = "",
        command: str = "promote",
        by: str | None = None,
        share: float | None = None,
    ) -> AliasMove:
        """Move an alias to a version that serving would accept: the alias that answers, or `canary` or `shadow`.

        `why` and who asks for the move, `by` or a `command` of this machine's user, go into the journal. `share` is a
        canary's share of threads, in (0, 1]; None: that of the setting. What answers already, and by this very verdict
        according to the journal, is only verified. Raises `ReleaseRefused` if serving would refuse
        the version, and `RegistryUnavailable`; nothing has moved then.
        """
        wanted = alias or self._alias
        if wanted == CANARY:
            self._prepare_canary(version, share)
        by = by or f"intentloop {command} by {_user()}"
        return await self._move(version, alias=wanted, kind="promotion", by=by, why=why)

    async def stop_trial(self, alias: str, *, why: str = "", by: str | None = None) -> AliasMove:
        """Remove `canary` or `shadow` from the version that is tried; returns the move to no version.

        Raises `NotFound` if nothing is tried, and `RegistryUnavailable`.
        """
        found = self._registry.version_behind(self._bot, alias=alias)
        if found is None:
            raise NotFound(
                f"version of bot {self._bot!r} with the alias", alias, hint="nothing is tried, nothing moved"
            )
        answering = self._registry.version_behind(self._bot, alias=self._alias)
        move = Move(
            bot=self._bot,
            kind="canary_stop" if alias == CANARY else "trial",
            from_version=found.version,
            to_version=answering.version if answering is not None and alias == CANARY else None,
            at=utc_now(),
            by=by or f"intentloop by {_user()}",
            why=f"alias {alias} removed{': ' if why else ''}{why}",
        )
        note = await self._record(move)
        self._registry.remove_alias(self._bot, alias)
        return AliasMove(alias, found.version, None, note)

    def _prepare_canary(self, version: RegisteredVersion, share: float | None) -> None:
        if STOPPED_TAG in version.tags:
            self._registry.delete_tag(version, STOPPED_TAG)  # asking for it by name means another trial
        if share is not None:
            self._registry.set_tag(version, CANARY_SHARE_TAG, f"{share:g}")
        elif CANARY_SHARE_TAG in version.tags:
            self._registry.delete_tag(version, CANARY_SHARE_TAG)

    async def roll_back(self, *, why: str = "", by: str | None = None) -> AliasMove:
        """Restore the version that answered before the one behind the alias now; `why` goes into the journal.

        Raises `UserInputError` if nothing answered before, `ReleaseRefused` if serving would refuse that version, and
        `RegistryUnavailable`; nothing has moved then.
        """
        found = self._registry.version_behind(self._bot, alias=self._alias)
        current = found.version if found is not None else None
        answered = await self._answered()
        version = self._newest_of(former_versions(answered, current=current))
        if version is None:
            now = f"version {current}" if current else "now"
            raise UserInputError(
                f"no version of bot {self._bot!r} is known to have answered before {now}, so nothing was moved; "
                f"promote one by its number (`intentloop promote VERSION`, or POST .../releases/VERSION/promote)"
            )
        by = by or f"intentloop rollback by {_user()}"
        return await self._move(version, alias=self._alias, kind="rollback", by=by, why=why)

    async def _move(
        self,
        version: RegisteredVersion,
        *,
        alias: str,
        kind: Literal["promotion", "rollback"],
        by: str,
        why: str,
    ) -> AliasMove:
        answers = alias == self._alias
        judged = fetch_judged(
            self._registry,
            version,
            bot=self._bot,
            verdict_key=self._verdict_key,
            must_pass=answers or alias != SHADOW,
        )
        found = self._registry.version_behind(self._bot, alias=alias)
        before = found.version if found is not None else None
        if answers and before == version.version and await self._is_recorded(before, judged.digest):
            return AliasMove(alias, before, before, None, is_made=False)
        move = Move(
            bot=self._bot,
            kind=kind if answers else "trial",
            from_version=before,
            to_version=version.version,
            at=utc_now(),
            by=by,
            why=why if answers else f"alias {alias}{': ' if why else ''}{why}",
            verdict=judged.digest,
        )
        # Recorded first: serving may notice the move at once, and must find it in the journal.
        note = await self._record(move)
        self._registry.set_alias(self._bot, alias, version.version)
        if answers:
            self._tag(version, before)
        with suppress(RegistryUnavailable):  # the move is made; every server does the same when it notices
            correct_marks(self._registry, self._bot)
        return AliasMove(alias, before, version.version, note)

    def _tag(self, version: RegisteredVersion, before: str | None) -> None:
        """Show the move in the MLflow UI; the order of promotions helps if every journal is lost."""
        self._registry.set_tag(version, STAGE_TAG, ANSWERS)
        self._registry.set_tag(version, PROMOTED_AT_TAG, utc_now().isoformat(timespec="milliseconds"))
        if before not in (None, version.version):
            former = self._newest_of([before])
            if former is not None:
                self._registry.set_tag(former, STAGE_TAG, ANSWERED)

    async def _is_recorded(self, version: str, verdict: str) -> bool:
        """Whether the newest entry of the journal that moved what answers is of this version by this verdict."""
        with suppress(StoreUnavailable):
            moves = [entry.move for entry in await self._promotions.recent(self._bot)]
            last = next((move for move in reversed(moves) if move.changes_answers), None)
            return last is not None and (last.to_version, last.verdict) == (version, verdict)
        return False

    async def _record(self, move: Move) -> str | None:
        """Write a move into the journal, or else into this machine's; return the latter's file in that case."""
        try:
            await self._promotions.append(move)
        except StoreUnavailable:
            row = {
                "before": move.from_version, "version": move.to_version, "source": move.kind, "by": move.by,
                "why": move.why, "verdict": move.verdict,
            }  # fmt: skip
            return str(self._cache.write_journal(self._bot, row))
        return None

    async def _answered(self) -> list[str]:
        """Return the versions that answered, latest last: from the journal, this machine's journal, or the registry."""
        try:
            moves = [entry.move for entry in await self._promotions.recent(self._bot)]
        except StoreUnavailable:
            moves = []
        if answered := answered_before(moves or self._moves_of_this_machine()):
            return answered
        found = [(version.promoted_at, version.version) for version in self._registry.versions(self._bot)]
        return [version for _, version in sorted((at, version) for at, version in found if at is not None)]

    def _moves_of_this_machine(self) -> list[Move]:
        return [
            Move(
                bot=self._bot,
                kind="rollback" if row.get("source") == "rollback" else "noticed",
                from_version=row.get("before"),
                to_version=row.get("version"),
                at=row["at"],
                by="this machine",
                why="",
            )
            for row in self._cache.read_journal(self._bot)
            if row.get("source") != "trial"
        ]

    def _newest_of(self, versions: Sequence[str | None]) -> RegisteredVersion | None:
        """Return the last of some versions that is still registered."""
        for version in reversed(versions):
            with suppress(NotFound):
                return self._registry.find_version(self._bot, str(version))
        return None


async def promote_trained(
    params: TrainParams, settings: Settings, *, registry: Registry, version: RegisteredVersion, command: str
) -> AliasMove:
    """Promote a version that a training has just registered and whose gate has passed.

    The bot, the home folder and the alias are those of the training's `params`. The journal names the run and its
    accuracy, and `command`. Raises `ReleaseRefused` if serving would refuse the version, and `RegistryUnavailable`;
    nothing has moved then.
    """
    placed = settings.model_copy(update={"home": params.home, "release_alias": params.release_alias})
    measured = f", accuracy {float(version.tags['accuracy']):.1%}" if "accuracy" in version.tags else ""
    with closing(Database.from_settings(settings)) as database:
        promoter = Promoter.from_settings(placed, database, bot=params.bot, registry=registry)
        why = f"run {version.run_id[:8]} passed the gate{measured}"
        return await promoter.promote(version, why=why, command=command)


def _user() -> str:
    try:
        name = getpass.getuser()
    except (KeyError, OSError):
        name = f"user {os.getuid()}"  # a container's user has no name
    return f"{name}@{socket.gethostname()}"
