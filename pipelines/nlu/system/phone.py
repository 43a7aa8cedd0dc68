"""Phone numbers in a text, by Google's libphonenumber."""

import re
from datetime import datetime

from phonenumbers import Leniency, PhoneNumberFormat, PhoneNumberMatcher, format_number

from pipelines.nlu.system.values import ValueMatch

# the shortest numbers that the library considers valid have seven digits or are emergency numbers
_SEVEN_DIGITS = re.compile(r"\d(?:[^\w\n]{0,4}\d){6}")
_MAX_TRIES = 10
"""Failed candidates before the search stops; the library's default of 65,535 is no limit in practice."""


class PhoneFinder:
    """Finds phone numbers that can be dialled; the canonical form is E.164: `+442079460958`.

    `region` is the ISO 3166 code of the country whose numbers people write without `+` and country code.
    """

    def __init__(self, region: str) -> None:
        self._region = region

    def find(self, text: str, *, now: datetime | None) -> list[ValueMatch]:
        """Find the numbers of a text; `now` is unused."""
        if not _SEVEN_DIGITS.search(text):
            return []
        matches = PhoneNumberMatcher(text, self._region, leniency=Leniency.VALID, max_tries=_MAX_TRIES)
        return [
            ValueMatch(match.start, match.end, format_number(match.number, PhoneNumberFormat.E164)) for match in matches
        ]
