"""The entity tagger: a conditional random field over the tokens of an utterance."""

import ctypes
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Literal, NamedTuple, Self

import pycrfsuite

from pipelines.nlu.entities.synonyms import KnownPhrase
from pipelines.nlu.entities.token_stack import TokenClues
from pipelines.nlu.text import Token
from pipelines.schemas.examples import LabelledSpan

Algorithm = Literal["ap", "lbfgs"]
MAX_TOKENS = 256
"""Tokens beyond are not tagged: the cost grows with the length, and no value that a bot needs stands there."""
_AFFIX_LENGTHS = (1, 2, 3, 4)
_EDGE = "<>"
_ITERATIONS: dict[Algorithm, int] = {"ap": 15, "lbfgs": 60}
_PENALTIES: dict[Algorithm, dict[str, float]] = {"ap": {}, "lbfgs": {"c1": 0.05, "c2": 0.02}}


class TaggedSpan(NamedTuple):
    """Tokens `[first, last)` of one entity, and the lowest marginal probability among them, in [0, 1]."""

    first: int
    last: int
    type: str
    confidence: float


class EntityTagger:
    """Linear-chain CRF with BIO labels over word shape, affixes, neighbours, known values and the likely intent.

    With an encoder, features of its token states are added (`token_stack`). `ap` (averaged perceptron) trains in
    seconds; `lbfgs` (maximum likelihood) is slower and better calibrated. `model_` is the CRF in CRFsuite's own format,
    empty if no example has an entity.
    """

    def __init__(self, *, algorithm: Algorithm = "ap", max_iterations: int | None = None, seed: int = 0) -> None:
        self.algorithm = algorithm
        self.max_iterations = max_iterations
        self.seed = seed
        self.model_ = b""
        self._local = threading.local()

    def fit(
        self,
        sentences: Sequence[list[Token]],
        spans: Sequence[Sequence[LabelledSpan]],
        *,
        known: Sequence[list[KnownPhrase]],
        remembered: Sequence[list[KnownPhrase]],
        intents: Sequence[str],
        clues: Sequence[TokenClues] | None = None,
        progress: Callable[[float, str], None] | None = None,
    ) -> Self:
        """Train on annotated utterances; all sequences have one entry per utterance.

        `known` are phrases of the bot's entities, `remembered` those that other examples annotate. `intents` come from
        a model that did not see the utterance, since at serving time the intent is a guess too; `clues` are held out
        likewise, and None without an encoder.
        """
        self.model_ = b""
        self._local = threading.local()
        if not any(spans):
            return self
        trainer = _Trainer(self.algorithm, self.max_iterations or _ITERATIONS[self.algorithm], progress)
        each_clues: Sequence[TokenClues | None] = clues if clues is not None else [None] * len(sentences)
        rows = zip(sentences, spans, known, remembered, intents, each_clues, strict=True)
        for tokens, utterance_spans, phrases, seen, intent, clue in rows:
            shown = tokens[:MAX_TOKENS]
            if shown:
                trainer.append(token_features(shown, phrases, seen, intent, clue), bio_labels(shown, utterance_spans))
        with TemporaryDirectory() as folder:
            file = Path(folder) / "entities.crfsuite"
            _seed_c_library(self.seed)
            trainer.train(str(file))
            self.model_ = file.read_bytes()
        return self

    def tag(
        self,
        tokens: list[Token],
        *,
        known: list[KnownPhrase],
        remembered: list[KnownPhrase],
        intent: str,
        clues: TokenClues | None = None,
    ) -> list[TaggedSpan]:
        """Find the entities of one utterance, in order; they never overlap."""
        shown = tokens[:MAX_TOKENS]
        if not self.model_ or not shown:
            return []
        tagger = self._tagger()
        labels = tagger.tag(token_features(shown, known, remembered, intent, clues))
        return [
            TaggedSpan(first, last, entity_type, _confidence(tagger, labels, first, last))
            for first, last, entity_type in spans_of(labels)
        ]

    def _tagger(self) -> pycrfsuite.Tagger:
        """Return this thread's tagger: CRFsuite's tagger keeps the utterance it works on."""
        tagger = getattr(self._local, "tagger", None)
        if tagger is None:
            tagger = pycrfsuite.Tagger()
            tagger.open_inmemory(self.model_)
            self._local.tagger = tagger
        return tagger


class _Trainer(pycrfsuite.Trainer):  # type: ignore[misc]
    """CRFsuite's trainer, reporting its progress."""

    def __init__(
        self, algorithm: Algorithm, max_iterations: int, progress: Callable[[float, str], None] | None
    ) -> None:
        super().__init__(algorithm=algorithm, verbose=False)
        self.set_params({**_PENALTIES[algorithm], "max_iterations": max_iterations})
        self._max_iterations = max_iterations
        self._report = progress

    def on_iteration(self, log: Any, info: dict[str, Any]) -> None:
        """Report progress; CRFsuite calls this after each pass over the data."""
        if self._report is not None:
            number = int(info["num"])
            self._report(number / self._max_iterations, f"entity tagger, pass {number} of {self._max_iterations}")


def _seed_c_library(seed: int) -> None:
    """Seed `rand`, which CRFsuite's perceptron shuffles with and would otherwise continue from the last training."""
    ctypes.CDLL(None).srand(ctypes.c_uint(seed))


def _confidence(tagger: pycrfsuite.Tagger, labels: list[str], first: int, last: int) -> float:
    lowest: float = min(tagger.marginal(labels[position], position) for position in range(first, last))
    return min(1.0, max(0.0, lowest))


def bio_labels(tokens: Sequence[Token], spans: Sequence[LabelledSpan]) -> list[str]:
    """Label each token `B-type` (begins an entity), `I-type` (continues it) or `O`.

    A token that a span touches belongs to it; if two spans touch one token, the earlier wins.
    """
    labels = ["O"] * len(tokens)
    for span in sorted(spans, key=lambda span: span.start):
        inside = [i for i, token in enumerate(tokens) if token.start < span.end and span.start < token.end]
        inside = [i for i in inside if labels[i] == "O"]
        for number, i in enumerate(inside):
            labels[i] = f"{'I' if number else 'B'}-{span.type}"
    return labels


def spans_of(labels: Sequence[str]) -> list[tuple[int, int, str]]:
    """Return `(first, last, type)` spans of BIO labels; an `I-` without a beginning begins one."""
    spans: list[tuple[int, int, str]] = []
    for position, label in enumerate(labels):
        if label == "O":
            continue
        prefix, entity_type = label[0], label[2:]
        if prefix == "I" and spans and spans[-1][1] == position and spans[-1][2] == entity_type:
            spans[-1] = (spans[-1][0], position + 1, entity_type)
        else:
            spans.append((position, position + 1, entity_type))
    return spans


def token_features(
    tokens: Sequence[Token],
    known: Sequence[KnownPhrase],
    remembered: Sequence[KnownPhrase],
    intent: str,
    clues: TokenClues | None = None,
) -> list[list[str]]:
    """Return the string features of each token.

    They are its word, shape and affixes, those of up to three neighbours on each side, word pairs, the entity types it
    is a known or remembered value of, the likely intent, and the features of the token states if there is an encoder.
    """
    words = [token.text.lower() for token in tokens]
    shapes = [_shape(token.text) for token in tokens]
    known_marks: list[list[str]] = [[] for _ in tokens]
    for phrase in known:
        for position in range(phrase.first, min(phrase.last, len(tokens))):
            known_marks[position].append(f"{'B' if position == phrase.first else 'I'}{phrase.type}")
    padded_words = [_EDGE] * 3 + words + [_EDGE] * 3
    padded_shapes = [_EDGE] * 2 + shapes + [_EDGE] * 2
    padded_marks = [[], *known_marks, []]
    rows = []
    for i, word in enumerate(words):
        before3, before2, before, _, after, after2, after3 = padded_words[i : i + 7]
        row = [
            "bias", f"w={word}", f"w-1={before}", f"w-2={before2}", f"w-3={before3}",
            f"w+1={after}", f"w+2={after2}", f"w+3={after3}",
            f"w-1,0={before} {word}", f"w0,1={word} {after}", f"w-2,-1={before2} {before}", f"w+1,+2={after} {after2}",
            f"i={intent}", f"i,w={intent} {word}",
        ]  # fmt: skip
        shape2, shape1, shape, shape_1, shape_2 = padded_shapes[i : i + 5]
        row += [f"s={shape}", f"s-1={shape1}", f"s+1={shape_1}", f"s-2={shape2}", f"s+2={shape_2}"]
        row.append(f"ss={shape1} {shape}")
        for n in _AFFIX_LENGTHS:
            if len(word) > n:
                row += [f"p{n}={word[:n]}", f"e{n}={word[-n:]}"]
        before_marks, marks, after_marks = padded_marks[i : i + 3]
        row += [f"k={mark}" for mark in marks]
        row += [f"k-1={mark}" for mark in before_marks]
        row += [f"k+1={mark}" for mark in after_marks]
        rows.append(row)
    for phrase in remembered:
        length = min(phrase.last - phrase.first, 3)
        for position in range(phrase.first, min(phrase.last, len(tokens))):
            rows[position].append(f"m{'B' if position == phrase.first else 'I'}={phrase.type}{length}")
    if clues is not None:
        _add_clues(rows, clues)
    return rows


def _add_clues(rows: list[list[str]], clues: TokenClues) -> None:
    last = len(rows) - 1
    for i, row in enumerate(rows):
        row += clues.own[i]
        row += clues.shared[i]
        if i > 0:
            row += [f"-1{clue}" for clue in clues.shared[i - 1]]
        if i < last:
            row += [f"+1{clue}" for clue in clues.shared[i + 1]]


def _shape(word: str) -> str:
    """Return character class and length class: `d3` three digits, `U` capitals, `T` title case, `a` letters."""
    if word.isdigit():
        return f"d{min(len(word), 6)}"
    if not word.isalpha():
        return word
    if word.isupper():
        return "U" if len(word) > 1 else "U1"
    return "T" if word[0].isupper() else "a"
