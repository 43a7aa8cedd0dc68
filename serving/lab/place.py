"""Where a bot's data are: settings, the MLflow server and the database."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cached_property
from pathlib import Path

from pipelines.errors import UserInputError, without_password
from pipelines.home import get_settings
from pipelines.registry.client import Registry
from pipelines.registry.connection import choose_tracking_uri
from pipelines.registry.runs import Runs
from pipelines.settings import BOT_NAME_RULE, Settings, is_bot_name
from serving.clock import parse_since, utc_now

Since = str | timedelta | date | datetime
"""How far back: `7d`, `4w`, a date such as `2026-11-01`, or the values of `datetime`."""


@dataclass(frozen=True)
class Place:
    """One bot on one platform."""

    bot: str
    settings: Settings
    tracking_uri: str

    @classmethod
    def find(cls, bot: str | None, *, home: Path | str | None, tracking_uri: str) -> "Place":
        """Find the platform as every command does; raises `UserInputError` for a name that is no bot's."""
        settings = get_settings(home)
        name = settings.default_bot if bot is None else bot
        if not is_bot_name(name):
            raise UserInputError(f"{name!r} is no bot's name: {BOT_NAME_RULE}")
        uri = choose_tracking_uri(tracking_uri, settings, home=settings.home)
        return cls(name, settings.model_copy(update={"mlflow_tracking_uri": uri}), uri)

    @property
    def shown_uri(self) -> str:
        """The MLflow server or store, without a password."""
        return without_password(self.tracking_uri)

    @cached_property
    def registry(self) -> Registry:
        """The registered versions. Raises `RegistryUnavailable` within seconds if the server is silent."""
        self.runs.find_experiment(self.bot)
        return Registry(self.tracking_uri, is_patient=True)  # else it changes the limits of this whole process

    @cached_property
    def runs(self) -> Runs:
        """The runs of the tracking server."""
        return Runs(self.tracking_uri)

    @property
    def database(self) -> tuple[str, str, str]:
        """URI and name of the database, and the bot: what the readers of `pipelines` take."""
        return self.settings.resolved_mongo_uri, self.settings.mongo_database, self.bot


def begin_of(since: Since, *, now: datetime | None = None) -> datetime:
    """Return the moment in UTC; raises `UserInputError` if it is none, or in the future. `now` is what `4w` ends at."""
    now = now or utc_now()
    if isinstance(since, str):
        return parse_since(since, now=now)
    if isinstance(since, timedelta):
        moment = now - since
    elif isinstance(since, datetime):
        moment = since if since.tzinfo else since.replace(tzinfo=UTC)
    else:
        moment = datetime.combine(since, time(), UTC)
    if moment > now:
        raise UserInputError(f"{since} is in the future; name a moment before now")
    return moment
