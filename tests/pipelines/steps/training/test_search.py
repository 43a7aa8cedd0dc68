"""The search over the classifier's free choices: what it tries, how it chooses, the same wherever it runs."""

import json
import math
from pathlib import Path

import mlflow
import numpy as np
import pandas as pd
import pytest

from pipelines.errors import DataRejected
from pipelines.nlu.intents.regimes import Tuning
from pipelines.run import run_training
from pipelines.schemas.bot import BotFile
from pipelines.schemas.examples import Example
from pipelines.schemas.training import TrainParams
from pipelines.settings import Settings
from pipelines.steps.data.frame import to_frame
from pipelines.steps.training.search import _choose, _folds, search_tuning
from tests.support.bots import TINY_BOT, TINY_BOT_WIRE
from tests.support.releases import examples_of

EMPTY_BOT = BotFile.model_validate({"intents": []})


def params_for(home: Path, **changes: object) -> TrainParams:
    return TrainParams.model_validate({"home": home, "encoder": "none", "search": 6, **changes})


def colours(n_wordings: int) -> pd.DataFrame:
    """Rows of three intents, each wording twice with another number."""
    rows = [
        Example(id=f"{intent}{wording}{copy}", intent=intent, text=f"{intent} thing{'abcdefgh'[wording]} {copy}")
        for intent in ("red", "green", "blue")
        for wording in range(n_wordings)
        for copy in (1, 22)
    ]
    return to_frame(rows)


@pytest.mark.integration
def test_search_is_the_same_on_this_machine_and_on_two_dask_workers(two_workers: str, tmp_path: Path) -> None:
    frame, params = to_frame(examples_of(TINY_BOT)), params_for(tmp_path)
    progress: list[float] = []
    here = search_tuning(frame, TINY_BOT, params, scheduler=None, progress=lambda share, what: progress.append(share))
    there = search_tuning(frame, TINY_BOT, params, scheduler=two_workers)
    pd.testing.assert_frame_equal(here.table, there.table, check_exact=True)
    assert (here.tuning, here.best) == (there.tuning, there.best)
    assert len(here.table) == 6
    assert len(set(here.table["C"])) > 1
    assert progress == sorted(progress)
    assert "2 workers of the Dask cluster" in there.where
    assert there.notes == ()


@pytest.mark.slow
@pytest.mark.integration
@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning")
def test_run_training_with_search_on_a_cluster_logs_and_uses_the_best(
    two_workers: str, mlflow_in_use: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("INTENTLOOP_DASK_SCHEDULER", two_workers)
    file = tmp_path / "bot.json"
    file.write_text(json.dumps(TINY_BOT_WIRE), encoding="utf-8")
    params = params_for(
        tmp_path / "home", bot="searched", source=str(file), tracking_uri=mlflow_in_use, search=3, min_accuracy=0.0
    )
    said: list[str] = []
    settings = Settings(_env_file=None, home=tmp_path / "home")  # type: ignore[call-arg]
    outcome = run_training(params, settings, progress=lambda share, what: said.append(what))
    run = mlflow.MlflowClient().get_run(outcome.run_id)
    found = mlflow.artifacts.load_text(f"{run.info.artifact_uri}/search/candidates.csv").splitlines()
    assert len(found) == 4
    assert found[0].endswith("accuracy,gain,gain_error,is_best")
    assert "Dask cluster" in run.data.tags["search"]
    assert outcome.metrics["search_gain"] >= 0
    assert "trying candidate 1 of 3" in said
    if outcome.metrics["search_gain"] > 0:
        assert run.data.params["best_C"] == run.data.params["chosen_C"]


def test_search_tries_the_defaults_first_and_no_candidate_twice(tmp_path: Path) -> None:
    found = search_tuning(colours(3), EMPTY_BOT, params_for(tmp_path, search=100), scheduler=None)
    tried = found.table[["C", "min_document_count"]]
    assert len(tried) == len(tried.drop_duplicates()) == 14
    assert tried.iloc[0].tolist() == [0.5, 1]
    assert found.table["gain"].iloc[0] == 0


def test_search_near_duplicates_never_cross() -> None:
    frame = colours(4)
    rows = [Example(id="", intent=intent, text=text) for intent, text in frame[["intent", "text"]].to_numpy()]
    for train, test in _folds(rows, seed=1):
        wordings = [{rows[number].text.rsplit(" ", 1)[0] for number in part} for part in (train, test)]
        assert wordings[0].isdisjoint(wordings[1])
        assert len(train) + len(test) == len(rows)


@pytest.mark.parametrize(("gains", "best"), [((0.02, 0.02, 0.03), 1), ((0.1, -0.1, 0.02), 0), ((0.0, 0.0, 0.0), 0)])
def test_choose_takes_only_what_is_better_beyond_chance(gains: tuple[float, ...], best: int) -> None:
    candidates = [{"C": C, **{name: 1 for name in vars(Tuning()) if name != "C"}} for C in (0.5, 1.0)]
    results = {f"split{fold}_test_score": np.array([0.5, 0.5 + gain]) for fold, gain in enumerate(gains)}
    found = _choose(candidates, results, where="here", notes=())
    assert found.table["is_best"].tolist() == [best == 0, best == 1]
    assert (1.0 if best else None) == found.tuning.C
    assert found.table["gain_error"].iloc[1] == pytest.approx(np.std(gains, ddof=1) / math.sqrt(3))


def test_search_nothing_to_hold_out_is_said(tmp_path: Path) -> None:
    frame = to_frame([Example(id=name, intent=name, text=name) for name in ("hello", "bye")])
    with pytest.raises(DataRejected, match="no intent has two examples"):
        search_tuning(frame, EMPTY_BOT, params_for(tmp_path), scheduler=None)
