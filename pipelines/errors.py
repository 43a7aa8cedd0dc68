"""Every error this project raises on purpose, sorted by who must act.

    BotError
    ├── UserInputError        the sender of a message or request: change the input
    │   ├── NotFound          the sender named a bot, intent or thread that does not exist
    │   └── NotAuthentic      the sender could not show who it is
    ├── DataRejected          the author of the training data or bot file: repair the named rows
    ├── SetupProblem          whoever starts the platform: a port, a folder, a missing program
    ├── ModelNotLoaded        the operator: no release can answer
    │   ├── ReleaseRefused    a release exists and must not answer (hash, golden file, gate)
    │   └── ReleasePending    nobody knows yet: it is being loaded, or the registry is silent
    ├── StoreUnavailable      the operator: the database does not answer
    ├── RegistryUnavailable   the operator: the MLflow server does not answer
    ├── StateConflict         nobody: try again, somebody else moved the thread on
    │   ├── DraftChanged      whoever repairs a bot: look again, somebody edited it meanwhile
    │   ├── LabelDecided      whoever labels: somebody else was faster, take the next one
    │   └── ThreadForgotten   the sender: the conversation was deleted, a new one may begin
    ├── TrainingFailed        whoever trains: a cell of the training notebook raised, look at what it says
    ├── TrainingInterrupted   nobody: a training was cut off, train again
    ├── TrainingOverdue       the operator: a training hung, look where, or allow more hours
    ├── TrainingBusy          nobody: the bot is being trained or cleaned already
    ├── JobOver               nobody: the requested training has already finished
    ├── MiningBusy            nobody: the labelling queue of the bot is being filled already
    ├── LeaseLost             whoever gave the command: give it again
    ├── RunGivenUp            nobody: another training took this one for dead and works in its place
    ├── QueueUnavailable      nobody: background work cannot be taken on now, try again
    ├── DeliveryFailed        a platform did not take a reply; it is sent again later
    │   └── DeliveryRefused   the operator: the platform never will, something must be put right first
    ├── ToolFailed            the owner of the tool
    ├── SecretUnavailable     the operator: a secret that is referred to has no value
    └── LlmUnavailable        the operator of the LLM endpoint; the turn goes on without it

An error takes facts and writes its own sentence, which ends in what to do next.
"""

import re
from collections.abc import Sequence
from datetime import datetime

_CREDENTIALS = re.compile(r"://[^/?#\s]*@")


def without_password(text: str) -> str:
    """Hide user names and passwords in every address of a text."""
    return _CREDENTIALS.sub("://***@", text)


class BotError(Exception):
    """Root of all errors raised on purpose."""


class UserInputError(BotError):
    """What was sent cannot be used."""


class NotFound(UserInputError):
    """A named thing does not exist."""

    def __init__(self, kind: str, name: str, *, hint: str) -> None:
        self.kind, self.name = kind, name
        super().__init__(f"there is no {kind} {name!r}; {hint}")


class NotAuthentic(UserInputError):
    """A request does not come from where it says, or nobody can tell."""


class DataRejected(BotError):
    """Training data or a bot file has faults that must be repaired first.

    Parameters
    ----------
    source
        What was read: a file, a collection, a snapshot.
    problems
        One sentence for each fault, naming the row and the repair.
    """

    max_shown = 20

    def __init__(self, source: str, problems: Sequence[str]) -> None:
        self.source, self.problems = source, tuple(problems)
        shown = "\n".join(f"  - {problem}" for problem in self.problems[: self.max_shown])
        hidden = len(self.problems) - self.max_shown
        more = f"\n  ... and {hidden} more" if hidden > 0 else ""
        super().__init__(f"{source} cannot be used, {len(self.problems)} problem(s) to repair:\n{shown}{more}")


class SetupProblem(BotError):
    """The machine lacks something; the sentence says what and what to do."""


class ModelNotLoaded(BotError):
    """The registry has no version behind the requested alias."""

    def __init__(self, name: str, alias: str) -> None:
        self.name, self.alias = name, alias
        super().__init__(
            f"no version of {name!r} carries the alias {alias!r}; "
            f"train one with `intentloop train --promote` or set the alias in the MLflow UI"
        )


class ReleaseRefused(ModelNotLoaded):
    """A version carries the alias but must not answer customers."""

    def __init__(self, name: str, version: str, reason: str) -> None:
        self.name, self.version, self.reason = name, version, reason
        BotError.__init__(
            self, f"version {version} of {name!r} is refused: {reason}; the last good release keeps answering"
        )


class ReleasePending(ModelNotLoaded):
    """Whether a release can answer is not known yet."""

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
    """Another worker moved the thread on; the message can be sent again."""

    def __init__(self) -> None:
        # no id: this is logged, and a queue may hold it
        super().__init__("this conversation is being answered by another worker; send the message again")


class DraftChanged(StateConflict):
    """A bot is no longer what somebody looked at before changing it; nothing was written.

    `places` are the intents that differ; none for a file.
    """

    def __init__(self, source: str, *, places: Sequence[str] = (), remedy: str) -> None:
        self.source, self.places = source, tuple(places)
        where = f" (in {', '.join(places[:5])}{' and others' if len(places) > 5 else ''})" if places else ""
        BotError.__init__(self, f"{source} was changed meanwhile{where}, so nothing was written; {remedy}")


class ThreadForgotten(StateConflict):
    """A conversation was deleted while a message of it was being answered; nothing was written."""

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
    """A cell of the training notebook raised; the message is the cell's, and `cause` names the kind of its error."""

    def __init__(self, message: str, *, cause: str) -> None:
        self.cause = cause
        super().__init__(message)


class TrainingInterrupted(BotError):
    """The process of a training ended before its time; the same training may well succeed another time."""

    def __init__(self, what: str) -> None:
        super().__init__(f"{what} before its time: it was ended from outside, or memory ran out; train again")


class TrainingOverdue(BotError):
    """A training took so long that it must hang; it would keep all others of its bot waiting for ever."""

    def __init__(self, bot: str, *, hours: float) -> None:
        self.bot, self.hours = bot, hours
        super().__init__(
            f"the training of bot {bot!r} was ended since it took longer than {hours:g} hours; look at its log where "
            "it stood still, or allow more in INTENTLOOP_TRAINING_LIMIT_HOURS"
        )


class TrainingBusy(BotError):
    """Somebody trains a bot or takes a person out of what it has learnt; nothing was begun."""

    def __init__(self, bot: str, *, holder: str, since: datetime) -> None:
        self.bot, self.holder, self.since = bot, holder, since
        super().__init__(
            f"bot {bot!r} cannot be trained or cleaned now: {holder} has been at work since "
            f"{since:%Y-%m-%d %H:%M:%S} UTC; nothing was begun here"
        )


class JobOver(BotError):
    """The requested job has already finished; there is nothing to do."""

    def __init__(self, bot: str, number: int, *, state: str) -> None:
        self.bot, self.number, self.state = bot, number, state
        super().__init__(f"training {number} of bot {bot!r} is over ({state}); nothing was begun")


class MiningBusy(BotError):
    """Somebody fills the labelling queue of a bot; nothing was begun."""

    def __init__(self, bot: str, *, holder: str, since: datetime) -> None:
        self.bot, self.holder, self.since = bot, holder, since
        super().__init__(
            f"the log of bot {bot!r} is being looked through already: {holder} has been at work since "
            f"{since:%Y-%m-%d %H:%M:%S} UTC; nothing was begun here"
        )


class LeaseLost(BotError):
    """A process gave no sign of life for so long that others may have begun what it was to keep them from."""

    def __init__(self, what: str) -> None:
        super().__init__(
            f"{what} was held up for so long that another process may have taken over; it stopped half-way and nothing "
            "is lost: give the same command again"
        )


class RunGivenUp(BotError):
    """A training was taken for dead while it was not; it must not register anything any more."""

    def __init__(self, run_id: str, reason: str) -> None:
        self.run_id = run_id
        super().__init__(f"run {run_id[:8]} was given up meanwhile ({reason}), so it registers nothing")


class QueueUnavailable(BotError):
    """Background work cannot be taken on now."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"nothing can be accepted right now: {reason}; send it again later")


class DeliveryFailed(BotError):
    """A platform did not take a reply now.

    `retry_after_seconds` is how long it asked to be left alone, None if it did not say.
    """

    def __init__(self, channel: str, reason: str, *, retry_after_seconds: float | None = None) -> None:
        self.channel, self.reason, self.retry_after_seconds = channel, reason, retry_after_seconds
        super().__init__(f"{channel} did not take a reply: {reason}; it is sent again later")


class DeliveryRefused(DeliveryFailed):
    """A platform will not take a reply, however often it is sent."""

    def __init__(self, channel: str, reason: str) -> None:
        self.channel, self.reason, self.retry_after_seconds = channel, reason, None
        BotError.__init__(
            self,
            f"{channel} refused a reply: {reason}; check the channel's token and permissions, it is not sent again",
        )


class ToolFailed(BotError):
    """A tool could not be called or did not give a usable answer."""

    def __init__(self, intent_id: str, reason: str) -> None:
        self.intent_id, self.reason = intent_id, reason
        super().__init__(f"the tool of intent {intent_id!r} failed: {reason}")


class SecretUnavailable(BotError):
    """A secret that a bot or a setting refers to has no value, or none that can be read now."""

    def __init__(self, name: str, reason: str) -> None:
        self.name, self.reason = name, reason
        super().__init__(
            f"the secret {name!r} cannot be had: {reason}; set INTENTLOOP_SECRET_{name}, "
            f"or create it in AWS Secrets Manager with the prefix INTENTLOOP_SECRETS_MANAGER_PREFIX"
        )


class LlmUnavailable(BotError):
    """The language model gave no usable answer; the turn goes on without it."""

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(f"the language model is not available: {reason}")
