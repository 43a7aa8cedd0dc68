"""Typed values that need no training: numbers, dates, times, addresses, phone numbers, money.

The names of these types are reserved: an author gives a parameter such a type and lists no values. Only the types that
a bot uses are searched for, and only their libraries are loaded.
"""

import re
from collections.abc import Collection, Iterable
from datetime import datetime
from typing import TYPE_CHECKING

from pipelines.nlu.system.contacts import EmailFinder, UrlFinder
from pipelines.nlu.system.values import Finder, ValueMatch
from pipelines.nlu.text import clean
from pipelines.schemas.parameter import Parameter
from pipelines.schemas.understanding import EntitySpan

if TYPE_CHECKING:
    from pipelines.nlu.system.numbers.finder import NumberReaders

SYSTEM_PREFIX = "sys."
"""Prefix of the names of these types, present and future."""

SYSTEM_TYPES = (
    "sys.email",
    "sys.url",
    "sys.money",
    "sys.phone",
    "sys.date",
    "sys.time",
    "sys.integer",
    "sys.number",
)
"""All types in order of precedence: if two types match the same characters, the earlier one wins."""

SYSTEM_TYPES_BY_ALIAS = {name.removeprefix(SYSTEM_PREFIX): (name,) for name in SYSTEM_TYPES} | {
    "datetime": ("sys.date", "sys.time")
}
"""Short names that a parameter may use as its type → the types meant; an entity of the bot takes precedence."""


_ADDRESSES, _ADDRESS_FINDERS = ("sys.email", "sys.url"), (EmailFinder(), UrlFinder())
_SURE_ADDRESS = re.compile(r"@|://|^www\.", re.IGNORECASE)
_NUMBER_TYPES = frozenset(("sys.money", "sys.integer", "sys.number"))


class SystemEntities:
    """Finds the system entities that a bot uses.

    Parameters
    ----------
    types
        Entity types of the bot; others than system types are ignored.
    language
        Language tag, such as `en`, `en-GB` or `pt_BR`.
    region
        ISO 3166 code of the region of most customers: it decides the order of day and month, the country of phone
        numbers and the meaning of `$`. None: the tag's region, or else the language's most likely one (`US` for
        English).
    """

    def __init__(self, types: Collection[str], *, language: str = "en", region: str | None = None) -> None:
        self._numbers = _number_readers(language, region) if not _NUMBER_TYPES.isdisjoint(types) else None
        self._finders = [
            (name, _finder(name, language, region, self._numbers)) for name in SYSTEM_TYPES if name in types
        ]

    @property
    def types(self) -> tuple[str, ...]:
        """The types that are searched for."""
        return tuple(name for name, _ in self._finders)

    def find(self, text: str, *, now: datetime | None = None) -> list[EntitySpan]:
        """Find all values, ordered by start and not overlapping.

        `text` is any string; only its first 10,000 characters are read. `now` is the time of writing in the customer's
        time zone; without it, a value that depends on it (`tomorrow`) keeps its written form.
        """
        if not self._finders:
            return []
        readable = clean(text)
        candidates = [
            (rank, name, found)
            for rank, (name, finder) in enumerate(self._finders)
            for found in finder.find(readable, now=now)
        ]
        if self._numbers is not None:
            self._numbers.forget()
        return _without_overlaps(_outside_addresses(candidates, readable)) if candidates else []


def with_system_types(parameters: Iterable[Parameter], *, entity_names: Collection[str]) -> list[Parameter]:
    """Replace the short names of system types: `number` by `sys.number`, unless the bot has an entity `number`."""
    return [
        parameter.model_copy(update={"type": name})
        for parameter in parameters
        for name in (
            (parameter.type,)
            if parameter.type in entity_names
            else SYSTEM_TYPES_BY_ALIAS.get(parameter.type, (parameter.type,))
        )
    ]


def is_reserved(name: str) -> bool:
    """Whether authors may not define an entity of this name."""
    return name.startswith(SYSTEM_PREFIX)


def _outside_addresses(candidates: list[tuple[int, str, ValueMatch]], text: str) -> list[tuple[int, str, ValueMatch]]:
    """Drop what is only part of an address: the 5 of `https://example.org/?id=5`.

    Without `https://` or `www.`, it may be no address: `5.dec/6.dec`.
    """
    inside = {
        place
        for finder in _ADDRESS_FINDERS
        for address in finder.find(text, now=None)
        if _SURE_ADDRESS.search(address.value)
        for place in range(address.start, address.end)
    }
    if not inside:
        return candidates
    return [
        (rank, name, found)
        for rank, name, found in candidates
        if name in _ADDRESSES or inside.isdisjoint(range(found.start, found.end))
    ]


def _without_overlaps(candidates: list[tuple[int, str, ValueMatch]]) -> list[EntitySpan]:
    kept: list[EntitySpan] = []
    taken: set[int] = set()
    for _, name, found in sorted(candidates, key=lambda one: (one[0], one[2].start - one[2].end, one[2].start)):
        place = range(found.start, found.end)
        if taken.isdisjoint(place):
            taken.update(place)
            start, end, value, alternatives = found
            kept.append(
                EntitySpan(start=start, end=end, type=name, value=value, alternatives=alternatives, source="system")
            )
    return sorted(kept, key=lambda span: span.start)


def _number_readers(language: str, region: str | None) -> "NumberReaders":
    from pipelines.nlu.system.locale import system_locale
    from pipelines.nlu.system.numbers.finder import NumberReaders

    return NumberReaders(system_locale(language, region))


def _finder(name: str, language: str, region: str | None, numbers: "NumberReaders | None") -> Finder:
    """Create a finder and load its libraries: the CLDR costs 0.2 s and 11 MB, phone numbers 0.2 s and 7 MB."""
    if name in ("sys.email", "sys.url"):
        return EmailFinder() if name == "sys.email" else UrlFinder()
    from pipelines.nlu.system.locale import system_locale

    locale = system_locale(language, region)
    if name == "sys.phone":
        from pipelines.nlu.system.phone import PhoneFinder

        return PhoneFinder(locale.region)
    if name == "sys.money":
        from pipelines.nlu.system.numbers.money import MoneyFinder

        return MoneyFinder(locale, numbers.numerals if numbers else None)
    if name in ("sys.number", "sys.integer"):
        from pipelines.nlu.system.numbers.finder import NumberFinder

        return NumberFinder(locale, integers_only=name == "sys.integer", read=numbers.counts if numbers else None)
    if name == "sys.date":
        from pipelines.nlu.system.dates.finder import DateFinder

        return DateFinder(locale)
    from pipelines.nlu.system.times.finder import TimeFinder

    return TimeFinder(locale)
