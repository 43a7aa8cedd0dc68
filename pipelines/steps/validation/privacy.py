"""The check for personal data in examples: addresses, phone numbers, cards and accounts, each by its own grammar.

It cannot find names of people and postal addresses: no rule tells Grace the customer from the grace of a dancer.
Whoever puts real conversations into a bot has to remove these by hand.
"""

import re
import zlib
from collections.abc import Callable, Iterable, Iterator

import pandas as pd

from pipelines.nlu.text import clean
from pipelines.privacy.finder import find_in_examples
from pipelines.schemas.bot import BotFile
from pipelines.schemas.examples import LabelledSpan
from pipelines.schemas.training import Finding
from pipelines.steps.validation.checks import Place, warning

MASK = "\u2022"
KIND_BY_CHECK = {
    "no_email_address": "email",
    "no_phone_number": "phone",
    "no_card_number": "card",
    "no_bank_account": "iban",
}

_NUMBER_OF_A_PERSON = re.compile(r"phone|mobile|tel|card|iban|account|payment|contact", re.IGNORECASE)
_FIRST_NAMES = ("alex", "sam", "kim", "robin", "chris", "jo", "max", "toni", "pat", "lee")


def check_privacy(frame: pd.DataFrame, bot_file: BotFile) -> Iterator[Finding]:
    """Find personal data in examples, which would stay in snapshots, models and reports.

    The bot's language decides which numbers can be dialled. No finding quotes the data.
    """
    find = personal_data_finder(bot_file.language)
    check_by_kind = {kind: check for check, kind in KIND_BY_CHECK.items()}
    columns = (frame[name].tolist() for name in ("example_id", "text", "entities"))
    for example_id, text, entities in zip(*columns, strict=True):
        for kind, (start, end) in find(text):
            if not _is_otherwise_named(kind, start, end, entities):
                check = check_by_kind[kind]
                what = check.removeprefix("no_").replace("_", " ").replace("email", "e-mail")
                explanation = (
                    f"characters {start} to {end} look like personal data ({what}): {masked(text[start:end])}."
                )
                yield warning(check, example_id, explanation, "put an invented one in its place.", (start, end))


def personal_data_finder(language: str) -> Callable[[str], list[tuple[str, Place]]]:
    """Return a function that finds personal data in a text: kind and place, in order, without overlaps."""

    def find(text: str) -> list[tuple[str, Place]]:
        found = find_in_examples(clean(text), language=language)
        return [(each.kind, (each.start, each.end)) for each in found]

    return find


def invented(kind: str, written: str) -> str:
    """Return a stand-in of the same kind that belongs to nobody; equal inputs give equal stand-ins."""
    number = zlib.crc32(written.casefold().encode())
    if kind == "email":
        name = _FIRST_NAMES[number % len(_FIRST_NAMES)]
        return f"{name}{number // 16 % 100}@example.{('com', 'net', 'org')[number % 3]}"
    if kind == "phone":
        return f"+44 7700 900{number % 1000:03d}"
    return "4111 1111 1111 1111" if kind == "card" else "GB29 NWBK 6016 1331 9268 19"


def masked(written: str) -> str:
    """Return a text of the same length that shows only the first and last character."""
    return written[0] + MASK * (len(written) - 2) + written[-1]


def shown_text(finding: Finding, text: str) -> str:
    """Return the example's text as reports may show it."""
    if finding.check not in KIND_BY_CHECK or finding.start is None or finding.end is None:
        return text
    return text[: finding.start] + masked(text[finding.start : finding.end]) + text[finding.end :]


def _is_otherwise_named(kind: str, start: int, end: int, spans: Iterable[LabelledSpan]) -> bool:
    """Whether a run of digits lies in an annotation of another kind, such as an order number."""
    return kind != "email" and any(
        span.start < end and start < span.end and not _NUMBER_OF_A_PERSON.search(span.type) for span in spans
    )
