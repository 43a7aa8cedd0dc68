"""Settings of the intent classifier, by the amount of training data."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from pipelines.nlu.intents.prototypes import KERNEL_GAIN, PROTOTYPES

FEW_EXAMPLES = 32
"""Median examples per intent below which the prototypes (then mostly the examples themselves) get twice the weight."""


@dataclass(frozen=True)
class Regime:
    """How to fit the classifier on a given amount of data."""

    name: str  # for the run's record
    prototype_weight: float  # of the prototypes' decision; the linear one has weight 1
    learns_names: bool
    """Whether to add each intent's name as one more example: worth 0.6 points at ten examples per intent, 3.6 at three
    (BANKING77, held out in training)."""
    C_grid: tuple[float, ...]
    """Inverse regularisation strengths to cross-validate; the first is the default."""


@dataclass(frozen=True)
class Tuning:
    """Hyper-parameters of the intent classifier, with defaults that suit most data."""

    C: float | None = None  # inverse regularisation strength; None: cross-validated on the regime's grid
    prototype_weight: float | None = None  # of the prototypes' decision, the linear one's being 1; None: the regime's
    n_prototypes: int = PROTOTYPES  # maximum per intent
    kernel_gain: float = KERNEL_GAIN  # sharpness of the prototypes' kernel, in units of the data's own spread
    sentence_weight: float = 1.0  # of the sentence vector against the words and characters
    min_document_count: int | None = None  # training texts that must contain an n-gram; None: by the number of texts


SPARSE_ALONE = Regime("sparse features alone", 0.0, False, (0.5, 0.3, 1.0))
FEW_SHOT = Regime("few examples", 3.0, True, (0.3, 0.1, 1.0))
FULL = Regime("many examples", 1.5, False, (0.3, 0.1, 1.0))
REGIME_BY_NAME = {regime.name: regime for regime in (SPARSE_ALONE, FEW_SHOT, FULL)}


def choose_regime(labels: Sequence[str], *, has_encoder: bool) -> Regime:
    """Choose by the median number of examples per intent."""
    if not has_encoder:
        return SPARSE_ALONE
    return FULL if np.median(list(Counter(labels).values())) >= FEW_EXAMPLES else FEW_SHOT
