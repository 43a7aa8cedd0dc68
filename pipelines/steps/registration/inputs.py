"""What MLflow calls the inputs of a run: which rows it was trained and measured on, by name, digest and size."""

import json

import pandas as pd
from mlflow import MlflowClient
from mlflow.entities import Dataset, DatasetInput, InputTag
from mlflow.utils.mlflow_tags import MLFLOW_DATASET_CONTEXT

from pipelines.steps.data.frame import COLUMNS
from pipelines.steps.data.snapshot import content_hash

_DIGEST_CHARS = 16
_SCHEMA = {"mlflow_colspec": [{"type": "string", "name": name, "required": True} for name in COLUMNS]}


def log_input(client: MlflowClient, run_id: str, frame: pd.DataFrame, *, name: str, context: str, file: str) -> None:
    """Log which rows a run used, without the rows.

    Parameters
    ----------
    client
        The client of the run's server.
    run_id
        The run.
    frame
        The rows, with the columns `frame.COLUMNS`. The digest depends on them, not on their order.
    name
        What the rows are called, the same in every run.
    context
        What they were used for: `train`, `holdout`, `test` or `production`.
    file
        The file among the run's artifacts that holds them; `mlflow.data.get_source(...).load()` fetches it.
    """
    dataset = Dataset(
        name=name,
        digest=content_hash(frame)[:_DIGEST_CHARS],
        source_type="local",  # the library's word for a source that it downloads as an artifact
        source=json.dumps({"uri": f"runs:/{run_id}/{file}"}),
        schema=json.dumps(_SCHEMA),
        profile=json.dumps({"num_rows": len(frame), "num_elements": int(frame[list(COLUMNS)].size)}),
    )
    client.log_inputs(run_id, datasets=[DatasetInput(dataset, [InputTag(MLFLOW_DATASET_CONTEXT, context)])])
