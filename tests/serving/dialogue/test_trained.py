"""A conversation with a model trained for real: what it finds reaches the slots, at the customer's time."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from pipelines.registry.release import Release, load_release
from pipelines.schemas.bot import BotFile
from serving.dialogue.decide import Decision, decide
from serving.dialogue.interpret import interpret
from serving.dialogue.messages import UserMessage
from serving.dialogue.response import build_reply
from serving.dialogue.state import DialogueState
from tests.support.bots import intent
from tests.support.releases import make_release

LATE = datetime(2026, 11, 23, 23, 30, tzinfo=UTC)
"""Half past midnight on the 24th in Berlin."""
_BOOK = [
    "book a train from [Bath](city) to [York](city)", "a train to [York](city)", "a ticket to [Leeds](city)",
    "i want to travel from [York](city)", "book a ticket", "get me a seat to [Bath](city)", "train tickets please",
]  # fmt: skip
_PARAMETERS = [
    {"name": "origin", "type": "city", "required": True, "prompt": "From where?", "cues": ["from"]},
    {"name": "target", "type": "city", "required": True, "prompt": "Where to?", "cues": ["to"]},
    {"name": "day", "type": "date", "required": True, "prompt": "When?", "minimum": "today"},
    {"name": "seats", "type": "integer", "required": True, "prompt": "How many?"},
]
BOT = BotFile.model_validate(
    {
        "timezone": "Europe/Berlin",
        "intents": [
            intent("book", "Booked.", _BOOK, parameters=_PARAMETERS, confirm=True),
            intent(
                "hours", "9 to 5.", ["when do you open", "opening hours", "are you open today", "when do you close"]
            ),
            intent("cancel", "Stopped.", ["cancel", "stop", "never mind", "forget it"]),
        ],
        "entities": [
            {"name": "city", "lookup": True, "entity_values": [{"value": name} for name in ("Bath", "York", "Leeds")]}
        ],
    }
)


@pytest.fixture(scope="module")
def release(tmp_path_factory: pytest.TempPathFactory) -> Release:
    return load_release(make_release(tmp_path_factory.mktemp("trained") / "release", BOT), version="1")


async def said(release: Release, state: DialogueState, text: str) -> tuple[Decision, tuple[str, ...]]:
    message = UserMessage(bot="b", thread_id="t", message_id="m", text=text, channel="rest", sent_at=LATE)
    definition = release.definition
    read = await interpret(message, parser=release.model, public_shortcuts=frozenset(), zone=definition.zone)
    decision = decide(definition, state, read)
    return decision, build_reply(decision, definition, result=None, has_failed=False, seed="s").texts


async def test_values_roles_and_days_are_the_customers(release: Release) -> None:
    decision, texts = await said(release, DialogueState(), "book a train to York from Bath tomorrow for 2")
    assert texts == ("book \u2013 origin: Bath; target: York; day: 2026-11-25; seats: 2. Shall I go ahead?",)
    decision, texts = await said(release, decision.state, "no, today, and three people")
    assert texts == ("book \u2013 origin: Bath; target: York; day: 2026-11-24; seats: 3. Shall I go ahead?",)
    decision, texts = await said(release, decision.state, "yes")
    assert texts == ("Booked.",)


async def test_a_form_survives_a_question_in_its_middle(release: Release) -> None:
    decision, texts = await said(release, DialogueState(), "book a train from Bath")
    assert texts == ("Where to?",)
    decision, texts = await said(release, decision.state, "when do you open")
    assert texts == ("9 to 5.", "Where to?")
    decision, texts = await said(release, decision.state, "Leeds")
    assert texts == ("When?",)
    decision, texts = await said(release, decision.state, "yesterday")
    assert texts == ("The day cannot be before 2026-11-24.", "When?")
    decision, texts = await said(release, decision.state, "never mind")
    assert texts == ("Stopped.",)


@pytest.mark.parametrize(
    ("refusal", "target"),
    [
        ("anywhere but Leeds", None), ("I don't want Leeds", None), ("not to Leeds but to York", "York"),
        ("instead of Leeds take York", "York"), ("York, not Leeds", "York"), ("Leeds doesn't work", None),
        ("any city except Leeds", None), ("York rather than Leeds", "York"), ("Leeds is out, York", "York"),
        ("neither York nor Leeds", None), ("why not Leeds", "Leeds"), ("nothing but Leeds", "Leeds"),
        ("not Leeds but York", "York"), ("not Leeds, York", "York"),
        ("I'd rather not go to Leeds, York please", "York"),
    ],
)  # fmt: skip
async def test_a_refused_value_is_not_taken(release: Release, refusal: str, target: str | None) -> None:
    decision, _ = await said(release, DialogueState(), "book a train from Bath")
    decision, texts = await said(release, decision.state, refusal)
    assert decision.parameters.get("target") == target
    assert texts[-1] == ("Where to?" if target is None else "When?")


async def test_tomorrow_is_another_day_in_another_time_zone(release: Release) -> None:
    elsewhere = replace(release, definition=release.definition.model_copy(update={"timezone": "UTC"}))
    decision, _ = await said(elsewhere, DialogueState(), "book a train to York tomorrow")
    assert decision.parameters == {"target": "York", "day": "2026-11-24"}
