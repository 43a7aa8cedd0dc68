"""Fitting the model of a release."""

from pathlib import Path

from pipelines.schemas.thresholds import ChosenThresholds
from pipelines.schemas.training import TrainParams
from pipelines.steps.data.frame import to_frame
from pipelines.steps.training.train import train_model
from tests.support.bots import TINY_BOT
from tests.support.releases import examples_of


def test_thresholds_of_the_bot_file_replace_the_fitted_ones(tmp_path: Path) -> None:
    params = TrainParams(home=tmp_path, encoder="none")
    chosen = TINY_BOT.model_copy(update={"thresholds": ChosenThresholds(confidence=0.87)})
    model = train_model(to_frame(examples_of(TINY_BOT)), chosen, params)
    assert model.thresholds_ == model.thresholds_at(model.costs, outside=[]).model_copy(update={"confidence": 0.87})
    assert model.choices()["confidence_threshold"] == 0.87
