"""Turn the encoder's token states into string features for the tagger.

A conditional random field weighs named features, not vectors. So a ridge regression from the states (and the likely
intents) predicts each token's entity label first, and the predictions become features. On a fifth of HWU64's training
part this gains 2 points of span F1 over words alone (80.2 against 78.2); clusters of states gained no more.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from pipelines.nlu.encoder.encoder import TokenStates
from pipelines.nlu.text import Token

RIDGE = 3.0
N_FOLDS = 3
_SCORE_BINS = np.array([0.1, 0.3, 0.5, 0.7], dtype=np.float32)
_TOP = 3

FloatArray = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class TokenClues:
    """String features of each token: those of its own, and those its neighbours may see too."""

    own: list[list[str]]
    shared: list[list[str]]


def token_vectors(tokens: Sequence[Token], encoded: TokenStates) -> FloatArray:
    """Return one vector per token: the mean of the states of the word pieces that it overlaps.

    Shape ``(n_tokens, dimension)``; zeros for a token beyond the encoder's limit.
    """
    vectors = np.zeros((len(tokens), encoded.states.shape[1]), dtype=np.float32)
    starts, ends = encoded.offsets[:, 0], encoded.offsets[:, 1]
    first = ends.searchsorted([token.start for token in tokens], side="right")
    last = starts.searchsorted([token.end for token in tokens], side="left")
    for row, (begin, stop) in enumerate(zip(first.tolist(), last.tolist(), strict=True)):
        if stop - begin == 1:
            vectors[row] = encoded.states[begin]
        elif stop > begin:
            vectors[row] = encoded.states[begin:stop].mean(axis=0)
    return vectors


class TokenStack:
    """Ridge regression over token states, from own, left and right state, intents and a constant to BIO labels."""

    def __init__(self, *, seed: int = 0) -> None:
        self.seed = seed

    def fit_transform(
        self, vectors: Sequence[FloatArray], intents: FloatArray, labels: Sequence[Sequence[str]]
    ) -> list[TokenClues]:
        """Fit on annotated utterances, and return features from ridge weights that did not see the utterance.

        `intents` are held-out confidences ``(n_utterances, n_intents)``; `labels` are BIO labels.
        """
        self.labels_ = tuple(sorted({label for row in labels for label in row}))
        column = {label: number for number, label in enumerate(self.labels_)}
        targets = [np.array([column[label] for label in row], dtype=np.intp) for row in labels]
        windows = [_windows(rows, row) for rows, row in zip(vectors, intents, strict=True)]
        folds = np.random.default_rng(self.seed).permutation(len(vectors)) % N_FOLDS
        grams, products = zip(*(self._moments(windows, targets, folds == fold) for fold in range(N_FOLDS)), strict=True)
        self.weights_ = _solve(sum(grams), sum(products))
        held_out = [_solve(sum(grams) - grams[fold], sum(products) - products[fold]) for fold in range(N_FOLDS)]
        return [self._clues(window @ held_out[fold]) for window, fold in zip(windows, folds, strict=True)]

    def transform(self, vectors: FloatArray, intents: FloatArray) -> TokenClues:
        """Return the features of one utterance, given the confidence of each intent, shape ``(n_intents,)``."""
        return self._clues(_windows(vectors, intents) @ self.weights_)

    def _moments(
        self, windows: Sequence[FloatArray], targets: Sequence[npt.NDArray[np.intp]], chosen: npt.NDArray[np.bool_]
    ) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
        X = np.concatenate([window for window, use in zip(windows, chosen, strict=True) if use] or [windows[0][:0]])
        y = np.concatenate([target for target, use in zip(targets, chosen, strict=True) if use] or [targets[0][:0]])
        product = np.stack([X[y == column].sum(axis=0) for column in range(len(self.labels_))], axis=1)
        return (X.T @ X).astype(np.float64), product.astype(np.float64)

    def _clues(self, scores: FloatArray) -> TokenClues:
        n_tokens = len(scores)
        own: list[list[str]] = [[] for _ in range(n_tokens)]
        shared: list[list[str]] = [[] for _ in range(n_tokens)]
        if n_tokens == 0:
            return TokenClues(own, shared)
        order = (-scores).argsort(axis=1)[:, :_TOP]
        levels = _SCORE_BINS.searchsorted(scores, side="right").tolist()
        outside = self.labels_.index("O") if "O" in self.labels_ else None
        for row, columns in enumerate(order.tolist()):
            names, level = [self.labels_[column] for column in columns], levels[row]
            shared[row].append(f"r={names[0]}")
            own[row] += [f"r{rank}={self.labels_[column]}{level[column]}" for rank, column in enumerate(columns)]
            own[row].append(f"rr={'|'.join(names[:2])}")
            if outside is not None:
                own[row].append(f"ro={level[outside]}")
        return TokenClues(own, shared)

    def to_parts(self) -> tuple[dict[str, Any], dict[str, npt.NDArray[Any]]]:
        """Return settings for JSON and arrays for NPZ."""
        return {"labels": self.labels_, "seed": self.seed}, {"stack_weights": self.weights_}

    @classmethod
    def from_parts(cls, settings: dict[str, Any], arrays: dict[str, npt.NDArray[Any]]) -> Self:
        """Rebuild from the result of `to_parts`."""
        stack = cls(seed=settings["seed"])
        stack.labels_ = tuple(settings["labels"])
        stack.weights_ = arrays["stack_weights"].astype(np.float32)
        return stack


def _windows(vectors: FloatArray, intents: FloatArray) -> FloatArray:
    """Put left and right neighbour, the intents and a constant beside each vector."""
    n_tokens, dimension = vectors.shape
    window = np.zeros((n_tokens, 3 * dimension + len(intents) + 1), dtype=np.float32)
    window[:, :dimension] = vectors
    window[1:, dimension : 2 * dimension] = vectors[:-1]
    window[:-1, 2 * dimension : 3 * dimension] = vectors[1:]
    window[:, 3 * dimension : -1] = intents
    window[:, -1] = 1.0
    return window


def _solve(gram: Any, product: Any) -> FloatArray:
    weights: FloatArray = np.linalg.solve(gram + RIDGE * np.eye(len(gram)), product).astype(np.float32)
    return weights
