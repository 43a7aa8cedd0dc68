"""The release as an MLflow pyfunc: models from code, so that no object of ours is ever pickled.

MLflow runs this file for `mlflow.pyfunc.load_model`. The chat API reads the release folder directly.
"""

from pathlib import Path
from typing import Any

import mlflow
from mlflow.pyfunc.model import PythonModel

from pipelines.registry.release import load_release


class ReleaseModel(PythonModel):
    """Understands utterances: one text in, one result out."""

    def load_context(self, context: Any) -> None:
        """Load and verify the release folder."""
        self._release = load_release(Path(context.artifacts["release"]), version="pyfunc")

    def predict(
        self, context: Any, model_input: list[str], params: dict[str, Any] | None = None
    ) -> list[dict[str, Any]]:
        """Return ranking and entities of each text, as `NluResult` in JSON form."""
        return [self._release.model.parse(text).model_dump(mode="json") for text in model_input]


mlflow.models.set_model(ReleaseModel())
