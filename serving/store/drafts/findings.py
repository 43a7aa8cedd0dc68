"""What the last validation of a bot found, by the example that it found it in."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any

from serving.store.client import Database
from serving.store.work.tasks import Task, Tasks

VALIDATING = ("validate", "repair")
"""The kinds of tasks whose result has findings."""
_LOOKED_AT = 20
_MOST_KEPT = 16


@dataclass(frozen=True)
class Validation:
    """The findings of a validation, worst first, and when it read the drafts."""

    task_id: str
    at: datetime
    report: Mapping[str, Any]

    @property
    def findings(self) -> list[dict[str, Any]]:
        """The findings, as the task's result has them."""
        found: list[dict[str, Any]] = self.report.get("findings") or []
        return found

    @cached_property
    def checks_by_text(self) -> dict[tuple[str, str], tuple[str, ...]]:
        """The checks that an example fails, by its intent and text: places shift, and a corrected text is another."""
        found: dict[tuple[str, str], list[str]] = {}
        for row in self.findings:
            if row.get("text"):
                found.setdefault((row["intent_id"], row["text"]), []).append(row["check"])
        return {place: tuple(dict.fromkeys(checks)) for place, checks in found.items()}

    @cached_property
    def checks_by_intent(self) -> dict[str, tuple[str, ...]]:
        """The checks that an intent or one of its examples fails."""
        found: dict[str, dict[str, None]] = {}
        for row in self.findings:
            found.setdefault(row.get("intent_id") or "", {})[row["check"]] = None
        return {intent_id: tuple(checks) for intent_id, checks in found.items()}


class Validations:
    """Finds the last validation of each bot, and keeps a few of them at hand."""

    def __init__(self, database: Database) -> None:
        self._tasks = Tasks(database)
        self._kept: dict[str, Validation] = {}

    async def last(self, bot: str) -> Validation | None:
        """Return the newest validation of a bot that has ended well; None if there is none."""
        newest = next((task for task in await self._recent(bot) if task.state == "done"), None)
        if newest is None:
            self._kept.pop(bot, None)
            return None
        kept = self._kept.get(bot)
        if kept is not None and kept.task_id == newest.id:
            return kept
        task = await self._tasks.find(bot, newest.id)
        if task is None or task.result is None:
            return None
        while len(self._kept) >= _MOST_KEPT:
            self._kept.pop(next(iter(self._kept)))
        self._kept[bot] = _validation(task)
        return self._kept[bot]

    async def under_way(self, bot: str) -> str | None:
        """Return the id of the newest validation of a bot that waits or runs."""
        return next((task.id for task in await self._recent(bot) if not task.is_over), None)

    async def _recent(self, bot: str) -> list[Task]:
        return await self._tasks.page(bot, before=None, kinds=VALIDATING, limit=_LOOKED_AT)


def _validation(task: Task) -> Validation:
    result = task.result or {}
    report = result.get("validation") or result
    read_at = datetime.fromisoformat(report["read_at"]) if "read_at" in report else task.started_at
    return Validation(task.id, read_at or task.created_at, report)
