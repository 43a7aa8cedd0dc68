"""What tests of trained models share: the real encoder, built once a session."""

from pathlib import Path

import pytest

from pipelines.nlu.encoder import SentenceEncoder
from pipelines.nlu.encoder_build import find_encoder


@pytest.fixture(scope="session")
def real_encoder(tmp_path_factory: pytest.TempPathFactory) -> SentenceEncoder:
    """Give the encoder that ships."""
    folder: Path = tmp_path_factory.mktemp("encoders")
    encoder = find_encoder("auto", cache=folder)
    assert encoder is not None
    return encoder
