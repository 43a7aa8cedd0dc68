"""Labelling in the terminal: one text at a time, the proposals for it, and one key to decide."""

import getpass
import os
import socket
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import ConfigDict, Field, ValidationError, model_validator
from rich.text import Text

from pipelines.errors import DataRejected, LabelDecided, UserInputError
from pipelines.schemas.examples import OUT_OF_SCOPE
from pipelines.schemas.labels import KEY_PATTERN, Decision, LabelItem, Status
from serving.cli.tables.labels import choices_of, marked_text, shown_text
from serving.clock import utc_now
from serving.console import Console
from serving.store.labelling.labels import Labels

SKIP, REJECT, NONE, QUIT = "s", "x", "r", "q"
_MOST_CHOICES = 9
_SHOWN_ALIKE = 5
_NONE_WORDS = "none of the intents"


class FiledDecision(Decision):
    """A line of a decisions file: the output of `--list --json` or `--decided --json`, with changes.

    A text that is not accepted has no intent, so an intent that was left in the line does not count.
    """

    model_config = ConfigDict(extra="ignore")

    key: str = Field(pattern=KEY_PATTERN, description="The label's key, as `--list` shows it.")

    @model_validator(mode="before")
    @classmethod
    def _only_accepted_have_an_intent(cls, line: object) -> object:
        if isinstance(line, dict) and line.get("status") in ("rejected", "skipped", "open"):
            return {**line, "intent_id": None}
        return line


@dataclass
class Tally:
    """Counts of the decisions so far.

    `too_late` counts texts that somebody else had already decided, `already` those that were decided like this before.
    """

    accepted: int = 0
    rejected: int = 0
    skipped: int = 0
    too_late: int = 0
    reopened: int = 0
    already: int = 0

    def count(self, status: Status) -> None:
        """Count a decision."""
        name = "reopened" if status == "open" else status
        setattr(self, name, getattr(self, name) + 1)

    def __str__(self) -> str:
        """Return a one-line summary."""
        others = f"; {self.too_late:,} already decided by others" if self.too_late else ""
        already = f"; already so: {self.already:,}" if self.already else ""
        reopened = f", {self.reopened:,} reopened" if self.reopened else ""
        decided = f"{self.accepted:,} accepted, {self.rejected:,} rejected, {self.skipped:,} skipped"
        return decided + reopened + already + others


class LabelSession:
    """One person's labelling session.

    `call` runs one call of the queue to its end. Nothing runs between calls, so that Ctrl-C ends a question at once.
    `ask` prints a prompt and returns the line typed; it raises `EOFError` at the end of the input.
    """

    def __init__(
        self,
        labels: Labels,
        call: Callable[[Coroutine[Any, Any, Any]], Any],
        *,
        bot: str,
        by: str,
        console: Console,
        ask: Callable[[str], str] = input,
    ) -> None:
        self._labels, self._call, self._bot, self._by = labels, call, bot, by
        self._console, self._ask = console, ask
        self.tally = Tally()
        self.corrected: list[LabelItem] = []

    def run(self, *, limit: int) -> Tally:
        """Go through the queue, most valuable first, until it is empty, `limit` is reached or `q` is typed."""
        seen: set[str] = set()
        for _ in range(limit):
            item = self._next(seen)
            if item is None:
                self._console.print("nothing left to label")
                break
            alike: list[LabelItem] = self._call(self._labels.alike(item))
            decision = self._question(item, alike)
            if decision is None:
                break
            try:
                for each in (item, *alike):  # annotations are each text's own
                    self.decide(each.key, decision)
            except UserInputError as error:  # no such intent
                self._console.print(str(error), style="yellow", markup=False)
                continue  # the same text again
            seen |= {item.key, *(each.key for each in alike)}
        return self.tally

    def decide(self, key: str, decision: Decision) -> None:
        """Record the decision about one text, or report that somebody else was faster."""
        try:
            self._call(self._labels.decide(self._bot, key, decision, by=self._by, now=utc_now()))
        except LabelDecided as error:
            self.tally.too_late += 1
            self._console.print(str(error), style="yellow", markup=False)
        else:
            self.tally.count(decision.status)

    def decide_filed(self, decisions: Sequence["FiledDecision"]) -> list[str]:
        """Apply the decisions of a file; return one sentence for each that is invalid, and apply the others.

        Applied again, a file changes nothing. `corrected` gets the former items of decisions that were changed.
        """
        problems = []
        for filed in decisions:
            try:
                problem = self._decide_filed(filed)
            except UserInputError as error:  # no such text or intent
                problem = str(error)
            if problem:
                problems.append(f"label {filed.key}: {problem}")
        return problems

    def _decide_filed(self, filed: FiledDecision) -> str | None:
        """Apply a line of a file; return what was decided otherwise before, if it says nothing of that."""
        item: LabelItem = self._call(self._labels.get(self._bot, filed.key))
        if item.is_decided_as(filed):
            self.tally.already += 1
            return None
        if item.status == filed.was:
            decision = Decision.model_validate(filed.model_dump(include=set(Decision.model_fields)))
            try:
                self._call(self._labels.decide(self._bot, filed.key, decision, by=self._by, now=utc_now()))
            except LabelDecided:
                item = self._call(self._labels.get(self._bot, filed.key))
            else:
                self.tally.count(filed.status)
                self.corrected += [item] if item.status != "open" else []
                return None
        wanted = f"{filed.status} as {filed.intent_id!r}" if filed.intent_id else filed.status
        return (
            f"{shown_text(item.text)!r} is {item.describe_decision()}, not {filed.was}; to make it {wanted}, write "
            f'"was": "{item.status}"'
        )

    def _next(self, seen: set[str]) -> LabelItem | None:
        # a text seen before is decided and off the page, unless somebody reopened it meanwhile
        page: list[LabelItem] = self._call(self._labels.page(self._bot, limit=len(seen) + 1))
        return next((item for item in page if item.key not in seen), None)

    def _question(self, item: LabelItem, alike: Sequence[LabelItem]) -> Decision | None:
        choices = choices_of(item)[:_MOST_CHOICES]
        self._show(item, alike, choices)
        while True:
            try:
                typed = self._ask("label> ").strip()
            except (EOFError, KeyboardInterrupt):
                return None
            except UnicodeDecodeError:  # no text in the terminal's encoding
                typed = ""
            if typed == QUIT:
                return None
            decision = read_key(typed, choices)
            if decision is not None:
                return decision
            numbers = f"1 to {len(choices)}, " if choices else ""
            self._console.print(f"type {numbers}an intent's id, {NONE}, {SKIP}, {REJECT} or {QUIT}")

    def _show(self, item: LabelItem, alike: Sequence[LabelItem], choices: Sequence[str]) -> None:
        self._console.rule(f"value {item.value:.2f}, said {len(item.sources)} time(s)", align="left")
        self._console.print(marked_text(item))
        for other in alike[:_SHOWN_ALIKE]:
            self._console.print(Text("  also: ").append_text(marked_text(other)))
        if len(alike) > _SHOWN_ALIKE:
            self._console.print(f"  and {len(alike) - _SHOWN_ALIKE} more; all are decided together")
        kinds = dict.fromkeys(kind for each in (item, *alike) for kind in each.personal_data)
        if kinds:
            what = "one of them seems" if alike else "it seems"
            warning = f"{what} to contain personal data ({', '.join(kinds)}), which would be kept"
            self._console.print(warning, style="bold yellow")
        for number, intent_id in enumerate(choices, start=1):
            said = ", ".join(
                each.by + (f" {each.confidence:.0%}" if each.confidence is not None else "")
                for each in item.proposals
                if each.intent_id == intent_id
            )
            self._console.print(f"  {number}  {intent_id:<32} {said}", highlight=False, markup=False)
        keys = (
            f"  {NONE}  {_NONE_WORDS}    {SKIP}  skip    {REJECT}  unusable    {QUIT}  quit    or type an intent's id"
        )
        self._console.print(keys, style="dim", highlight=False)


def read_key(typed: str, choices: Sequence[str]) -> Decision | None:
    """Parse the typed input; None if it is invalid."""
    if typed in (SKIP, REJECT):
        return Decision(status="skipped" if typed == SKIP else "rejected")
    if typed == NONE:
        return Decision(status="accepted", intent_id=OUT_OF_SCOPE)
    if typed.isdecimal():
        place = int(typed)
        return Decision(status="accepted", intent_id=choices[place - 1]) if 1 <= place <= len(choices) else None
    try:
        return Decision(status="accepted", intent_id=typed) if len(typed) > 1 else None
    except ValidationError:  # no intent has such an id: too long, or no text
        return None


def read_decisions(file: Path) -> list[FiledDecision]:
    """Read a file of decisions, one JSON object per line. `DataRejected` names the unreadable lines."""
    try:
        lines = file.read_text(encoding="utf-8-sig").split("\n")
    except (OSError, UnicodeDecodeError) as error:
        raise DataRejected(str(file), [f"it cannot be read: {error}"]) from error
    decisions, problems = [], []
    for number, line in enumerate(lines, start=1):
        if line.strip():
            try:
                decisions.append(FiledDecision.model_validate_json(line))
            except ValidationError as error:
                fault = error.errors()[0]
                place = ".".join(map(str, fault["loc"]))
                problems.append(
                    f"line {number}: {place}: {fault['msg']}" if place else f"line {number}: {fault['msg']}"
                )
    if problems:
        raise DataRejected(str(file), problems)
    return decisions


def user_name() -> str:
    """Return the name of the user and machine."""
    try:
        name = getpass.getuser()
    except (KeyError, OSError):
        name = f"user {os.getuid()}"  # a container's user has no name
    return f"{name}@{socket.gethostname()}"
