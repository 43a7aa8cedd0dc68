"""Colloquial words of money, which the CLDR does not list."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class MoneyWords:
    """Colloquial words of one language, in lower case."""

    units: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  # currency → its colloquial names
    noun_comes_first: bool | None = None
    """Whether `dólares estadounidenses` is shortened to its first word or, like `US dollars`, to its last; None if
    unknown."""


MONEY: Mapping[str, MoneyWords] = {
    "en": MoneyWords(units={"USD": ("bucks", "buck"), "GBP": ("quid",)}, noun_comes_first=False),
    "de": MoneyWords(units={"EUR": ("euros",), "USD": ("dollars",)}, noun_comes_first=False),
    "es": MoneyWords(units={"MXN": ("pesos",)}, noun_comes_first=True),
    "fr": MoneyWords(noun_comes_first=True),
    "it": MoneyWords(noun_comes_first=True),
    "pt": MoneyWords(noun_comes_first=True),
    "nl": MoneyWords(noun_comes_first=False),
}
