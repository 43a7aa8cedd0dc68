"""The linear classifier, from one intent with one example upwards."""

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.svm import LinearSVC

from pipelines.nlu.features.sparse import SparseFeatures, SparseVector
from pipelines.nlu.intents.calibration import DEFAULT_SCALE
from pipelines.nlu.intents.classifier import IntentClassifier
from pipelines.nlu.intents.linear import stratified_folds
from pipelines.nlu.intents.regimes import FEW_SHOT, Tuning

NO_FEATURES = SparseVector(np.zeros(0, dtype=np.int32), np.zeros(0, dtype=np.float32))


def fitted(rows: list[tuple[str, str]], *, C: float | None = 1.0) -> tuple[SparseFeatures, IntentClassifier]:
    features = SparseFeatures()
    X = features.fit_transform([text for text, _ in rows])
    return features, IntentClassifier(tuning=Tuning(C=C)).fit(X, [intent for _, intent in rows])


def colours(n_intents: int, n_examples: int) -> list[tuple[str, str]]:
    return [
        (f"thing{intent} colour{intent} number{example}", f"i{intent:02}")
        for intent in range(n_intents)
        for example in range(n_examples)
    ]


def test_fit_one_intent_is_certain_of_it() -> None:
    features, classifier = fitted([("hello", "greet"), ("hi there", "greet")])
    assert classifier.confidences(features.transform("hi")).tolist() == [1.0]
    assert classifier.confidences(NO_FEATURES).tolist() == [1.0]


def test_fit_one_single_example() -> None:
    _, classifier = fitted([("hello", "greet")])
    assert classifier.intents_ == ("greet",)
    assert classifier.scale_ == DEFAULT_SCALE


def test_fit_two_intents_has_a_boundary_for_each() -> None:
    features, classifier = fitted(
        [("hello you", "greet"), ("hi you", "greet"), ("stop it", "cancel"), ("end it", "cancel")]
    )
    decisions = classifier.decisions(features.transform("hello it"))
    assert decisions[0] == pytest.approx(-decisions[1], abs=1e-6)
    confidences = classifier.confidences(features.transform("hello you"))
    assert classifier.intents_[int(confidences.argmax())] == "greet"
    assert confidences.sum() == pytest.approx(1.0)


@pytest.mark.parametrize("n_examples", [1, 2])
def test_fit_one_or_two_examples_an_intent_learns_them(n_examples: int) -> None:
    features, classifier = fitted(colours(12, n_examples), C=None)
    for text, intent in colours(12, 1):
        confidences = classifier.confidences(features.transform(text))
        assert classifier.intents_[int(confidences.argmax())] == intent


def test_decisions_equal_those_of_sklearn() -> None:
    rows = colours(6, 5)
    features, classifier = fitted(rows)
    X = features.fit_transform([text for text, _ in rows])
    machine = LinearSVC(C=1.0, random_state=0).fit(X, [intent for _, intent in rows])
    for text, expected in zip([text for text, _ in rows], machine.decision_function(X), strict=True):
        assert np.allclose(
            classifier.decisions(features.transform(text)), expected, atol=1e-4
        )  # the solver's tolerance


def test_confidences_of_a_text_without_known_features_are_level() -> None:
    """Intercepts alone would be sure of the intent with the most examples, whatever was said."""
    _, classifier = fitted([*colours(3, 2), *((f"many {n} words", "i01") for n in range(20))])
    assert classifier.confidences(NO_FEATURES).tolist() == [1 / 3] * 3


def test_fit_chooses_a_regularisation_of_the_grid() -> None:
    _, classifier = fitted(colours(4, 6), C=None)
    assert classifier.C_ in (0.3, 0.5, 1.0)


def test_held_out_knows_rows_whose_intent_had_other_examples() -> None:
    _, classifier = fitted([*colours(5, 4), ("lonely thing", "i99")])
    assert classifier.held_out.is_known.sum() == 20
    assert np.isfinite(classifier.held_out_confidences()).all()


def test_held_out_one_example_an_intent_knows_none() -> None:
    _, classifier = fitted(colours(40, 1))
    assert not classifier.held_out.is_known.any()


def test_held_out_says_which_fold_each_row_was_in() -> None:
    _, classifier = fitted(colours(4, 5))
    assert sorted(np.bincount(classifier.held_out.folds).tolist()) == [4] * 5


def test_held_out_after_loading_says_why_not() -> None:
    _, classifier = fitted(colours(3, 3))
    with pytest.raises(ValueError, match="only after fit"):
        _ = IntentClassifier.from_parts(*classifier.to_parts()).held_out


def test_parts_survive_json_and_decide_the_same() -> None:
    features, classifier = fitted(colours(5, 3))
    settings, arrays = classifier.to_parts()
    again = IntentClassifier.from_parts(json.loads(json.dumps(settings)), arrays)
    vector = features.transform("thing3 number1 colour0")
    assert np.array_equal(classifier.confidences(vector), again.confidences(vector))
    assert again.intents_ == classifier.intents_


@pytest.mark.parametrize("weight", [None, FEW_SHOT.prototype_weight, 5.0])
def test_parts_hold_a_prototype_weight_that_is_not_the_regimes(weight: float | None) -> None:
    features = SparseFeatures()
    rows = colours(3, 4)
    X = features.fit_transform([text for text, _ in rows])
    sentences = np.eye(len(rows), 16, dtype=np.float32)
    tuning = Tuning(C=1.0, prototype_weight=weight, n_prototypes=2, kernel_gain=1.0, sentence_weight=2.0)
    classifier = IntentClassifier(tuning=tuning).fit(X, [intent for _, intent in rows], sentences=sentences)
    settings, arrays = classifier.to_parts()
    again = IntentClassifier.from_parts(json.loads(json.dumps(settings)), arrays)
    vector, sentence = features.transform("thing1 number3"), sentences[7]
    assert ("prototype_weight" in settings) == (weight == 5.0)
    assert np.array_equal(classifier.decisions(vector, sentence), again.decisions(vector, sentence))
    assert again.decisions(vector, sentence) == pytest.approx(sum(again.contributions(vector, sentence)), abs=1e-5)
    assert len(arrays["prototypes"]) == 6


def test_fit_sentence_weight_is_as_if_the_vectors_were_longer() -> None:
    features = SparseFeatures()
    rows = colours(2, 3)
    X = features.fit_transform([text for text, _ in rows])
    sentences = np.eye(len(rows), 8, dtype=np.float32)
    labels = [intent for _, intent in rows]
    weighed = IntentClassifier(tuning=Tuning(C=1.0, sentence_weight=2.0)).fit(X, labels, sentences=sentences)
    scaled = IntentClassifier(tuning=Tuning(C=1.0)).fit(X, labels, sentences=2.0 * sentences)
    assert np.array_equal(weighed.coefficients_, scaled.coefficients_)
    assert np.array_equal(weighed.dense_coefficients_, 2.0 * scaled.dense_coefficients_)


def test_fit_reports_progress_that_grows_to_one() -> None:
    shares: list[float] = []
    features = SparseFeatures()
    X = features.fit_transform(["a b", "c d"])
    IntentClassifier().fit(X, ["x", "y"], progress=lambda share, what: shares.append(share))
    assert shares == sorted(shares)
    assert shares[-1] == 1.0


@given(st.lists(st.integers(0, 6), min_size=1, max_size=60), st.integers(2, 6))
def test_stratified_folds_deal_each_label_out_evenly(labels: list[int], n_folds: int) -> None:
    y = np.array(labels, dtype=np.intp)
    folds = stratified_folds(y, n_folds=n_folds, seed=3)
    assert np.array_equal(folds, stratified_folds(y, n_folds=n_folds, seed=3))
    assert ((folds >= 0) & (folds < n_folds)).all()
    for label in set(labels):
        sizes = np.bincount(folds[y == label], minlength=n_folds)
        assert sizes.max() - sizes.min() <= 1
    sizes = np.bincount(folds, minlength=n_folds)
    assert sizes.max() - sizes.min() <= 1
