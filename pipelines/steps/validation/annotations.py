"""Checks for inconsistent annotation: a tagger learns from missing annotations too."""

import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass

import pandas as pd

from pipelines.nlu.text import Token, tokenize
from pipelines.schemas.bot import BotFile
from pipelines.schemas.examples import OUT_OF_SCOPE, LabelledSpan
from pipelines.schemas.training import Finding
from pipelines.steps.validation.checks import warning

MIN_ANNOTATIONS = 3
"""Annotations of a phrase from which on its unannotated places, or those of another type, are examined."""
MAX_DEVIATING_SHARE = 0.2
"""Share of a phrase's places up to which a deviation is taken for a mistake, not for another meaning."""
_DIGIT = re.compile(r"\d")
Phrase = tuple[str, ...]


@dataclass(frozen=True)
class Place:
    """Position of a phrase: row of the frame and characters."""

    row: int
    start: int
    end: int


@dataclass(frozen=True)
class PhrasePlaces:
    """Positions of all phrases that are annotated anywhere.

    Attributes
    ----------
    example_ids, texts
        The examples, by row.
    marked
        Annotated places of each phrase, by type.
    unmarked
        Places of each phrase outside every annotation.
    """

    example_ids: list[str]
    texts: list[str]
    marked: dict[Phrase, dict[str, list[Place]]]
    unmarked: dict[Phrase, list[Place]]


def check_annotations(frame: pd.DataFrame, bot_file: BotFile) -> Iterator[Finding]:
    """Find values that are annotated in most examples, but not in some or as another type there.

    Words are compared without case, and every digit as 0: `ORD-1042` is expected where `ORD-7718` is annotated. Bare
    numbers and single letters are too ambiguous to be expected anywhere. Annotations outside their text are skipped,
    and those of a type unknown to the bot set no standard. Findings come in row order.
    """
    places = find_places(frame, bot_file)
    findings = [*_left_out(places), *_of_another_type(places)]
    for row, place, check, explanation, repair in sorted(findings):
        yield warning(check, places.example_ids[row], explanation, repair, place)


def find_places(frame: pd.DataFrame, bot_file: BotFile) -> PhrasePlaces:
    """Find all places of each annotated phrase, annotated or not; the arguments are those of `check_annotations`."""
    own = frame[frame["intent"].ne(OUT_OF_SCOPE)]
    texts = own["text"].tolist()
    spans = [_sound_spans(*row) for row in zip(texts, own["entities"].tolist(), strict=True)]
    marks = _marks(texts, spans, known_types={entity.name for entity in bot_file.entities})
    return PhrasePlaces(own["example_id"].tolist(), texts, marks, _unmarked(texts, spans, marks))


_Row = tuple[int, tuple[int, int], str, str, str]


def _left_out(found: PhrasePlaces) -> Iterator[_Row]:
    texts = found.texts
    for phrase, places in found.unmarked.items():
        entity_type, marked = max(found.marked[phrase].items(), key=lambda item: len(item[1]))
        if len(marked) >= MIN_ANNOTATIONS and len(places) <= MAX_DEVIATING_SHARE * (len(marked) + len(places)):
            for place in places:
                written = texts[place.row][place.start : place.end]
                explanation = (
                    f"{written!r} is not marked in {texts[place.row]!r}; as {entity_type!r} such words are marked in "
                    f"{len(marked)} other place(s)."
                )
                repair = f"mark it as {entity_type!r}, unless it means something else here."
                yield place.row, (place.start, place.end), "values_are_marked", explanation, repair


def _of_another_type(found: PhrasePlaces) -> Iterator[_Row]:
    texts = found.texts
    for by_type in found.marked.values():
        usual, most = max(by_type.items(), key=lambda item: len(item[1]))
        total = sum(map(len, by_type.values()))
        for entity_type, places in by_type.items():
            if entity_type != usual and len(most) >= MIN_ANNOTATIONS and len(places) <= MAX_DEVIATING_SHARE * total:
                for place in places:
                    written = texts[place.row][place.start : place.end]
                    explanation = (
                        f"{written!r} is marked as {entity_type!r} in {texts[place.row]!r}, and as {usual!r} in "
                        f"{len(most)} other place(s)."
                    )
                    repair = f"mark it as {usual!r}, unless it means something else here."
                    yield place.row, (place.start, place.end), "one_type_a_value", explanation, repair


def _sound_spans(text: str, entities: Iterable[LabelledSpan]) -> list[tuple[int, int, str]]:
    return [(span.start, span.end, span.type) for span in entities if 0 <= span.start < span.end <= len(text)]


def _marks(
    texts: list[str], spans: list[list[tuple[int, int, str]]], *, known_types: Collection[str]
) -> dict[Phrase, dict[str, list[Place]]]:
    """Return the annotated places of each phrase, by type."""
    marks: dict[Phrase, dict[str, list[Place]]] = defaultdict(lambda: defaultdict(list))
    for row, (text, own) in enumerate(zip(texts, spans, strict=True)):
        for start, end, entity_type in own:
            phrase = _phrase(tokenize(text[start:end]))
            if entity_type in known_types and any(len(word) > 1 and word.isalpha() for word in phrase):
                marks[phrase][entity_type].append(Place(row, start, end))
    return marks


def _unmarked(
    texts: list[str],
    spans: list[list[tuple[int, int, str]]],
    marks: dict[Phrase, dict[str, list[Place]]],
) -> dict[Phrase, list[Place]]:
    """Return the places of each phrase outside every annotation, longest phrases first."""
    phrases_by_word: dict[str, list[Phrase]] = defaultdict(list)
    for phrase in sorted(marks, key=lambda phrase: -len(phrase)):
        phrases_by_word[phrase[0]].append(phrase)
    found: dict[Phrase, list[Place]] = defaultdict(list)
    for row, (text, own) in enumerate(zip(texts, spans, strict=True)):
        tokens = tokenize(text)
        words = _phrase(tokens)
        taken = [(start, end) for start, end, _ in own]
        for number, word in enumerate(words):
            for phrase in phrases_by_word.get(word, ()):
                if words[number : number + len(phrase)] == phrase:
                    start, end = tokens[number].start, tokens[number + len(phrase) - 1].end
                    if all(end <= begin or stop <= start for begin, stop in taken):
                        found[phrase].append(Place(row, start, end))
                        taken.append((start, end))
    return found


def _phrase(tokens: list[Token]) -> Phrase:
    return tuple(_DIGIT.sub("0", token.text.lower()) for token in tokens)
