"""Finding personal data by its form: addresses, phone numbers, cards, accounts and national ids.

It cannot find names of people and postal addresses: no rule tells Grace the customer from the grace of a dancer.
"""

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from functools import lru_cache

from phonenumbers import NumberParseException, is_valid_number, parse

from pipelines.nlu.system.boundaries import ends_word
from pipelines.nlu.system.contacts import EmailFinder
from pipelines.nlu.system.locale import system_locale
from pipelines.nlu.system.phone import PhoneFinder
from pipelines.privacy.checks import digits_of, is_iban, passes_luhn
from pipelines.privacy.national_ids import find_national_ids
from pipelines.privacy.plain import Plain
from pipelines.schemas.policy import PERSONAL_KINDS, PersonalKind

Place = tuple[int, int]

_CARD_DIGITS, _AMERICAN = 13, 11
_FEWEST_DIGITS = 4  # of an Indian tax number, which has the fewest
_AT_WORDS = re.compile(r"(?i)[(\[{]\s?at\s?[)\]}]")
_SPELLED = re.compile(r"(?i)(?<![\w.+-])[\w.+-]{2,64} at [\w-]{2,63}(?: dot [\w-]{2,63}){1,3}(?![\w-])")
_LOCAL = re.compile(r"[\w.!#$%&'*+/=?^`{|}~-]{1,64}$")
_DOMAIN = re.compile(
    r"(?:[^\W_](?:[\w-]{0,61}[^\W_])?(?:\.| ?[(\[{] ?dot ?[)\]}] ?)){1,8}[^\W\d_]{2,63}(?!\w)", re.IGNORECASE
)
_CARD = re.compile(r"(?<![\w+])(?<!\d[-.])[2-6](?:[ ./_-]{0,3}\d){12,18}(?!\w)")
_IBAN = re.compile(r"(?<![^\W_])[A-Z]{2} ?\d{2}(?:[ .-]?[A-Z0-9]){11,30}(?![^\W_])", re.IGNORECASE)
_PHONE = re.compile(r"(?<![\w.,@/-])(?:\+|\()?\(?\d(?:[ ()./-]{0,3}\d){5,16}(?!\w)(?![.,]\d)")
_PHONE_NOUNS = (
    r"phone|tel|telephone|telefon\w*|telefoon\w*|t[e\u00e9]l[e\u00e9]phone|tel[e\u00e9]fono|mobile|mobil\w*|handy\w*|"
    r"cell|cellphone|whats ?app|sms|fax|callback|m[o\u00f3]vil|portable|cellulare|telem[o\u00f3]vel|celular|"
    r"my number|meine nummer|mon num[e\u00e9]ro|mi n[u\u00fa]mero"
)
_PHONE_VERBS = (
    r"call|text|ring|reach|contact|erreich\w*|ruf\w*|anruf\w*|appel\w*|joindre|ll[a\u00e1]m\w*|chiam\w*|ligue|ligar|bel"
)
_ACCOUNT_WORDS = (
    r"iban|(?:bank )?account|acct|konto|kontonummer|compte|cuenta|conto|conta|rekening|rekeningnummer|sort code|routing"
)
_CARD_WORDS = r"card|karte|kreditkarte|visa|mastercard|amex|carte|tarjeta|carta|cart[a\u00e3]o"


def _cue(words: str) -> re.Pattern[str]:
    """Compile what stands right before a number and says what it is, with a few words between."""
    return re.compile(rf"(?i)(?:\b(?:{words})\b)\W{{0,4}}(?:[^\W\d]+\W{{1,4}}){{0,4}}$")


_PHONE_CUE, _CALL_CUE = _cue(_PHONE_NOUNS), _cue(_PHONE_VERBS)
_CARD_CUE, _ACCOUNT_CUE = _cue(_CARD_WORDS), _cue(_ACCOUNT_WORDS)
_PHONE_SIGN = re.compile(r"[\u260e\U0001f4de\U0001f4f1]\W*$")
_OF_AN_ORDER = re.compile(
    r"(?i)(?:order|ticket|invoice|track\w*|parcel|booking|bestell\w*|auftrag\w*|rechnung\w*|sendung\w*|commande|pedido|"
    r"article|artikel\w*|item|product|produkt\w*|sku|ean|isbn|imei|serial|room|zimmer|zip|plz|customer|kunden\w*|amazon|dhl|ups)"
    r"\W{0,3}(?:(?:number|no|nr|num|id|ref|reference|code|is|was|ist|nummer|num[e\u00e9]ro|n[u\u00fa]mero)\W{0,3}){0,3}$"
)
"""What says right before a number that it is an order's."""
_CUE_REACH = 60
_ACCOUNT = re.compile(r"(?<!\w)(?:\d[ -]?){5,17}\d(?!\w)")
_GAP = re.compile(r"\d[ ()./-]+(?=\d)")
_NO_PHONE = re.compile(
    r"\d{4}-\d\d-\d\d\b.*|\d{1,2}([./-])\d{1,2}\1(?:19|20)\d\d\b.*|\d{1,3}(?:\.\d{1,3}){3}|\d+\.\d+|\d{1,3}(?:[ .]000)+"
)
"""A date and a time, an address of the internet, a fraction, a round sum."""
_PHONE_AFTER = re.compile(rf"(?i)\W{{0,4}}(?:{_PHONE_NOUNS}|{_PHONE_VERBS})\b")
_MOST_JUDGED = 40
"""Numbers of a text that are judged one by one; in a longer list, all others count as phone numbers."""
_REGIONS = (
    "US", "GB", "DE", "FR", "IT", "ES", "NL", "BE", "AT", "CH", "IE", "PT", "PL", "SE", "NO", "DK", "FI", "AU", "NZ",
    "IN", "BR", "MX", "JP", "CN", "ZA", "TR",
)  # fmt: skip
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


@dataclass(frozen=True, slots=True)
class Found:
    """Personal data: `text[start:end]`."""

    kind: PersonalKind
    start: int
    end: int


def find_in_examples(text: str, *, language: str) -> list[Found]:
    """Find personal data in what authors write: only what is certain, and nothing that was reserved for examples.

    The language decides which numbers can be dialled.
    """
    if "@" not in text and sum(map(str.isdigit, text)) < 7:
        return []
    region = system_locale(language, None).region
    candidates = [Found("iban", *place) for place in _ibans(text) if not _is_invented(text[slice(*place)])]
    candidates += [
        Found("card", *place) for place in _cards(text, _WRITTEN_CARD) if not _is_invented(text[slice(*place)])
    ]
    candidates += [
        Found("email", match.start, match.end)
        for match in _EMAILS.find(text, now=None)
        if not _INVENTED_DOMAIN.search(match.value)
    ]
    candidates += [
        Found("phone", match.start, match.end)
        for match in _phones(region).find(text, now=None)
        if not _INVENTED_PHONE.fullmatch(match.value)
    ]
    return _first_kept(candidates)


def find_personal(
    text: str, *, language: str, kinds: Collection[PersonalKind] = PERSONAL_KINDS, expected: PersonalKind | None = None
) -> list[Found]:
    """Find personal data in what a customer writes, in any country's form and however it is disguised.

    `expected` is the kind that the customer was asked for: then every longer number is one.
    """
    plain = Plain.of(text)
    readable = plain.text
    n_digits = sum(map(str.isdigit, readable))
    is_address = "@" in readable or any(form.search(readable) for form in (_AT_WORDS, _SPELLED))
    if n_digits < _FEWEST_DIGITS and not is_address:
        return []
    candidates: list[Found] = []
    if "email" in kinds and is_address:
        candidates += [Found("email", *place) for place in _loose_emails(readable)]
    if n_digits >= _FEWEST_DIGITS:
        candidates += _numbers(readable, language=language, kinds=kinds)
        if expected is not None and expected in kinds and expected != "email":
            candidates += [Found(expected, *match.span()) for match in _ACCOUNT.finditer(readable)]
    return [Found(found.kind, *plain.place(found.start, found.end)) for found in _first_kept(candidates)]


def _numbers(text: str, *, language: str, kinds: Collection[PersonalKind]) -> Iterator[Found]:
    if "iban" in kinds:
        yield from (Found("iban", *place) for place in _ibans(text))
        yield from (Found("iban", *place) for place in _after_cue(text, _IBAN, _ACCOUNT_CUE))
        yield from (Found("iban", *place) for place in _after_cue(text, _ACCOUNT, _ACCOUNT_CUE))
    if "card" in kinds:
        yield from (Found("card", *place) for place in _cards(text, _CARD))
        announced = _after_cue(text, _ACCOUNT, _CARD_CUE)
        yield from (Found("card", *place) for place in announced if len(digits_of(text[slice(*place)])) >= _CARD_DIGITS)
    if "national_id" in kinds:
        yield from (Found("national_id", *place) for place in find_national_ids(text))
    if "phone" in kinds:
        yield from (Found("phone", *place) for place in _any_phones(text, system_locale(language, None).region))


def _first_kept(candidates: list[Found]) -> list[Found]:
    kept: list[Found] = []
    for found in candidates:
        if all(found.end <= other.start or other.end <= found.start for other in kept):
            kept.append(found)
    return sorted(kept, key=lambda found: found.start)


def _after_cue(text: str, form: re.Pattern[str], cue: re.Pattern[str]) -> Iterator[Place]:
    """Find numbers after a word that says what they are."""
    for match in form.finditer(text):
        said = cue.search(_before(text, match.start()))
        if said and not _OF_AN_ORDER.search(said[0]):
            yield match.span()


# e-mail


_EMAILS = EmailFinder()


def _loose_emails(text: str) -> Iterator[Place]:
    """Find e-mail addresses, also with letters of any script, blanks around the `@`, or `(at)` and `(dot)`."""
    yield from (match.span() for match in _SPELLED.finditer(text))
    ats = [(match.start(), match.end()) for match in _AT_WORDS.finditer(text)]
    ats += [(place, place + 1) for place, sign in enumerate(text) if sign == "@"]
    for start, end in sorted(ats):
        before, after = text[:start].rstrip(" "), text[end:].lstrip(" ")
        gaps = (start - len(before), len(text) - end - len(after))
        is_spelled = end - start > 1
        if max(gaps) > (1 if is_spelled or min(gaps) else 0):
            continue  # `meet me @ 5` is no address
        local = _LOCAL.search(before[-65:])
        domain = _DOMAIN.match(after[:260])
        if (
            local
            and domain
            and (len(local[0]) > 1 or local.start() == 0 or not before[-65:][local.start() - 1].isalnum())
        ):
            written = local[0].lstrip(".'-/")
            if written:
                yield start - gaps[0] - len(written), end + gaps[1] + domain.end()


# numbers


_WRITTEN_CARD = re.compile(r"(?<![\d-])[2-6]\d(?:[ -]?\d){11,17}(?![\d-])")


def _cards(text: str, form: re.Pattern[str]) -> Iterator[Place]:
    for match in form.finditer(text):
        if passes_luhn(digits_of(match[0])):
            yield match.span()


def _ibans(text: str) -> Iterator[Place]:
    """Find account numbers. Following words may look like further groups, so every word's end is tried."""
    for match in _IBAN.finditer(text):
        for end in range(match.end(), match.start(), -1):
            if text[end - 1] not in " .-" and ends_word(text, end) and is_iban(text[match.start() : end]):
                yield match.start(), end
                break


def _is_invented(written: str) -> bool:
    return re.sub(r"\W", "", written).upper() in _INVENTED_NUMBERS


@lru_cache(maxsize=300)
def _phones(region: str) -> PhoneFinder:
    return PhoneFinder(region)


def _any_phones(text: str, region: str) -> Iterator[Place]:
    """Find numbers that can be dialled: in the bot's region, elsewhere in their usual form, or where one is announced.

    A run of digits right after a word such as `order` is none, unless it is announced as one.
    """
    for match in _phones(region).find(text, now=None):
        if not (text[match.start : match.end].isdigit() and _OF_AN_ORDER.search(_before(text, match.start))):
            yield match.start, match.end
    for number, found in enumerate(_PHONE.finditer(text)):
        after = text[found.end() : found.end() + _CUE_REACH]
        if number >= _MOST_JUDGED or _is_phone(found[0], _before(text, found.start()), after):
            yield found.span()


def _before(text: str, place: int) -> str:
    return text[max(0, place - _CUE_REACH) : place]


def _is_phone(written: str, before: str, after: str) -> bool:
    digits = digits_of(written)
    if written.startswith(("+", "(+")):
        return len(digits) >= 8
    if _NO_PHONE.fullmatch(written) or _OF_AN_ORDER.search(before):
        return False
    if _PHONE_CUE.search(before) or _PHONE_SIGN.search(before):
        return len(digits) >= 6
    if _CALL_CUE.search(before):
        return len(digits) >= 7
    if digits.startswith("00"):
        return len(digits) >= 10 and _is_dialled(f"+{digits[2:]}", None)
    n_gaps = len(_GAP.findall(written))
    is_usual = (
        n_gaps >= 2
        or (n_gaps and digits[0] == "1" and len(digits) == _AMERICAN)
        or digits[0] == "0"
        or _PHONE_AFTER.match(after)
    )
    return bool(is_usual) and len(digits) >= 9 and any(_is_dialled(digits, region) for region in _REGIONS)


def _is_dialled(number: str, region: str | None) -> bool:
    try:
        return is_valid_number(parse(number, region))
    except NumberParseException:
        return False
