"""The own transform is scikit-learn's, number for number."""

import json
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.feature_extraction.text import TfidfVectorizer

from pipelines.nlu.features.sparse import (
    CHARACTER_NGRAMS,
    LONGEST_REMEMBERED,
    REMEMBERED_WORDS,
    SparseFeatures,
    character_ngrams,
    word_ngrams,
)
from pipelines.nlu.text import clean, has_content
from tests.support.texts import odd_texts

TRAINING = [
    "where is my order", "track order ORD-1042 please", "I want to buy 2 tents", "buy a tent, a TENT!", "stop that",
    "\u0130stanbul stra\u00dfe na\u00efve", "\u4f60\u597d \u4e16\u754c",
    "a b  c\t d\u00a0e", "x", "order order order", *odd_texts(300, seed=1),
]  # fmt: skip
TEXTS = [clean(text) for text in TRAINING if has_content(text)]


def sklearn_pair(*, min_df: int) -> tuple[Any, Any]:
    """Give scikit-learn's own word and character vectorizers, nothing of ours inside."""
    common: dict[str, Any] = {"sublinear_tf": True, "min_df": min_df, "dtype": np.float32}
    words = TfidfVectorizer(analyzer="word", ngram_range=(1, 2), token_pattern=r"(?u)\b\w+\b", **common)
    return words.fit(TEXTS), TfidfVectorizer(analyzer="char_wb", ngram_range=CHARACTER_NGRAMS, **common).fit(TEXTS)


def dense(features: SparseFeatures, text: str) -> np.ndarray:
    vector = features.transform(text)
    row = np.zeros(features.n_features, dtype=np.float32)
    row[vector.columns] = vector.weights
    return row


@pytest.mark.parametrize("min_df", [1, 2])
def test_transform_equals_sklearn_on_thousands_of_odd_texts(min_df: int) -> None:
    features = SparseFeatures(min_document_count=min_df)
    features.fit_transform(TEXTS)
    words, characters = sklearn_pair(min_df=min_df)
    assert features.words_.column_by_ngram_ == words.vocabulary_
    assert features.characters_.column_by_ngram_ == characters.vocabulary_
    texts = [clean(text) for text in odd_texts(4000, seed=2)] + TEXTS
    worst = 0.0
    for start in range(0, len(texts), 500):
        batch = texts[start : start + 500]
        expected = np.hstack([words.transform(batch).toarray(), characters.transform(batch).toarray()])
        worst = max(worst, float(np.abs(np.stack([dense(features, text) for text in batch]) - expected).max()))
    assert worst < 1e-6


WORDS, CHARACTERS = sklearn_pair(min_df=1)
FITTED = SparseFeatures()
FITTED_MATRIX = FITTED.fit_transform(TEXTS)


@given(st.text(st.characters(), max_size=80))
def test_transform_equals_sklearn_on_any_string(text: str) -> None:
    text = clean(text)
    expected = np.hstack([WORDS.transform([text]).toarray()[0], CHARACTERS.transform([text]).toarray()[0]])
    assert np.abs(dense(FITTED, text) - expected).max() < 1e-6


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=40))
def test_ngrams_are_those_of_sklearn(text: str) -> None:
    assert sorted(word_ngrams(text)) == sorted(WORDS.build_analyzer()(text))
    assert sorted(character_ngrams(text)) == sorted(CHARACTERS.build_analyzer()(text))


def test_fit_transform_gives_the_rows_that_transform_gives() -> None:
    rows = np.stack([dense(FITTED, text) for text in TEXTS])
    assert np.abs(rows - FITTED_MATRIX.toarray()).max() < 1e-6


def test_each_block_has_unit_length() -> None:
    row = dense(FITTED, "where is my order")
    split = len(FITTED.words_.idf_)
    assert np.linalg.norm(row[:split]) == pytest.approx(1.0, abs=1e-6)
    assert np.linalg.norm(row[split:]) == pytest.approx(1.0, abs=1e-6)


def test_text_without_a_known_ngram_has_no_features() -> None:
    assert len(FITTED.transform("").columns) == 0
    assert len(FITTED.transform("\u16a0\u16a1\u16a2").columns) == 0


def test_parts_survive_json_and_give_the_same_features() -> None:
    settings, arrays = FITTED.to_parts()
    again = SparseFeatures.from_parts(json.loads(json.dumps(settings)), arrays)
    for text in odd_texts(100, seed=3):
        before, after = FITTED.transform(clean(text)), again.transform(clean(text))
        assert np.array_equal(before.columns, after.columns)
        assert np.array_equal(before.weights, after.weights)


def test_fit_where_no_word_occurs_twice_keeps_all_words() -> None:
    texts = [f"\u4f60\u597d{chr(0x4E00 + number)}\u4e16\u754c" for number in range(50)]
    features = SparseFeatures(min_document_count=2)
    matrix = features.fit_transform(texts)
    assert len(features.words_.idf_) == 50
    assert 0 < len(features.characters_.idf_) < 250
    assert matrix.shape == (50, features.n_features)


def test_what_is_remembered_of_words_is_bounded_and_never_outlives_the_vocabulary() -> None:
    features = SparseFeatures()
    features.fit_transform(["one thing", "another thing"])
    for number in range(REMEMBERED_WORDS + 10):
        features.transform(f"thing{number} {number:0{LONGEST_REMEMBERED + 1}}")
    assert 0 < len(features._columns_by_word) <= REMEMBERED_WORDS
    assert max(map(len, features._columns_by_word)) <= LONGEST_REMEMBERED
    features.fit_transform(["thing1 alone"])
    again = SparseFeatures()
    again.fit_transform(["thing1 alone"])
    assert np.array_equal(dense(features, "thing1 thing2"), dense(again, "thing1 thing2"))
