"""Questions back over whole turns: what is stored and answered about them."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import datetime
from typing import Any, cast

import pytest

from pipelines.nlu.model import NluModel
from pipelines.registry.release import Release
from pipelines.schemas.bot import BotFile
from pipelines.schemas.keys import thread_key
from pipelines.schemas.release import BotDefinition
from pipelines.schemas.thresholds import Thresholds
from pipelines.schemas.turns import LabelRecord, TurnRecord
from pipelines.schemas.understanding import IntentScore, NluResult
from pipelines.settings import Settings
from tests.support.bots import intent
from tests.support.chat import Chat, open_chat

BOT = BotFile.model_validate(
    {
        "intents": [
            intent("order", "Ordered.", [], quickReplies=[{"title": "Talk to us", "payload": "/handover"}]),
            intent("track", "Tracked.", []),
            intent("handover", "Ann takes over.", []),
            intent("fallback", "What?!", []),
        ]
    }
)


class Torn:
    """A model that can never tell an order from its tracking, and knows nothing else."""

    def parse(self, text: str, *, now: datetime | None = None) -> NluResult:
        scores: list[Any] = [("order", 0.5), ("track", 0.45)] if text.startswith("parcel") else [("?", 0.9)]
        ranking = tuple(IntentScore(intent_id=name, confidence=score) for name, score in scores)
        return NluResult(text=text, ranking=ranking)


@pytest.fixture
async def chat(settings: Settings, mongo_uri: str, tiny_release: Release, new_name: str) -> AsyncIterator[Chat]:
    thresholds = Thresholds(confidence=0.3, clarify=0.9)
    definition = BotDefinition(name="b", intents=BOT.intents, thresholds=thresholds)
    release = replace(tiny_release, definition=definition, model=cast(NluModel, Torn()))
    stored = settings.model_copy(update={"mongo_uri": mongo_uri, "mongo_database": "intentloop_test"})
    async with open_chat(stored, release, bot=new_name) as chat:
        yield chat


async def turn(chat: Chat, number: int) -> TurnRecord:
    found = await chat.services.ledger.turns.at(thread_key(chat.bot, "t"), number)
    assert found is not None
    assert found.record is not None
    return found.record


async def test_the_answer_to_a_question_is_stored_as_a_label(chat: Chat) -> None:
    asked = await chat.send("parcel", message_id="first")
    assert [button.payload for button in asked.replies[0].quick_replies] == ["/order", "/track", "None of these"]
    assert await chat.say("/track") == ["Tracked."]
    question, answer = await turn(chat, 1), await turn(chat, 2)
    assert (question.route, question.label) == ("clarify", None)
    assert (answer.route, answer.intent_id) == ("intent", "track")
    assert answer.label == LabelRecord(message_id="first", text="parcel", intent_id="track", offered=("order", "track"))


async def test_a_button_that_was_not_offered_is_only_a_text(chat: Chat) -> None:
    assert await chat.say("/track") == ["What?!"]


async def test_a_button_of_a_reply_hands_the_thread_over(chat: Chat) -> None:
    await chat.say("parcel")
    ordered = await chat.send("/order")
    assert ordered.model_dump()["replies"] == (
        {"text": "Ordered.", "quick_replies": ({"title": "Talk to us", "payload": "/handover"},)},
    )
    assert not ordered.is_handed_over
    answer = await chat.send("/handover")
    assert (answer.is_handed_over, answer.replies[0].text) == (True, "Ann takes over.")
