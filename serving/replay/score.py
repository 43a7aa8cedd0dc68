"""How a release interprets and routes logged messages, each on the state its thread had."""

import asyncio
from collections.abc import Sequence

from pydantic import ValidationError

from pipelines.errors import UserInputError
from pipelines.registry.release import Release
from pipelines.schemas.scoring import LoggedMessage, Score
from serving.dialogue.decide import decide
from serving.dialogue.interpret import interpret
from serving.dialogue.messages import UserMessage
from serving.dialogue.state import DialogueState

_NOTHING = float("nan")


def score_messages(
    release: Release, messages: Sequence[LoggedMessage], *, public_shortcuts: frozenset[str]
) -> list[Score]:
    """Interpret and route messages of any threads, in any order; return one score per message.

    A message or state that another program wrote counts as a thread's first message.
    """

    async def score_all() -> list[Score]:
        return [await _score(release, message, public_shortcuts) for message in messages]

    return asyncio.run(score_all())


async def _score(release: Release, logged: LoggedMessage, public_shortcuts: frozenset[str]) -> Score:
    message, state, knows_state = _recall(release, logged)
    read = await interpret(
        message, parser=release.model, public_shortcuts=public_shortcuts, zone=release.definition.zone
    )
    route = decide(release.definition, state, read).route
    nlu = read.nlu
    best = nlu.ranking[0] if nlu is not None and nlu.ranking else None
    score = nlu.out_of_scope_score if best is not None and nlu is not None else None
    return Score(
        intent=best.intent_id if best else "",
        confidence=best.confidence if best else _NOTHING,
        out_of_scope_score=_NOTHING if score is None else score,
        n_entities=len(nlu.entities) if nlu else 0,
        route=route.kind,
        routed_intent=route.intent_id,
        knows_state=knows_state,
    )


def _recall(release: Release, logged: LoggedMessage) -> tuple[UserMessage, DialogueState, bool]:
    try:
        message = UserMessage.model_validate_json(logged.message)
        if message.sent_at is None:
            message = message.model_copy(update={"sent_at": logged.said_at})
        state = DialogueState.model_validate_json(logged.before) if logged.before else DialogueState()
        knows_state = logged.before is not None or logged.turn == 1
        return message, state.with_context(message.context), knows_state
    except (ValidationError, UserInputError):
        alone = UserMessage(
            bot=release.definition.name,
            thread_id=logged.thread_id,
            message_id="",
            text=logged.text,
            channel="",
            sent_at=logged.said_at,
        )
        return alone, DialogueState(), False
