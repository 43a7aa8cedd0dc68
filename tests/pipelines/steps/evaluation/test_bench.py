"""The benchmark runs on any folder in its format and writes what the scorer reads."""

import json
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from pipelines.errors import DataRejected
from pipelines.nlu.intents.refusal import Outcome
from pipelines.schemas.examples import OUT_OF_SCOPE, Example
from pipelines.steps.evaluation.bench import BenchResult, bench_nlu, describe, draw_shots, write_predictions
from tests.support.bots import TINY_BOT
from tests.support.releases import examples_of

TEST_ROWS = [
    Example(id="t1", text="hello there", intent="greet"),
    Example(id="t2", text="where is my order", intent="track_order"),
    Example(id="t3", text="?!", intent="cancel"),
    Example(id="t4", text="\u00fcber \u2028 qqq", intent=OUT_OF_SCOPE),
]


def write(file: Path, rows: list[Example]) -> None:
    file.write_text("".join(row.model_dump_json() + "\n" for row in rows), encoding="utf-8")


def bench(folder: Path, **choices: Any) -> BenchResult:
    return bench_nlu(folder, cache=folder / "encoders", encoder_choice="none", **choices)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("bench")
    write(folder / "train.jsonl", examples_of(TINY_BOT))
    write(folder / "test.jsonl", TEST_ROWS)
    return folder


@pytest.fixture(scope="module")
def result(folder: Path) -> BenchResult:
    return bench(folder)


def test_bench_nlu_measures_the_test_rows(result: BenchResult) -> None:
    assert (result.n_train, result.n_intents) == (len(examples_of(TINY_BOT)), 4)
    assert result.evaluation.metrics["accuracy"] == pytest.approx(2 / 3)
    assert result.model_bytes > 10_000
    assert result.training_seconds > 0
    assert result.peak_memory_mb > 10


def test_write_predictions_gives_a_row_for_each_test_row(result: BenchResult, tmp_path: Path) -> None:
    file = tmp_path / "new" / "predictions.jsonl"
    write_predictions(result.evaluation, file)
    rows = [json.loads(line) for line in file.read_text(encoding="utf-8").split("\n") if line]
    assert [row["id"] for row in rows] == ["t1", "t2", "t3", "t4"]
    assert (rows[0]["intent"], rows[0]["final_intent"], rows[0]["fallback"]) == ("greet", "greet", False)
    assert (rows[2]["intent"], rows[2]["final_intent"], rows[2]["fallback"]) == (None, OUT_OF_SCOPE, True)
    assert set(rows[0]) == {
        "id",
        "intent",
        "confidence",
        "final_intent",
        "fallback",
        "options",
        "oos_score",
        "entities",
    }


def test_write_predictions_gives_what_is_offered_beside_what_the_thresholds_say(
    result: BenchResult, tmp_path: Path
) -> None:
    first, second, *_ = result.evaluation.predictions
    options = ("greet", "cancel")
    unsure = replace(first, outcome=Outcome("asked", None, "too-unsure", options))
    sure = replace(second, outcome=Outcome("asked", "track_order", None, options))
    file = tmp_path / "predictions.jsonl"
    write_predictions(replace(result.evaluation, predictions=(unsure, sure)), file)
    rows = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
    assert [(row["final_intent"], row["fallback"], row["options"]) for row in rows] == [
        (OUT_OF_SCOPE, True, ["greet", "cancel"]),
        ("track_order", False, ["greet", "cancel"]),
    ]


def test_describe_tells_the_figures_that_are_there(result: BenchResult) -> None:
    table = dict(describe(result))
    assert table["training utterances / intents"].endswith(" / 4")
    assert table["intent accuracy"] == "66.7 % (20.8-93.9 %, n = 3)"
    assert table["macro-F1"].endswith(" % (n = 3)")
    assert table["asked which is meant, right one offered"].startswith("0.0 % (0.0-")
    assert table["asked which is meant, right one missing"].startswith("0.0 % (0.0-")
    assert table["out of scope: sent to fallback"] == "100.0 % (20.7-100.0 %, n = 1)"
    assert table["out of scope: asked about"] == "0.0 % (0.0-79.3 %, n = 1)"
    assert "entity F1, exact" not in table


def test_bench_nlu_few_shots_and_seed_are_repeatable(folder: Path) -> None:
    first, second = (bench(folder, shots=2, seed=5) for _ in range(2))
    assert first.n_train == 8
    assert first.model_bytes == second.model_bytes
    assert [p.result for p in first.evaluation.predictions] == [p.result for p in second.evaluation.predictions]


def test_draw_shots_takes_so_many_of_each_intent_in_order() -> None:
    rows = examples_of(TINY_BOT)
    drawn = draw_shots(rows, shots=7, seed=1)
    assert Counter(row.intent for row in drawn) == {"track_order": 7, "order_product": 7, "greet": 7, "cancel": 6}
    assert [rows.index(row) for row in drawn] == sorted(rows.index(row) for row in drawn)
    assert draw_shots(rows, shots=7, seed=2) != drawn


@pytest.mark.parametrize("missing", ["train.jsonl", "test.jsonl"])
def test_bench_nlu_names_a_missing_or_empty_file(folder: Path, tmp_path: Path, missing: str) -> None:
    for name in {"train.jsonl", "test.jsonl"} - {missing}:
        (tmp_path / name).write_bytes((folder / name).read_bytes())
    with pytest.raises(DataRejected, match=missing):
        bench(tmp_path)
    (tmp_path / missing).write_text("\n", encoding="utf-8")
    with pytest.raises(DataRejected, match="at least one row"):
        bench(tmp_path)
