"""The sentences that a bot says where its author wrote none, by the name under which a bot file replaces them."""

from collections.abc import Mapping
from string import Formatter

PLACEHOLDERS_BY_PHRASE: Mapping[str, tuple[str, ...]] = {
    "serviceUnavailable": (),
    "outcomeUnknown": (),
    "doAgain": ("name",),
    "doneBut": (),
    "nothingFound": (),
    "done": (),
    "notUnderstood": (),
    "noLongerOffered": (),
    "cancelled": (),
    "cancelledIntent": ("name",),
    "handedOver": (),
    "ask": ("label",),
    "resume": ("name", "prompt"),
    "confirm": ("name",),
    "confirmValues": ("name", "values"),
    "clarify": ("options",),
    "tooLong": ("limit",),
}
"""What each may contain in braces; the values are filled in, nothing is evaluated."""
MAX_PHRASE_CHARS = 1000


def phrase_problem(name: str, text: str) -> str | None:
    """Return why a bot cannot say a sentence of its own, or None."""
    if name not in PLACEHOLDERS_BY_PHRASE:
        return f"there is no phrase {name!r}; the names are {', '.join(PLACEHOLDERS_BY_PHRASE)}"
    allowed = PLACEHOLDERS_BY_PHRASE[name]
    if not text.strip() or len(text) > MAX_PHRASE_CHARS:
        return f"the phrase {name!r} must have 1 to {MAX_PHRASE_CHARS} characters"
    if not allowed:
        return None
    listed = " and ".join(f"{{{one}}}" for one in allowed)
    try:
        found = [(field, spec, conversion) for _, field, spec, conversion in Formatter().parse(text)]
    except ValueError:
        return f"the phrase {name!r} has a brace too many; it may contain {listed}"
    if any(field is not None and (field not in allowed or spec or conversion) for field, spec, conversion in found):
        return f"the phrase {name!r} may contain {listed} and nothing else in braces"
    return None
