"""Behaviour suite: changes to an utterance that must not change its intent.

References
----------
Ribeiro et al., 2020, "Beyond Accuracy: Behavioral Testing of NLP Models with CheckList" (invariance tests).
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from pipelines.nlu.model import NluModel
from pipelines.schemas.examples import OUT_OF_SCOPE, Example

_GREETINGS = ("hi, ", "hello! ", "hey there, ", "good morning, ", "Hi team, ")
_ENDINGS = ("", "!", "?", "...", " ?!", ".")
_EMOJI = (" 🙏", " 😀", " 👍🏽", " 😡", " ❤️")
_MIN_TYPO_LENGTH = 5

Random = np.random.Generator
Change = Callable[[Example, Random], str]


def upper_case(example: Example, random: Random) -> str:
    """Write everything in capitals."""
    return example.text.upper()


def lower_case(example: Example, random: Random) -> str:
    """Write everything in lower case."""
    return example.text.lower()


def other_punctuation(example: Example, random: Random) -> str:
    """Replace the final punctuation."""
    return example.text.rstrip(" .!?") + str(random.choice(_ENDINGS))


def emoji(example: Example, random: Random) -> str:
    """Append an emoji."""
    return example.text + str(random.choice(_EMOJI))


def greeting(example: Example, random: Random) -> str:
    """Prepend a greeting."""
    return str(random.choice(_GREETINGS)) + example.text


def more_space(example: Example, random: Random) -> str:
    """Double the spaces and add some around."""
    return f"  {example.text.replace(' ', '  ')} "


def typo(example: Example, random: Random) -> str:
    """Swap two adjacent letters inside a longer word outside any entity."""
    places = [
        place
        for place in range(1, len(example.text) - 2)
        if _inside_long_word(example.text, place) and not _touches_entity(example, place)
    ]
    if not places:
        return example.text
    place = int(random.choice(places))
    text = example.text
    return text[:place] + text[place + 1] + text[place] + text[place + 2 :]


def entity_swap(values: Mapping[tuple[str, str], Sequence[str]]) -> Change:
    """Return a change that replaces each entity by another value of its type, taken from examples of the same intent.

    A value from another intent may mean something else: `is damaged` and `arrived late` are both return reasons.
    """

    def swap(example: Example, random: Random) -> str:
        text = example.text
        for span in sorted(example.entities, key=lambda span: -span.start):
            others = values.get((example.intent, span.type), ())
            if others:
                text = text[: span.start] + str(random.choice(np.array(others))) + text[span.end :]
        return text

    return swap


@dataclass(frozen=True)
class BehaviourResult:
    """How often a change preserved the top intent.

    Attributes
    ----------
    kept
        Share of the `n_utterances` whose top intent stayed, in [0, 1].
    n_utterances
        Utterances that the change really altered.
    broken
        Some whose intent changed: the text before, and after.
    """

    change: str
    kept: float
    n_utterances: int
    broken: tuple[tuple[str, str], ...]


def run_behaviour(model: NluModel, examples: Sequence[Example], *, seed: int = 0) -> list[BehaviourResult]:
    """Apply every change to every utterance and compare the top intents.

    Only utterances that the model gets right are used: on the others a change proves nothing.
    """
    right = [row for row in examples if row.intent != OUT_OF_SCOPE and _top(model, row.text) == row.intent]
    values: dict[tuple[str, str], list[str]] = {}
    for row in right:
        for span in row.entities:
            values.setdefault((row.intent, span.type), []).append(row.text[span.start : span.end])
    changes: dict[str, Change] = {
        change.__name__: change
        for change in (upper_case, lower_case, other_punctuation, emoji, greeting, more_space, typo)
    }
    changes["entity_swap"] = entity_swap(values)
    return [_run(name, change, model, right, seed) for name, change in changes.items()]


def _run(name: str, change: Change, model: NluModel, rows: Sequence[Example], seed: int) -> BehaviourResult:
    random = np.random.default_rng(seed)
    pairs = [(row, change(row, random)) for row in rows]
    changed = [(row, text) for row, text in pairs if text != row.text]
    broken = [(row.text, text) for row, text in changed if _top(model, text) != row.intent]
    kept = 1 - len(broken) / len(changed) if changed else 1.0
    return BehaviourResult(name, kept, len(changed), tuple(broken[:10]))


def _top(model: NluModel, text: str) -> str:
    ranking = model.parse(text).ranking
    return ranking[0].intent_id if ranking else ""


def _inside_long_word(text: str, place: int) -> bool:
    first = last = place
    while first > 0 and text[first - 1].isalpha():
        first -= 1
    while last < len(text) - 1 and text[last + 1].isalpha():
        last += 1
    is_inner = first < place and place + 1 < last and text[place].isalpha() and text[place + 1].isalpha()
    return is_inner and last - first + 1 >= _MIN_TYPO_LENGTH and text[place] != text[place + 1]


def _touches_entity(example: Example, place: int) -> bool:
    return any(span.start <= place + 1 and place < span.end for span in example.entities)
