"""Saved conversations that every release must answer as they were answered when saved.

`notebooks/50_replay_thread.ipynb` saves one as `data/cases/NAME.json`; it counts until the file is deleted.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from pydantic import ValidationError

from pipelines.errors import BotError
from pipelines.registry.release import Release
from pipelines.schemas.verdict import Check
from pipelines.settings import Settings
from serving.replay.replay import ReplayedTurn
from serving.replay.thread import Thread


@dataclass(frozen=True)
class Case:
    """A saved conversation as a release answers it.

    Attributes
    ----------
    name
        Name of its file, without `.json`.
    problem
        Why it could not be replayed at all; empty if it was.
    """

    name: str
    steps: Sequence[ReplayedTurn]
    problem: str = ""

    @property
    def broken(self) -> list[ReplayedTurn]:
        """The turns that are answered differently."""
        return [step for step in self.steps if step.differences]

    @property
    def reason(self) -> str:
        """Why it speaks against the release, quoting nobody; empty if it does not."""
        if self.problem:
            return f"the saved case {self.name!r} cannot be replayed: {self.problem}; save it again or delete it"
        if not self.broken:
            return ""
        step = self.broken[0]
        turns = f"turn {step.turn}" + (f" (and {len(self.broken) - 1} more)" if self.broken[1:] else "")
        intent = (step.before.intent_id, step.after.intent_id)
        became = f" ({intent[0]} became {intent[1]})" if intent[0] != intent[1] else ""
        return (
            f"the saved case {self.name!r} is broken: {turns} differs in {_subjects(step)}{became}; if this is "
            "intended, save it again with the notebook 50_replay_thread or delete it"
        )


@dataclass(frozen=True)
class CaseReport:
    """A bot's saved conversations as a release answers them."""

    columns: ClassVar = ("case", "turn", "intent", "intent_now", "changes")

    cases: tuple[Case, ...]

    def rows(self) -> list[dict[str, str | int]]:
        """Return one row per turn answered differently, with `columns`, quoting nobody."""
        return [
            {
                "case": case.name,
                "turn": step.turn,
                "intent": step.before.intent_id,
                "intent_now": step.after.intent_id,
                "changes": _subjects(step),
            }
            for case in self.cases
            for step in case.broken
        ]

    def check(self) -> Check:
        """Refuse a release that answers any of them differently."""
        reasons = tuple(case.reason for case in self.cases if case.reason)
        if not self.cases:  # noted, because a training started in another folder finds none
            return Check(notes=("no saved cases of this bot were found, so none were replayed",))
        figures = {"cases": float(len(self.cases)), "cases_broken": float(len(reasons))}
        return Check(reasons=reasons, figures=figures, notes=(f"saved cases replayed: {len(self.cases)}",))


async def run_cases(folder: Path, release: Release, *, bot: str, settings: Settings) -> CaseReport:
    """Replay a bot's saved conversations on a release, in order of names; an unreadable file counts as a broken case.

    `folder` holds one JSON file per conversation; other bots' files are ignored. It need not exist.
    """
    cases = []
    for name, thread in _read(folder, bot):
        if isinstance(thread, BotError):
            cases.append(Case(name, (), problem=str(thread)))
            continue
        try:
            cases.append(Case(name, await thread.step_through(release, settings=settings)))
        except ValidationError:
            cases.append(Case(name, (), problem="another program wrote its turns"))
        except BotError as error:
            cases.append(Case(name, (), problem=str(error)))
    return CaseReport(tuple(cases))


def _read(folder: Path, bot: str) -> list[tuple[str, Thread | BotError]]:
    """Read a bot's cases, each with the error if it cannot be read."""
    read: list[tuple[str, Thread | BotError]] = []
    for file in sorted(folder.glob("*.json")):
        try:
            thread = Thread.read(file)
        except BotError as error:
            read.append((file.stem, error))
            continue
        if any(record.bot == bot for record in thread.records):
            read.append((file.stem, thread))
    return read


def _subjects(step: ReplayedTurn) -> str:
    return ", ".join(difference.subject for difference in step.differences)
