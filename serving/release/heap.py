"""Keeps what a release consists of out of the garbage collector's way."""

import gc

YOUNG_OBJECTS = 20_000
"""New objects after which the youngest are looked through for cycles; a message makes some thousands and few cycles."""


def settle_heap() -> None:
    """Collect what a former release left behind, then exempt all that lives from later collections.

    A release is some hundred thousand objects that live as long as it answers. Looking through them for garbage takes
    40 ms in which nobody is answered, every few hundred messages; exempt, a full collection takes microseconds. What
    was exempt before is looked through once more here, so that a former release cannot stay for ever.
    """
    gc.unfreeze()
    gc.collect()
    gc.freeze()
    gc.set_threshold(YOUNG_OBJECTS, *gc.get_threshold()[1:])
