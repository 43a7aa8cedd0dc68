"""The out-of-scope score: how little an utterance looks like anything the bot was taught.

Two views, each standardised on held-out training rows and added up: how unlike the pattern of decisions is to the
patterns that known utterances give (an unknown wish is torn between the wrong intents), and how far the sentence vector
lies from the nearest kind of known utterances (`prototypes`).
"""

from typing import Any, Self

import numpy as np
import numpy.typing as npt

from pipelines.nlu.prototypes import cluster, unit

DECISION_CENTRES = 8
N_FOLDS = 3
_MIN_SPREAD = 1e-6

FloatArray = npt.NDArray[np.floating]
LabelArray = npt.NDArray[np.intp]


class OutOfScopeScore:
    """Scores how far an utterance is from the training data; higher is further out.

    Parameters
    ----------
    seed
        Seed of the clusters and of the folds.

    Attributes
    ----------
    centres_
        Typical directions of the decision vector. Shape ``(n_centres, n_intents)``, unit rows.
    means_, spreads_
        Mean and standard deviation of both views on held-out rows. Shape ``(2,)``.
    held_out_
        Scores of the training rows, each from a fit that did not see it; None after loading.
    """

    def __init__(self, *, seed: int = 0) -> None:
        self.seed = seed

    def fit(self, decisions: FloatArray, closeness: FloatArray, labels: LabelArray) -> Self:
        """Learn from the training rows.

        Parameters
        ----------
        decisions
            Held-out decisions of the classifier. Shape ``(n, n_intents)``; ``-inf`` where an intent was unknown.
        closeness
            Held-out closeness to the nearest kind of utterances. Shape ``(n,)``; zeros without an encoder.
        labels
            Column of the right intent. Shape ``(n,)``.

        Returns
        -------
        OutOfScopeScore
            This object.
        """
        patterns = unit(_finite(decisions))
        folds = np.random.default_rng(self.seed).permutation(len(labels)) % N_FOLDS
        nearness = np.zeros(len(labels))
        for fold in np.unique(folds):
            train = folds != fold if len(np.unique(folds)) > 1 else folds == fold
            centres = self._centres(patterns[train], labels[train])
            nearness[folds == fold] = (patterns[folds == fold] @ centres.T).max(axis=1)
        views = np.stack([nearness, closeness], axis=1)
        self.means_, self.spreads_ = views.mean(axis=0), np.maximum(views.std(axis=0), _MIN_SPREAD)
        self.held_out_: FloatArray | None = self._combine(views)
        self.centres_ = self._centres(patterns, labels).astype(np.float32)
        return self

    def score(self, decisions: FloatArray, closeness: float) -> float:
        """Score one utterance by its decisions, shape ``(n_intents,)``, and its closeness to known kinds."""
        return float(self._combine(self.views(decisions, closeness)[None, :])[0])

    def views(self, decisions: FloatArray, closeness: float) -> FloatArray:
        """Give both views of one utterance before they are standardised. Shape ``(2,)``."""
        nearness = (self.centres_ @ (decisions / max(float(np.sqrt(decisions @ decisions)), _MIN_SPREAD))).max()
        return np.array([nearness, closeness])

    def _centres(self, patterns: FloatArray, labels: LabelArray) -> FloatArray:
        parts = [cluster(patterns[labels == intent], DECISION_CENTRES, seed=self.seed) for intent in np.unique(labels)]
        return np.concatenate(parts)

    def _combine(self, views: FloatArray) -> FloatArray:
        combined: FloatArray = -((views - self.means_) / self.spreads_).sum(axis=1)
        return combined

    def to_parts(self) -> tuple[dict[str, Any], dict[str, npt.NDArray[Any]]]:
        """Give what a file needs: settings for JSON, arrays for NPZ."""
        settings = {"seed": self.seed, "means": self.means_.tolist(), "spreads": self.spreads_.tolist()}
        return settings, {"scope_centres": self.centres_}

    @classmethod
    def from_parts(cls, settings: dict[str, Any], arrays: dict[str, npt.NDArray[Any]]) -> Self:
        """Rebuild from what `to_parts` gave."""
        scope = cls(seed=settings["seed"])
        scope.means_, scope.spreads_ = np.array(settings["means"]), np.array(settings["spreads"])
        scope.centres_ = arrays["scope_centres"].astype(np.float32)
        scope.held_out_ = None
        return scope


def _finite(decisions: FloatArray) -> FloatArray:
    """Put each row's least known decision where an intent was unknown; zeros where none was known."""
    least = np.where(np.isfinite(decisions), decisions, np.inf).min(axis=1, keepdims=True)
    least[~np.isfinite(least)] = 0.0
    return np.where(np.isfinite(decisions), decisions, least)
