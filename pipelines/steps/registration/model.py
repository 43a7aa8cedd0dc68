"""Logging a release as an MLflow model that runs anywhere: with its code, its requirements and its signature."""

from importlib.metadata import version
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import mlflow
from mlflow.models import Model, ModelSignature
from mlflow.types.schema import Array, ColSpec, DataType, Object, Property, Schema, TensorSpec

from pipelines.registry.release import MODEL_FOLDER
from pipelines.steps.registration.bundle import write_bundle

_CODE_FILE = Path(__file__).with_name("pyfunc_model.py")
_REQUIREMENTS = (
    *("mlflow-skinny", "pandas", "numpy", "pydantic", "python-crfsuite"),
    *("babel", "google-re2", "phonenumberslite", "text2num"),
)
_ENCODER_REQUIREMENTS = ("onnxruntime", "tokenizers")
_EXAMPLE = ["hello", "where is my order?"]
"""Nobody's words: what a customer wrote must not be in a file that `intentloop forget` does not know."""


def log_release(folder: Path, verdict_file: Path, *, name: str) -> str:
    """Log a release to the active run and register it; return its version number."""
    needed = _REQUIREMENTS + (_ENCODER_REQUIREMENTS if any((folder / MODEL_FOLDER).rglob("*.onnx")) else ())
    with TemporaryDirectory(prefix="intentloop-bundle-") as aside:
        logged = Model.log(
            artifact_path=None,
            name="release",
            flavor=PortableFlavor,
            flavor_name=mlflow.pyfunc.__name__,
            registered_model_name=name,
            python_model=str(_CODE_FILE),
            artifacts={
                "release": str(folder),
                "verdict": str(verdict_file),
                "code": str(write_bundle(Path(aside))),
            },
            pip_requirements=[f"{package}=={version(package)}" for package in needed],
            signature=_signature(),
            input_example=_EXAMPLE,
            # it would load the release once more, which `freeze` has just done
            validate_serving_input=False,
        )
    return str(logged.registered_model_version)


class PortableFlavor:
    """The pyfunc flavor, but without anything of the machine and the folder that trained."""

    @staticmethod
    def save_model(path: str, mlflow_model: Model, *, validate_serving_input: bool, **options: Any) -> None:
        """Write the model's folder; `Model.log` reads `validate_serving_input` and hands it on."""
        mlflow.pyfunc.save_model(path=path, mlflow_model=mlflow_model, **options)
        flavor = mlflow_model.flavors[mlflow.pyfunc.FLAVOR_NAME]
        flavor["model_code_path"] = Path(flavor["model_code_path"]).name
        for artifact in flavor["artifacts"].values():
            artifact["uri"] = artifact["path"]
        mlflow_model.save(str(Path(path) / "MLmodel"))
        # MLflow takes these from the working directory if it is a uv project, and would install that project
        for file in ("uv.lock", "pyproject.toml", ".python-version"):
            (Path(path) / file).unlink(missing_ok=True)


def _signature() -> ModelSignature:
    """Return the columns of a `Prediction`.

    There are none for the input, since with them MLflow would accept less: named ones refuse a list and a plain text,
    unnamed ones take the first column of a table instead of `text`, and type hints refuse `dataframe_split`.
    """
    text, number = DataType.string, DataType.double
    entity = Object(
        [
            *(Property(name, DataType.long) for name in ("start", "end")),
            *(Property(name, text) for name in ("type", "value", "source")),
            Property("alternatives", Array(text)),
            Property("role", text, required=False),
            Property("confidence", number, required=False),
        ]
    )
    columns: list[ColSpec | TensorSpec] = [
        ColSpec(text, "text"),
        ColSpec(text, "intent", required=False),
        ColSpec(number, "confidence"),
        ColSpec(text, "decision"),
        ColSpec(text, "reason", required=False),
        ColSpec(Array(text), "options"),
        ColSpec(Array(entity), "entities"),
        ColSpec(Array(Object([Property("intent_id", text), Property("confidence", number)])), "ranking"),
        ColSpec(number, "out_of_scope_score", required=False),
    ]
    return ModelSignature(outputs=Schema(columns))
