"""Step 4, optional: search hyper-parameters of the intent classifier that beat the defaults.

Scikit-learn's search, with candidates drawn at random and cross-validated on the training part; near-duplicates are
never on both sides of a fold. joblib spreads the fits over this machine's processors or a Dask cluster: same folds,
seeds and code, hence the same best candidate. Texts are featurised once, the encoder's pass included, not per
candidate.
"""

import math
import time
import warnings
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from sklearn.model_selection import GridSearchCV, ParameterGrid, ParameterSampler, StratifiedGroupKFold

from pipelines.cluster import open_cluster, workers_expected
from pipelines.errors import DataRejected
from pipelines.nlu.encoder.build import find_encoder
from pipelines.nlu.features.augmentation import varied_copies
from pipelines.nlu.features.features import Featurizer, stack_sentences, usual_document_count
from pipelines.nlu.features.rows import learnable_rows, names_as_texts
from pipelines.nlu.intents.regimes import Regime, Tuning, choose_regime
from pipelines.nlu.text import clean
from pipelines.progress import Progress, part
from pipelines.schemas.bot import BotFile
from pipelines.schemas.examples import Example
from pipelines.schemas.training import TrainParams
from pipelines.steps.data.frame import to_examples
from pipelines.steps.data.split import wording_key
from pipelines.steps.training.estimator import DOCUMENT_COUNTS, IntentMachine, Layout, feature_matrix

N_FOLDS = 5
WORDS_SPACE: dict[str, tuple[float, ...]] = {
    "C": (0.05, 0.1, 0.2, 0.3, 0.5, 1.0, 2.0),
    "min_document_count": DOCUMENT_COUNTS,
}
"""Search space for words and characters alone."""
SENTENCE_SPACE: dict[str, tuple[float, ...]] = {
    "prototype_weight": (0.5, 1.0, 1.5, 2.0, 3.0, 5.0),
    "n_prototypes": (8, 16, 32, 64),
    "kernel_gain": (1.0, 1.5, 2.0, 3.0),
    "sentence_weight": (0.5, 0.7, 1.0, 1.4, 2.0),
}
"""Added to the search space if there is an encoder."""


@dataclass(frozen=True)
class SearchResult:
    """The outcome of a search.

    Attributes
    ----------
    tuning
        Hyper-parameters to train with; the defaults if no gain exceeded its standard error.
    best
        The winner's hyper-parameters by name, also if it is the default, which tries some more values of C in training.
    table
        One row per candidate in the order of trying, the default first. Columns: the hyper-parameters tried, as in
        `Tuning`, then `accuracy` (mean over the folds), `gain` over the default, `gain_error` (standard error of the
        gain, paired by fold), `is_best`.
    where
        Where the fits ran, for the record.
    notes
        Caveats about the result.
    """

    tuning: Tuning
    best: dict[str, float]
    table: pd.DataFrame
    where: str
    notes: tuple[str, ...]


class _ListedSearch(GridSearchCV):  # type: ignore[misc]
    """Tries listed candidates in batches, to report progress in between."""

    def __init__(
        self, estimator: IntentMachine, candidates: list[dict[str, Any]], *, at_once: int, report: Progress, cv: Any
    ) -> None:
        super().__init__(estimator, {}, scoring="accuracy", cv=cv, refit=False, error_score="raise")
        self.candidates = candidates
        self.at_once = at_once
        self.report = report

    def __getstate__(self) -> dict[str, Any]:
        """Leave out what only this process needs: scikit-learn sends the search along with every fit."""
        return {**super().__getstate__(), "candidates": [], "cv": None, "report": None}

    def _run_search(self, evaluate_candidates: Callable[[list[dict[str, Any]]], Any]) -> None:
        total = len(self.candidates)
        for start in range(0, total, self.at_once):
            self.report(start / total, f"trying candidate {start + 1} of {total}")
            evaluate_candidates(self.candidates[start : start + self.at_once])


@dataclass(frozen=True)
class _Corpus:
    """All rows of the matrix with their intents: utterances first, then augmented copies and intent names."""

    X: Any
    labels: npt.NDArray[np.str_]
    layout: Layout
    regime: Regime
    usual_count: int
    folds: list[tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]]


def search_tuning(
    frame: pd.DataFrame,
    bot_file: BotFile,
    params: TrainParams,
    *,
    scheduler: str | None,
    progress: Progress | None = None,
) -> SearchResult:
    """Try candidates and choose one.

    A candidate replaces the defaults only if its gain, paired by fold, exceeds its standard error: the best of many is
    always a little lucky. `frame` is the training part of the split; `params.search` counts the candidates, the default
    included. Without the address of a Dask `scheduler`, the fits run on this machine. The result is the same for the
    same frame, parameters and code, wherever it ran.

    Raises
    ------
    SetupProblem
        The scheduler does not answer, or has no workers.
    DataRejected
        There is too little data to hold anything out.
    """
    report = progress or (lambda share, what: None)
    with open_cluster(scheduler) as cluster:
        corpus = _read(to_examples(frame), bot_file.language, params, part(report, 0.0, 0.3))
        candidates = _candidates(corpus, params)
        begun = time.monotonic()
        searching = _ListedSearch(
            IntentMachine(corpus.layout, seed=params.seed),
            candidates,
            at_once=max(2, math.ceil(2 * cluster.n_workers / N_FOLDS)),
            report=part(report, 0.3, 1.0),
            cv=corpus.folds,
        )

        def fit() -> None:
            with cluster.joblib():
                searching.fit(corpus.X, corpus.labels)

        with workers_expected(), warnings.catch_warnings():
            warnings.filterwarnings("ignore", "The number of unique classes is greater than 50%", UserWarning)
            cluster.wait_for(fit)
        n_fits, seconds = len(candidates) * len(corpus.folds), time.monotonic() - begun
        where = f"{cluster}, {n_fits} fits in {seconds:.0f} s"
        return _choose(candidates, searching.cv_results_, where=where, notes=cluster.notes)


def _read(examples: Sequence[Example], language: str, params: TrainParams, report: Progress) -> _Corpus:
    rows = learnable_rows(examples)
    folds = _folds(rows, seed=params.seed)
    encoder = find_encoder(params.encoder, cache=params.home / "encoders")
    regime = choose_regime([row.intent for row in rows], has_encoder=encoder is not None)
    extras = varied_copies(rows, language=language, seed=params.seed)
    extras += names_as_texts(rows) if regime.learns_names else []
    texts = [clean(row.text) for row in rows], [extra.text for extra in extras]
    utterances, _ = Featurizer(encoder).fit_transform(*texts, progress=report)
    X, layout = feature_matrix([utterance.read_as for utterance in utterances], stack_sentences(utterances))
    # an intent's name is in every training fold, a copy only where its utterance is
    origins = np.array([-1 if extra.origin is None else extra.origin for extra in extras], dtype=np.intp)
    numbers = np.arange(len(rows), len(rows) + len(extras), dtype=np.intp)
    with_extras = [
        (np.concatenate([train, numbers[(origins < 0) | np.isin(origins, train)]]), test) for train, test in folds
    ]
    labels = np.array([*(row.intent for row in rows), *(extra.intent for extra in extras)])
    return _Corpus(X, labels, layout, regime, usual_document_count(len(rows)), with_extras)


def _folds(rows: Sequence[Example], *, seed: int) -> list[tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]]:
    """Deal wordings out to folds, stratified by intent as far as that allows."""
    keys = [wording_key(row.text, row.entities) for row in rows]
    labels = [row.intent for row in rows]
    n_folds = min(N_FOLDS, len(set(keys)), max((labels.count(label) for label in set(labels)), default=0))
    if n_folds < 2:
        problem = "no intent has two examples, so nothing can be held out for validation; add some, or train without it"
        raise DataRejected("the search", [problem])
    dealer = StratifiedGroupKFold(n_folds, shuffle=True, random_state=seed)
    with warnings.catch_warnings():
        # an intent with fewer examples than folds is unusual, not a fault
        warnings.filterwarnings("ignore", "The least populated class in y has only", UserWarning)
        return list(dealer.split(np.zeros(len(rows)), labels, keys))


def _candidates(corpus: _Corpus, params: TrainParams) -> list[dict[str, Any]]:
    """Return the defaults, then random candidates without repetition."""
    default = asdict(Tuning()) | {
        "C": corpus.regime.C_grid[0],
        "prototype_weight": corpus.regime.prototype_weight,
        "min_document_count": corpus.usual_count,
    }
    has_sentences = corpus.layout.sentence[1] > corpus.layout.sentence[0]
    space = WORDS_SPACE | (SENTENCE_SPACE if has_sentences else {})
    n_drawn = min(params.search, len(ParameterGrid(space)))
    drawn = [default | chosen for chosen in ParameterSampler(space, n_drawn, random_state=params.seed)]
    return [default, *(candidate for candidate in drawn if candidate != default)][: params.search]


def _choose(
    candidates: list[dict[str, Any]], results: dict[str, Any], *, where: str, notes: tuple[str, ...]
) -> SearchResult:
    folds = [name for name in results if name.startswith("split") and name.endswith("_test_score")]
    scores = np.stack([results[name] for name in folds], axis=1)
    gains = scores - scores[0]
    errors = gains.std(axis=1, ddof=1) / math.sqrt(len(folds))
    best = int(scores.mean(axis=1).round(12).argmax())
    if gains[best].mean() <= errors[best]:
        best = 0
    tried = [name for name in (*WORDS_SPACE, *SENTENCE_SPACE) if len({row[name] for row in candidates}) > 1]
    table = pd.DataFrame(candidates, columns=tried).assign(
        accuracy=scores.mean(axis=1),
        gain=gains.mean(axis=1),
        gain_error=errors,
        is_best=np.arange(len(candidates)) == best,
    )
    chosen = {name: candidates[best][name] for name in tried}
    return SearchResult(Tuning(**candidates[best]) if best else Tuning(), chosen, table, where, notes)
