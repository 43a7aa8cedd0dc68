"""How `_id`s are composed, so that every hot read and write finds its document by `_id` alone."""

TURN_DIGITS = 10


def _escaped(part: str) -> str:
    """Make a part safe to join with `:`; two different parts never give the same text."""
    return part.replace("%", "%25").replace(":", "%3A")


def thread_key(bot: str, thread_id: str) -> str:
    """Compose the `_id` of a thread's state: `bot:thread`."""
    return f"{_escaped(bot)}:{_escaped(thread_id)}"


def turn_key(thread: str, turn: int) -> str:
    """Compose the `_id` of a turn from its thread's key; turns of a thread sort as text in the order they happened."""
    return f"{thread}:{turn:0{TURN_DIGITS}d}"


def turn_key_range(thread: str) -> tuple[str, str]:
    """Give the lowest and highest `_id` a turn of this thread can have, both inclusive."""
    return turn_key(thread, 0), f"{thread}:{'9' * TURN_DIGITS}"


def message_key(thread: str, message_id: str) -> str:
    """Compose the unique key under which a message can be answered once."""
    return f"{thread}:{_escaped(message_id)}"


def usage_key(bot: str, period: str) -> str:
    """Compose the `_id` of what a bot uses in a period: `bot:period`."""
    return f"{_escaped(bot)}:{_escaped(period)}"
