"""A conversation to experiment with: load it from the log, a file or texts, replay it on a release, edit and save it.

For notebooks and regression cases; answering customers does not use it.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Self

from pydantic import BaseModel, ConfigDict, Field, JsonValue, ValidationError

from pipelines.errors import DataRejected, NotFound
from pipelines.registry.release import Release
from pipelines.schemas import html
from pipelines.schemas.keys import thread_key
from pipelines.schemas.turns import TurnRecord
from pipelines.settings import Settings
from serving.clock import utc_now
from serving.dialogue.messages import TurnResponse, UserMessage
from serving.dialogue.state import DialogueState
from serving.replay.calls import Endpoints
from serving.replay.replay import ReplayedTurn, readable_turns, replay_turns
from serving.store.client import Database
from serving.store.threads.turns import TurnLog


class _Saved(BaseModel):
    """A thread in a file."""

    model_config = ConfigDict(frozen=True)

    endpoints: dict[str, str]
    turns: tuple[TurnRecord, ...] = Field(min_length=1)


@dataclass(frozen=True)
class Thread:
    """The finished turns of one conversation, in order, from the first.

    `endpoints` are the base URLs that its tool calls went to; None: those of the settings.
    """

    records: tuple[TurnRecord, ...]
    endpoints: Mapping[str, str] | None = None

    @classmethod
    async def load(cls, thread_id: str, *, bot: str, settings: Settings) -> Self:
        """Load all finished turns of a thread from the log; raise `NotFound` if there are none."""
        database = Database.from_settings(settings)
        try:
            log = TurnLog(database, ttl=timedelta(days=settings.turn_ttl_days))
            records = readable_turns(await log.of_thread_id(bot, thread_id))
        finally:
            database.close()
        if not records:
            raise NotFound("thread", thread_id, hint=f"the log of bot {bot!r} holds no turn of it, or none any more")
        return cls(tuple(records))

    @classmethod
    def read(cls, file: Path) -> Self:
        """Read a thread that `save` wrote; raise `DataRejected` if the file holds none."""
        try:
            saved = _Saved.model_validate_json(file.read_bytes())
        except OSError as error:
            raise DataRejected(str(file), [f"it cannot be read ({error.strerror}); check the path"]) from error
        except ValidationError as error:
            raise DataRejected(str(file), [f"it holds no saved thread: {error.errors()[0]['msg']}"]) from error
        return cls(saved.turns, saved.endpoints)

    @classmethod
    def of_texts(cls, texts: Sequence[str], *, bot: str, thread_id: str = "new") -> Self:
        """Make a thread of texts a customer might write; nothing has answered it yet."""
        return cls(tuple(_unanswered(bot, thread_id, turn, text) for turn, text in enumerate(texts, start=1)))

    def save(self, file: Path, *, settings: Settings) -> None:
        """Write the thread to a file; its responses become the expected ones. The file holds what the customer wrote.

        The endpoints are saved too: a tool call matches only at the same address, and training elsewhere may use other
        endpoints.
        """
        endpoints = settings.endpoints if self.endpoints is None else self.endpoints
        file.parent.mkdir(parents=True, exist_ok=True)
        saved = _Saved(endpoints=dict(endpoints), turns=self.records)
        file.write_text(saved.model_dump_json(indent=1) + "\n", encoding="utf-8")

    async def step_through(self, release: Release, *, settings: Settings) -> list[ReplayedTurn]:
        """Replay every turn on a release; recorded tool results are reused for identical calls."""
        endpoints = settings.endpoints if self.endpoints is None else self.endpoints
        public_shortcuts = frozenset(settings.public_shortcuts)
        state_ttl = timedelta(days=settings.state_ttl_days)
        return await replay_turns(
            self.records,
            release,
            public_shortcuts=public_shortcuts,
            endpoints=Endpoints(endpoints),
            state_ttl=state_ttl,
        )

    def with_text(self, turn: int, text: str) -> Self:
        """Replace the customer's text in a turn, counted from 1."""
        message = UserMessage.model_validate_json(self._at(turn).message).model_copy(update={"text": text})
        return self._with(turn, text=text, message=message.model_dump_json())

    def with_context(self, turn: int, context: Mapping[str, JsonValue]) -> Self:
        """Replace what the caller says about the customer in a turn, counted from 1."""
        message = UserMessage.model_validate_json(self._at(turn).message)
        return self._with(turn, message=message.model_copy(update={"context": dict(context)}).model_dump_json())

    def with_result(self, step: ReplayedTurn, result: JsonValue) -> Self:
        """Replace the result of the tool that a step calls, for every identical call in that turn."""
        if step.outcome.tool is None:
            raise NotFound("tool call", f"in turn {step.turn}", hint="choose a turn that calls one")
        return self._with(step.turn, tool=step.outcome.tool.model_copy(update={"result": result, "failure": None}))

    def answered_by(self, steps: Sequence[ReplayedTurn]) -> Self:
        """Adopt a release's responses as the thread's own: the baseline for later comparisons."""
        thread = self
        for step in steps:
            route = step.outcome.decision.route
            thread = thread._with(
                step.turn,
                answer=step.after.model_dump_json(),
                intent_id=route.intent_id,
                confidence=route.confidence,
                route=route.kind,
                why=route.why,
                release=step.after.release,
                nlu=step.outcome.read.nlu,
                tool=step.outcome.tool,
                replies=step.outcome.reply.texts,
                state=step.outcome.decision.state.model_dump_json(),
            )
        return thread

    def _at(self, turn: int) -> TurnRecord:
        found = next((record for record in self.records if record.turn == turn), None)
        if found is None:
            raise _no_turn(turn, [record.turn for record in self.records])
        return found

    def _with(self, turn: int, **changes: object) -> Self:
        changed = self._at(turn).model_copy(update=changes)
        return replace(self, records=tuple(changed if record.turn == turn else record for record in self.records))


def step_at(steps: Sequence[ReplayedTurn], turn: int) -> ReplayedTurn:
    """Return the step of a turn, counted from 1; raise `NotFound` if there is none."""
    found = next((step for step in steps if step.turn == turn), None)
    if found is None:
        raise _no_turn(turn, [step.turn for step in steps])
    return found


@dataclass(frozen=True)
class StepTable:
    """Steps as a table for notebooks; it shows what the customer wrote."""

    steps: Sequence[ReplayedTurn]

    def _repr_html_(self) -> str:
        header = ("turn", "customer", "then", "now", "reply", "remembered", "differs in")
        return html.block(html.table(header, [self._row(step) for step in self.steps]))

    def _row(self, step: ReplayedTurn) -> tuple[str, ...]:
        route, form = step.outcome.decision.route, step.after.form
        sure = "" if route.confidence is None else f" {route.confidence:.2f}"
        slots = "" if form is None else ", ".join(f"{name} = {value}" for name, value in form.slots.items())
        asking = f" (asks for {form.asking})" if form is not None and form.asking else ""
        return (
            str(step.turn),
            step.text,
            step.before.intent_id,
            f"{route.kind}: {route.intent_id}{sure}",
            " / ".join(step.outcome.reply.texts),
            slots + asking,
            ", ".join(difference.subject for difference in step.differences),
        )


@dataclass(frozen=True)
class TemplateTable:
    """The release's texts that a step's reply may be rendered from, and the result; for notebooks.

    It shows what the customer wrote.
    """

    step: ReplayedTurn
    release: Release

    def _repr_html_(self) -> str:
        return html.block(html.table(("template", "of the release", "here"), self._rows()))

    def _rows(self) -> list[tuple[str, str, str]]:
        outcome = self.step.outcome
        said, tool = " / ".join(outcome.reply.texts), outcome.tool
        if outcome.reply.problem is not None:
            said = f"{said} ({outcome.reply.problem})"
        intent = self.release.definition.intent_by_id().get(outcome.decision.route.intent_id)
        if intent is None:
            return [("reply", "", said)]
        rows = [(f"question for {each.name}", each.prompt, "") for each in intent.parameters if each.prompt]
        if intent.tool is not None:
            called = f"{tool.method or ''} {tool.url or ''}".strip() if tool is not None else "not called"
            rows.append((f"tool, {intent.tool.request_type}", intent.tool.url, called))
            if intent.tool.is_json:
                body = "" if tool is None or tool.body is None else json.dumps(tool.body, ensure_ascii=False)
                rows.append(("tool, body", intent.tool.json_data, body))
        texts = [("response", text, "") for text in (intent.speech_response, *intent.speech_responses) if text]
        return [*rows, *texts, ("reply", "", said)]


def _no_turn(turn: int, turns: Sequence[int]) -> NotFound:
    there = f"has turns {turns[0]} to {turns[-1]}" if len(turns) > 1 else f"has only turn {turns[0]}"
    return NotFound("turn", str(turn), hint=f"the thread {there}; choose one of them")


def _unanswered(bot: str, thread_id: str, turn: int, text: str) -> TurnRecord:
    now, message_id = utc_now(), f"{thread_id}-{turn}"
    message = UserMessage(
        bot=bot, thread_id=thread_id, message_id=message_id, text=text, channel="notebook", sent_at=now
    )
    response = TurnResponse(
        thread_id=thread_id,
        message_id=message_id,
        turn=turn,
        replies=(),
        intent_id="",
        confidence=None,
        form=None,
        release="",
    )
    return TurnRecord(
        thread=thread_key(bot, thread_id),
        bot=bot,
        thread_id=thread_id,
        turn=turn,
        message_id=message_id,
        channel=message.channel,
        message=message.model_dump_json(),
        text=text,
        release="",
        intent_id="",
        confidence=None,
        route="fallback",
        why="nobody has answered yet",
        nlu=None,
        tool=None,
        replies=(),
        answer=response.model_dump_json(),
        state=DialogueState().model_dump_json(),
        created_at=now,
        timings_ms={},
    )
