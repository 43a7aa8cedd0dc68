"""The text of an API key: `intentloop_ID_SECRET`. The prefix lets scanners for leaked secrets recognize it."""

import hashlib
import re
import secrets
from dataclasses import dataclass

PREFIX = "intentloop_"
_ID_BYTES, _SECRET_BYTES = 5, 32
_KEY = re.compile(rf"{PREFIX}([0-9a-f]{{{2 * _ID_BYTES}}})_([0-9a-f]{{{2 * _SECRET_BYTES}}})")


@dataclass(frozen=True, slots=True)
class KeyText:
    """A key that somebody holds."""

    id: str
    secret: str

    @classmethod
    def new(cls) -> "KeyText":
        """Draw a key with 256 random bits."""
        return cls(secrets.token_hex(_ID_BYTES), secrets.token_hex(_SECRET_BYTES))

    @classmethod
    def parse(cls, text: str) -> "KeyText | None":
        """Return the key that a text is, or None."""
        found = _KEY.fullmatch(text)
        return cls(*found.groups()) if found else None

    def __str__(self) -> str:
        return f"{PREFIX}{self.id}_{self.secret}"

    def __repr__(self) -> str:
        return f"{PREFIX}{self.id}_***"

    @property
    def digest(self) -> str:
        """What is stored: the SHA-256. A secret this random needs no slow hash."""
        return hashlib.sha256(self.secret.encode()).hexdigest()
