"""Which words the examples of which intent use."""

import numpy as np
import pytest
from scipy.sparse import csr_matrix

from pipelines.nlu.intents.coverage import WordCoverage, held_out_shares

LABELS = np.array([0, 0, 1, 1, 9, 9], dtype=np.intp)
WORDS = csr_matrix(
    np.array([[1, 1, 0, 0], [1, 0, 1, 0], [0, 0, 1, 1], [0, 1, 0, 1], [0, 0, 0, 1], [0, 0, 0, 1]], dtype=np.float32)
)


@pytest.fixture
def coverage() -> WordCoverage:
    return WordCoverage().fit(WORDS, LABELS, n_intents=10)


@pytest.mark.parametrize(
    ("columns", "n_ngrams", "intent", "share"),
    [
        ([0, 1], 2, 0, 1.0),
        ([0, 3], 2, 0, 0.5),
        ([0, 3], 4, 0, 0.25),
        ([0, 3], 2, 9, 0.5),
        ([0, 1, 2, 3], 4, 5, 0.0),
        ([], 3, 1, 0.0),
        ([], 0, 1, 0.0),
        ([3, 4, 700], 1, 1, 1.0),
    ],
)
def test_share_counts_the_words_of_the_intent(
    coverage: WordCoverage, columns: list[int], n_ngrams: int, intent: int, share: float
) -> None:
    """Intents beyond the eighth lie in the next byte; columns beyond the words are characters."""
    assert coverage.share(np.array(columns, dtype=np.int32), n_ngrams, intent=intent) == share


def test_share_is_the_same_after_loading(coverage: WordCoverage) -> None:
    again = WordCoverage.from_parts(coverage.to_parts())
    assert again.share(np.array([0, 3]), 2, intent=9) == 0.5


@pytest.mark.parametrize(
    ("min_count", "expected"), [(1, [0.5, 0.5, 0.5, 0.5, 1.0, 1.0]), (2, [0.0, 0, 0.5, 0.5, 1, 1])]
)
def test_held_out_shares_know_nothing_of_the_row_itself(min_count: int, expected: list[float]) -> None:
    folds = np.array([0, 1, 0, 1, 0, 1], dtype=np.intp)
    n_ngrams = np.array([2, 2, 2, 2, 1, 1], dtype=np.intp)
    shares = held_out_shares(WORDS, n_ngrams, LABELS, LABELS, folds, min_count=min_count)
    assert shares.tolist() == expected


def test_held_out_shares_of_a_single_row_are_none() -> None:
    one = np.zeros(1, dtype=np.intp)
    assert held_out_shares(WORDS[:1], one + 2, one, one, one, min_count=1).tolist() == [0.0]
