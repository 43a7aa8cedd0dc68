"""The check for personal data in examples: addresses, phone numbers, cards and accounts, each by its own grammar.

It cannot find names of people and postal addresses: no rule tells Grace the customer from the grace of a dancer.
Whoever puts real conversations into a bot has to remove these by hand.
"""

import re
import zlib
from collections.abc import Callable, Iterable, Iterator

import pandas as pd

from pipelines.nlu.system.boundaries import ends_word
from pipelines.nlu.system.contacts import EmailFinder
from pipelines.nlu.system.locale import system_locale
from pipelines.nlu.system.phone import PhoneFinder
from pipelines.nlu.text import clean
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

_CARD = re.compile(r"(?<![\d-])[2-6]\d(?:[ -]?\d){11,17}(?![\d-])")
_IBAN = re.compile(r"(?<![^\W_])[A-Z]{2}\d{2}(?: ?[A-Z0-9]){11,30}(?![^\W_])", re.IGNORECASE)
_IBAN_LENGTHS = range(15, 35)
# Reserved for examples by the standards; they belong to nobody.
_INVENTED_DOMAIN = re.compile(r"@(.+\.)?(example(\.(com|net|org))?|test|invalid|localhost)$")
_INVENTED_PHONE = re.compile(r"\+1\d{3}55501\d\d|\+447700900\d{3}|\+442079460\d{3}|\+441632960\d{3}")
_INVENTED_NUMBERS = frozenset(
    (
        *("4111111111111111", "4242424242424242", "4012888888881881", "5555555555554444", "5105105105105100"),
        *("2223003122003222", "378282246310005", "371449635398431", "6011111111111117", "3530111333300000"),
        *("GB29NWBK60161331926819", "DE89370400440532013000", "FR1420041010050500013M02606"),
    )
)
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
    emails, phones = EmailFinder(), PhoneFinder(system_locale(language, None).region)

    def find(text: str) -> list[tuple[str, Place]]:
        readable = clean(text)
        if "@" not in readable and sum(map(str.isdigit, readable)) < 7:
            return []
        candidates = [("iban", place) for place in _ibans(readable)]
        candidates += [("card", match.span()) for match in _CARD.finditer(readable) if _is_card(match[0])]
        candidates += [
            ("email", (found.start, found.end))
            for found in emails.find(readable, now=None)
            if not _INVENTED_DOMAIN.search(found.value)
        ]
        candidates += [
            ("phone", (found.start, found.end))
            for found in phones.find(readable, now=None)
            if not _INVENTED_PHONE.fullmatch(found.value)
        ]
        kept: list[tuple[str, Place]] = []
        for kind, (start, end) in candidates:
            if all(end <= begin or stop <= start for _, (begin, stop) in kept):
                kept.append((kind, (start, end)))
        return sorted(kept, key=lambda row: row[1])

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


def _ibans(text: str) -> Iterator[Place]:
    """Find account numbers. Following words may look like further groups, so every word's end is tried."""
    for match in _IBAN.finditer(text):
        for end in range(match.end(), match.start(), -1):
            if text[end - 1] != " " and ends_word(text, end) and _is_iban(text[match.start() : end]):
                yield match.start(), end
                break


def _is_card(written: str) -> bool:
    digits = [int(sign) for sign in written if sign.isdigit()]
    number = "".join(map(str, digits))
    if number in _INVENTED_NUMBERS or len(set(digits)) == 1:
        return False
    doubled = (sum(divmod(2 * digit, 10)) for digit in digits[-2::-2])
    return (sum(digits[-1::-2]) + sum(doubled)) % 10 == 0


def _is_iban(written: str) -> bool:
    """Check the two check digits (ISO 13616): the rearranged number leaves 1 when divided by 97."""
    number = written.replace(" ", "").upper()
    if number in _INVENTED_NUMBERS or len(number) not in _IBAN_LENGTHS:
        return False
    return int("".join(str(int(sign, 36)) for sign in number[4:] + number[:4])) % 97 == 1
