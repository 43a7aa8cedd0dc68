"""Figures by kind of utterance, to find the kinds understood less well."""

from collections import defaultdict

import pandas as pd

from pipelines.nlu.model import NluModel
from pipelines.nlu.text import clean, tokenize
from pipelines.schemas.examples import OUT_OF_SCOPE
from pipelines.shares import wilson_interval
from pipelines.steps.evaluation.evaluate import Evaluation, spans_of
from pipelines.steps.evaluation.metrics import span_scores
from pipelines.steps.evaluation.predictions import Prediction

COLUMNS = ("slice", "value", "utterances", "accuracy", "low", "high", "effective_accuracy", "asked", "entity_f1")
_LENGTHS = ((3, "1 to 3 words"), (8, "4 to 8 words"), (15, "9 to 15 words"))
_LONGEST = "more than 15 words"


def slice_by_kind(evaluation: Evaluation, model: NluModel) -> pd.DataFrame:
    """Slice the in-scope utterances by length, spelling and channel.

    An utterance is misspelt where the model reads a word as another one. The slice `channel` exists only if utterances
    name theirs.

    Returns
    -------
    pandas.DataFrame
        The columns `COLUMNS`, one row per kind: `accuracy` with its 95 % interval; `effective_accuracy` is the share
        answered rightly, `asked` the share of clarifying questions. `entity_f1` is NaN without annotations.
    """
    kinds: dict[tuple[str, str], list[Prediction]] = defaultdict(list)
    for prediction in evaluation.predictions:
        example = prediction.example
        if example.intent == OUT_OF_SCOPE:
            continue
        kinds["length", _length(example.text)].append(prediction)
        is_misspelt = model.features_.is_misspelt(example.text)
        kinds["spelling", "with typos" if is_misspelt else "without typos"].append(prediction)
        if example.channel:
            kinds["channel", example.channel].append(prediction)
    lengths = [name for _, name in _LENGTHS] + [_LONGEST]
    order = {name: place for place, name in enumerate(lengths)}
    rows = [_row(*key, kinds[key]) for key in sorted(kinds, key=lambda key: (key[0], order.get(key[1], 0), key[1]))]
    return pd.DataFrame(rows, columns=list(COLUMNS))


def _length(text: str) -> str:
    n_words = sum(token.text[:1].isalnum() for token in tokenize(clean(text)))
    return next((name for most, name in _LENGTHS if n_words <= most), _LONGEST)


def _row(
    kind: str, value: str, predictions: list[Prediction]
) -> tuple[str, str, int, float, float, float, float, float, float]:
    n_right = sum(each.is_right for each in predictions)
    answered = sum(each.grade == "answered right" for each in predictions)
    asked = sum(each.is_asked for each in predictions)
    gold, found = spans_of(predictions)
    f1 = span_scores(gold, found).f1 if any(gold) else float("nan")
    n = len(predictions)
    return kind, value, n, n_right / n, *wilson_interval(n_right, n), answered / n, asked / n, f1
