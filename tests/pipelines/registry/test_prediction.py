"""What a release makes of a text."""

from dataclasses import replace
from types import SimpleNamespace
from typing import cast

from pipelines.nlu.intents.refusal import outcome_of
from pipelines.nlu.model import NluModel
from pipelines.registry.prediction import predict_texts
from pipelines.registry.release import Release
from pipelines.schemas.understanding import IntentScore, NluResult, Prediction


def test_predict_texts_says_what_the_release_would_do(tiny_release: Release) -> None:
    texts = ["where is my order ORD-1042?", "qwxz vbnm", "?!", "hello"]
    rows = predict_texts(tiny_release, texts)
    definition = tiny_release.definition
    for text, row in zip(texts, rows, strict=True):
        result = tiny_release.model.parse(text)
        outcome = outcome_of(result, definition.thresholds, definition.intent_by_id())
        assert (row.decision, row.reason, row.options) == (outcome.kind, outcome.reason, outcome.options)
        assert {name: getattr(row, name) for name in NluResult.model_fields} == dict(result)
        assert Prediction.model_validate(row.model_dump()) == row
    assert (rows[0].intent, rows[0].decision, rows[0].entities[0].value) == ("track_order", "answered", "ORD-1042")
    assert rows[0].confidence == rows[0].ranking[0].confidence
    assert (rows[2].intent, rows[2].confidence, rows[2].reason) == (None, 0.0, "nothing-to-read")


def test_predict_texts_asks_between_intents_that_are_close(tiny_release: Release) -> None:
    close = tuple(
        IntentScore(intent_id=name, confidence=share) for name, share in (("order_product", 0.5), ("track_order", 0.4))
    )
    model = SimpleNamespace(parse=lambda text: NluResult(text=text, ranking=close))
    release = replace(tiny_release, model=cast(NluModel, model))
    (row,) = predict_texts(release, ["my order"])
    assert (row.decision, row.intent, row.options) == ("asked", "order_product", ("order_product", "track_order"))


def test_predict_texts_of_nothing_is_nothing(tiny_release: Release) -> None:
    assert predict_texts(tiny_release, []) == []
