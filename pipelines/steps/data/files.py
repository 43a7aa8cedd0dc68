"""The files that a training is given: found, and read, before anything is trained."""

from pathlib import Path

from pipelines.errors import DataRejected
from pipelines.schemas.examples import Example
from pipelines.schemas.training import AUTO, CASES, TrainParams
from pipelines.settings import Settings
from pipelines.steps.data.extract import read_examples

_SAMPLE = Path(__file__).parents[3] / "data" / "sample"
_SAMPLE_FILES = {"out_of_scope_file": _SAMPLE / "oos.jsonl", "test_file": _SAMPLE / "test.jsonl"}


def place_files(params: TrainParams, settings: Settings) -> TrainParams:
    """Return the parameters with the files that `auto` stands for, after reading every file they name.

    Raises
    ------
    DataRejected
        A file or folder is missing, or has no or unreadable rows; each is named with its parameter.
    """
    is_sample = params.source != "mongo" and Path(params.source).resolve() == (_SAMPLE / "bot.json").resolve()
    found = {
        "out_of_scope_file": _SAMPLE_FILES["out_of_scope_file"] if is_sample else settings.out_of_scope_of(params.bot),
        "test_file": _SAMPLE_FILES["test_file"] if is_sample else None,
    }
    placed = params.model_copy(
        update={name: file for name, file in found.items() if getattr(params, name) == Path(AUTO)}
    )
    problems = [problem for name in found if (problem := _problem_of(getattr(placed, name), name))]
    if params.source != "mongo" and not Path(params.source).is_file():
        problems.append(
            f"source: there is no bot file {params.source}; check the path, or write `mongo` for the drafts"
        )
    if params.cases.resolve() != CASES.resolve() and not params.cases.is_dir():
        problems.append(f"cases: there is no folder {params.cases}; check the path")
    if problems:
        raise DataRejected("the parameters of the training", problems)
    return placed


def read_test_file(params: TrainParams) -> list[Example]:
    """Return the rows of the test file; none without one."""
    return read_examples(params.test_file) if params.test_file is not None else []


def _problem_of(file: Path | None, name: str) -> str:
    """Return what is wrong with a file of labelled utterances, or nothing."""
    if file is None:
        return ""
    if not file.is_file():
        return f"{name}: there is no file {file}; check the path"
    try:
        rows = read_examples(file)
    except DataRejected as error:
        return f"{name}: {error}"
    return "" if rows else f"{name}: {file} has no row; write at least one labelled utterance, or name no file"
