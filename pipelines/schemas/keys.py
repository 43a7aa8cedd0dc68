"""The database's collections, and how `_id`s are composed, so that every hot access finds its document by `_id` alone.

Each collection has a module below `serving`, and some have shapes below `pipelines`.

    states           dialogue state of each thread                store.threads.states
    turns            the log of turns                             schemas.turns, store.threads.turns
    inbox            events from platforms                        store.threads.inbox
    forgotten        tombstones of deleted threads                store.threads.forgotten
    llm_usage        tokens by bot and period                     store.usage
    leases           holders of exclusive tasks                   store.work.leases
    jobs             requested trainings                          store.work.jobs
    tasks            other long work, its progress and result     store.work.tasks
    promotions       the journal of releases                      store.releases.promotions
    shadows          how often a shadow would answer differently  store.releases.shadows
    integrations     channels and their secrets                   store.integrations
    labels           the labelling queue                          schemas.labels, store.labelling.labels
    intents          drafts, with `entities` and `bots`           schemas.drafts, store.drafts.bots
    draft_revisions  which revision of each draft counts          store.drafts.revisions
    draft_undo       the last repair of each draft                store.drafts.repairs
    import_undo      what an import under way replaces            store.drafts.import_journal
    quarantine       documents put aside                          store.upkeep.quarantine
    health           what readiness and deletion write            store.readiness, store.upkeep.retention
    schema           the database's schema number                 store.versions
    test_sets        each bot's fixed test set                    schemas.test_sets, store.drafts.test_sets
    api_keys         keys of the admin API, hashed                store.access.api_keys
    members          people and their roles                       store.access.members
    sessions         who is signed in in a browser                store.access.sessions
    audit_log        who changed what                             store.access.audit
    try_states       conversations that authors try               store.threads.try_states
    daily_figures    what happened on a day                       store.threads.figures
    idempotency      what requests with a key were answered       store.access.idempotency
    bot_settings     operational settings of bots                 store.bot_settings
    rate_use         what clients at their limits have sent       store.access.rate_use
    policies         who may talk to a bot, and what is kept      schemas.policy, store.access.policies

A thread belongs to the channel it came by, and a channel's route can name no other channel's threads. A platform's
thread ids begin with the name of the platform and a colon, so an id with a colon belongs to the channel that it names.
The REST channel takes whatever its caller sends: an id with a colon that does not name this channel lives in a name
space of the channel's own (`channel_thread_key`).
"""

import hashlib
from datetime import UTC, datetime

STATES, TURNS, INBOX, FORGOTTEN, LLM_USAGE = "states", "turns", "inbox", "forgotten", "llm_usage"
LEASES, JOBS, PROMOTIONS, SHADOWS, INTEGRATIONS = "leases", "jobs", "promotions", "shadows", "integrations"
LABELS, DRAFT_UNDO, TEST_SETS, QUARANTINE, HEALTH = "labels", "draft_undo", "test_sets", "quarantine", "health"
IMPORT_UNDO, TASKS, POLICIES, RATE_USE = "import_undo", "tasks", "policies", "rate_use"
INTENTS, ENTITIES, BOTS = "intents", "entities", "bots"
API_KEYS, AUDIT_LOG, IDEMPOTENCY = "api_keys", "audit_log", "idempotency"
TRY_STATES, DAILY_FIGURES = "try_states", "daily_figures"
BOT_SETTINGS = "bot_settings"
MEMBERS, SESSIONS = "members", "sessions"
DRAFT_REVISIONS = "draft_revisions"
SCHEMA = "schema"
COLLECTIONS = frozenset(
    value for name, value in list(globals().items()) if name.isupper() and name[0] != "_" and isinstance(value, str)
)
"""Every collection of the platform."""

SCHEMA_VERSION = 1
"""Version of the documents of threads that this program writes, as their `v`; the first ones have none."""
REST = "rest"
"""The channel whose callers choose the ids of their threads."""
_OWN = "%2F"  # `_escaped` gives no other `%` than those of `%25` and `%3A`, so no id gives a key with this

TURN_DIGITS = 10


def _escaped(part: str) -> str:
    """Make a part safe to join with `:`; different parts never give the same text."""
    return part.replace("%", "%25").replace(":", "%3A")


def thread_key(bot: str, thread_id: str) -> str:
    """Return the `_id` of the state of a thread that its id alone identifies: `bot:thread`."""
    return f"{_escaped(bot)}:{_escaped(thread_id)}"


def channel_thread_key(bot: str, thread_id: str, *, channel: str) -> str:
    """Return the `_id` of the state of a channel's thread, which no other channel can have.

    It is `bot:thread` if the id begins with the channel's name and a colon, or has no colon and came over REST; other
    ids of the REST channel get `bot:rest%2Fthread`. Raise `ValueError` if a platform's id does not begin with its name.
    """
    if thread_id.startswith(f"{channel}:") or (channel == REST and ":" not in thread_id):
        return thread_key(bot, thread_id)
    if channel != REST:
        raise ValueError(f"the ids of {channel} threads begin with {channel!r} and a colon")
    return f"{_escaped(bot)}:{REST}{_OWN}{_escaped(thread_id)}"


def thread_keys(bot: str, thread_id: str) -> tuple[str, ...]:
    """Return every `_id` that the state of a thread with this id may have, for those who may read all channels.

    That of a platform, or of a REST thread from before channels had name spaces, comes first.
    """
    keys = (thread_key(bot, thread_id), channel_thread_key(bot, thread_id, channel=REST))
    return tuple(dict.fromkeys(keys))


def named_thread_keys(bot: str, name: str) -> tuple[str, ...]:
    """Return every `_id` for the name of a thread: `rest/ID` is a REST thread whose id is also a platform's."""
    keys = thread_keys(bot, name)
    if name.startswith(f"{REST}/"):
        keys += (channel_thread_key(bot, name.removeprefix(f"{REST}/"), channel=REST),)
    return keys


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


def turn_time_key(bot: str, thread: str, turn: int, *, at: datetime) -> str:
    """Return what sorts the turns of a bot by their time: `bot:2026-11-29T11:10:00.123:hash and number of the turn`.

    It is text because some engines look up no other range in an index.
    """
    return f"{_moment_key(bot, at)}:{thread_hash(thread)[:12]}{turn:0{TURN_DIGITS}d}"


def turn_time_range(bot: str, since: datetime | None = None, until: datetime | None = None) -> tuple[str, str]:
    """Return bounds of the time keys from `since` to before `until`, the upper one exclusive."""
    first, last = bot_key_range(bot)
    return _moment_key(bot, since) if since else first, _moment_key(bot, until) if until else last


def time_of_key(time_key: str) -> datetime:
    """Return the moment in the time key of a turn."""
    moment = time_key.partition(":")[2].rpartition(":")[0]
    return datetime.fromisoformat(moment).replace(tzinfo=UTC)


def _moment_key(bot: str, at: datetime) -> str:
    return f"{_escaped(bot)}:{at.astimezone(UTC).replace(tzinfo=None).isoformat(timespec='milliseconds')}"


def thread_id_of(turn_key: str) -> str:
    """Return the thread's id in the key of a turn, as its channel named it."""
    name = turn_key.split(":")[1].rpartition(_OWN)[2]
    return name.replace("%3A", ":").replace("%25", "%")


def turn_number_of(turn_key: str) -> int:
    """Return the number in the key of a turn."""
    return int(turn_key.rpartition(":")[2])


def number_in(key: object) -> int | None:
    """Return the number that the key of a turn, a job or a journal's entry ends in; None if it is no such key."""
    digits = str(key).rpartition(":")[2]
    is_ours = isinstance(key, str) and len(digits) == TURN_DIGITS and digits.isascii() and digits.isdecimal()
    return int(digits) if is_ours else None


def bot_of(thread: str) -> str:
    """Return the bot in the key of a thread."""
    return thread.partition(":")[0].replace("%3A", ":").replace("%25", "%")


def channel_of(thread: str) -> str:
    """Return the channel that a thread belongs to by its key; the REST channel's former ones may say otherwise."""
    name = thread.split(":")[1]
    return name.partition("%3A")[0] if "%3A" in name and _OWN not in name else REST


def turn_key_range(thread: str) -> tuple[str, str]:
    """Return the lowest and highest `_id` of a thread's turns, both inclusive."""
    return turn_key(thread, 0), f"{thread}:{'9' * TURN_DIGITS}"


def thread_key_range(thread: str) -> tuple[str, str]:
    """Return bounds of the `_id`s and message keys that begin with a thread's key, the upper one exclusive."""
    return f"{thread}:", f"{thread};"  # the character after the colon


def message_key(thread: str, message_id: str) -> str:
    """Return the unique key under which a message can be answered once."""
    return f"{thread}:{_escaped(message_id)}"


def message_id_of(message_key: str, thread: str) -> str:
    """Return the message's id in a unique key of a thread's message."""
    return message_key.removeprefix(f"{thread}:").replace("%3A", ":").replace("%25", "%")


def usage_key(bot: str, period: str) -> str:
    """Return the `_id` of a bot's usage in a period: `bot:period`."""
    return f"{_escaped(bot)}:{_escaped(period)}"


def sender_usage_key(bot: str, period: str, *, kind: str, sender: str) -> str:
    """Return the `_id` of one sender's usage in a period: `~:bot:period:kind:hash`, apart from those of bots.

    The hash stands for the thread or the address, and is another one in each period.
    """
    digest = hashlib.sha256(f"{bot}\n{period}\n{kind}\n{sender}".encode("utf-8", "surrogatepass")).hexdigest()[:32]
    return f"~:{_escaped(bot)}:{_escaped(period)}:{kind}:{digest}"


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


def task_key(bot: str, task_id: str) -> str:
    """Return the `_id` of one of a bot's tasks: `bot:id`; an id begins with the time, so they are in order."""
    return f"{_escaped(bot)}:{task_id}"


def training_key(bot: str) -> str:
    """Return the `_id` of the lease on training a bot: `training:bot`."""
    return f"training:{_escaped(bot)}"


def mining_key(bot: str) -> str:
    """Return the `_id` of the lease on filling a bot's labelling queue: `mining:bot`."""
    return f"mining:{_escaped(bot)}"
