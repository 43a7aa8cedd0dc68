"""The encoder that ships, as the tagger and the classifier rely on it."""

import numpy as np
import pytest

from pipelines.nlu.encoder.encoder import SentenceEncoder

pytestmark = pytest.mark.model

TEXTS = ("track order ORD-1042", "x", "", "na\u00efve \U0001f600 stra\u00dfe", "word " * 300)


@pytest.mark.parametrize("text", TEXTS)
def test_encode_gives_a_state_for_each_piece_of_the_text_alone(real_encoder: SentenceEncoder, text: str) -> None:
    encoded = real_encoder.encode(text)
    assert encoded.states.shape == (len(encoded.offsets), real_encoder.dimension)
    assert np.all(encoded.offsets[:, 1] > encoded.offsets[:, 0])
    assert np.all(np.diff(encoded.offsets[:, 0]) >= 0)
    assert np.linalg.norm(encoded.sentence) == pytest.approx(1.0, abs=1e-6)
