"""Made-up customers are answered as real ones are."""

from dataclasses import replace
from typing import Any

from pipelines.registry.release import Release
from pipelines.schemas.examples import OUT_OF_SCOPE
from pipelines.schemas.llm import LlmConfig
from pipelines.schemas.understanding import IntentScore, NluResult
from serving.replay.traffic import SimulatedMessage, answer_traffic, scripted_reading
from tests.support.records import NOW


class Torn:
    """A model that cannot tell `greet` from `order_product`."""

    def parse(self, text: str, **_: Any) -> NluResult:
        scores = (("greet", 0.5), ("order_product", 0.45))
        ranking = tuple(IntentScore(intent_id=name, confidence=confidence) for name, confidence in scores)
        return NluResult(text=text, ranking=ranking)


async def test_customer_who_is_asked_says_what_they_meant(tiny_release: Release) -> None:
    release = replace(tiny_release, model=Torn())  # type: ignore[arg-type]
    said = [SimulatedMessage("a", "hm", NOW, meant="order_product"), SimulatedMessage("b", "hm", NOW, meant="cancel")]
    records = await answer_traffic(said, release, bot="b")
    assert [(record.thread_id, record.turn, record.route) for record in records] == [
        ("a", 1, "clarify"), ("a", 2, "intent"), ("b", 1, "clarify"), ("b", 2, "fallback"),
    ]  # fmt: skip
    labels = [record.label for record in records if record.label is not None]
    assert [(label.message_id, label.intent_id) for label in labels] == [("a-1", "order_product"), ("b-1", None)]


async def test_language_model_is_asked_where_the_release_would_ask_it(tiny_release: Release) -> None:
    llm = LlmConfig(mode="fallback", model="written down")
    definition = tiny_release.definition.model_copy(update={"llm": llm})
    sure, torn = (
        replace(tiny_release, definition=definition),
        replace(tiny_release, definition=definition, model=Torn()),
    )  # type: ignore[arg-type]
    said = [
        SimulatedMessage("a", "hello", NOW, llm=scripted_reading("cancel")),
        SimulatedMessage("b", "hello", NOW, llm=scripted_reading(OUT_OF_SCOPE)),
    ]
    assert [record.llm for record in await answer_traffic(said, sure, bot="b")] == [None, None]
    answered = await answer_traffic(said, torn, bot="b")
    assert [(record.route, record.intent_id) for record in answered] == [("intent", "cancel"), ("fallback", "fallback")]
    assert [record.llm.outcome for record in answered if record.llm] == ["understood", "none"]


async def test_no_tool_is_called(tiny_release: Release) -> None:
    (record,) = await answer_traffic([SimulatedMessage("a", "where is my order ORD-1042", NOW)], tiny_release, bot="b")
    assert record.tool is not None
    assert record.tool.failure == "no tool is called in simulated traffic"
