"""Errors of what the platform depends on."""

from pipelines.errors.base import BotError, without_password


class StoreUnavailable(BotError):
    """The database did not answer in time."""

    def __init__(self, what: str) -> None:
        self.what = what
        super().__init__(f"the database did not answer ({what}); check INTENTLOOP_MONGO_URI or run `intentloop doctor`")


class StoreRefused(StoreUnavailable):
    """The database answered that it will not do something; `what` says which and why."""

    def __init__(self, what: str) -> None:
        self.what = what
        BotError.__init__(self, f"the database refused ({what}); correct that, or run `intentloop doctor`")


class DocumentUnreadable(StoreUnavailable):
    """A stored document, which nothing can do without, is not as this program writes it."""

    def __init__(self, what: str, *, fault: str, remedy: str) -> None:
        BotError.__init__(self, f"{what} cannot be read from the database: {fault}; {remedy}")
        self.what = what


class StoreTooNew(StoreUnavailable):
    """A newer program has changed the database so that this one can no longer work with it."""

    def __init__(self, *, number: int, known: int) -> None:
        self.what = f"its schema is {number}, newer than this program's {known}"
        BotError.__init__(
            self,
            f"the database has schema {number}, and this program knows schemas up to {known}; start the version that "
            "migrated it, or a newer one (`intentloop --version` says which this is)",
        )


class StoreBeingRestored(StoreUnavailable):
    """A backup is being written into the database, or that was interrupted."""

    def __init__(self) -> None:
        self.what = "it is being restored"
        BotError.__init__(
            self,
            "the database is being restored from a backup; wait until `intentloop restore` is done, or repeat it if it "
            "was interrupted",
        )


class RegistryUnavailable(BotError):
    """The MLflow server did not answer."""

    def __init__(self, tracking_uri: str, reason: str) -> None:
        self.tracking_uri = tracking_uri
        super().__init__(
            f"the MLflow server at {without_password(tracking_uri)} did not answer ({without_password(reason)}); "
            f"check MLFLOW_TRACKING_URI or run `intentloop doctor`"
        )


class IssuerUnavailable(BotError):
    """The OIDC issuer's keys or services cannot be had. `reason` says why."""

    def __init__(self, url: str, reason: str) -> None:
        self.url, self.reason = url, reason
        super().__init__(
            f"the OIDC issuer {without_password(url)} cannot be used: {reason}; try again later, or use an API key"
        )


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

    `has_acted`: it did what was asked, and only its answer cannot be used. `may_have_acted`: the request went out, and
    nobody knows what became of it. `is_refusal`: the tool read this request and refused it. `answer` is the beginning
    of an answer that cannot be used, for its author's eyes only, if that was asked for; the message quotes none of it.
    """

    def __init__(
        self,
        intent_id: str,
        reason: str,
        *,
        has_acted: bool = False,
        may_have_acted: bool = False,
        is_refusal: bool = False,
        answer: str = "",
    ) -> None:
        self.answer = answer
        self.intent_id, self.reason, self.has_acted = intent_id, reason, has_acted
        self.may_have_acted, self.is_refusal = may_have_acted, is_refusal
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
