"""How far to trust the classifier's top intent: its confidence, and the out-of-scope score."""

from collections.abc import Sequence
from typing import Any, NamedTuple, Self

import numpy as np
import numpy.typing as npt

from pipelines.nlu.features.features import Utterance
from pipelines.nlu.features.sparse import word_ngrams
from pipelines.nlu.intents.calibration import TopConfidence, fit_top_confidence, log_odds, with_top_probability
from pipelines.nlu.intents.classifier import IntentClassifier
from pipelines.nlu.intents.coverage import WordCoverage, held_out_shares
from pipelines.nlu.intents.out_of_scope import Evidence, OutOfScopeScore
from pipelines.nlu.intents.refusal import NOTHING_KNOWN
from pipelines.nlu.intents.thresholds import ScoredRows

FARTHEST = 99.0
"""Highest out-of-scope score of a text in which something is known."""

FloatArray = npt.NDArray[np.floating]


class IntentPrediction(NamedTuple):
    """Prediction for one utterance.

    `probabilities` is the softmax over the intents, given that one of them is meant. `confidences`, in the same order
    of rank, are the probabilities that each is right; what their sum lacks to 1 is the probability that none is. Both
    have shape ``(n_intents,)``. A higher `out_of_scope` is further from the training data. `similarity` is that to the
    nearest cluster of utterances, about 0 to 1; 0 without an encoder.
    """

    probabilities: FloatArray
    confidences: FloatArray
    out_of_scope: float
    similarity: float

    def with_nothing_known(self) -> Self:
        """Return the prediction for a text in which nothing is known: no intent is likelier than by chance."""
        top = min(float(self.confidences.max()), 1.0 / len(self.confidences))
        confidences = with_top_probability(self.confidences, top)
        return self._replace(confidences=confidences, out_of_scope=NOTHING_KNOWN)


class ConfidenceModel:
    """Estimates the probability that a classifier's top intent is right.

    `curve_` maps the lead and the out-of-scope score to that probability. `held_out_` are the predictions for the
    training rows whose intent the fit of the other folds knew; None after loading.
    """

    def __init__(self, *, seed: int = 0) -> None:
        self.seed = seed

    def fit(self, classifier: IntentClassifier, texts: Sequence[str], words: Any, *, min_count: int) -> Self:
        """Fit on the held-out output of a classifier that was just fitted.

        `texts` have their spelling corrected; `words` are their known word n-grams, a CSR matrix ``(n, n_ngrams)``. An
        n-gram is known from `min_count` training utterances on.
        """
        held_out = classifier.held_out
        labels, tops = held_out.labels, held_out.decisions.argmax(axis=1)
        n_ngrams = np.array([_n_ngrams(text) for text in texts], dtype=np.intp)
        leads = log_odds(classifier.held_out_confidences().max(axis=1))
        coverage = held_out_shares(words, n_ngrams, labels, tops, held_out.folds, min_count=min_count)
        evidence = Evidence(held_out.decisions, held_out.similarity, leads, coverage, labels)
        self.coverage_ = WordCoverage().fit(words, labels, n_intents=len(classifier.intents_))
        self.scope_ = OutOfScopeScore(seed=self.seed).fit(evidence)
        assert self.scope_.held_out_ is not None  # noqa: S101  set by fit
        known = held_out.is_known
        leads, scores, correct = leads[known], self.scope_.held_out_[known], (tops == labels)[known]
        self.curve_ = fit_top_confidence(leads, scores, correct)
        self.held_out_: ScoredRows | None = ScoredRows(self.curve_.probability(leads, scores), scores, correct)
        return self

    def predict(self, classifier: IntentClassifier, utterance: Utterance) -> IntentPrediction:
        """Predict for one utterance; `classifier` is the one this was fitted with."""
        decisions, similarity = classifier.decide(utterance.sparse, utterance.sentence)
        probabilities = classifier.calibrate(utterance.sparse, decisions)
        signals, lead = self._signals(utterance, decisions, similarity, probabilities)
        is_unread = utterance.encoded is None and not len(utterance.sparse.columns)
        score = NOTHING_KNOWN if is_unread else min(self.scope_.score(signals), FARTHEST)
        top = float(self.curve_.probability(lead, score))
        return IntentPrediction(probabilities, with_top_probability(probabilities, top), score, similarity)

    def signals(self, classifier: IntentClassifier, utterance: Utterance) -> FloatArray:
        """Return the out-of-scope signals before standardisation. Shape ``(4,)``."""
        decisions, similarity = classifier.decide(utterance.sparse, utterance.sentence)
        return self._signals(utterance, decisions, similarity, classifier.calibrate(utterance.sparse, decisions))[0]

    def _signals(
        self, utterance: Utterance, decisions: FloatArray, similarity: float, probabilities: FloatArray
    ) -> tuple[FloatArray, FloatArray]:
        intent = int(probabilities.argmax())
        lead = log_odds(probabilities[intent])
        coverage = self.coverage_.share(utterance.sparse.columns, _n_ngrams(utterance.read_as), intent=intent)
        signals = self.scope_.signals(
            decisions, intent=intent, lead=float(lead), similarity=similarity, coverage=coverage
        )
        return signals, lead

    def to_parts(self) -> tuple[dict[str, Any], dict[str, npt.NDArray[Any]]]:
        """Return settings for JSON and arrays for NPZ."""
        scope, arrays = self.scope_.to_parts()
        settings = {"seed": self.seed, "scope": scope, "confidence": self.curve_._asdict()}
        return settings, {**arrays, **self.coverage_.to_parts()}

    @classmethod
    def from_parts(cls, settings: dict[str, Any], arrays: dict[str, npt.NDArray[Any]]) -> Self:
        """Rebuild from the result of `to_parts`."""
        model = cls(seed=settings["seed"])
        model.scope_ = OutOfScopeScore.from_parts(settings["scope"], arrays)
        model.coverage_ = WordCoverage.from_parts(arrays)
        model.curve_ = TopConfidence(**settings["confidence"])
        model.held_out_ = None
        return model


def _n_ngrams(text: str) -> int:
    return len(set(word_ngrams(text)))
