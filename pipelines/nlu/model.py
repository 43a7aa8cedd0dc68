"""The model: from an utterance to its interpretation. The same class trains, is saved in the release, and serves."""

import json
import shutil
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from pipelines.nlu.encoder.encoder import SentenceEncoder, shared_encoder
from pipelines.nlu.entities.finder import EntityFinder
from pipelines.nlu.entities.tagger import Algorithm
from pipelines.nlu.features.augmentation import varied_copies
from pipelines.nlu.features.features import Featurizer, Utterance, stack_sentences
from pipelines.nlu.features.rows import learnable_rows, names_as_texts
from pipelines.nlu.intents.classifier import IntentClassifier
from pipelines.nlu.intents.confidence import ConfidenceModel, IntentPrediction
from pipelines.nlu.intents.familiarity import Familiarity
from pipelines.nlu.intents.nearest import NearestExamples
from pipelines.nlu.intents.regimes import Tuning, choose_regime
from pipelines.nlu.intents.thresholds import Costs, ScoredRows, fit_thresholds
from pipelines.nlu.text import clean, has_content
from pipelines.progress import Progress, part
from pipelines.schemas.bot import Entity, Intent
from pipelines.schemas.examples import OUT_OF_SCOPE, Example
from pipelines.schemas.thresholds import Thresholds
from pipelines.schemas.understanding import EntitySpan, IntentScore, NluResult

MODEL_FORMAT = 3
RANKING_LENGTH = 10
_SETTINGS_FILE, _ARRAYS_FILE, _TAGGER_FILE = "nlu.json", "nlu.npz", "entities.crfsuite"
_ENCODER_FOLDER = "encoder"


class NluModel:
    """Intent ranking and entities of an utterance.

    Parameters
    ----------
    encoder
        None: sparse features only, which need more examples for the same accuracy.
    seed
        Seed of everything random in training; the same data and seed give the same model.
    algorithm
        Training algorithm of the entity tagger: `ap` takes seconds, `lbfgs` is slower.
    language
        Language tag of the bot, such as `en` or `pt-BR`, for dates, numbers and money.
    costs
        Costs of mistakes, for fitting `thresholds_` on held-out rows.
    tuning
        Hyper-parameters of the intent classifier. None: the defaults for the amount of data.
    """

    def __init__(
        self,
        *,
        encoder: SentenceEncoder | None = None,
        seed: int = 0,
        algorithm: Algorithm = "ap",
        language: str = "en",
        costs: Costs | None = None,
        tuning: Tuning | None = None,
    ) -> None:
        self.encoder = encoder
        self.seed = seed
        self.algorithm: Algorithm = algorithm
        self.language = language
        self.costs = costs
        self.tuning = tuning or Tuning()

    def fit(
        self,
        examples: Sequence[Example],
        entities: Sequence[Entity] = (),
        *,
        intents: Sequence[Intent] = (),
        progress: Progress | None = None,
    ) -> Self:
        """Train on labelled utterances; raise ValueError if none has a letter or digit.

        Examples of intent `__oos__` are used for the thresholds only. The parameters of `intents` decide which system
        entities to find and which roles values have.
        """
        report = progress or (lambda share, what: None)
        rows = learnable_rows(examples)
        if not rows:
            raise ValueError("there is no example with a letter or digit to learn from; add some to each intent")
        self.features_ = Featurizer(self.encoder, min_document_count=self.tuning.min_document_count)
        regime = choose_regime([row.intent for row in rows], has_encoder=self.encoder is not None)
        names = names_as_texts(rows) if regime.learns_names else []
        extras = [*varied_copies(rows, language=self.language, seed=self.seed), *names]
        utterances, X = self.features_.fit_transform(
            [clean(row.text) for row in rows], [extra.text for extra in extras], progress=part(report, 0.0, 0.3)
        )
        self.classifier_ = IntentClassifier(tuning=self.tuning, seed=self.seed).fit(
            X,
            [*(row.intent for row in rows), *(extra.intent for extra in extras)],
            sentences=stack_sentences(utterances),
            origins=[extra.origin for extra in extras],
            progress=part(report, 0.3, 0.6),
        )
        report(0.6, "learning what is out of scope")
        sparse = self.features_.sparse_
        self.confidence_model_ = ConfidenceModel(seed=self.seed).fit(
            self.classifier_,
            [utterance.read_as for utterance in utterances[: len(rows)]],
            X[: len(rows), : sparse.n_words],
            min_count=sparse.min_document_count,
        )
        self.finder_ = EntityFinder(algorithm=self.algorithm, seed=self.seed, language=self.language).fit(
            rows,
            utterances[: len(rows)],
            entities=entities,
            intents=intents,
            confidences=self.classifier_.held_out_confidences(),
            intent_ids=self.classifier_.intents_,
            progress=part(report, 0.65, 0.95),
        )
        self.nearest_ = NearestExamples().fit(utterances[: len(rows)], self.classifier_.held_out.labels, X)
        self.familiarity_ = Familiarity(sparse, self.encoder).fit(
            rows, [*(utterance.read_as for utterance in utterances[: len(rows)]), *(name.text for name in names)]
        )
        report(0.95, "fitting the thresholds")
        outside = [row.text for row in examples if row.intent == OUT_OF_SCOPE]
        self.thresholds_ = self.thresholds_at(self.costs or Costs(), outside=outside)
        report(1.0, "model trained")
        return self

    def thresholds_at(self, costs: Costs, *, outside: Sequence[str]) -> Thresholds:
        """Return the thresholds that would have been fitted at some costs, on the out-of-scope texts of the training.

        A model that was loaded no longer has its held-out rows, and cannot tell.
        """
        assert self.confidence_model_.held_out_ is not None  # noqa: S101  set by fit
        read = [self._read(self.features_.read(text), now=None)[0] for text in outside if has_content(clean(text))]
        unknown = ScoredRows(
            np.array([prediction.confidences.max() for prediction in read]),
            np.array([prediction.out_of_scope for prediction in read]),
            np.zeros(len(read), dtype=bool),
        )
        return fit_thresholds(self.confidence_model_.held_out_, unknown, costs=costs)

    def choices(self) -> dict[str, object]:
        """Return the settings that training chose, for the run's record."""
        return {
            "encoder": self.encoder.name if self.encoder is not None else "none",
            "regime": self.classifier_.regime_.name,
            "C": self.classifier_.C_,
            "prototype_weight": self.classifier_.prototype_weight_,
            "confidence_scale": round(self.classifier_.scale_, 3),
            "confidence_curve": [round(number, 3) for number in self.confidence_model_.curve_],
            "confidence_threshold": self.thresholds_.confidence,
            "n_intents": len(self.classifier_.intents_),
            "n_features": self.features_.sparse_.n_features,
            "min_document_count": self.features_.sparse_.min_document_count,
        }

    def parse(self, text: str, *, now: datetime | None = None) -> NluResult:
        """Interpret one utterance: synchronous CPU work, safe to call from several threads at once.

        `text` is any string. The intent is judged by its first 2,000 characters, and values are read from the first
        10,000. `now` is the time of writing in the customer's time zone; without it, `tomorrow` keeps its written form.
        The ranking holds the ten most likely intents, and is empty if the text has no letter or digit.
        """
        cleaned = clean(text)
        if not has_content(cleaned):
            return NluResult(text=cleaned, ranking=())
        prediction, entities = self._read(self.features_.read(cleaned), now=now)
        intents, confidences = self.classifier_.intents_, prediction.confidences
        # model_construct: validating ten scores of our own would cost more than computing them
        ranking = tuple(
            IntentScore.model_construct(intent_id=intents[column], confidence=float(confidences[column]))
            for column in _best(confidences)
        )
        return NluResult.model_construct(
            text=cleaned, ranking=ranking, entities=entities, out_of_scope_score=prediction.out_of_scope
        )

    def _read(self, utterance: Utterance, *, now: datetime | None) -> tuple[IntentPrediction, tuple[EntitySpan, ...]]:
        prediction = self.confidence_model_.predict(self.classifier_, utterance)
        likely = [self.classifier_.intents_[column] for column in _best(prediction.confidences)]
        entities = self.finder_.find(utterance, likely, prediction.probabilities, now=now)
        if self.familiarity_.knows(utterance, entities, similarity=prediction.similarity):
            return prediction, entities
        return prediction.with_nothing_known(), entities

    def save(self, folder: Path) -> None:
        """Write the model as plain files (JSON, NPZ, CRFsuite, ONNX); the folder is created if missing."""
        folder.mkdir(parents=True, exist_ok=True)
        features, feature_arrays = self.features_.to_parts()
        classifier, classifier_arrays = self.classifier_.to_parts()
        confidence, confidence_arrays = self.confidence_model_.to_parts()
        finder, finder_arrays = self.finder_.to_parts()
        nearest, nearest_arrays = self.nearest_.to_parts()
        settings = {
            "format": MODEL_FORMAT,
            "seed": self.seed,
            "features": features,
            "classifier": classifier,
            "judge": confidence,  # the key in registered models
            "entities": finder,
            "nearest": nearest,
            "familiarity": self.familiarity_.to_parts(),
            "encoder_sha256": self.encoder.sha256 if self.encoder is not None else None,
            "thresholds": self.thresholds_.model_dump(),
        }
        (folder / _SETTINGS_FILE).write_text(json.dumps(settings, ensure_ascii=False), encoding="utf-8")
        arrays = {**feature_arrays, **classifier_arrays, **confidence_arrays, **finder_arrays, **nearest_arrays}
        np.savez(folder / _ARRAYS_FILE, allow_pickle=False, **arrays)
        shutil.rmtree(folder / _ENCODER_FOLDER, ignore_errors=True)
        if self.encoder is not None:
            self.encoder.save(folder / _ENCODER_FOLDER)
        if self.finder_.tagger_.model_:
            (folder / _TAGGER_FILE).write_bytes(self.finder_.tagger_.model_)
        else:
            (folder / _TAGGER_FILE).unlink(missing_ok=True)  # an earlier model's

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Read the files that `save` wrote to a folder; nothing in them is executed.

        Raises ValueError if a newer or much older version wrote them, and `SetupProblem` if the model's encoder differs
        from the one used in training or cannot run here.
        """
        settings: dict[str, Any] = json.loads((folder / _SETTINGS_FILE).read_text(encoding="utf-8"))
        if settings["format"] > MODEL_FORMAT:
            raise ValueError(f"model format {settings['format']} is newer than {MODEL_FORMAT}; upgrade this program")
        if settings["format"] < MODEL_FORMAT:
            raise ValueError(f"model format {settings['format']} is older than {MODEL_FORMAT}; train the bot again")
        with (folder / _ARRAYS_FILE).open("rb") as stream, np.load(stream, allow_pickle=False) as file:
            arrays = dict(file)
        sha256 = settings["encoder_sha256"]
        encoder = shared_encoder(folder / _ENCODER_FOLDER, sha256=sha256) if sha256 else None
        tagger_file = folder / _TAGGER_FILE
        tagger = tagger_file.read_bytes() if tagger_file.exists() else b""
        finder = EntityFinder.from_parts(settings["entities"], arrays, tagger)
        model = cls(encoder=encoder, seed=settings["seed"], algorithm=finder.algorithm, language=finder.language)
        model.features_ = Featurizer.from_parts(settings["features"], arrays, encoder)
        model.classifier_ = IntentClassifier.from_parts(settings["classifier"], arrays)
        model.confidence_model_ = ConfidenceModel.from_parts(settings["judge"], arrays)
        model.finder_ = finder
        model.nearest_ = NearestExamples.from_parts(settings["nearest"], arrays)
        familiarity = settings.get("familiarity")  # missing in models of an earlier program
        model.familiarity_ = Familiarity.from_parts(familiarity, model.features_.sparse_, encoder)
        model.thresholds_ = Thresholds.model_validate(settings["thresholds"])
        return model


def _best(confidences: npt.NDArray[np.floating]) -> list[int]:
    """Return the columns of the ranking, best first."""
    order: list[int] = (-confidences).argsort(kind="stable")[:RANKING_LENGTH].tolist()
    return order
