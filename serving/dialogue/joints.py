"""How the text between two values joins them."""

from enum import Enum


class Joint(Enum):
    """How the text between two values joins them."""

    NONE = "none"
    ALTERNATIVE = "alternative"
    """Either one: `Paris or Rome`."""
    ADDITION = "addition"
    """Both: `Paris and Rome`."""
    RANGE = "range"
    """From one to the other: `3-5`, `between 7 and 8`."""
