"""Labelling in the terminal: one text at a time, the proposals for it, and one key to decide."""

import getpass
import json
import os
import socket
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import ConfigDict, Field, ValidationError
from rich.console import Console
from rich.table import Table
from rich.text import Text

from pipelines.errors import DataRejected, LabelDecided, UserInputError
from pipelines.schemas.examples import OUT_OF_SCOPE
from pipelines.schemas.labels import KEY_PATTERN, Decision, LabelItem, Status
from serving.clock import utc_now
from serving.store.labels import Labels

SKIP, REJECT, NONE, QUIT = "s", "x", "r", "q"
_MOST_CHOICES = 9
_SHOWN_ALIKE = 5
_NONE_WORDS = "none of the intents"


class FiledDecision(Decision):
    """A line of a decisions file: the output of `--list --json` with `status` and `intent_id` filled in."""

    model_config = ConfigDict(extra="ignore")

    key: str = Field(pattern=KEY_PATTERN, description="The label's key, as `--list` shows it.")


@dataclass
class Tally:
    """Counts of the decisions so far. `too_late` counts texts that somebody else had already decided."""

    accepted: int = 0
    rejected: int = 0
    skipped: int = 0
    too_late: int = 0

    def count(self, status: Status) -> None:
        """Count a decision."""
        if status != "open":
            setattr(self, status, getattr(self, status) + 1)

    def __str__(self) -> str:
        """Return a one-line summary."""
        others = f"; {self.too_late:,} already decided by others" if self.too_late else ""
        return f"{self.accepted:,} accepted, {self.rejected:,} rejected, {self.skipped:,} skipped{others}"


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
        """Apply the decisions of a file; return one sentence for each that is invalid, and apply the others."""
        problems = []
        for decision in decisions:
            try:
                self.decide(decision.key, decision)
            except UserInputError as error:  # no such text or intent
                problems.append(f"label {decision.key}: {error}")
        return problems

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


def choices_of(item: LabelItem) -> list[str]:
    """Return the proposed intents, most reliable proposer first."""
    return [
        intent_id for intent_id in dict.fromkeys(each.intent_id for each in item.proposals) if intent_id != OUT_OF_SCOPE
    ]


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


def marked_text(item: LabelItem) -> Text:
    """Return the text with its annotations in brackets: `to [Rome](city)`."""
    text = item.text
    for span in sorted(item.entities, key=lambda span: -span.start):
        text = f"{text[: span.start]}[{text[span.start : span.end]}]({span.type}){text[span.end :]}"
    # a customer's text must not control the terminal
    return Text("".join(sign if sign.isprintable() else " " for sign in text))


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


def table_of(items: Sequence[LabelItem]) -> Table:
    """Return labels as a table for the terminal."""
    table = Table("key", "value", "said", "text", "proposed", box=None, pad_edge=False)
    for item in items:
        proposed = (
            ", ".join(choices_of(item)) if item.status != "accepted" else f"{item.intent_id} ({item.destination})"
        )
        table.add_row(item.key, f"{item.value:.2f}", str(len(item.sources)), marked_text(item), Text(proposed))
    return table


def line_of(item: LabelItem) -> str:
    """Return a label as a line of JSON, which `--decide` takes once `status` and `intent_id` are set."""
    shown = item.model_dump(mode="json", include={"text", "status", "intent_id", "proposals", "value", "cluster"})
    return json.dumps({"key": item.key, **shown, "agreed": item.agreed}, ensure_ascii=False)


def user_name() -> str:
    """Return the name of the user and machine."""
    try:
        name = getpass.getuser()
    except (KeyError, OSError):
        name = f"user {os.getuid()}"  # a container's user has no name
    return f"{name}@{socket.gethostname()}"
