"""Errors of releases that cannot answer or be promoted."""

from pipelines.errors.base import BotError


class ModelNotLoaded(BotError):
    """The registry has no version behind the requested alias.

    `candidate` says which version is waiting for it, and what that takes; empty if none was trained.
    """

    def __init__(self, name: str, alias: str, *, candidate: str = "") -> None:
        self.name, self.alias, self.candidate = name, alias, candidate
        next_step = "train one with `intentloop train --promote` or set the alias in the MLflow UI"
        super().__init__(f"{name!r} has no version behind the alias {alias!r}; {candidate or next_step}")


class NeverTrained(ModelNotLoaded):
    """A bot has no version at all."""

    def __init__(self, bot: str) -> None:
        self.name = bot
        BotError.__init__(self, f"bot {bot!r} has never been trained; train it first, with `intentloop train`")


class ReleaseRefused(ModelNotLoaded):
    """The version behind the alias must not answer customers. `reason` says why, and `remedy` what to do."""

    remedy = "correct that and train again, or promote another one"

    def __init__(self, name: str, version: str, reason: str) -> None:
        self.name, self.version, self.reason = name, version, reason
        BotError.__init__(self, f"version {version} of {name!r} is refused: {reason}; {self.remedy}")


class ForeignRelease(ReleaseRefused):
    """A release of bot `origin` lies among the versions of `bot`, where it would answer in that bot's name."""

    def __init__(self, bot: str, version: str, *, origin: str) -> None:
        self.origin = origin
        self.remedy = f"promote a version that was trained for bot {bot!r}"
        reason = (
            f"it is a release of bot {origin!r} that was copied to the model of bot {bot!r}, "
            f"where it would answer with the texts and tools of {origin!r}"
        )
        super().__init__(bot, version, reason)


class ReleasePending(ModelNotLoaded):
    """It is not known yet whether a release can answer."""

    def __init__(self, name: str, reason: str) -> None:
        self.name, self.reason = name, reason
        BotError.__init__(self, f"no release of bot {name!r} is loaded yet: {reason}; try again in a moment")


class PromotionRefused(BotError):
    """A version was not promoted since serving would refuse it; nothing has moved."""

    def __init__(self, version: str, reason: str) -> None:
        self.version, self.reason = version, reason
        super().__init__(f"version {version} is not promoted: {reason}; nothing was moved")
