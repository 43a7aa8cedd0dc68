"""Phone numbers in a text, by Google's libphonenumber."""

import re
from datetime import datetime

from phonenumbers import Leniency, PhoneNumberFormat, PhoneNumberMatcher, format_number

from pipelines.nlu.system.values import Found

# the shortest numbers that the library calls valid have seven digits or are emergency numbers
_SEVEN_DIGITS = re.compile(r"\d(?:[^\w\n]{0,4}\d){6}")
_MAX_TRIES = 10
"""Candidates that turn out to be no phone number before the search stops; the library's 65,535 bind nobody."""


class PhoneFinder:
    """Finds phone numbers that can be dialled; the canonical form is E.164: `+442079460958`.

    Parameters
    ----------
    region
        ISO 3166 code of the country whose numbers people write without `+` and country code.
    """

    def __init__(self, region: str) -> None:
        self._region = region

    def find(self, text: str, *, now: datetime | None) -> list[Found]:
        """Find the numbers of a text; `now` makes no difference."""
        if not _SEVEN_DIGITS.search(text):
            return []
        matches = PhoneNumberMatcher(text, self._region, leniency=Leniency.VALID, max_tries=_MAX_TRIES)
        return [Found(match.start, match.end, format_number(match.number, PhoneNumberFormat.E164)) for match in matches]
