"""Why a database refuses something, in a sentence for the operator."""

import re

DUPLICATE_KEY = 11000

_BY_CODE = {
    DUPLICATE_KEY: "a unique key is there twice",
    13: "its user lacks the permission",
    18: "the user name or the password is wrong",
    8000: "the user name, the password or the quota does not allow it",
    14031: "its disk is full",
    85: "an index on the same fields has other options",
    86: "an index of the same name has other options",
    91: "it is shutting down",
    166: "it is a view, not a collection",
    189: "it is not the primary: a failover is under way, or the address is that of a secondary",
    10107: "it is not the primary: a failover is under way, or the address is that of a secondary",
    10334: "a document is too large",
    11600: "it is shutting down",
    13435: "it is not the primary: a failover is under way, or the address is that of a secondary",
}
_BY_WORDS = (
    (re.compile(r"disk is full|no space left|out ?of ?disk|enospc", re.IGNORECASE), _BY_CODE[14031]),
    (re.compile(r"quota", re.IGNORECASE), "its quota is used up"),
    (re.compile(r"read.?only", re.IGNORECASE), "it is read-only"),
    (re.compile(r"not (primary|master)", re.IGNORECASE), _BY_CODE[10107]),
    (re.compile(r"disk i/o|input/output error", re.IGNORECASE), "its disk fails"),
    (re.compile(r"UNIQUE constraint", re.IGNORECASE), _BY_CODE[DUPLICATE_KEY]),
    (re.compile(r"not authorized|requires authentication", re.IGNORECASE), _BY_CODE[13]),
    (re.compile(r"is a view|on a view", re.IGNORECASE), _BY_CODE[166]),
)


def describe_refusal(code: int | None, message: str) -> str:
    """Return the reason for an error that a database answered with.

    The database's own words are not repeated: they may quote a document. An unknown error is its number.
    """
    for words, reason in _BY_WORDS:
        if words.search(message):
            return reason
    return _BY_CODE.get(code or 0, f"error {code}" if code is not None else "an error without a number")
