"""Drift: the index against its definition and against chance, and planted changes of traffic."""

import random
import re
from datetime import UTC, datetime, timedelta

import pandas as pd
import pytest

from pipelines.drift.drift import Index, baseline_of, measure_drift, population_stability
from pipelines.nlu.model import NluModel
from pipelines.steps.data.frame import to_frame
from pipelines.steps.data.turns import TURN_COLUMNS
from pipelines.steps.evaluation.evaluate import evaluate_model
from pipelines.steps.evaluation.profile import Profile
from tests.support.bots import TINY_BOT
from tests.support.releases import examples_of

MONDAY = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)
WORDS = frozenset(("where", "is", "my", "order", "hello"))
BASELINE = Profile.of(
    ["track"] * 300 + ["greet"] * 100, [0.95] * 350 + [0.45] * 50, ["where is my order"] * 400, vocabulary=WORDS
)


def messages(
    count: int,
    *,
    week: int = 0,
    greet: float = 0.25,
    unsure: float = 0.125,
    text: str = "where is my order",
    seed: int = 0,
) -> list[dict[str, object]]:
    """Give a week of messages drawn from shares."""
    dice = random.Random(f"{seed}-{week}")
    empty = dict.fromkeys(TURN_COLUMNS, "")
    return [
        empty
        | {
            "said_at": MONDAY + timedelta(weeks=week, minutes=number),
            "turn": number,
            "text": text,
            "route": "intent",
            "intent": "greet" if dice.random() < greet else "track",
            "confidence": 0.45 if dice.random() < unsure else 0.95,
        }
        for number in range(count)
    ]


def frame_of(*weeks: list[dict[str, object]]) -> pd.DataFrame:
    return pd.DataFrame([row for week in weeks for row in week], columns=list(TURN_COLUMNS))


def test_index_is_what_its_definition_gives() -> None:
    index = population_stability({"a": 5000, "b": 5000}, {"a": 7500, "b": 2500})
    assert index.value == pytest.approx(0.25 * 1.0986, abs=0.001)  # (0.75 - 0.5) ln 1.5 + (0.25 - 0.5) ln 0.5
    assert population_stability({"a": 50, "b": 50}, {"a": 50, "b": 50}).value == pytest.approx(0.0)
    with pytest.raises(ValueError, match="nothing to compare"):
        population_stability({}, {"a": 1})


def test_chance_alone_rarely_exceeds_its_bound() -> None:
    dice = random.Random(1)
    names = [f"i{number}" for number in range(12)]
    exceeded = 0
    for _ in range(200):
        sides = [dice.choices(names, k=k) for k in (300, 400)]
        index = population_stability(*({name: side.count(name) for name in names} for side in sides))
        exceeded += index.value > index.by_chance
    assert exceeded <= 20  # one in twenty, and some


@pytest.mark.parametrize(
    ("index", "reading"),
    [
        (Index(0.05, 0.02), "stable"),
        (Index(0.15, 0.02), "shifted"),
        (Index(0.15, 0.2), "stable"),
        (Index(0.3, 0.2), "changed"),
        (Index(0.3, 0.4), "too few"),
        (Index(0.9, 0.4), "changed"),
    ],
)
def test_reading_takes_chance_into_account(index: Index, reading: str) -> None:
    assert index.reading == reading


def test_same_traffic_is_stable_and_another_is_not() -> None:
    calm = frame_of(messages(400), messages(400, week=1))
    drift = measure_drift(calm, BASELINE, vocabulary=WORDS)
    assert drift is not None
    assert (drift.reading, drift.unknown_words, drift.n_messages) == ("stable", 0.0, 800)
    assert drift.weeks["week"].tolist() == ["2026-W45", "2026-W46"]

    wild = frame_of(messages(400), messages(400, week=1, greet=0.8, unsure=0.6, text="hello vexmoor quimbly"))
    drift = measure_drift(wild, BASELINE, vocabulary=WORDS)
    assert drift is not None
    assert drift.weeks["reading"].tolist() == ["stable", "changed"]
    assert drift.weeks["unknown_words"].tolist()[1] == pytest.approx(2 / 3)
    assert drift.risen[0][0] == "greet"
    assert "  new words   28.6 % (26.9-30.3 %, n = 2,800)" in drift.sentences()[3]
    [risen] = [line for line in drift.sentences() if "greet" in line]
    assert re.fullmatch(r"  greet: [\d.]+ % \([\d.]+-[\d.]+ %, n = 800\) of messages; at training .*n = \d+\)", risen)


def test_few_messages_tell_nothing() -> None:
    drift = measure_drift(frame_of(messages(6)), BASELINE, vocabulary=WORDS)
    assert drift is not None
    assert (drift.reading, drift.largest) == ("too few", 0.0)
    assert "too few messages to tell" in drift.sentences()[0]


def test_answers_of_forms_and_buttons_do_not_count() -> None:
    rows = messages(3)
    rows[0]["route"], rows[1]["intent"] = "form", ""
    drift = measure_drift(frame_of(rows), BASELINE, vocabulary=WORDS)
    assert drift is not None
    assert drift.n_messages == 1
    assert measure_drift(frame_of(rows[:2]), BASELINE, vocabulary=WORDS) is None


def test_baseline_counts_held_out_rows_without_a_word_of_them(tiny_model: NluModel) -> None:
    examples = examples_of(TINY_BOT)
    profile = baseline_of(evaluate_model(tiny_model, examples[::3]), to_frame(examples[1::3]))
    assert profile.n_messages == sum(profile.intents.values()) == len(examples[::3])
    assert 0 < profile.unknown_share < 1
    assert "order [" not in profile.model_dump_json()
    assert Profile.model_validate_json(profile.model_dump_json()) == profile
