"""The out-of-scope score: how little an utterance looks like anything the bot was taught.

Four views, each standardised on held-out training rows and added up with equal weights:

- how unlike the pattern of decisions is to the patterns that known utterances give (an unknown wish is torn between the
  wrong intents),
- how far the sentence vector lies from the nearest kind of known utterances (`prototypes`),
- how small the likeliest intent's lead is, by the standards of that intent,
- how few of the words are used by that intent's examples (`coverage`).

AUROC with a third of the intents left out of the training part and a sixth of the other rows held out, mean of 6
draws, BANKING77 / HWU64: the first two views .930 / .897, with the third .934 / .906, with all four .939 / .910 (spread
from draw to draw .007). Weights fitted on intents that were left out on purpose came out no better (they learn how a
model of fewer intents errs), and four more views, chosen on the same draws out of thirty, gained .006 / .001.
"""

from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from pipelines.nlu.prototypes import cluster, unit

DECISION_CENTRES = 8
N_FOLDS = 3
USUAL_ROWS = 20.0
"""Rows of a usual intent that are added to each intent's own: a few rows make no standard of their own."""
_MIN_SPREAD = 0.02
"""Least standard deviation of a view: one that is the same on all training rows says little about how far is far."""
_TINY = 1e-6

FloatArray = npt.NDArray[np.floating]
LabelArray = npt.NDArray[np.intp]


@dataclass(frozen=True)
class Evidence:
    """What is known of training rows, each by a fit that did not see it.

    Attributes
    ----------
    decisions
        Of the classifier. Shape ``(n, n_intents)``; ``-inf`` where an intent was unknown.
    closeness
        To the nearest kind of utterances. Shape ``(n,)``; zeros without an encoder.
    leads
        Log odds of the likeliest intent. Shape ``(n,)``.
    coverage
        Share of the words that the likeliest intent's examples have. Shape ``(n,)``.
    labels
        Column of the right intent. Shape ``(n,)``.
    """

    decisions: FloatArray
    closeness: FloatArray
    leads: FloatArray
    coverage: FloatArray
    labels: LabelArray


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
    lead_means_, lead_spreads_
        Mean and standard deviation of the log odds where each intent is the likeliest. Shape ``(n_intents,)``.
    means_, spreads_
        Mean and standard deviation of the four views on held-out rows. Shape ``(4,)``.
    held_out_
        Scores of the training rows, each from a fit that did not see it; None after loading.
    """

    def __init__(self, *, seed: int = 0) -> None:
        self.seed = seed

    def fit(self, rows: Evidence) -> Self:
        """Learn from the training rows."""
        patterns = unit(_finite(rows.decisions))
        folds = np.random.default_rng(self.seed).permutation(len(rows.labels)) % N_FOLDS
        nearness = np.zeros(len(rows.labels))
        for fold in np.unique(folds):
            train = folds != fold if len(np.unique(folds)) > 1 else folds == fold
            centres = self._centres(patterns[train], rows.labels[train])
            nearness[folds == fold] = (patterns[folds == fold] @ centres.T).max(axis=1)
        tops = rows.decisions.argmax(axis=1)
        self._fit_leads(rows.leads, tops, rows.decisions.shape[1])
        leads = (rows.leads - self.lead_means_[tops]) / self.lead_spreads_[tops]
        views = np.stack([nearness, rows.closeness, leads, rows.coverage], axis=1)
        self.means_, self.spreads_ = views.mean(axis=0), np.maximum(views.std(axis=0), _MIN_SPREAD)
        self.held_out_: FloatArray | None = self._combine(views)
        self.centres_ = self._centres(patterns, rows.labels).astype(np.float32)
        return self

    def score(self, views: FloatArray) -> float:
        """Score one utterance by its views."""
        return float(self._combine(views[None, :])[0])

    def views(
        self, decisions: FloatArray, *, intent: int, lead: float, closeness: float, coverage: float
    ) -> FloatArray:
        """Give the views of one utterance before they are standardised.

        Parameters
        ----------
        decisions
            Of the classifier. Shape ``(n_intents,)``.
        intent
            Column of the likeliest intent.
        lead
            Its log odds.
        closeness
            To the nearest kind of known utterances.
        coverage
            Share of the words that the intent's examples have.

        Returns
        -------
        FloatArray
            Shape ``(4,)``.
        """
        nearness = (self.centres_ @ (decisions / max(float(np.sqrt(decisions @ decisions)), _TINY))).max()
        relative_lead = (lead - self.lead_means_[intent]) / self.lead_spreads_[intent]
        return np.array([nearness, closeness, relative_lead, coverage])

    def _fit_leads(self, leads: FloatArray, tops: LabelArray, n_intents: int) -> None:
        """Learn how far ahead each intent usually is: an easy intent's usual lead is a hard one's best."""
        weights = np.bincount(tops, minlength=n_intents) + USUAL_ROWS
        sums = np.bincount(tops, weights=leads, minlength=n_intents)
        self.lead_means_ = (sums + USUAL_ROWS * leads.mean()) / weights
        squares = np.bincount(tops, weights=(leads - self.lead_means_[tops]) ** 2, minlength=n_intents)
        self.lead_spreads_ = np.maximum(np.sqrt((squares + USUAL_ROWS * leads.var()) / weights), _MIN_SPREAD)

    def _centres(self, patterns: FloatArray, labels: LabelArray) -> FloatArray:
        parts = [cluster(patterns[labels == intent], DECISION_CENTRES, seed=self.seed) for intent in np.unique(labels)]
        return np.concatenate(parts)

    def _combine(self, views: FloatArray) -> FloatArray:
        combined: FloatArray = -((views - self.means_) / self.spreads_).sum(axis=1)
        return combined

    def to_parts(self) -> tuple[dict[str, Any], dict[str, npt.NDArray[Any]]]:
        """Give what a file needs: settings for JSON, arrays for NPZ."""
        settings = {"seed": self.seed, "means": self.means_.tolist(), "spreads": self.spreads_.tolist()}
        return settings, {
            "scope_centres": self.centres_,
            "scope_lead_means": self.lead_means_,
            "scope_lead_spreads": self.lead_spreads_,
        }

    @classmethod
    def from_parts(cls, settings: dict[str, Any], arrays: dict[str, npt.NDArray[Any]]) -> Self:
        """Rebuild from what `to_parts` gave."""
        scope = cls(seed=settings["seed"])
        scope.means_, scope.spreads_ = np.array(settings["means"]), np.array(settings["spreads"])
        scope.centres_ = arrays["scope_centres"].astype(np.float32)
        scope.lead_means_, scope.lead_spreads_ = arrays["scope_lead_means"], arrays["scope_lead_spreads"]
        scope.held_out_ = None
        return scope


def _finite(decisions: FloatArray) -> FloatArray:
    """Put each row's least known decision where an intent was unknown; zeros where none was known."""
    least = np.where(np.isfinite(decisions), decisions, np.inf).min(axis=1, keepdims=True)
    least[~np.isfinite(least)] = 0.0
    return np.where(np.isfinite(decisions), decisions, least)
