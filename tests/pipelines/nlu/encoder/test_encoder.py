import numpy as np
import pytest

from pipelines.nlu.encoder.encoder import _own_tokens


@pytest.mark.parametrize(
    "is_special", [[1, 0, 0, 1], [0, 0], [1, 1], [], [0, 1, 0], [1, 0, 1, 0, 1, 1], [0, 0, 1], [1, 0]]
)
def test_own_tokens_are_those_that_are_not_special(is_special: list[int]) -> None:
    numbers = np.arange(len(is_special))
    assert numbers[_own_tokens(is_special)].tolist() == [i for i, special in enumerate(is_special) if not special]
