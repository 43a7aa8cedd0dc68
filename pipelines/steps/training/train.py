"""Step 4: fit the model on the training part."""

import pandas as pd

from pipelines.nlu.encoder.build import find_encoder
from pipelines.nlu.intents.regimes import Tuning
from pipelines.nlu.intents.thresholds import Costs
from pipelines.nlu.model import NluModel
from pipelines.progress import Progress
from pipelines.schemas.bot import BotFile
from pipelines.schemas.training import TrainParams
from pipelines.steps.data.frame import to_examples


def train_model(
    frame: pd.DataFrame,
    bot_file: BotFile,
    params: TrainParams,
    *,
    tuning: Tuning | None = None,
    progress: Progress | None = None,
) -> NluModel:
    """Fit intents, entities, calibration and thresholds on the training part, out-of-scope rows included.

    Without the `tuning` of a search, the amount of data decides. Thresholds that the bot file sets replace the fitted
    ones here, before anything is measured, so that the evaluation and the gate judge what will answer. The built
    encoder is kept under `params.home`. The same frame, bot, tuning and seed give the same model.
    """
    encoder = find_encoder(params.encoder, cache=params.home / "encoders")
    model = NluModel(
        encoder=encoder,
        seed=params.seed,
        algorithm=params.algorithm,
        language=bot_file.language,
        costs=Costs(refusal=params.refusal_cost, needless_limit=params.needless_limit),
        tuning=tuning,
    )
    model.fit(to_examples(frame), bot_file.entities, intents=bot_file.intents, progress=progress)
    if bot_file.thresholds is not None:
        model.thresholds_ = bot_file.thresholds.over(model.thresholds_)
    return model
