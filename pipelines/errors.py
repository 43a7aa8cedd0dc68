"""All errors this project raises on purpose, sorted by who must act.

    BotError
    ├── UserInputError        the sender of a message or request: change the input
    │   ├── NotFound          the sender named a bot, intent or thread that does not exist
    │   └── NotAuthentic      the sender could not be authenticated
    ├── DataRejected          the author of the training data or bot file: repair the named rows
    ├── SetupProblem          the person who starts the platform: a port, a folder, a missing program
    ├── ModelNotLoaded        the operator: no release can answer
    │   ├── ReleaseRefused    a release exists but must not answer (hash, golden file, gate)
    │   └── ReleasePending    not known yet: it is being loaded, or the registry does not answer
    ├── StoreUnavailable      the operator: the database does not answer
    ├── RegistryUnavailable   the operator: the MLflow server does not answer
    ├── StateConflict         nobody: retry, another worker has advanced the thread
    │   ├── DraftChanged      the author: validate again, somebody has edited the bot meanwhile
    │   ├── LabelDecided      the labeller: somebody else was faster, take the next text
    │   └── ThreadForgotten   the sender: the conversation was deleted, a new one may begin
    ├── TrainingFailed        the data scientist: a cell of the training notebook raised, read its message
    ├── TrainingInterrupted   nobody: a training was killed, train again
    ├── TrainingOverdue       the operator: a training hung, find out where, or allow more hours
    ├── TrainingBusy          nobody: the bot is already being trained or cleaned
    ├── JobOver               nobody: the requested training has already finished
    ├── MiningBusy            nobody: the bot's labelling queue is already being filled
    ├── LeaseLost             the person who ran the command: repeat it
    ├── RunGivenUp            nobody: another training took this one for dead and replaces it
    ├── QueueUnavailable      nobody: background work cannot be accepted now, retry
    ├── DeliveryFailed        a platform did not accept a reply; it is sent again later
    │   └── DeliveryRefused   the operator: the platform never will, something must be fixed first
    ├── ToolFailed            the owner of the tool
    ├── SecretUnavailable     the operator: a secret that is referred to has no value
    └── LlmUnavailable        the operator of the LLM endpoint; the turn continues without it

An error takes facts and writes its own sentence, which ends in what to do next.
"""

import re
from collections.abc import Sequence
from datetime import datetime

_CREDENTIALS = re.compile(r"://[^/?#\s]*@")


def without_password(text: str) -> str:
    """Mask user names and passwords in every address of a text."""
    return _CREDENTIALS.sub("://***@", text)


class BotError(Exception):
    """Root of all errors raised on purpose."""


class UserInputError(BotError):
    """The input cannot be used."""


class NotFound(UserInputError):
    """A named thing does not exist."""

    def __init__(self, kind: str, name: str, *, hint: str) -> None:
        self.kind, self.name = kind, name
        super().__init__(f"there is no {kind} {name!r}; {hint}")


class NotAuthentic(UserInputError):
    """A request's origin is false or cannot be verified."""


class DataRejected(BotError):
    """Training data or a bot file has faults that must be repaired first.

    `source` is the file, collection or snapshot; `problems` has a sentence for each fault that names the row and the
    repair.
    """

    max_shown = 20

    def __init__(self, source: str, problems: Sequence[str]) -> None:
        self.source, self.problems = source, tuple(problems)
        shown = "\n".join(f"  - {problem}" for problem in self.problems[: self.max_shown])
        hidden = len(self.problems) - self.max_shown
        more = f"\n  ... and {hidden} more" if hidden > 0 else ""
        super().__init__(f"{source} cannot be used, {len(self.problems)} problem(s) to repair:\n{shown}{more}")


class SetupProblem(BotError):
    """The machine lacks something; the message says what, and what to do."""


class ModelNotLoaded(BotError):
    """The registry has no version behind the requested alias.

    `candidate` says which version is waiting for it, and what that takes; empty if none was trained.
    """

    def __init__(self, name: str, alias: str, *, candidate: str = "") -> None:
        self.name, self.alias, self.candidate = name, alias, candidate
        next_step = "train one with `intentloop train --promote` or set the alias in the MLflow UI"
        super().__init__(f"{name!r} has no version behind the alias {alias!r}; {candidate or next_step}")


class ReleaseRefused(ModelNotLoaded):
    """The version behind the alias must not answer customers."""

    def __init__(self, name: str, version: str, reason: str) -> None:
        self.name, self.version, self.reason = name, version, reason
        BotError.__init__(
            self,
            f"version {version} of {name!r} is refused: {reason}; correct that and train again, or promote another one",
        )


class ReleasePending(ModelNotLoaded):
    """It is not known yet whether a release can answer."""

    def __init__(self, name: str, reason: str) -> None:
        self.name, self.reason = name, reason
        BotError.__init__(self, f"no release of bot {name!r} is loaded yet: {reason}; try again in a moment")


class StoreUnavailable(BotError):
    """The database did not answer in time."""

    def __init__(self, what: str) -> None:
        self.what = what
        super().__init__(f"the database did not answer ({what}); check INTENTLOOP_MONGO_URI or run `intentloop doctor`")


class RegistryUnavailable(BotError):
    """The MLflow server did not answer."""

    def __init__(self, tracking_uri: str, reason: str) -> None:
        self.tracking_uri = tracking_uri
        super().__init__(
            f"the MLflow server at {without_password(tracking_uri)} did not answer ({without_password(reason)}); "
            f"check MLFLOW_TRACKING_URI or run `intentloop doctor`"
        )


class StateConflict(BotError):
    """Another worker advanced the thread; the message can be sent again."""

    def __init__(self) -> None:
        # no id, because this is logged and may be stored in a queue
        super().__init__("this conversation is being answered by another worker; send the message again")


class DraftChanged(StateConflict):
    """A bot was edited between being read and being changed; nothing was written.

    `places` are the intents that differ; none for a file.
    """

    def __init__(self, source: str, *, places: Sequence[str] = (), remedy: str) -> None:
        self.source, self.places = source, tuple(places)
        where = f" (in {', '.join(places[:5])}{' and others' if len(places) > 5 else ''})" if places else ""
        BotError.__init__(self, f"{source} was changed meanwhile{where}, so nothing was written; {remedy}")


class ThreadForgotten(StateConflict):
    """A conversation was deleted while one of its messages was being answered; nothing was written."""

    def __init__(self) -> None:
        BotError.__init__(self, "this conversation has just been deleted; send the message again to begin a new one")


class LabelDecided(StateConflict):
    """Somebody else has decided about a text meanwhile; nothing was written."""

    def __init__(self, key: str, *, status: str, by: str | None) -> None:
        self.key, self.status, self.by = key, status, by
        whom = f" by {by}" if by else ""
        BotError.__init__(
            self, f"label {key} is {status}{whom} meanwhile, so nothing was written; look at it again or take the next"
        )


class TrainingFailed(BotError):
    """A cell of the training notebook raised; the message is the cell's, and `cause` names the type of its error."""

    def __init__(self, message: str, *, cause: str) -> None:
        self.cause = cause
        super().__init__(message)


class TrainingInterrupted(BotError):
    """The process of a training ended early; another try may well succeed."""

    def __init__(self, what: str) -> None:
        super().__init__(f"{what} early: it was killed, or memory ran out; train again")


class TrainingOverdue(BotError):
    """A training took so long that it must hang, and would block all others of its bot for ever."""

    def __init__(self, bot: str, *, hours: float) -> None:
        self.bot, self.hours = bot, hours
        super().__init__(
            f"the training of bot {bot!r} was stopped after {hours:g} hours; check its log for where it hung, or allow "
            "more in INTENTLOOP_TRAINING_LIMIT_HOURS"
        )


class TrainingBusy(BotError):
    """The bot is being trained, or a person is being removed from its data; nothing was started."""

    def __init__(self, bot: str, *, holder: str, since: datetime) -> None:
        self.bot, self.holder, self.since = bot, holder, since
        super().__init__(
            f"bot {bot!r} cannot be trained or cleaned now: {holder} has been at work since "
            f"{since:%Y-%m-%d %H:%M:%S} UTC; nothing was started here"
        )


class JobOver(BotError):
    """The requested job has already finished; there is nothing to do."""

    def __init__(self, bot: str, number: int, *, state: str) -> None:
        self.bot, self.number, self.state = bot, number, state
        super().__init__(f"training {number} of bot {bot!r} has already finished ({state}); nothing was started")


class MiningBusy(BotError):
    """Somebody is filling a bot's labelling queue; nothing was started."""

    def __init__(self, bot: str, *, holder: str, since: datetime) -> None:
        self.bot, self.holder, self.since = bot, holder, since
        super().__init__(
            f"the log of bot {bot!r} is already being mined: {holder} has been at work since "
            f"{since:%Y-%m-%d %H:%M:%S} UTC; nothing was started here"
        )


class LeaseLost(BotError):
    """A process gave no sign of life for so long that another may have started what it was meant to exclude."""

    def __init__(self, what: str) -> None:
        super().__init__(
            f"{what} was delayed for so long that another process may have taken over; it stopped half-way and nothing "
            "is lost: run the same command again"
        )


class RunGivenUp(BotError):
    """A running training was taken for dead; it must not register anything any more."""

    def __init__(self, run_id: str, reason: str) -> None:
        self.run_id = run_id
        super().__init__(f"run {run_id[:8]} was given up meanwhile ({reason}), so it registers nothing")


class QueueUnavailable(BotError):
    """Background work cannot be accepted now."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"nothing can be accepted right now: {reason}; send it again later")


class DeliveryFailed(BotError):
    """A platform did not accept a reply now.

    `retry_after_seconds` is how long it asked to wait, None if it did not say.
    """

    def __init__(self, channel: str, reason: str, *, retry_after_seconds: float | None = None) -> None:
        self.channel, self.reason, self.retry_after_seconds = channel, reason, retry_after_seconds
        super().__init__(f"{channel} did not accept a reply: {reason}; it is sent again later")


class DeliveryRefused(DeliveryFailed):
    """A platform will never accept a reply, however often it is sent."""

    def __init__(self, channel: str, reason: str) -> None:
        self.channel, self.reason, self.retry_after_seconds = channel, reason, None
        BotError.__init__(
            self,
            f"{channel} refused a reply: {reason}; check the channel's token and permissions, it is not sent again",
        )


class ToolFailed(BotError):
    """A tool could not be called or gave no usable answer.

    `has_acted`: it did what was asked, and only its answer cannot be used.
    """

    def __init__(self, intent_id: str, reason: str, *, has_acted: bool = False) -> None:
        self.intent_id, self.reason, self.has_acted = intent_id, reason, has_acted
        super().__init__(f"the tool of intent {intent_id!r} failed: {reason}")


class SecretUnavailable(BotError):
    """A secret that a bot or setting refers to has no value, or cannot be read now."""

    def __init__(self, name: str, reason: str) -> None:
        self.name, self.reason = name, reason
        super().__init__(
            f"the secret {name!r} is not available: {reason}; set INTENTLOOP_SECRET_{name}, "
            f"or create it in AWS Secrets Manager with the prefix INTENTLOOP_SECRETS_MANAGER_PREFIX"
        )


class LlmUnavailable(BotError):
    """The language model gave no usable answer; the turn continues without it."""

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(f"the language model is not available: {reason}")
