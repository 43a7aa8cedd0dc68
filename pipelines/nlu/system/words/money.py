"""Colloquial words of money, which the CLDR does not list; for dates and times see `words_en.py` and the like."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class SpokenWords:
    """Colloquial words of one language, in lower case."""

    units: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  # currency → its colloquial names
    noun_comes_first: bool | None = None
    """Whether `dólares estadounidenses` is shortened to its first word or, like `US dollars`, to its last; None if
    unknown."""


SPOKEN: Mapping[str, SpokenWords] = {
    "en": SpokenWords(units={"USD": ("bucks", "buck"), "GBP": ("quid",)}, noun_comes_first=False),
    "de": SpokenWords(units={"EUR": ("euros",), "USD": ("dollars",)}, noun_comes_first=False),
    "es": SpokenWords(units={"MXN": ("pesos",)}, noun_comes_first=True),
    "fr": SpokenWords(noun_comes_first=True),
    "it": SpokenWords(noun_comes_first=True),
    "pt": SpokenWords(noun_comes_first=True),
    "nl": SpokenWords(noun_comes_first=False),
}
