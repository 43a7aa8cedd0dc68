"""The release as an MLflow pyfunc: models from code, so that no object of ours is ever pickled.

MLflow copies this file into each version and runs it for `mlflow.pyfunc.load_model`, also where Intentloop is not
installed: it imports nothing of ours but the code that the version brings along. The chat API reads the release folder
directly.
"""

import sys
from collections.abc import Mapping
from importlib import import_module
from importlib.util import module_from_spec
from pathlib import Path
from typing import Any
from zipfile import ZipFile
from zipimport import zipimporter

import mlflow
import numpy as np
import pandas as pd
from mlflow.exceptions import MlflowException
from mlflow.protos.databricks_pb2 import INVALID_PARAMETER_VALUE
from mlflow.pyfunc.model import PythonModel

_TEXT = "text"
_MAX_SHOWN = 5
_EXPECTED = "give a text, a list or Series of texts, or a DataFrame with a column `text`"


class ReleaseModel(PythonModel):
    """Interprets utterances, and says what the release would do with each."""

    def load_context(self, context: Any) -> None:
        """Load and verify the release folder, with the code that the version was made with."""
        self._code = _own_code(Path(context.artifacts["code"]))
        self._release = self._code.load_release(Path(context.artifacts["release"]), version="pyfunc")

    # MLflow has no type hint for all that is accepted; with this one it hands over every input as it came
    def predict(
        self, context: Any, model_input: pd.DataFrame, params: dict[str, Any] | None = None
    ) -> pd.DataFrame | list[dict[str, Any]]:
        """Return a `Prediction` for each text: as a DataFrame for a DataFrame or Series, otherwise as a list of dicts.

        Parameters
        ----------
        model_input
            A text, a list or Series of texts, or a DataFrame: its column `text`, or its only column.

        Raises
        ------
        MlflowException
            Something in it is not a text.
        """
        texts = read_texts(model_input)
        rows = [prediction.model_dump(mode="json") for prediction in self._code.predict_texts(self._release, texts)]
        if not isinstance(model_input, pd.DataFrame | pd.Series):
            return rows
        columns = list(self._code.Prediction.model_fields)
        # of type object, since a missing value would otherwise become NaN, which is not JSON
        table = pd.DataFrame(rows, columns=columns, index=model_input.index, dtype=object)
        return table.astype({"confidence": float})


def read_texts(model_input: Any) -> list[str]:
    """Return the texts of an input in any form that MLflow hands over, or raise `MlflowException`."""
    if isinstance(model_input, np.ndarray):
        model_input = model_input.tolist()
    if isinstance(model_input, str):
        return [model_input]
    if isinstance(model_input, pd.DataFrame):
        return _checked(_text_column(model_input).tolist())
    if isinstance(model_input, pd.Series):
        return _checked(model_input.tolist())
    if isinstance(model_input, Mapping) and _TEXT in model_input:
        return read_texts(model_input[_TEXT])
    if isinstance(model_input, list | tuple):
        return _checked([_text_of(row) for row in model_input])
    raise _refusal(f"it is {_described(model_input)}; {_EXPECTED}")


def _text_column(table: pd.DataFrame) -> "pd.Series[Any]":
    places = [place for place, name in enumerate(table.columns) if name == _TEXT]
    if not places and len(table.columns) == 1:
        places = [0]
    if len(places) != 1:
        columns = ", ".join(repr(name) for name in table.columns) or "none"
        raise _refusal(f"there must be one column {_TEXT!r}, but the columns are: {columns}; {_EXPECTED}")
    return table.iloc[:, places[0]]


def _text_of(row: Any) -> Any:
    """Return the text of a row of a list: the row itself, or the only value in it; MLflow makes arrays of either."""
    if isinstance(row, Mapping):
        row = row.get(_TEXT, row)
    if isinstance(row, np.ndarray):
        row = row.tolist()
    return row[0] if isinstance(row, list | tuple) and len(row) == 1 else row


def _checked(texts: list[Any]) -> list[str]:
    wrong = [(number, text) for number, text in enumerate(texts) if not isinstance(text, str)]
    if wrong:
        shown = ", ".join(f"row {number} is {_described(text)}" for number, text in wrong[:_MAX_SHOWN])
        more = f" and {len(wrong) - _MAX_SHOWN} more are not either" if len(wrong) > _MAX_SHOWN else ""
        raise _refusal(f"every row must be a text, but {shown}{more}; rows are counted from 0")
    return texts


def _described(value: Any) -> str:
    if isinstance(value, Mapping):
        return f"an object with {', '.join(repr(name) for name in value) or 'nothing in it'}"
    if np.ndim(value) == 0 and pd.isna(value):
        return "missing"
    return f"of type {type(value).__name__}"


def _refusal(problem: str) -> MlflowException:
    return MlflowException(f"The input cannot be used: {problem}.", error_code=INVALID_PARAMETER_VALUE)


def _own_code(archive: Path) -> Any:
    """Import the code that the version brings along.

    The archive is not put on the path, so it hides nothing. All of it is imported at once: the archive may be gone when
    the next version with the same code is loaded.
    """
    package = archive.stem
    if package not in sys.modules:
        spec = zipimporter(str(archive)).find_spec(package)
        if spec is None or spec.loader is None:
            raise MlflowException(f"{archive.name} does not hold the code of this version; train the bot again")
        sys.modules[package] = module_from_spec(spec)
        spec.loader.exec_module(sys.modules[package])
        with ZipFile(archive) as opened:
            for name in opened.namelist():
                import_module(name.removesuffix(".py").removesuffix("/__init__").replace("/", "."))
    return import_module(f"{package}.registry.prediction")


mlflow.models.set_model(ReleaseModel())
