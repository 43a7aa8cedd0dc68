"""What the classifier says of its training rows, each held out of the fit that it is shown to."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.floating]
LabelArray = npt.NDArray[np.intp]


@dataclass(frozen=True)
class HeldOut:
    """What a classifier says of rows it was not trained on.

    Attributes
    ----------
    decisions
        Shape ``(n_utterances, n_intents)``.
    closeness
        How near the nearest kind of known utterances is, about 0 to 1; zeros without an encoder.
        Shape ``(n_utterances,)``.
    labels
        Column of the right intent. Shape ``(n_utterances,)``.
    folds
        Fold that each row was held out in. Shape ``(n_utterances,)``.
    accuracy
        Share of rows whose highest decision is the right one, in [0, 1].
    """

    decisions: FloatArray
    closeness: FloatArray
    labels: LabelArray
    folds: LabelArray
    accuracy: float

    @property
    def is_known(self) -> npt.NDArray[np.bool_]:
        """Tell which rows were shown to a model that knew their intent; an intent's only row never is."""
        known: npt.NDArray[np.bool_] = np.isfinite(self.decisions[np.arange(len(self.labels)), self.labels])
        return known
