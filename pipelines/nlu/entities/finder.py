"""All entities of an utterance: learnt ones, patterns, look-up lists and system entities, merged and given roles."""

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime
from functools import partial
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from pipelines.nlu.entities.forms import composed_tokens
from pipelines.nlu.entities.lookup import lookup_spans, lookup_types
from pipelines.nlu.entities.merge import merge_spans, without_misread
from pipelines.nlu.entities.patterns import PatternEntities
from pipelines.nlu.entities.roles import are_articles, assign_roles, cues_follow, role_cues
from pipelines.nlu.entities.synonyms import KnownValues
from pipelines.nlu.entities.tagger import Algorithm, EntityTagger, bio_labels
from pipelines.nlu.entities.token_stack import TokenStack, token_vectors
from pipelines.nlu.entities.value_memory import ValueMemory
from pipelines.nlu.features.features import Utterance, encoded_of
from pipelines.nlu.system.entities import SystemEntities, with_system_types
from pipelines.nlu.text import tokenize_without_marks
from pipelines.progress import Progress, part
from pipelines.schemas.bot import Entity, Intent
from pipelines.schemas.examples import Example
from pipelines.schemas.understanding import EntitySpan

_TOKENS = 2
"""How tokens are split; a release without this number splits neither marks nor scripts without blanks."""

_ALIKE_SHARE = 0.3

FloatArray = npt.NDArray[np.floating]


class EntityFinder:
    """Finds the entities of an utterance.

    `algorithm` trains the tagger: `ap` takes seconds, `lbfgs` is slower. `roles_` holds cue words by intent, entity
    type and role; `alike_` the system types that a type of the bot resembles, None in older releases; `stack_` is None
    without an encoder or without an annotated example.
    """

    def __init__(self, *, algorithm: Algorithm = "ap", seed: int = 0, language: str = "en") -> None:
        self.algorithm: Algorithm = algorithm
        self.seed = seed
        self.language = language
        self._tokens = _TOKENS
        self._cues_follow = cues_follow(language)

    def fit(
        self,
        rows: Sequence[Example],
        utterances: Sequence[Utterance],
        *,
        entities: Sequence[Entity],
        intents: Sequence[Intent],
        confidences: FloatArray,
        intent_ids: Sequence[str],
        progress: Progress,
    ) -> Self:
        """Train the tagger, and set up the bot's patterns, lists, system types and roles.

        `utterances` are the features of `rows`. The parameters of `intents` decide the system types and the roles.
        `confidences` ``(n_rows, n_intents)``, in the column order of `intent_ids`, come from a model that did not see
        the row.
        """
        marked = {span.type for row in rows for span in row.entities}
        own = marked | {entity.name for entity in entities}
        parameters = {intent.intent_id: with_system_types(intent.parameters, entity_names=own) for intent in intents}
        wanted = marked | {parameter.type for rows_of in parameters.values() for parameter in rows_of}
        self._configure(entities, wanted, {intent_id: role_cues(of) for intent_id, of in parameters.items()})
        self.alike_: dict[str, list[str]] | None = self._alike(rows)
        self._fit_tagger(rows, utterances, confidences, intent_ids, progress)
        return self

    def _configure(
        self, entities: Iterable[Entity], types: Iterable[str], roles: dict[str, dict[str, dict[str, tuple[str, ...]]]]
    ) -> None:
        self.entities_ = tuple(entities)
        self.alike_ = None
        self._known = KnownValues(self.entities_)
        self._patterns = PatternEntities(self.entities_, known=self._known)
        self._lookups = lookup_types(self.entities_)
        self._system = SystemEntities(set(types), language=self.language)
        self.system_types_ = self._system.types
        self.roles_ = {intent: cues for intent, cues in sorted(roles.items()) if cues}

    def _fit_tagger(
        self,
        rows: Sequence[Example],
        utterances: Sequence[Utterance],
        confidences: FloatArray,
        intent_ids: Sequence[str],
        progress: Progress,
    ) -> None:
        self.stack_: TokenStack | None = None
        self.memory_ = ValueMemory().fit([], [])
        self.tagger_ = EntityTagger(algorithm=self.algorithm, seed=self.seed)
        spans = [row.entities for row in rows]
        if not any(spans):
            return
        progress(0.0, "training the entity tagger")
        sentences = [composed_tokens(utterance.tokens) for utterance in utterances]
        clues = None
        if utterances[0].encoded is not None:
            self.stack_ = TokenStack(seed=self.seed)
            labels = [bio_labels(tokens, found) for tokens, found in zip(sentences, spans, strict=True)]
            vectors = [token_vectors(utterance.tokens, encoded_of(utterance)) for utterance in utterances]
            clues = self.stack_.fit_transform(vectors, confidences.astype(np.float32), labels)
        self.memory_.fit(sentences, spans)
        self.tagger_.fit(
            sentences,
            spans,
            known=[self._known.find(tokens) for tokens in sentences],
            remembered=[self.memory_.find(tokens, own=own) for tokens, own in zip(sentences, spans, strict=True)],
            intents=[intent_ids[column] for column in confidences.argmax(axis=1)],
            clues=clues,
            progress=part(progress, 0.3, 1.0),
        )

    def find(
        self, utterance: Utterance, likely: Sequence[str], confidences: FloatArray, *, now: datetime | None = None
    ) -> tuple[EntitySpan, ...]:
        """Find all entities, ordered by start and not overlapping.

        Parameters
        ----------
        utterance
            The utterance.
        likely
            Likely intents, best first, at least one. A type takes its roles from the first intent that gives it any,
            because a message within a form often looks nothing like the form's intent (`from Bath to York`).
        confidences
            Confidence of each intent. Shape ``(n_intents,)``.
        now
            Time of writing, in the customer's time zone. None: `tomorrow` keeps its written form.

        Returns
        -------
        tuple[EntitySpan, ...]
            With canonical values, and a role where one is known.
        """
        known = self._known.find(utterance.tokens)
        system = self._system.find(utterance.text, now=now)
        tagged: Iterable[EntitySpan] = self._tagged(utterance, known, likely[0], confidences)
        if system and self.alike_ is not None:
            tagged = without_misread(
                tagged, system, alike=self.alike_, is_own=partial(self._is_own_span, utterance.text)
            )
        candidates = [
            *self._patterns.find(utterance.text),
            *lookup_spans(utterance.tokens, known, types=self._lookups),
            *tagged,
            *system,
        ]
        if not candidates:
            return ()
        roles: dict[str, dict[str, tuple[str, ...]]] = {}
        if self.roles_:
            for intent in reversed(likely):
                roles |= self.roles_.get(intent, {})
        return assign_roles(utterance.text, merge_spans(candidates), roles, follow=self._cues_follow)

    def _tagged(
        self, utterance: Utterance, known: list[Any], intent: str, confidences: FloatArray
    ) -> Iterable[EntitySpan]:
        if not self.tagger_.model_:
            return
        text, tokens = utterance.text, utterance.tokens
        if not text.isascii() and self._tokens == _TOKENS:
            tokens = composed_tokens(tokens)
        elif not text.isascii():  # a release of the time before marks were part of a word
            tokens = tokenize_without_marks(text)
            known = self._known.find(tokens)
        clues = None
        if self.stack_ is not None:
            vectors = token_vectors(tokens, encoded_of(utterance))
            clues = self.stack_.transform(vectors, confidences.astype(np.float32))
        found = self.tagger_.tag(tokens, known=known, remembered=self.memory_.find(tokens), intent=intent, clues=clues)
        for first, last, entity_type, confidence in found:
            start, end = tokens[first].start, tokens[last - 1].end
            if are_articles(tokens[first:last]) and not self._is_own(text, start, end, entity_type):
                continue
            value = self._known.canonical(entity_type, text[start:end])
            yield EntitySpan(start=start, end=end, type=entity_type, value=value, confidence=confidence)

    def _is_own_span(self, text: str, span: EntitySpan) -> bool:
        return self._is_own(text, span.start, span.end, span.type)

    def _is_own(self, text: str, start: int, end: int, entity_type: str) -> bool:
        """Whether the bot lists or annotates a part of a text as a value of a type."""
        written = text[start:end]
        return self._known.lists(entity_type, written) or self.memory_.holds(entity_type, written)

    def _alike(self, rows: Sequence[Example]) -> dict[str, list[str]]:
        """Return, by type of the bot, the system types that a good part of its annotated values are of, too."""
        if not self._system.types:
            return {}
        annotated: Counter[str] = Counter()
        both: Counter[tuple[str, str]] = Counter()
        for row in rows:
            found = self._system.find(row.text) if row.entities else []
            for span in row.entities:
                annotated[span.type] += 1
                both.update({(span.type, one.type) for one in found if span.start < one.end and one.start < span.end})
        alike: dict[str, list[str]] = {}
        for (own, system), count in sorted(both.items()):
            if count >= _ALIKE_SHARE * annotated[own]:
                alike.setdefault(own, []).append(system)
        return alike

    def to_parts(self) -> tuple[dict[str, Any], dict[str, npt.NDArray[Any]]]:
        """Return settings for JSON and arrays for NPZ; the tagger has its own file."""
        stack, arrays = self.stack_.to_parts() if self.stack_ is not None else (None, {})
        settings = {
            "algorithm": self.algorithm,
            "seed": self.seed,
            "language": self.language,
            "tokens": self._tokens,
            "entities": [entity.to_wire() for entity in self.entities_],
            "system_types": self.system_types_,
            "roles": self.roles_,
            "alike": self.alike_,
            "memory": self.memory_.to_parts(),
            "stack": stack,
        }
        return settings, arrays

    @classmethod
    def from_parts(cls, settings: dict[str, Any], arrays: dict[str, npt.NDArray[Any]], tagger: bytes) -> Self:
        """Rebuild from the result of `to_parts` and the tagger's model, which is empty if nothing was annotated."""
        finder = cls(algorithm=settings["algorithm"], seed=settings["seed"], language=settings["language"])
        finder._tokens = settings.get("tokens", 1)
        entities = [Entity.model_validate(entity) for entity in settings["entities"]]
        finder._configure(entities, settings["system_types"], settings["roles"])
        finder.alike_ = settings.get("alike")
        finder.memory_ = ValueMemory.from_parts(settings["memory"])
        finder.stack_ = TokenStack.from_parts(settings["stack"], arrays) if settings["stack"] else None
        finder.tagger_ = EntityTagger(algorithm=finder.algorithm, seed=finder.seed)
        finder.tagger_.model_ = tagger
        return finder
