"""The model: from one utterance to its understanding. The same class trains, is saved in the release, and serves."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Self

import numpy as np

from pipelines.nlu.intents import IntentClassifier, Progress
from pipelines.nlu.sparse import SparseFeatures
from pipelines.nlu.synonyms import KnownValues
from pipelines.nlu.tagger import Algorithm, EntityTagger
from pipelines.nlu.text import clean, has_content, tokenize
from pipelines.nlu.thresholds import Costs, fit_thresholds
from pipelines.schemas.bot import Entity
from pipelines.schemas.examples import OUT_OF_SCOPE, Example
from pipelines.schemas.release import Thresholds
from pipelines.schemas.understanding import EntitySpan, IntentScore, NluResult

MODEL_FORMAT = 1
RANKING_LENGTH = 10
_LARGE = 2000
"""From this many utterances on, an n-gram must occur twice: half the columns, and 0.2 points better on public data."""
_SETTINGS_FILE, _ARRAYS_FILE, _TAGGER_FILE = "nlu.json", "nlu.npz", "entities.crfsuite"


class NluModel:
    """Intent ranking and entities of an utterance.

    Parameters
    ----------
    seed
        Seed of everything random in training; the same data and seed give the same model.
    algorithm
        How the entity tagger is trained: `ap` in seconds, `lbfgs` slower.
    costs
        What mistakes cost, for the thresholds.

    Attributes
    ----------
    thresholds_
        Where routing should draw its lines, fitted on held-out rows.
    """

    def __init__(self, *, seed: int = 0, algorithm: Algorithm = "ap", costs: Costs | None = None) -> None:
        self.seed = seed
        self.algorithm: Algorithm = algorithm
        self.costs = costs

    def fit(
        self, examples: Sequence[Example], entities: Sequence[Entity] = (), *, progress: Progress | None = None
    ) -> Self:
        """Train on labelled utterances.

        Parameters
        ----------
        examples
            At least one with a letter or digit. Rows of intent `__oos__` only help to fit the thresholds.
        entities
            The bot's entity types with their known values.
        progress
            Called with the share done, in [0, 1], and what is being done.

        Returns
        -------
        NluModel
            This object.

        Raises
        ------
        ValueError
            No example can be learnt from.
        """
        report = progress or (lambda share, what: None)
        learnable = (row for row in examples if row.intent != OUT_OF_SCOPE and has_content(clean(row.text)))
        rows = sorted(learnable, key=_content)  # the solvers depend on the order, the snapshot's hash does not
        if not rows:
            raise ValueError("there is no example with a letter or digit to learn from; add some to each intent")
        report(0.0, "counting words and characters")
        texts = [clean(row.text) for row in rows]
        self.sparse_ = SparseFeatures(min_document_count=2 if len(rows) >= _LARGE else 1)
        X = self.sparse_.fit_transform(texts)
        self.classifier_ = IntentClassifier(seed=self.seed)
        self.classifier_.fit(
            X, [row.intent for row in rows], progress=lambda share, what: report(0.05 + 0.5 * share, what)
        )
        report(0.6, "training the entity tagger")
        self._fit_tagger(rows, texts, entities)
        report(0.95, "fitting the thresholds")
        outside = [clean(row.text) for row in examples if row.intent == OUT_OF_SCOPE]
        self.thresholds_ = self._fit_thresholds(outside)
        report(1.0, "model trained")
        return self

    def _fit_tagger(self, rows: Sequence[Example], texts: Sequence[str], entities: Sequence[Entity]) -> None:
        self.entities_ = tuple(entities)
        self._known = KnownValues(self.entities_)
        held_out = self.classifier_.held_out_
        assert held_out is not None  # noqa: S101  set by fit
        sentences = [tokenize(text) for text in texts]
        self.tagger_ = EntityTagger(algorithm=self.algorithm, seed=self.seed).fit(
            sentences,
            [row.entities for row in rows],
            known=[self._known.find(tokens) for tokens in sentences],
            intents=[self.classifier_.intents_[column] for column in held_out.decisions.argmax(axis=1)],
        )

    def _fit_thresholds(self, out_of_scope_texts: Sequence[str]) -> Thresholds:
        confidence, correct = self.classifier_.held_out_confidence()
        outside = [self.classifier_.confidences(self.sparse_.transform(text)).max() for text in out_of_scope_texts]
        return fit_thresholds(confidence, correct, np.array(outside), costs=self.costs or Costs())

    def choices(self) -> dict[str, object]:
        """Give what training chose by itself, for the record of the run."""
        return {
            "C": self.classifier_.C_,
            "confidence_scale": round(self.classifier_.scale_, 3),
            "confidence_threshold": self.thresholds_.confidence,
            "n_intents": len(self.classifier_.intents_),
            "n_features": self.sparse_.n_features,
            "min_document_count": self.sparse_.min_document_count,
        }

    def parse(self, text: str) -> NluResult:
        """Understand one utterance.

        Synchronous CPU work, safe to call from several threads at once.

        Parameters
        ----------
        text
            Any string; only its first 2,000 characters are read.

        Returns
        -------
        NluResult
            Its `ranking` holds the ten most likely intents, and is empty if the text has no letter or digit.
        """
        cleaned = clean(text)
        if not has_content(cleaned):
            return NluResult(text=cleaned, ranking=())
        confidences = self.classifier_.confidences(self.sparse_.transform(cleaned))
        order = np.argsort(-confidences, kind="stable")[:RANKING_LENGTH]
        intents = self.classifier_.intents_
        # model_construct: these are our own numbers, and validating ten scores would cost more than computing them
        ranking = tuple(
            IntentScore.model_construct(intent_id=intents[column], confidence=float(confidences[column]))
            for column in order
        )
        return NluResult.model_construct(
            text=cleaned,
            ranking=ranking,
            entities=self._entities(cleaned, ranking[0].intent_id),
            out_of_scope_score=None,
        )

    def _entities(self, text: str, intent: str) -> tuple[EntitySpan, ...]:
        tokens = tokenize(text)
        known = self._known.find(tokens)
        spans = []
        for first, last, entity_type, confidence in self.tagger_.tag(tokens, known=known, intent=intent):
            start, end = tokens[first].start, tokens[last - 1].end
            value = self._known.canonical(entity_type, text[start:end])
            spans.append(EntitySpan(start=start, end=end, type=entity_type, value=value, confidence=confidence))
        return tuple(spans)

    def save(self, folder: Path) -> None:
        """Write the model as plain files (JSON, NPZ, CRFsuite) into an existing or new folder."""
        folder.mkdir(parents=True, exist_ok=True)
        sparse, sparse_arrays = self.sparse_.to_parts()
        classifier, classifier_arrays = self.classifier_.to_parts()
        settings = {
            "format": MODEL_FORMAT,
            "seed": self.seed,
            "algorithm": self.algorithm,
            "sparse": sparse,
            "classifier": classifier,
            "entities": [entity.to_wire() for entity in self.entities_],
            "thresholds": self.thresholds_.model_dump(),
        }
        (folder / _SETTINGS_FILE).write_text(json.dumps(settings, ensure_ascii=False), encoding="utf-8")
        np.savez(folder / _ARRAYS_FILE, allow_pickle=False, **sparse_arrays, **classifier_arrays)
        if self.tagger_.model_:
            (folder / _TAGGER_FILE).write_bytes(self.tagger_.model_)
        else:
            (folder / _TAGGER_FILE).unlink(missing_ok=True)  # of a model that was saved here before

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Read what `save` wrote; nothing in the files is executed.

        Parameters
        ----------
        folder
            The folder that was saved to.

        Returns
        -------
        NluModel
            Ready to parse.

        Raises
        ------
        ValueError
            The files were written by a newer program.
        """
        settings: dict[str, Any] = json.loads((folder / _SETTINGS_FILE).read_text(encoding="utf-8"))
        if settings["format"] > MODEL_FORMAT:
            raise ValueError(
                f"model format {settings['format']} is newer than {MODEL_FORMAT}, which this program reads"
            )
        with (folder / _ARRAYS_FILE).open("rb") as stream, np.load(stream, allow_pickle=False) as file:
            arrays = dict(file)
        model = cls(seed=settings["seed"], algorithm=settings["algorithm"])
        model.sparse_ = SparseFeatures.from_parts(settings["sparse"], arrays)
        model.classifier_ = IntentClassifier.from_parts(settings["classifier"], arrays)
        model.entities_ = tuple(Entity.model_validate(entity) for entity in settings["entities"])
        model._known = KnownValues(model.entities_)
        model.tagger_ = EntityTagger(algorithm=settings["algorithm"], seed=settings["seed"])
        tagger_file = folder / _TAGGER_FILE
        model.tagger_.model_ = tagger_file.read_bytes() if tagger_file.exists() else b""
        model.thresholds_ = Thresholds.model_validate(settings["thresholds"])
        return model


def _content(row: Example) -> tuple[str, str, list[tuple[int, int, str, str, str]]]:
    """Give what an example says, without its id, to put examples in an order of their own."""
    return row.intent, row.text, [(s.start, s.end, s.type, s.value, s.role or "") for s in row.entities]
