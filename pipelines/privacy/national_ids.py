"""Numbers that states give to persons, each by its own form and check digits.

A form that other numbers share, such as nine plain digits, counts only after a word that says what it is.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from string import ascii_uppercase

from pipelines.privacy.checks import digits_of, is_date, passes_iso7064, passes_luhn, passes_verhoeff, weighted
from pipelines.privacy.more_ids import is_known_elsewhere

_CUE = (
    r"(?:ssn|social security|national (?:id|insurance|identity)|identity (?:number|card|no)|id (?:number|card|no)|"
    r"passport|nino|nhs|tax (?:id|number)|itin|steuer\w*|personalausweis\w*|ausweis\w*|sozialversicherung\w*|"
    r"reisepass\w*|dni|nie|nif|curp|cpf|pesel|bsn|burgerservicenummer|sofinummer|codice fiscale|nir|"
    r"s[e\u00e9]curit[e\u00e9] sociale|carte d'identit[e\u00e9]|passeport|pasaporte|passaporto|personnummer|personnr|"
    r"cpr|f[o\u00f8]dselsnummer|henkil[o\u00f6]tunnus|hetu|aadhaa?r|sin|tfn|ahv|avs|svnr|cnp|egn|oib|kimlik|rrn)"
)
_CUE_BEFORE = re.compile(rf"(?i)\b{_CUE}\b\W{{0,3}}(?:\w+\W{{1,3}}){{0,3}}$")
_DOCUMENT = re.compile(
    rf"(?i)\b{_CUE}\b\W{{0,3}}(?:[^\W\d]+\W{{1,3}}){{0,3}}"
    r"([A-Z]{0,3}\d[A-Z0-9]*(?:[ .-][A-Z0-9]*\d[A-Z0-9]*){0,5})"
)
"""What stands after a word that announces a document's number, whatever its check digits."""
_OF_AN_ORDER = re.compile(
    r"(?i)order|ticket|invoice|track|parcel|booking|bestell|auftrag|rechnung|sendung|commande|pedido"
)
_CUE_REACH, _FEWEST_DIGITS = 60, 6
_ITALIAN_ODD = (1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 2, 4, 18, 20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24, 23)
_SPANISH_LETTERS, _FINNISH_SIGNS = "TRWAGMYFPDXBNJZSQVHLCKE", "0123456789ABCDEFHJKLMNPRSTUVWXY"


@dataclass(frozen=True, slots=True)
class _Kind:
    """A kind of number: its form, its check, and whether a word must say what it is."""

    form: re.Pattern[str]
    check: Callable[[str], bool]
    needs_cue: bool = False


def _kind(form: str, check: Callable[[str], bool], *, needs_cue: bool = False) -> _Kind:
    return _Kind(re.compile(rf"(?i)(?<![\w+]){form}(?![\w])"), check, needs_cue)


def _us(written: str) -> bool:
    area, group, serial = re.split(r"\D", written)
    return area not in ("000", "666") and area < "900" and group != "00" and serial != "0000"


def _italian(written: str) -> bool:
    code = written.upper()
    values = [int(sign) if sign.isdigit() else ord(sign) - 65 for sign in code[:15]]
    odd, even = (_ITALIAN_ODD[value] for value in values[::2]), values[1::2]
    return ascii_uppercase[(sum(odd) + sum(even)) % 26] == code[15]


def _spanish(written: str) -> bool:
    code = re.sub(r"\W", "", written.upper())
    number = code[:-1].translate(str.maketrans("XYZ", "012"))
    return _SPANISH_LETTERS[int(number) % 23] == code[-1]


def _french(written: str) -> bool:
    code = re.sub(r"\W", "", written.upper()).replace("2A", "19").replace("2B", "18")
    return code.isdigit() and 97 - int(code[:13]) % 97 == int(code[13:])


def _finnish(written: str) -> bool:
    digits = written[:6] + written[7:10]
    return is_date(written[4:6], written[2:4], written[:2]) and (
        _FINNISH_SIGNS[int(digits) % 31] == written[10].upper()
    )


def _belgian(written: str) -> bool:
    digits = digits_of(written)
    return any(97 - int(century + digits[:9]) % 97 == int(digits[9:]) for century in ("", "2"))


def _swiss(written: str) -> bool:
    digits = digits_of(written)
    return (weighted(digits, (1, 3) * 6 + (1,))) % 10 == 0


def _brazilian(written: str) -> bool:
    digits = digits_of(written)
    checks = (weighted(digits[:n], range(n + 1, 1, -1)) * 10 % 11 % 10 for n in (9, 10))
    return len(set(digits)) > 1 and "".join(map(str, checks)) == digits[9:]


def _polish(digits: str) -> bool:
    is_born = is_date(digits[:2], f"{int(digits[2:4]) % 20:02d}", digits[4:6])
    return is_born and weighted(digits, (1, 3, 7, 9, 1, 3, 7, 9, 1, 3, 1)) % 10 == 0


def _swedish(written: str) -> bool:
    digits = digits_of(written)[-10:]
    return is_date(digits[:2], digits[2:4], f"{int(digits[4:6]) % 60:02d}") and passes_luhn(digits)


def _norwegian(written: str) -> bool:
    digits = digits_of(written)
    first = weighted(digits, (3, 7, 6, 1, 8, 9, 4, 5, 2, 1)) % 11 == 0
    return first and weighted(digits, (5, 4, 3, 2, 7, 6, 5, 4, 3, 2, 1)) % 11 == 0


def _danish(written: str) -> bool:
    return is_date(written[4:6], written[2:4], written[:2])


def _chinese(written: str) -> bool:
    code = written.upper()
    total = weighted(code[:17], [2**place % 11 for place in range(17, 0, -1)])
    return is_date(code[6:10], code[10:12], code[12:14]) and "10X98765432"[total % 11] == code[17]


def _korean(written: str) -> bool:
    return is_date(written[:2], written[2:4], written[4:6])


def _south_african(digits: str) -> bool:
    return is_date(digits[:2], digits[2:4], digits[4:6]) and passes_luhn(digits)


def _romanian(digits: str) -> bool:
    check = weighted(digits[:12], (2, 7, 9, 1, 4, 6, 3, 5, 8, 2, 7, 9)) % 11
    return is_date(digits[1:3], digits[3:5], digits[5:7]) and (1 if check == 10 else check) == int(digits[12])


def _turkish(digits: str) -> bool:
    odd, even = sum(map(int, digits[:9:2])), sum(map(int, digits[1:8:2]))
    return (7 * odd - even) % 10 == int(digits[9]) and sum(map(int, digits[:10])) % 10 == int(digits[10])


def _dutch(written: str) -> bool:
    return weighted(digits_of(written), (9, 8, 7, 6, 5, 4, 3, 2, -1)) % 11 == 0


def _always(_: str) -> bool:
    return True


_KINDS = (
    _kind(r"\d{3}[- ]\d{2}[- ]\d{4}", _us),
    _kind(r"(?!BG|GB|NK|KN|TN|NT|ZZ)[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z](?: ?\d{2}){3} ?[A-D]", _always),
    _kind(r"[A-Z]{6}\d{2}[ABCDEHLMPRST]\d{2}[A-Z]\d{3}[A-Z]", _italian),
    _kind(r"(?:\d{2}\.?\d{3}\.?\d{3}|[XYZ]-?\d{7})-? ?[A-HJ-NP-TV-Z]", _spanish),
    _kind(r"[1-478] ?\d{2} ?(?:0[1-9]|1[0-2]|[2-9]\d) ?(?:\d{2}|2[AB]) ?\d{3} ?\d{3} ?\d{2}", _french),
    _kind(r"\d{6}[-+A-FU-Y]\d{3}[0-9A-FHJ-NPR-Y]", _finnish),
    _kind(r"\d{2}\.\d{2}\.\d{2}[- ]\d{3}[. ]\d{2}", _belgian),
    _kind(r"756[. ]?\d{4}[. ]?\d{4}[. ]?\d{2}", _swiss),
    _kind(r"\d{3}\.\d{3}\.\d{3}-\d{2}", _brazilian),
    _kind(r"\d{11}", _polish),
    _kind(r"(?:\d{2})?\d{6}[-+]\d{4}", _swedish),
    _kind(r"\d{6} ?\d{5}", _norwegian),
    _kind(r"\d{6}-\d{4}", _danish, needs_cue=True),
    _kind(r"\d{17}[\dX]", _chinese),
    _kind(r"\d{6}-[1-8]\d{6}", _korean),
    _kind(r"\d{13}", _south_african),
    _kind(r"[1-9]\d{12}", _romanian),
    _kind(r"[1-9]\d{10}", _turkish, needs_cue=True),
    _kind(r"[2-9]\d{3}[ -]\d{4}[ -]\d{4}", lambda written: passes_verhoeff(digits_of(written))),
    _kind(r"[A-Z]{3}[ABCFGHJLPT][A-Z]\d{4}[A-Z]", _always),
    _kind(r"[A-Z]{4}\d{6}[HM][A-Z]{5}[0-9A-Z]\d", _always),
    _kind(r"\d{2} ?\d{3} ?\d{3} ?\d{3}", lambda written: passes_iso7064(digits_of(written)), needs_cue=True),
    _kind(r"\d{3}[ .-]?\d{3}[ .-]?\d{3}", lambda written: passes_luhn(digits_of(written)), needs_cue=True),
    _kind(r"\d{4}\.?\d{2}\.?\d{3}", _dutch, needs_cue=True),
    _kind(r"(?:\d[ .-]?){8,17}\d", is_known_elsewhere, needs_cue=True),
)  # fmt: skip


def find_national_ids(text: str) -> Iterator[tuple[int, int]]:
    """Find the numbers of persons in a plain text."""
    for kind in _KINDS:
        for match in kind.form.finditer(text):
            if kind.needs_cue and not _has_cue(text, match.start()):
                continue
            if kind.check(match[0]):
                yield match.span()
    for match in _DOCUMENT.finditer(text):
        if len(digits_of(match[1])) >= _FEWEST_DIGITS and not _OF_AN_ORDER.search(match[0]):
            yield match.span(1)


def _has_cue(text: str, start: int) -> bool:
    before = text[max(0, start - _CUE_REACH) : start]
    return _CUE_BEFORE.search(before) is not None and not _OF_AN_ORDER.search(before)
