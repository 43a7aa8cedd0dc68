"""The recipe of a training: one digest of everything its model and verdict depend on."""

import hashlib
import json
import platform
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path

import pipelines
from pipelines.schemas.training import TrainParams
from pipelines.steps.data.extract import Extract
from pipelines.steps.data.snapshot import content_hash

_ELSEWHERE = {"home", "tracking_uri", "run_id", "source", "out_of_scope_file", "test_file", "promote", "release_alias"}
_ELSEWHERE |= {"cases", "cross_validate", "accept_relabelled"}
"""Parameters that name places: the files' content is among the rows, or is only reported on. What was accepted once
makes no other release."""
_ANSWERING = ("dialogue", "llm", "replay", "tools")
"""Packages of `serving` with which the gate answers saved and stored conversations; no other affects an answer."""
_LIBRARIES = ("numpy", "scikit-learn", "python-crfsuite", "onnxruntime", "tokenizers")


def recipe_of(extract: Extract, params: TrainParams) -> str:
    """Return the SHA-256 of examples, bot, test set, saved cases, parameters, code and libraries.

    Two trainings with the same recipe give the same release. The whole bot counts, not only its examples: another reply
    or tool makes another release.
    """
    parts = {
        "data": content_hash(extract.frame),
        "bot": extract.bot_file.model_dump_json(exclude={"test_set"}),
        "test_set": extract.test_set.version.sha256 if extract.test_set is not None else "",
        "cases": {file.name: _sha256(file) for file in params.cases.glob("*.json") if file.is_file()},
        "params": params.model_dump(mode="json", exclude=_ELSEWHERE),
        "code": code_digest(),
        "libraries": {name: _version(name) for name in _LIBRARIES},
        "python": platform.python_version_tuple()[:2],
    }
    return hashlib.sha256(json.dumps(parts, sort_keys=True, ensure_ascii=True).encode()).hexdigest()


def code_digest(*, serving: Path | None = None) -> str:
    """Return the SHA-256 of the code that trains and judges.

    An image has no commit to ask for, and most commits change something else. `serving` is the folder of that package,
    of which only the answering parts count; the installed one by default.
    """
    package = Path(pipelines.__file__).parent
    notebook = json.loads((package.parent / "notebooks" / "20_train_nlu.ipynb").read_bytes())
    serving = serving or _folder_of("serving")
    digest = hashlib.sha256()
    for folder in (package, *(serving / part for part in _ANSWERING if serving)):
        for file in sorted(folder.rglob("*.py")):
            digest.update(f"{folder.name}/{file.relative_to(folder)}\0".encode() + file.read_bytes() + b"\0")
    for cell in notebook["cells"]:
        if cell["cell_type"] == "code":  # outputs are no code
            digest.update("".join(cell["source"]).encode() + b"\0")
    return digest.hexdigest()


def _folder_of(package: str) -> Path | None:
    """Find a package without importing it: this one lies below `serving` and works without it."""
    spec = find_spec(package)
    return next(map(Path, spec.submodule_search_locations or ()), None) if spec is not None else None


def _sha256(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()


def _version(library: str) -> str | None:
    try:
        return version(library)
    except PackageNotFoundError:
        return None
