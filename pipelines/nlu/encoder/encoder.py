"""The sentence encoder: text to token states and a sentence vector, one ONNX Runtime thread, batch of one.

``SentenceEncoder.load`` opens a folder that ``encoder_build.build_encoder`` made, or one in sentence-transformers
layout (``model.onnx`` or ``onnx/model.onnx`` beside ``tokenizer.json``). One pass serves intent, out-of-scope score and
entities. Measured with MiniLM: 1.0-1.4 ms CPU per message, 50 MB of memory, 0.07 s to load.
"""

import hashlib
import importlib.util
import json
import os
import shutil
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from weakref import WeakValueDictionary

import numpy as np
from numpy.typing import NDArray

from pipelines.errors import SetupProblem
from pipelines.nlu.text import clean

if TYPE_CHECKING:
    from tokenizers import Encoding, Tokenizer

MAX_TOKENS = 128
# by default ORT warns about every graph it folds; 3 means errors only
_LOG_ERRORS_ONLY = 3
_KNOWN_INPUTS = frozenset({"input_ids", "attention_mask", "token_type_ids"})
_GRAPH_FILES = ("encoder.onnx", "model.onnx", "onnx/model.onnx")
TOKENIZER_FILE, MANIFEST_FILE = "tokenizer.json", "encoder.json"
_NORM_FLOOR = 1e-12
_UNKNOWN = frozenset({"[UNK]", "<unk>"})
"""Names of the piece that stands for what a vocabulary lacks."""


@dataclass(frozen=True, eq=False)
class TokenStates:
    """Output of one encoder pass over one text."""

    states: NDArray[np.float32]
    """One contextual vector per token, without special tokens. Shape ``(n_tokens, dimension)``; no rows for ``""``."""
    offsets: NDArray[np.int32]
    """Characters ``[start, end)`` of each token in the original text. Shape ``(n_tokens, 2)``, ascending."""
    sentence: NDArray[np.float32]
    """Mean over all tokens, special ones included, of unit length: the dot product of two is their cosine."""


class SentenceEncoder:
    """A loaded encoder, safe to share between threads. Open it with ``load``, once per process.

    The tokenizer truncates at ``MAX_TOKENS`` and does not pad. `sha256` is one hash over graph and tokenizer: equal
    hashes give equal features, so a release stores it. `dimension` is the length of a token state.
    """

    def __init__(self, session: Any, tokenizer: "Tokenizer", *, name: str, sha256: str, source: Path) -> None:
        self._session = session
        self._tokenizer = tokenizer
        self._inputs = frozenset(item.name for item in session.get_inputs())
        self._output = session.get_outputs()[0].name
        self.name = name
        self.sha256 = sha256
        self._source = source
        self.dimension = self._probe()

    @classmethod
    def load(cls, folder: Path, *, expected_sha256: str | None = None) -> "SentenceEncoder":
        """Open a folder, check its files and encode one text as a probe.

        Parameters
        ----------
        folder
            Made by ``build_encoder``, or with ``model.onnx`` or ``onnx/model.onnx`` and ``tokenizer.json``.
        expected_sha256
            The ``sha256`` of the encoder a release was trained with.

        Returns
        -------
        SentenceEncoder
            Ready for use.

        Raises
        ------
        SetupProblem
            A file is missing or differs from its hash in ``encoder.json``, the encoder is not the expected one, or the
            graph's inputs or output shape differ from those of a sentence-transformers export.
        """
        if not has_runtime():
            raise SetupProblem("onnxruntime and tokenizers are not installed; install the extra `serve` or `train`")
        manifest = read_manifest(folder)
        graph_path = next((folder / name for name in _GRAPH_FILES if (folder / name).is_file()), None)
        tokenizer_path = folder / TOKENIZER_FILE
        if graph_path is None or not tokenizer_path.is_file():
            raise SetupProblem(
                f"{folder} contains no encoder; it needs model.onnx (or onnx/model.onnx) and tokenizer.json"
            )
        hashes = {path.name: hash_file(path) for path in (graph_path, tokenizer_path)}
        for name, expected in manifest.get("files", {}).items():
            if hashes.get(Path(name).name) != expected:
                raise SetupProblem(
                    f"{folder / name} differs from its hash in encoder.json; delete the folder and rebuild it"
                )
        sha256 = hashlib.sha256("".join(hashes.values()).encode()).hexdigest()
        if expected_sha256 not in (None, sha256):
            raise SetupProblem(f"{folder} is not the encoder this model was trained with; restore it or train again")
        name = str(manifest.get("name", folder.name))
        encoder = cls(
            _open_session(graph_path), _open_tokenizer(tokenizer_path), name=name, sha256=sha256, source=folder
        )
        if manifest.get("dimension", encoder.dimension) != encoder.dimension:
            raise SetupProblem(f"{folder} gives {encoder.dimension} numbers per token, unlike encoder.json; rebuild it")
        return encoder

    def save(self, folder: Path) -> None:
        """Copy graph, tokenizer and manifest from the source folder to ``folder``, created if missing."""
        folder.mkdir(parents=True, exist_ok=True)
        graph = next(name for name in _GRAPH_FILES if (self._source / name).is_file())
        shutil.copyfile(self._source / graph, folder / Path(graph).name)
        shutil.copyfile(self._source / TOKENIZER_FILE, folder / TOKENIZER_FILE)
        if (self._source / MANIFEST_FILE).is_file():
            shutil.copyfile(self._source / MANIFEST_FILE, folder / MANIFEST_FILE)

    def encode(self, text: str) -> TokenStates:
        """Run the encoder once; offsets refer to the characters of ``text`` as given.

        Lone surrogates count as U+FFFD. Text beyond 128 tokens is ignored.
        """
        encoding = self._tokenize(text)
        states = self._run(encoding)[0]
        own = _own_tokens(encoding.special_tokens_mask)
        offsets = np.array(encoding.offsets, dtype=np.int32).reshape(-1, 2)
        return TokenStates(states=states[own], offsets=offsets[own], sentence=_mean(states))

    def knows_word(self, word: str) -> bool:
        """Whether a lower-cased word is a single piece of the vocabulary, in any of the usual notations."""
        return any(self._tokenizer.token_to_id(f"{mark}{word}") is not None for mark in ("", "\u2581", "\u0120"))

    def pieces(self, text: str) -> list[tuple[int, int, bool]]:
        """Return the pieces of a text: their characters `[start, end)`, and whether the vocabulary has them.

        What the vocabulary lacks even letter by letter is one unknown piece.
        """
        encoding = self._tokenize(text)
        rows = zip(encoding.offsets, encoding.tokens, encoding.special_tokens_mask, strict=True)
        return [(start, end, token not in _UNKNOWN) for (start, end), token, is_special in rows if not is_special]

    def _tokenize(self, text: str) -> "Encoding":
        return self._tokenizer.encode(clean(text))

    def _run(self, encoding: "Encoding") -> NDArray[np.float32]:
        ids = np.array([encoding.ids], dtype=np.int64)
        feed = {"input_ids": ids}
        if "attention_mask" in self._inputs:
            feed["attention_mask"] = np.ones_like(ids)
        if "token_type_ids" in self._inputs:
            feed["token_type_ids"] = np.zeros_like(ids)
        states: NDArray[np.float32] = self._session.run([self._output], feed)[0]
        return states

    def _probe(self) -> int:
        """Return the length of a token state, after one pass that checks inputs and output."""
        unknown = self._inputs - _KNOWN_INPUTS
        if unknown or "input_ids" not in self._inputs:
            raise SetupProblem(
                f"the encoder {self.name!r} needs the inputs {sorted(self._inputs)}; export it with input_ids first"
            )
        encoding = self._tokenize("one probe")
        shape = self._run(encoding).shape
        if len(shape) != 3 or shape[:2] != (1, len(encoding.ids)):
            raise SetupProblem(
                f"the encoder {self.name!r} gives {shape} for {len(encoding.ids)} tokens, not one vector per token; "
                f"export it with last_hidden_state as its first output"
            )
        return int(shape[2])


def _own_tokens(is_special: list[int]) -> slice | NDArray[np.bool_]:
    """Select the text's own tokens: a slice, which copies nothing, if special tokens only enclose them."""
    first, last = 0, len(is_special)
    while first < last and is_special[first]:
        first += 1
    while last > first and is_special[last - 1]:
        last -= 1
    if any(is_special[first:last]):
        return ~np.array(is_special, dtype=np.bool_)
    return slice(first, last)


def _mean(states: NDArray[np.float32]) -> NDArray[np.float32]:
    mean: NDArray[np.float32] = np.add.reduce(states, axis=0)  # scaling to unit length makes dividing needless
    mean /= max(float(np.sqrt(mean @ mean)), _NORM_FLOOR)
    return mean


def _open_session(path: Path) -> Any:
    # read when the library is loaded; without it, versions from 1.29 on store a device id and send telemetry
    os.environ["ORT_DISABLE_TELEMETRY"] = "1"
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.log_severity_level = _LOG_ERRORS_ONLY
    return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])


def _open_tokenizer(path: Path) -> "Tokenizer":
    from tokenizers import Tokenizer

    tokenizer: Tokenizer = Tokenizer.from_file(str(path))
    tokenizer.no_padding()
    tokenizer.enable_truncation(max_length=MAX_TOKENS)
    return tokenizer


_shared: WeakValueDictionary[str, SentenceEncoder] = WeakValueDictionary()
_loading = threading.Lock()


def shared_encoder(folder: Path, *, sha256: str) -> SentenceEncoder:
    """Return the open encoder with this hash, or open it: ten bots share one copy in memory.

    Raises `SetupProblem` if the folder holds a different encoder or onnxruntime is not installed.
    """
    with _loading:
        encoder = _shared.get(sha256)
        if encoder is None:
            encoder = SentenceEncoder.load(folder, expected_sha256=sha256)
            _shared[sha256] = encoder
        return encoder


def has_runtime() -> bool:
    """Whether this installation can run an encoder."""
    return all(importlib.util.find_spec(name) is not None for name in ("onnxruntime", "tokenizers"))


def read_manifest(folder: Path) -> dict[str, Any]:
    """Return ``encoder.json``, or an empty map for a folder without one."""
    path = folder / MANIFEST_FILE
    manifest: dict[str, Any] = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
    return manifest


def hash_file(path: Path) -> str:
    """Return the SHA-256 of a file in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
