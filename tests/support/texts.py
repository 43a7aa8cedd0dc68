"""Texts nobody expects: every kind of Unicode, mixed with ordinary words."""

import random

_RANGES = (
    (0x20, 0x7F), (0x00, 0x20), (0xA0, 0x250), (0x300, 0x370), (0x370, 0x530), (0x5D0, 0x700), (0x900, 0xE50),
    (0x1E00, 0x2070), (0x2070, 0x2100), (0x3000, 0x3100), (0x4E00, 0x4F00), (0xAC00, 0xAD00), (0xFB00, 0xFB07),
    (0xFE00, 0xFE10), (0xFF00, 0xFF60), (0x1D400, 0x1D800), (0x1F300, 0x1F650), (0xE0020, 0xE0080),
)  # fmt: skip
_PIECES = (
    "order", "ORD-1042", "tents", "where", "is", "my", "2", "a", "na\u00efve", "\u0130stanbul", "stra\u00dfe",
    "\u0142\u00f3d\u017a", "\u0661\u0662", "\u00b2", "_", "__x", "...", "\t", "\n", "\r\n", "\u2028", "\x1c", "\x85",
    "\u200b", "\u200d", "\U0001f469\u200d\U0001f680", "\u3053\u3093", "x" * 40,
)  # fmt: skip


def odd_texts(count: int, *, seed: int) -> list[str]:
    """Give texts of ordinary words, rare scripts, signs, control characters and odd white space."""
    generator = random.Random(seed)
    return ["".join(_piece(generator) for _ in range(generator.randint(0, 14))) for _ in range(count)]


def _piece(generator: random.Random) -> str:
    kind = generator.random()
    if kind < 0.45:
        return generator.choice(_PIECES)
    if kind < 0.7:
        return " " * generator.randint(1, 3)
    start, end = generator.choice(_RANGES)
    return "".join(chr(generator.randrange(start, end)) for _ in range(generator.randint(1, 4)))
