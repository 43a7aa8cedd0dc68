"""Explore a bot's examples before training: sizes, overlap, near-duplicates, annotations, hard rows."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from pipelines.nlu.encoder.encoder import SentenceEncoder
from pipelines.nlu.features.features import Featurizer, stack_sentences
from pipelines.nlu.intents.classifier import IntentClassifier
from pipelines.nlu.text import clean, has_content, tokenize
from pipelines.progress import Progress, part
from pipelines.schemas.examples import OUT_OF_SCOPE
from pipelines.shares import wilson_interval
from pipelines.steps.data.extract import Extract
from pipelines.steps.data.split import wording_key
from pipelines.steps.validation.annotations import find_places
from pipelines.steps.validation.similar import near_duplicate_pairs, words_only

N_NEIGHBOURS = 5
WORTH_A_LOOK = 0.6
"""Similarity from which on pairs of two intents are listed; the data gate reports from `similar.MIN_SIMILARITY` on."""
_CHUNK = 1000

FloatArray = npt.NDArray[np.floating]


@dataclass(frozen=True)
class Exploration:
    """The results of exploring a bot's examples. Each table can be read on its own.

    Attributes
    ----------
    intents
        One row per intent, in the bot's order: `examples`, `wordings` (distinct, ignoring values and digits),
        `median_words`, `annotated` (share of rows with an annotation), `tried` (rows whose intent a classifier not
        trained on them could know: none if the intent has a single row), `understood` (share of these that it
        understands, NaN of none) with its 95 % interval `low` to `high`, `overlap` (share of nearest neighbours in
        other intents), `mostly_with` (the intent of most of these).
    overlap
        Share of the nearest neighbours of each intent's rows (index) that belong to each intent (columns); rows add
        up to 1. Rows of the same wording are not neighbours.
    near_duplicates
        Pairs of rows of two intents with nearly the same words: `similarity`, and `example_id`, `intent`, `text` of
        both, the second with `other_`; the most similar first.
    annotations
        Phrases that are marked in some places only, or as several types: `phrase`, `type` (the usual one), `marked`,
        `unmarked`, `other_types`, `example` (a text where it is not marked as usual); the least consistent first.
    hardest
        Rows that the classifier does not understand, the most confident mistakes first: `example_id`, `intent`,
        `understood_as`, `confidence` (in that), `own_confidence` (in the right intent), `text`, `nearest_text` and
        `nearest_intent` (the most similar row of another wording).
    confidences
        Confidence in the right intent of each row whose intent the classifier could know. Shape ``(n_rows,)``.
    """

    intents: pd.DataFrame
    overlap: pd.DataFrame
    near_duplicates: pd.DataFrame
    annotations: pd.DataFrame
    hardest: pd.DataFrame
    confidences: FloatArray


def explore_examples(
    extract: Extract, *, encoder: SentenceEncoder | None, seed: int = 0, progress: Progress | None = None
) -> Exploration:
    """Explore a bot's examples in the feature space of its model.

    Out-of-scope rows and rows without a word are left out. Without an encoder, only sparse features are used.

    Raises
    ------
    ValueError
        There is no example with a word.
    """
    report = progress or (lambda share, what: None)
    is_learnable = np.array([has_content(clean(text)) for text in extract.frame["text"]], dtype=bool)
    frame = extract.frame[extract.frame["intent"].ne(OUT_OF_SCOPE) & is_learnable].reset_index(drop=True)
    if frame.empty:
        raise ValueError("no example contains a letter or digit; add some to each intent")
    texts, labels = frame["text"].tolist(), frame["intent"].tolist()
    wordings = [wording_key(*row) for row in zip(texts, frame["entities"].tolist(), strict=True)]
    utterances, X = Featurizer(encoder).fit_transform([clean(text) for text in texts], progress=part(report, 0, 0.5))
    sentences = stack_sentences(utterances)
    neighbours = _neighbours(X if sentences is None else sentences, wordings)
    classifier = IntentClassifier(seed=seed).fit(X, labels, sentences=sentences, progress=part(report, 0.5, 0.95))
    confidences = classifier.held_out_confidences()
    overlap = _overlap(labels, neighbours, [intent.intent_id for intent in extract.bot_file.intents])
    hardest = _hardest(frame, classifier, confidences, neighbours)
    own = confidences[np.arange(len(labels)), classifier.held_out.labels][classifier.held_out.is_known]
    report(1.0, "explored")
    return Exploration(
        intents=_intents(frame, wordings, overlap, classifier.held_out.is_known, hardest),
        overlap=overlap,
        near_duplicates=_near_duplicates(frame),
        annotations=_annotations(extract),
        hardest=hardest,
        confidences=own,
    )


def _neighbours(vectors: Any, wordings: Sequence[str]) -> npt.NDArray[np.intp]:
    """Return the most similar rows of other wordings, best first, padded with -1. Shape ``(n_rows, 5)``."""
    codes = pd.factorize(np.array(wordings, dtype=object))[0]
    found = np.full((len(wordings), N_NEIGHBOURS), -1, dtype=np.intp)
    for start in range(0, len(wordings), _CHUNK):
        product = vectors[start : start + _CHUNK] @ vectors.T
        similarities = np.array(product.toarray() if hasattr(product, "toarray") else product, dtype=np.float32)
        similarities[codes[start : start + _CHUNK, None] == codes[None, :]] = -np.inf
        nearest = np.argsort(-similarities, axis=1, kind="stable")[:, :N_NEIGHBOURS]
        is_other = np.isfinite(np.take_along_axis(similarities, nearest, axis=1))
        found[start : start + _CHUNK, : nearest.shape[1]] = np.where(is_other, nearest, -1)
    return found


def _overlap(labels: Sequence[str], neighbours: npt.NDArray[np.intp], order: Sequence[str]) -> pd.DataFrame:
    present = set(labels)
    intents = [intent for intent in order if intent in present]
    column = {intent: number for number, intent in enumerate(intents)}
    own = np.array([column[label] for label in labels])
    rows, places = np.nonzero(neighbours >= 0)
    counts = np.zeros((len(intents), len(intents)))
    np.add.at(counts, (own[rows], own[neighbours[rows, places]]), 1)
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    return pd.DataFrame(shares, index=pd.Index(intents, name="intent"), columns=intents)


def _intents(
    frame: pd.DataFrame,
    wordings: Sequence[str],
    overlap: pd.DataFrame,
    is_tried: npt.NDArray[np.bool_],
    hardest: pd.DataFrame,
) -> pd.DataFrame:
    shares = overlap.to_numpy(copy=True)
    np.fill_diagonal(shares, 0.0)
    rows = frame.assign(
        wording=wordings,
        words=[len([token for token in tokenize(text) if token.text.isalnum()]) for text in frame["text"]],
        is_annotated=frame["entities"].map(bool),
        is_tried=is_tried,
        is_understood=is_tried & ~frame["example_id"].isin(hardest["example_id"]),
    ).groupby("intent")
    table = pd.DataFrame(
        {
            "examples": rows.size(),
            "wordings": rows["wording"].nunique(),
            "median_words": rows["words"].median(),
            "annotated": rows["is_annotated"].mean(),
            "tried": rows["is_tried"].sum(),
            "understood": rows["is_understood"].sum() / rows["is_tried"].sum(),
        }
    ).reindex(overlap.index)
    counts = zip(rows["is_understood"].sum().reindex(overlap.index), table["tried"], strict=True)
    table[["low", "high"]] = [wilson_interval(int(hits), int(n)) if n else (np.nan, np.nan) for hits, n in counts]
    most = shares.argmax(axis=1)
    table["overlap"] = shares.sum(axis=1)
    table["mostly_with"] = [
        overlap.columns[place] if row[place] else "" for row, place in zip(shares, most, strict=True)
    ]
    return table


def _near_duplicates(frame: pd.DataFrame) -> pd.DataFrame:
    rows = frame.to_dict("records")
    pairs = near_duplicate_pairs(
        [words_only(row["text"]) for row in rows], [row["intent"] for row in rows], at_least=WORTH_A_LOOK
    )
    table = [
        (similarity, *(row[name] for row in (rows[first], rows[second]) for name in ("example_id", "intent", "text")))
        for first, second, similarity in pairs
    ]
    names = ("similarity", "example_id", "intent", "text", "other_example_id", "other_intent", "other_text")
    return pd.DataFrame(table, columns=list(names)).sort_values("similarity", ascending=False, ignore_index=True)


def _annotations(extract: Extract) -> pd.DataFrame:
    found = find_places(extract.frame, extract.bot_file)
    rows = []
    for phrase, by_type in found.marked.items():
        usual, marked = max(by_type.items(), key=lambda item: len(item[1]))
        others = [place for name, places in by_type.items() if name != usual for place in places]
        unmarked = found.unmarked.get(phrase, [])
        if others or unmarked:
            place = (unmarked or others)[0]
            rows.append(
                {
                    "phrase": found.texts[marked[0].row][marked[0].start : marked[0].end],
                    "type": usual,
                    "marked": len(marked),
                    "unmarked": len(unmarked),
                    "other_types": ", ".join(sorted(set(by_type) - {usual})),
                    "example": found.texts[place.row],
                    "_share": (len(unmarked) + len(others)) / (len(unmarked) + len(others) + len(marked)),
                }
            )
    names = ["phrase", "type", "marked", "unmarked", "other_types", "example", "_share"]
    table = pd.DataFrame(rows, columns=names).sort_values(["_share", "marked"], ascending=[True, False])
    return table.drop(columns="_share").reset_index(drop=True)


def _hardest(
    frame: pd.DataFrame, classifier: IntentClassifier, confidences: FloatArray, neighbours: npt.NDArray[np.intp]
) -> pd.DataFrame:
    gold, best = classifier.held_out.labels, confidences.argmax(axis=1)
    wrong = np.flatnonzero((best != gold) & classifier.held_out.is_known)
    nearest = neighbours[wrong, 0]
    table = pd.DataFrame(
        {
            "example_id": frame["example_id"].to_numpy()[wrong],
            "intent": frame["intent"].to_numpy()[wrong],
            "understood_as": np.array(classifier.intents_, dtype=object)[best[wrong]],
            "confidence": confidences[wrong, best[wrong]],
            "own_confidence": confidences[wrong, gold[wrong]],
            "text": frame["text"].to_numpy()[wrong],
            "nearest_text": np.where(nearest >= 0, frame["text"].to_numpy()[nearest], ""),
            "nearest_intent": np.where(nearest >= 0, frame["intent"].to_numpy()[nearest], ""),
        }
    )
    return table.sort_values("confidence", ascending=False, ignore_index=True)
