"""The database's collections, and how `_id`s are composed, so that every hot access finds its document by `_id` alone.

states        dialogue state of each thread                 serving.store.states turns         the log of turns
pipelines.schemas.turns, serving.store.turns inbox         events from platforms
serving.store.inbox forgotten     tombstones of deleted threads                 serving.store.forgotten llm_usage
tokens by bot and period                      serving.store.usage leases        holders of exclusive tasks
serving.store.leases jobs          requested trainings                           serving.store.jobs promotions    the
journal of releases                       serving.store.promotions shadows       how often a shadow would answer
differently   serving.store.shadows integrations  channels and their secrets
serving.store.integrations labels        the labelling queue                           pipelines.schemas.labels,
serving.store.labels intents       drafts, with `entities` and `bots`            pipelines.schemas.drafts,
serving.store.bots draft_undo    the last repair of each draft                 serving.store.repairs
"""

import hashlib

STATES, TURNS, INBOX, FORGOTTEN, LLM_USAGE = "states", "turns", "inbox", "forgotten", "llm_usage"
LEASES, JOBS, PROMOTIONS, SHADOWS, INTEGRATIONS = "leases", "jobs", "promotions", "shadows", "integrations"
LABELS, DRAFT_UNDO = "labels", "draft_undo"
INTENTS, ENTITIES, BOTS = "intents", "entities", "bots"

TURN_DIGITS = 10


def _escaped(part: str) -> str:
    """Make a part safe to join with `:`; different parts never give the same text."""
    return part.replace("%", "%25").replace(":", "%3A")


def thread_key(bot: str, thread_id: str) -> str:
    """Return the `_id` of a thread's state: `bot:thread`."""
    return f"{_escaped(bot)}:{_escaped(thread_id)}"


def bot_key_range(bot: str) -> tuple[str, str]:
    """Return bounds of the `_id`s that begin with a bot's name, the upper one exclusive."""
    return f"{_escaped(bot)}:", f"{_escaped(bot)};"  # the character after the colon


def thread_hash(thread: str) -> str:
    """Return the hash that stands for a thread wherever it must not be named: in queues, logs and deletion marks.

    To find a thread that a log names, compute the SHA-256 of its `bot:thread` and compare the beginning.
    """
    return hashlib.sha256(thread.encode("utf-8", "surrogatepass")).hexdigest()[:40]


def turn_key(thread: str, turn: int) -> str:
    """Return the `_id` of a turn, given its thread's key; sorted as text, a thread's turns are in order."""
    return f"{thread}:{turn:0{TURN_DIGITS}d}"


def thread_id_of(turn_key: str) -> str:
    """Return the thread's id in the key of a turn, as its channel named it."""
    return turn_key.split(":")[1].replace("%3A", ":").replace("%25", "%")


def turn_key_range(thread: str) -> tuple[str, str]:
    """Return the lowest and highest `_id` of a thread's turns, both inclusive."""
    return turn_key(thread, 0), f"{thread}:{'9' * TURN_DIGITS}"


def thread_key_range(thread: str) -> tuple[str, str]:
    """Return bounds of the `_id`s and message keys that begin with a thread's key, the upper one exclusive."""
    return f"{thread}:", f"{thread};"  # the character after the colon


def message_key(thread: str, message_id: str) -> str:
    """Return the unique key under which a message can be answered once."""
    return f"{thread}:{_escaped(message_id)}"


def usage_key(bot: str, period: str) -> str:
    """Return the `_id` of a bot's usage in a period: `bot:period`."""
    return f"{_escaped(bot)}:{_escaped(period)}"


def promotion_key(bot: str, number: int) -> str:
    """Return the `_id` of an entry in a bot's journal: `bot:number`; sorted as text, they are in order."""
    return f"{_escaped(bot)}:{number:0{TURN_DIGITS}d}"


def promotion_key_range(bot: str) -> tuple[str, str]:
    """Return the lowest and highest `_id` of a bot's journal entries, both inclusive."""
    return promotion_key(bot, 0), f"{_escaped(bot)}:{'9' * TURN_DIGITS}"


def shadow_key(bot: str, shadow: str, against: str, intent_id: str) -> str:
    """Return the `_id` of a shadow's counter: `bot:shadow:against:intent`."""
    return ":".join(map(_escaped, (bot, shadow, against, intent_id)))


def shadow_key_range(bot: str, shadow: str) -> tuple[str, str]:
    """Return bounds of the `_id`s of a shadow's counters, the upper one exclusive."""
    prefix = f"{_escaped(bot)}:{_escaped(shadow)}"
    return f"{prefix}:", f"{prefix};"  # the character after the colon


def job_key(bot: str, number: int) -> str:
    """Return the `_id` of one of a bot's jobs: `bot:number`; sorted as text, they are in the order of the requests."""
    return f"{_escaped(bot)}:{number:0{TURN_DIGITS}d}"


def job_key_range(bot: str) -> tuple[str, str]:
    """Return the lowest and highest `_id` of a bot's jobs, both inclusive."""
    return job_key(bot, 0), f"{_escaped(bot)}:{'9' * TURN_DIGITS}"


def training_key(bot: str) -> str:
    """Return the `_id` of the lease on training a bot: `training:bot`."""
    return f"training:{_escaped(bot)}"


def mining_key(bot: str) -> str:
    """Return the `_id` of the lease on filling a bot's labelling queue: `mining:bot`."""
    return f"mining:{_escaped(bot)}"
