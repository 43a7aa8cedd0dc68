"""What a server answers when it does not do what its client asks."""

from pipelines.errors.base import BotError


class ApiError(BotError):
    """A request was refused.

    Attributes
    ----------
    status
        The HTTP status.
    error
        A word for programs, such as `not_found`.
    detail
        A sentence that says what to do.
    """

    def __init__(self, status: int, error: str, detail: str) -> None:
        self.status, self.error, self.detail = status, error, detail
        super().__init__(f"{detail} ({status} {error})")


class EditedMeanwhile(ApiError):
    """Somebody else has changed the resource. `current` is what it is now, None if it was deleted."""

    def __init__(self, status: int, error: str, detail: str, *, current: object, etag: str | None) -> None:
        super().__init__(status, error, detail)
        self.current, self.etag = current, etag


class ApiUnavailable(ApiError):
    """The server cannot be reached, or says that something it needs does not answer."""
