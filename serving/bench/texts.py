"""Messages never sent before: customers' texts, varied so that no cache holds an answer."""

import random
import re
from collections.abc import Sequence
from pathlib import Path

from pydantic import BaseModel, ValidationError

from pipelines.errors import DataRejected

_OPENINGS = ("", "", "", "hi, ", "hello, ", "hey ", "good morning, ", "sorry, ", "please help, ", "one question: ")
_ENDINGS = ("", "", "", "?", " please", " thanks", " thank you", "...", "!", " asap", " if possible")
_DIGITS = re.compile(r"\d+")
_TRIES = 20


class FreshTexts:
    """Returns variations of texts, never the same one twice.

    Numbers are replaced by others of the same length; greeting, ending, case and spaces vary. The meaning stays. The
    same seed gives the same messages.
    """

    def __init__(self, texts: Sequence[str], *, seed: int) -> None:
        self._texts = texts
        self._dice = random.Random(seed)  # noqa: S311 - a benchmark's dice
        self._given: set[str] = set()

    def next(self) -> str:
        """Return the next text."""
        for _ in range(_TRIES):
            text = self._vary(self._dice.choice(self._texts))
            if text not in self._given:
                self._given.add(text)
                return text
        # A bot with very few examples: only a number is new.
        text = f"{self._dice.choice(self._texts)} {len(self._given)}"
        self._given.add(text)
        return text

    def _vary(self, text: str) -> str:
        varied = _DIGITS.sub(lambda found: self._number(len(found[0])), text.strip())
        varied = f"{self._dice.choice(_OPENINGS)}{varied.rstrip('?!. ')}{self._dice.choice(_ENDINGS)}"
        case = self._dice.random()
        return varied.lower() if case < 0.4 else varied.upper() if case < 0.45 else varied

    def _number(self, digits: int) -> str:
        return str(self._dice.randint(10 ** (digits - 1), 10**digits - 1)) if digits < 10 else "1" * digits


class _Row(BaseModel):
    text: str


def texts_of_file(file: Path) -> tuple[str, ...]:
    """Read the texts of a JSONL file with one object with `text` per line, at least one.

    Raise `DataRejected` if the file cannot be read, a line is not such an object, or there is none.
    """
    try:
        lines = file.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise DataRejected(str(file), [f"it cannot be read: {error}"]) from error
    texts = []
    for number, line in enumerate(lines, start=1):
        try:
            texts += [_Row.model_validate_json(line).text] if line.strip() else []
        except ValidationError as error:
            raise DataRejected(str(file), [f'line {number}: it is not a JSON object with "text"']) from error
    if not texts:
        raise DataRejected(str(file), ["it holds no text"])
    return tuple(texts)
