"""What tests of trained models share: the real encoder, built once a session."""

from pathlib import Path

import pytest

from pipelines.nlu.encoder.build import find_encoder
from pipelines.nlu.encoder.encoder import SentenceEncoder


@pytest.fixture(scope="session")
def real_encoder(tmp_path_factory: pytest.TempPathFactory) -> SentenceEncoder:
    """Give the encoder that ships."""
    folder: Path = tmp_path_factory.mktemp("encoders")
    encoder = find_encoder("auto", cache=folder)
    assert encoder is not None
    return encoder
