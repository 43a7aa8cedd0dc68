"""Errors of trainings and other long work."""

from datetime import datetime

from pipelines.errors.base import BotError


class TrainingFailed(BotError):
    """A cell of the training notebook raised; the message is the cell's, and `cause` names the type of its error."""

    def __init__(self, message: str, *, cause: str) -> None:
        self.cause = cause
        super().__init__(message)


class TrainingInterrupted(BotError):
    """The process of a training ended early; another try may well succeed."""

    def __init__(self, what: str) -> None:
        super().__init__(f"{what} early: it was killed, or memory ran out; train again")


class TrainingCancelled(BotError):
    """Somebody has cancelled a training while it ran."""

    def __init__(self, bot: str, *, by: str) -> None:
        self.bot, self.by = bot, by
        super().__init__(f"the training of bot {bot!r} was cancelled by {by}")


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
