"""How the intent classifier is fitted, by how much there is to learn from."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from pipelines.nlu.prototypes import KERNEL_GAIN, PROTOTYPES

FEW_EXAMPLES = 32
"""Median examples an intent below which the prototypes, then the examples themselves, are trusted twice as much."""


@dataclass(frozen=True)
class Regime:
    """How the classifier is fitted, chosen by how many examples there are.

    Attributes
    ----------
    name
        For the record of the run.
    prototype_weight
        Weight of the prototypes' decision beside the linear one's.
    learns_names
        Whether each intent's name is worth learning as one more example: 0.6 points at ten examples an intent, 3.6 at
        three (BANKING77, held out in training).
    C_grid
        Inverse regularisation strengths to choose from by cross-validation, the first one by default.
    """

    name: str
    prototype_weight: float
    learns_names: bool
    C_grid: tuple[float, ...]


@dataclass(frozen=True)
class Tuning:
    """What of the intent classifier is free to choose, as a search does; by default what suits most data.

    Attributes
    ----------
    C
        Inverse regularisation strength. None: from the regime's grid, by cross-validation.
    prototype_weight
        Weight of the prototypes' decision beside the linear one's. None: the regime's.
    n_prototypes
        Prototypes an intent, at most.
    kernel_gain
        Sharpness of the prototypes' kernel, in units of the data's own spread.
    sentence_weight
        Weight of the sentence vector beside the words and characters.
    min_document_count
        Training texts that must have an n-gram. None: by the number of texts.
    """

    C: float | None = None
    prototype_weight: float | None = None
    n_prototypes: int = PROTOTYPES
    kernel_gain: float = KERNEL_GAIN
    sentence_weight: float = 1.0
    min_document_count: int | None = None


SPARSE_ALONE = Regime("sparse features alone", 0.0, False, (0.5, 0.3, 1.0))
FEW_SHOT = Regime("few examples", 3.0, True, (0.3, 0.1, 1.0))
FULL = Regime("many examples", 1.5, False, (0.3, 0.1, 1.0))
REGIME_BY_NAME = {regime.name: regime for regime in (SPARSE_ALONE, FEW_SHOT, FULL)}


def choose_regime(labels: Sequence[str], *, has_encoder: bool) -> Regime:
    """Choose how to fit by the median number of examples an intent."""
    if not has_encoder:
        return SPARSE_ALONE
    return FULL if np.median(list(Counter(labels).values())) >= FEW_EXAMPLES else FEW_SHOT
