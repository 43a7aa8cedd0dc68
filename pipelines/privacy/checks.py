"""Check digits: whether a number can be a card's, an account's or a person's. Digits come as text."""

from collections.abc import Sequence

_IBAN_LENGTHS = range(15, 35)
_VERHOEFF_TURN = (1, 5, 7, 6, 2, 8, 3, 0, 9, 4)
_VERHOEFF_MULTIPLY = (
    "0123456789", "1234067895", "2340178956", "3401289567", "4012395678",
    "5987604321", "6598710432", "7659821043", "8765932104", "9876543210",
)  # fmt: skip


def digits_of(written: str) -> str:
    """Return the digits of a text."""
    return "".join(filter(str.isdigit, written))


def passes_luhn(digits: str) -> bool:
    """Whether the last digit fits the others by Luhn's formula (ISO/IEC 7812)."""
    numbers = [int(digit) for digit in digits]
    doubled = (sum(divmod(2 * number, 10)) for number in numbers[-2::-2])
    return len(set(digits)) > 1 and (sum(numbers[-1::-2]) + sum(doubled)) % 10 == 0


def is_iban(written: str) -> bool:
    """Whether an account number's check digits fit (ISO 13616): rearranged, it leaves 1 when divided by 97."""
    number = written.replace(" ", "").replace("-", "").replace(".", "").upper()
    if len(number) not in _IBAN_LENGTHS:
        return False
    return int("".join(str(int(sign, 36)) for sign in number[4:] + number[:4])) % 97 == 1


def weighted(digits: str, weights: Sequence[int]) -> int:
    """Return the sum of the digits times their weights."""
    return sum(int(digit) * weight for digit, weight in zip(digits, weights, strict=False))


def passes_verhoeff(digits: str) -> bool:
    """Whether the last digit fits by Verhoeff's scheme."""
    check, order = 0, list(range(10))
    for digit in reversed(digits):
        check = int(_VERHOEFF_MULTIPLY[check][order[int(digit)]])
        order = [_VERHOEFF_TURN[place] for place in order]
    return check == 0


def passes_iso7064(digits: str) -> bool:
    """Whether the last digit fits by ISO 7064, MOD 11,10."""
    product = 10
    for digit in digits[:-1]:
        total = (int(digit) + product) % 10 or 10
        product = total * 2 % 11
    return (11 - product) % 10 == int(digits[-1])


def is_date(year: str, month: str, day: str) -> bool:
    """Whether month and day can be a date's; the year, of two or four digits, makes no difference but in February."""
    days = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
    return year.isdigit() and 1 <= int(month) <= 12 and 1 <= int(day) <= days[int(month) - 1]
