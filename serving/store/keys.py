"""How `_id`s are composed, so that every hot read and write finds its document by `_id` alone."""

import hashlib

TURN_DIGITS = 10


def _escaped(part: str) -> str:
    """Make a part safe to join with `:`; two different parts never give the same text."""
    return part.replace("%", "%25").replace(":", "%3A")


def thread_key(bot: str, thread_id: str) -> str:
    """Compose the `_id` of a thread's state: `bot:thread`."""
    return f"{_escaped(bot)}:{_escaped(thread_id)}"


def thread_mark(thread: str) -> str:
    """Give the hash of a thread's key, which stands for it where it must not be named: in queues, logs and marks.

    Whoever looks for a thread that a log names computes the SHA-256 of its `bot:thread` and compares the beginning.
    """
    return hashlib.sha256(thread.encode("utf-8", "surrogatepass")).hexdigest()[:40]


def turn_key(thread: str, turn: int) -> str:
    """Compose the `_id` of a turn from its thread's key; turns of a thread sort as text in the order they happened."""
    return f"{thread}:{turn:0{TURN_DIGITS}d}"


def turn_key_range(thread: str) -> tuple[str, str]:
    """Give the lowest and highest `_id` a turn of this thread can have, both inclusive."""
    return turn_key(thread, 0), f"{thread}:{'9' * TURN_DIGITS}"


def thread_key_range(thread: str) -> tuple[str, str]:
    """Give bounds of the `_id`s and message keys that begin with a thread's key, the upper one exclusive."""
    return f"{thread}:", f"{thread};"  # the character after the colon


def message_key(thread: str, message_id: str) -> str:
    """Compose the unique key under which a message can be answered once."""
    return f"{thread}:{_escaped(message_id)}"


def usage_key(bot: str, period: str) -> str:
    """Compose the `_id` of what a bot uses in a period: `bot:period`."""
    return f"{_escaped(bot)}:{_escaped(period)}"


def promotion_key(bot: str, number: int) -> str:
    """Compose the `_id` of an entry of a bot's promotions: `bot:number`; they sort as text in their order."""
    return f"{_escaped(bot)}:{number:0{TURN_DIGITS}d}"


def promotion_key_range(bot: str) -> tuple[str, str]:
    """Give the lowest and highest `_id` an entry of this bot can have, both inclusive."""
    return promotion_key(bot, 0), f"{_escaped(bot)}:{'9' * TURN_DIGITS}"


def shadow_key(bot: str, shadow: str, against: str, intent_id: str) -> str:
    """Compose the `_id` of what was counted of a shadow: `bot:shadow:against:intent`."""
    return ":".join(map(_escaped, (bot, shadow, against, intent_id)))


def shadow_key_range(bot: str, shadow: str) -> tuple[str, str]:
    """Give bounds of the `_id`s that a shadow's counters can have, the upper one exclusive."""
    prefix = f"{_escaped(bot)}:{_escaped(shadow)}"
    return f"{prefix}:", f"{prefix};"  # the character after the colon


def job_key(bot: str, number: int) -> str:
    """Compose the `_id` of one of a bot's jobs: `bot:number`; they sort as text in the order they were asked for."""
    return f"{_escaped(bot)}:{number:0{TURN_DIGITS}d}"


def job_key_range(bot: str) -> tuple[str, str]:
    """Give the lowest and highest `_id` a job of this bot can have, both inclusive."""
    return job_key(bot, 0), f"{_escaped(bot)}:{'9' * TURN_DIGITS}"


def training_key(bot: str) -> str:
    """Compose the `_id` of the lease on training a bot: `training:bot`."""
    return f"training:{_escaped(bot)}"


def mining_key(bot: str) -> str:
    """Compose the `_id` of the lease on filling a bot's labelling queue: `mining:bot`."""
    return f"mining:{_escaped(bot)}"
