"""Checks for similar examples: texts that two intents claim, and intents taught with a single wording."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from math import ceil

import pandas as pd

from pipelines.schemas.examples import OUT_OF_SCOPE, LabelledSpan
from pipelines.schemas.training import Finding
from pipelines.steps.data.split import wording_key
from pipelines.steps.validation.checks import FEW_EXAMPLES, note, warning

MIN_SIMILARITY = 0.8
"""Jaccard similarity of character 4-grams from which on two texts are near-duplicates."""
FEW_WORDINGS_SHARE = 0.25
_GRAM = 4
_SIGNS = re.compile(r"[\W_]+")
_DIGITS = re.compile(r"\d")


def words_only(text: str) -> str:
    """Reduce a text to its words: case and punctuation are dropped, every digit becomes 0."""
    return _SIGNS.sub(" ", _DIGITS.sub("0", text.casefold())).strip()


class NearDuplicateIndex:
    """Finds near-duplicates among the texts added.

    Two sets can only be that similar if they share one of their rarest members, so only the rarest are looked up.

    Parameters
    ----------
    texts
        All texts to add or look up, reduced by `words_only` or `wording_key`.
    at_least
        Jaccard similarity of character 4-grams, in (0, 1].

    References
    ----------
    Bayardo, Ma and Srikant, 2007, "Scaling Up All Pairs Similarity Search".
    """

    def __init__(self, texts: Sequence[str], *, at_least: float = MIN_SIMILARITY) -> None:
        self._grams = [_grams(text) for text in texts]
        self._counts = Counter(gram for grams in self._grams for gram in grams)
        self._at_least = at_least
        self._rows_by_gram: dict[str, dict[str, list[int]]] = defaultdict(lambda: defaultdict(list))

    def add(self, row: int, *, group: str = "") -> None:
        """Make the text of a row findable, as a member of a group."""
        for gram in self._rarest(row):
            self._rows_by_gram[gram][group].append(row)

    def find(self, row: int, *, but_group: str | None = None) -> Iterator[tuple[int, float]]:
        """Yield the rows added so far whose text is similar, with the similarity; one group may be left out."""
        own = self._grams[row]
        candidates = {
            other
            for gram in self._rarest(row)
            for group, rows in self._rows_by_gram.get(gram, {}).items()
            if group != but_group
            for other in rows
        }
        for other in sorted(candidates):
            common = len(own & self._grams[other])
            similarity = common / (len(own) + len(self._grams[other]) - common)
            if similarity >= self._at_least:
                yield other, similarity

    def _rarest(self, row: int) -> list[str]:
        own = self._grams[row]
        ordered = sorted(own, key=lambda gram: (self._counts[gram], gram))
        return ordered[: len(own) - ceil(self._at_least * len(own)) + 1]


def near_duplicate_pairs(
    texts: Sequence[str], groups: Sequence[str], *, at_least: float = MIN_SIMILARITY
) -> list[tuple[int, int, float]]:
    """Find pairs of near-duplicates across groups: row, later row, similarity, in the order of the later rows.

    Texts are reduced as for `NearDuplicateIndex`. Repeats within a group are skipped; empty texts match nothing.
    """
    index = NearDuplicateIndex(texts, at_least=at_least)
    found: list[tuple[int, int, float]] = []
    seen: set[tuple[str, str]] = set()
    for row, key in enumerate(zip(texts, groups, strict=True)):
        if texts[row] and key not in seen:
            seen.add(key)
            found += [(other, row, similarity) for other, similarity in index.find(row, but_group=groups[row])]
            index.add(row, group=groups[row])
    return found


def check_similar(frame: pd.DataFrame) -> Iterator[Finding]:
    """Find near-duplicates across intents, repeated examples, and intents with the same wording over and over.

    Pairs come in the order of their later row, then intents.
    """
    own = frame[frame["intent"].ne(OUT_OF_SCOPE)]
    ids, intents, texts = own["example_id"].tolist(), own["intent"].tolist(), own["text"].tolist()
    exact = [" ".join(text.lower().split()) for text in texts]
    best: dict[int, tuple[float, int]] = {}
    for first, second, similarity in near_duplicate_pairs([words_only(text) for text in texts], intents):
        if exact[first] != exact[second]:  # identical texts are reported as `one_intent_a_text`
            best[second] = max(best.get(second, (0.0, 0)), (similarity, first))
    for second, (similarity, first) in best.items():
        explanation = (
            f"the text {texts[second]!r} is nearly {texts[first]!r} ({ids[first]}, {similarity:.0%} alike), "
            f"an example of {intents[first]!r}."
        )
        yield warning(
            "one_intent_a_wording", ids[second], explanation, "delete one of the two, or move it to the other intent."
        )
    wordings = [wording_key(*row) for row in zip(texts, own["entities"].tolist(), strict=True)]
    yield from _repeated(own)
    yield from _uniform(intents, wordings)


def _repeated(frame: pd.DataFrame) -> Iterator[Finding]:
    first: dict[tuple[str, str, tuple[LabelledSpan, ...]], str] = {}
    columns = (frame[name].tolist() for name in ("example_id", "intent", "text", "entities"))
    for example_id, intent, text, entities in zip(*columns, strict=True):
        known = first.setdefault((intent, text, entities), example_id)
        if known != example_id and text.strip():
            explanation = f"the text {text!r} is already there ({known})."
            yield note(
                "text_is_not_repeated", example_id, explanation, "delete it; a repeated example teaches nothing."
            )


def _uniform(intents: Sequence[str], wordings: Sequence[str]) -> Iterator[Finding]:
    by_intent: dict[str, list[str]] = defaultdict(list)
    for intent, wording in zip(intents, wordings, strict=True):
        by_intent[intent].append(wording)
    for intent, rows in by_intent.items():
        count = count_wordings(rows)
        if len(rows) >= FEW_EXAMPLES and (count < FEW_EXAMPLES or count < FEW_WORDINGS_SHARE * len(rows)):
            explanation = f"its {len(rows)} examples are {count} wording(s), with other values or a letter changed."
            yield warning("examples_differ", intent, explanation, "say it in other words, as customers would.")


def count_wordings(wordings: Sequence[str]) -> int:
    """Count the wordings that are not near-duplicates of an earlier one."""
    distinct = list(dict.fromkeys(wording for wording in wordings if wording))
    index, count = NearDuplicateIndex(distinct), 0
    for row in range(len(distinct)):
        if next(index.find(row), None) is None:
            index.add(row)
            count += 1
    return count


def _grams(text: str) -> frozenset[str]:
    padded = f" {text} "
    return (
        frozenset(padded[start : start + _GRAM] for start in range(max(1, len(padded) - _GRAM + 1)))
        if text
        else frozenset()
    )
