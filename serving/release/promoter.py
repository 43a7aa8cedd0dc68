"""Promotion and rollback as commands: checked as serving checks, written down, and only then is the alias moved."""

import getpass
import os
import socket
from collections.abc import Sequence
from contextlib import closing, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal, Self

from pipelines.errors import NotFound, StoreUnavailable, UserInputError
from pipelines.registry.client import PROMOTED_AT_TAG, STAGE_TAG, RegisteredVersion, Registry
from pipelines.registry.fetch import fetch_judged
from pipelines.schemas.training import TrainParams
from pipelines.settings import Settings
from serving.release.cache import ReleaseCache
from serving.release.loader import STOPPED_TAG
from serving.release.trials import CANARY, SHADOW
from serving.store.client import Database
from serving.store.promotions import Move, Promotions, answered_before


@dataclass(frozen=True)
class Moved:
    """An alias that was moved.

    Attributes
    ----------
    alias
        The alias.
    before, version
        The version that carried it, None if none did, and the one that does now.
    note
        Where it was written down, if not in the database.
    """

    alias: str
    before: str | None
    version: str
    note: str | None

    def describe(self, *, bot: str, poll_seconds: float) -> list[str]:
        """Say in sentences what was done."""
        before = f", before it version {self.before}" if self.before not in (None, self.version) else ""
        lines = [f"version {self.version} of bot {bot!r} carries the alias {self.alias}{before}"]
        lines.append(f"whatever serves it notices within {poll_seconds * 1.2 + 1:.0f} seconds or so")
        if self.note is not None:
            lines.append(f"the database did not answer; this is noted in {self.note} instead")
        return lines


class Promoter:
    """Moves the aliases of one bot.

    Parameters
    ----------
    registry
        Where the bot's versions are.
    promotions
        The journal.
    cache
        This machine's journal, for when the database is down.
    bot
        The bot.
    alias
        The alias that answers.
    verdict_key
        Key of the verdicts' signatures; None: they need none.
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
        """Make the promoter that the settings describe."""
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
        self, version: RegisteredVersion, *, alias: str | None = None, why: str = "", command: str = "promote"
    ) -> Moved:
        """Let a version carry an alias, if serving would take it.

        Parameters
        ----------
        version
            The version.
        alias
            The alias; None: the one that answers. `canary` and `shadow` are tried beside it.
        why
            The reason, for the journal.
        command
            The command that asks for it, for the journal.

        Returns
        -------
        Moved
            What was done.

        Raises
        ------
        ReleaseRefused
            Serving would refuse it; nothing was moved.
        RegistryUnavailable
            The MLflow server did not answer.
        """
        wanted = alias or self._alias
        if wanted == CANARY and STOPPED_TAG in version.tags:
            self._registry.delete_tag(version, STOPPED_TAG)  # whoever asks for it by name wants it tried again
        return await self._move(version, alias=wanted, kind="promotion", command=command, why=why)

    async def roll_back(self, *, why: str = "") -> Moved:
        """Let the version answer again that answered before the one that carries the alias now.

        Parameters
        ----------
        why
            The reason, for the journal.

        Returns
        -------
        Moved
            What was done.

        Raises
        ------
        UserInputError
            Nothing answered before.
        ReleaseRefused
            Serving would refuse what answered before; nothing was moved.
        RegistryUnavailable
            The MLflow server did not answer.
        """
        carrier = self._registry.carrier(self._bot, alias=self._alias)
        current = carrier.version if carrier is not None else None
        answered = await self._answered()
        former = answered[:-1] if answered[-1:] == [current] else answered
        version = self._newest_of(former)
        if version is None:
            now = f"version {current}" if current else "now"
            raise UserInputError(
                f"no version of bot {self._bot!r} is known to have answered before {now}, so nothing was moved; "
                f"name one with `intentloop promote VERSION`"
            )
        return await self._move(version, alias=self._alias, kind="rollback", command="rollback", why=why)

    async def _move(
        self,
        version: RegisteredVersion,
        *,
        alias: str,
        kind: Literal["promotion", "rollback"],
        command: str,
        why: str,
    ) -> Moved:
        answers = alias == self._alias
        judged = fetch_judged(
            self._registry,
            version,
            bot=self._bot,
            verdict_key=self._verdict_key,
            must_pass=answers or alias != SHADOW,
        )
        carrier = self._registry.carrier(self._bot, alias=alias)
        before = carrier.version if carrier is not None else None
        move = Move(
            bot=self._bot,
            kind=kind if answers else "trial",
            from_version=before,
            to_version=version.version,
            at=datetime.now(UTC),
            by=f"intentloop {command} by {_user()}",
            why=why if answers else f"alias {alias}{': ' if why else ''}{why}",
            verdict=judged.digest,
        )
        # First, so that serving, which notices at once, finds it written down.
        note = await self._write_down(move)
        self._registry.set_alias(self._bot, alias, version.version)
        if answers:
            self._tag(version, before)
        return Moved(alias, before, version.version, note)

    def _tag(self, version: RegisteredVersion, before: str | None) -> None:
        """Show in the MLflow UI what was done; the order of promotions helps where every journal is gone."""
        self._registry.set_tag(version, STAGE_TAG, "Production")
        self._registry.set_tag(version, PROMOTED_AT_TAG, datetime.now(UTC).isoformat(timespec="milliseconds"))
        if before not in (None, version.version):
            former = self._newest_of([before])
            if former is not None:
                self._registry.set_tag(former, STAGE_TAG, "Archived")

    async def _write_down(self, move: Move) -> str | None:
        """Write a move into the journal, or into this machine's; gives the latter's file if it was that one."""
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
        """Give what answered, the last one last: from the journal, else from this machine's, else from the registry."""
        try:
            moves = [entry.move for entry in await self._promotions.recent(self._bot)]
        except StoreUnavailable:
            moves = []
        if answered := answered_before(moves or self._moves_of_this_machine()):
            return answered
        promoted = [version for version in self._registry.versions(self._bot) if PROMOTED_AT_TAG in version.tags]
        return [version.version for version in sorted(promoted, key=lambda version: version.tags[PROMOTED_AT_TAG])]

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
        """Give the last of some versions that is still registered."""
        for version in reversed(versions):
            with suppress(NotFound):
                return self._registry.find_version(self._bot, str(version))
        return None


async def promote_trained(
    params: TrainParams, settings: Settings, *, registry: Registry, version: RegisteredVersion, command: str
) -> Moved:
    """Promote what a training has just registered; the journal says which run it was and what its gate found.

    Parameters
    ----------
    params
        Those of the training: its bot, its home folder, and the alias that answers.
    settings
        The platform's: the database with the journal, and the key of the verdicts.
    registry
        Where the version is.
    version
        The version; it has passed the gate.
    command
        What promotes it, for the journal.

    Returns
    -------
    Moved
        What was done; its `note` says where it was written down if the database did not answer.

    Raises
    ------
    ReleaseRefused
        Serving would refuse it; nothing was moved.
    RegistryUnavailable
        The MLflow server did not answer.
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
