"""The classifier's cross-validated output on its training rows."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.floating]
LabelArray = npt.NDArray[np.intp]


@dataclass(frozen=True)
class HeldOut:
    """Classifier output on rows it was not trained on."""

    decisions: FloatArray  # (n_utterances, n_intents)
    similarity: FloatArray  # (n_utterances,), to the nearest cluster, about 0 to 1; zeros without an encoder
    labels: LabelArray  # (n_utterances,), column of the right intent
    folds: LabelArray  # (n_utterances,), fold in which each row was held out
    accuracy: float  # share of rows whose highest decision is the right one

    @property
    def is_known(self) -> npt.NDArray[np.bool_]:
        """Which rows met a model that knew their intent; an intent's only row never does."""
        known: npt.NDArray[np.bool_] = np.isfinite(self.decisions[np.arange(len(self.labels)), self.labels])
        return known
