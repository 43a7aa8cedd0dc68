"""The checks of how alike examples are: texts that two intents claim, and intents taught with one sentence only."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from math import ceil

import pandas as pd

from pipelines.schemas.examples import OUT_OF_SCOPE
from pipelines.schemas.training import Finding
from pipelines.steps.checks import FEW_EXAMPLES, note, warning
from pipelines.steps.split import wording_key

ALIKE = 0.8
"""Share of character 4-grams that two texts have in common (Jaccard) from which on they are near-duplicates."""
FEW_WORDINGS_SHARE = 0.25
_GRAM = 4
_SIGNS = re.compile(r"[\W_]+")
_DIGITS = re.compile(r"\d")


def plain(text: str) -> str:
    """Reduce a text to its words: case and signs are dropped, every digit is 0."""
    return _SIGNS.sub(" ", _DIGITS.sub("0", text.casefold())).strip()


def alike_pairs(texts: Sequence[str], *, at_least: float = ALIKE) -> list[tuple[int, int, float]]:
    """Find all pairs of texts that are nearly the same; a second for tens of thousands of texts.

    Parameters
    ----------
    texts
        Texts, reduced by `plain` or `wording_key`.
    at_least
        Jaccard similarity of character 4-grams, in (0, 1].

    Returns
    -------
    list[tuple[int, int, float]]
        Row, later row, similarity; in the order of the rows. Texts without a word are like nothing.

    References
    ----------
    Bayardo, Ma and Srikant, 2007, "Scaling Up All Pairs Similarity Search": two sets can only be that similar if they
    share one of their rarest members, so only the rarest are looked up.
    """
    grams = [_grams(text) for text in texts]
    counts = Counter(gram for row in grams for gram in row)
    found: list[tuple[int, int, float]] = []
    rows_by_gram: dict[str, list[int]] = defaultdict(list)
    for row in sorted((row for row in range(len(grams)) if grams[row]), key=lambda row: len(grams[row])):
        own = grams[row]
        rarest = sorted(own, key=lambda gram: (counts[gram], gram))[: len(own) - ceil(at_least * len(own)) + 1]
        candidates = {other for gram in rarest for other in rows_by_gram[gram]}
        for other in candidates:
            if len(grams[other]) >= at_least * len(own):
                common = len(own & grams[other])
                similarity = common / (len(own) + len(grams[other]) - common)
                if similarity >= at_least:
                    found.append((min(row, other), max(row, other), similarity))
        for gram in rarest:
            rows_by_gram[gram].append(row)
    return sorted(found)


def check_similar(frame: pd.DataFrame) -> Iterator[Finding]:
    """Find near-duplicates in two intents, repeated examples, and intents with one wording over and over.

    Parameters
    ----------
    frame
        Examples.

    Yields
    ------
    Finding
        Pairs in the order of their later row, then intents.
    """
    own = frame[frame["intent"].ne(OUT_OF_SCOPE)]
    ids, intents, texts = own["example_id"].tolist(), own["intent"].tolist(), own["text"].tolist()
    exact = [" ".join(text.lower().split()) for text in texts]
    pairs = alike_pairs([plain(text) for text in texts])
    wordings = [wording_key(*row) for row in zip(texts, own["entities"].tolist(), strict=True)]
    for first, second, similarity in sorted(pairs, key=lambda pair: (pair[1], -pair[2])):
        if intents[first] == intents[second] or exact[first] == exact[second]:
            continue  # within an intent likeness is only repetition; the same text twice is `one_intent_a_text`
        explanation = (
            f"the text {texts[second]!r} is nearly {texts[first]!r} ({ids[first]}, {similarity:.0%} alike), "
            f"an example of {intents[first]!r}."
        )
        yield warning(
            "one_intent_a_wording", ids[second], explanation, "delete one of the two, or move it to the other intent."
        )
    yield from _repeated(own)
    yield from _uniform(intents, wordings)


def _repeated(frame: pd.DataFrame) -> Iterator[Finding]:
    first: dict[tuple[str, str, str], str] = {}
    columns = (frame[name].tolist() for name in ("example_id", "intent", "text", "entities"))
    for example_id, intent, text, entities in zip(*columns, strict=True):
        known = first.setdefault((intent, text, entities), example_id)
        if known != example_id and text.strip():
            explanation = f"the text {text!r} stands there already ({known})."
            yield note("text_is_not_repeated", example_id, explanation, "delete it; nothing is learnt from it twice.")


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
    """Count the groups that are left when near-duplicates are put together."""
    group = list(range(len(wordings)))

    def root(row: int) -> int:
        while group[row] != row:
            row = group[row] = group[group[row]]
        return row

    for first, second, _ in alike_pairs(wordings):
        group[root(second)] = root(first)
    return len({root(row) for row, wording in enumerate(wordings) if wording})


def _grams(text: str) -> frozenset[str]:
    padded = f" {text} "
    return (
        frozenset(padded[start : start + _GRAM] for start in range(max(1, len(padded) - _GRAM + 1)))
        if text
        else frozenset()
    )
