"""Judges how far the classifier's first choice can be trusted: its confidence, and the out-of-scope score."""

from collections.abc import Sequence
from typing import Any, NamedTuple, Self

import numpy as np
import numpy.typing as npt

from pipelines.nlu.calibration import TopConfidence, fit_top_confidence, log_odds, share_out
from pipelines.nlu.coverage import WordCoverage, held_out_shares
from pipelines.nlu.features import Utterance
from pipelines.nlu.intents import IntentClassifier
from pipelines.nlu.out_of_scope import Evidence, OutOfScopeScore
from pipelines.nlu.sparse import word_ngrams
from pipelines.nlu.thresholds import Judged

NOTHING_KNOWN = 100.0
"""Out-of-scope score of a text in which no word or character n-gram is known: above any limit that training fits."""

FloatArray = npt.NDArray[np.floating]


class Judgement(NamedTuple):
    """What is thought of one utterance.

    Attributes
    ----------
    probabilities
        Of each intent if one of them is meant. Shape ``(n_intents,)``; they sum to 1.
    confidences
        Probability that each intent is right, in the same order of rank. Shape ``(n_intents,)``; what their sum
        leaves to 1 is the chance that none of them is.
    out_of_scope
        How little it looks like the training data.
    """

    probabilities: FloatArray
    confidences: FloatArray
    out_of_scope: float


class Judge:
    """Knows how far to trust a classifier.

    Parameters
    ----------
    seed
        Seed of the out-of-scope score.

    Attributes
    ----------
    scope_
        The out-of-scope score.
    coverage_
        Which words the examples of which intent have.
    confidence_
        From lead and score to a probability.
    held_out_
        Judgement of the training rows whose intent was known to the fit that did not see them; None after loading.
    """

    def __init__(self, *, seed: int = 0) -> None:
        self.seed = seed

    def fit(self, classifier: IntentClassifier, texts: Sequence[str], words: Any, *, min_count: int) -> Self:
        """Learn from what the classifier says of its training rows, each held out.

        Parameters
        ----------
        classifier
            Just fitted.
        texts
            The training utterances, as the features read them.
        words
            Their known word n-grams, CSR matrix of shape ``(n, n_ngrams)``.
        min_count
            Training utterances that must have an n-gram for it to be known.

        Returns
        -------
        Judge
            This object.
        """
        held_out = classifier.held_out
        labels, tops = held_out.labels, held_out.decisions.argmax(axis=1)
        n_ngrams = np.array([_n_ngrams(text) for text in texts], dtype=np.intp)
        leads = log_odds(classifier.held_out_confidences().max(axis=1))
        coverage = held_out_shares(words, n_ngrams, labels, tops, held_out.folds, min_count=min_count)
        evidence = Evidence(held_out.decisions, held_out.closeness, leads, coverage, labels)
        self.coverage_ = WordCoverage().fit(words, labels, n_intents=len(classifier.intents_))
        self.scope_ = OutOfScopeScore(seed=self.seed).fit(evidence)
        assert self.scope_.held_out_ is not None  # noqa: S101  set by fit
        known = held_out.is_known
        leads, scores, correct = leads[known], self.scope_.held_out_[known], (tops == labels)[known]
        self.confidence_ = fit_top_confidence(leads, scores, correct)
        self.held_out_: Judged | None = Judged(self.confidence_.probability(leads, scores), scores, correct)
        return self

    def judge(self, classifier: IntentClassifier, utterance: Utterance) -> Judgement:
        """Judge one utterance by the classifier that this was fitted with."""
        decisions, closeness = classifier.decide(utterance.sparse, utterance.sentence)
        probabilities = classifier.calibrate(utterance.sparse, decisions)
        views, lead = self._views(utterance, decisions, closeness, probabilities)
        is_unread = utterance.encoded is None and not len(utterance.sparse.columns)
        score = NOTHING_KNOWN if is_unread else self.scope_.score(views)
        top = float(self.confidence_.probability(lead, score))
        return Judgement(probabilities, share_out(probabilities, top), score)

    def views(self, classifier: IntentClassifier, utterance: Utterance) -> FloatArray:
        """Give the views on what is out of scope, before they are standardised. Shape ``(4,)``."""
        decisions, closeness = classifier.decide(utterance.sparse, utterance.sentence)
        return self._views(utterance, decisions, closeness, classifier.calibrate(utterance.sparse, decisions))[0]

    def _views(
        self, utterance: Utterance, decisions: FloatArray, closeness: float, probabilities: FloatArray
    ) -> tuple[FloatArray, FloatArray]:
        intent = int(probabilities.argmax())
        lead = log_odds(probabilities[intent])
        coverage = self.coverage_.share(utterance.sparse.columns, _n_ngrams(utterance.read_as), intent=intent)
        views = self.scope_.views(decisions, intent=intent, lead=float(lead), closeness=closeness, coverage=coverage)
        return views, lead

    def to_parts(self) -> tuple[dict[str, Any], dict[str, npt.NDArray[Any]]]:
        """Give what a file needs: settings for JSON, arrays for NPZ."""
        scope, arrays = self.scope_.to_parts()
        settings = {"seed": self.seed, "scope": scope, "confidence": self.confidence_._asdict()}
        return settings, {**arrays, **self.coverage_.to_parts()}

    @classmethod
    def from_parts(cls, settings: dict[str, Any], arrays: dict[str, npt.NDArray[Any]]) -> Self:
        """Rebuild from what `to_parts` gave."""
        judge = cls(seed=settings["seed"])
        judge.scope_ = OutOfScopeScore.from_parts(settings["scope"], arrays)
        judge.coverage_ = WordCoverage.from_parts(arrays)
        judge.confidence_ = TopConfidence(**settings["confidence"])
        judge.held_out_ = None
        return judge


def _n_ngrams(text: str) -> int:
    return len(set(word_ngrams(text)))
