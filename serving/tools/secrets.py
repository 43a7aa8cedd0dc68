"""The values of secrets: bots and settings name them, the environment or AWS Secrets Manager has them.

A template says `{{ secrets.SHOP_KEY }}`, a setting that is no template says `secret:SHOP_KEY`. Both mean the variable
`INTENTLOOP_SECRET_SHOP_KEY` or, where there is none, the secret `<prefix>SHOP_KEY` of Secrets Manager.
"""

import asyncio
import logging
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from pipelines.errors import SecretUnavailable
from pipelines.settings import SECRET_PREFIX
from serving.tools.references import SECRET_NAME

READ_SECONDS = 3.0
UNKNOWN_SECONDS = 10.0
"""How long an answer that there is no such secret is believed: a misspelt name must not cost a question a message."""

_log = logging.getLogger(__name__)


class SecretsManager:
    """Reads secrets of AWS Secrets Manager, with the credentials and the region of the environment.

    Parameters
    ----------
    prefix
        What the names in Secrets Manager begin with, such as `intentloop/production/`.
    **client_options
        For the client of boto3, beside the service's name.
    """

    def __init__(self, prefix: str, **client_options: Any) -> None:
        self._prefix = prefix
        self._options = client_options

    @cached_property
    def _client(self) -> Any:
        import boto3  # takes a third of a second, and most installations do without
        from botocore.config import Config

        limits = Config(
            connect_timeout=READ_SECONDS,
            read_timeout=READ_SECONDS,
            retries={"total_max_attempts": 2, "mode": "standard"},
        )
        return boto3.session.Session().client("secretsmanager", config=limits, **self._options)

    def read(self, name: str) -> str | None:
        """Read a secret; None if there is none of this name.

        Parameters
        ----------
        name
            Without the prefix.

        Returns
        -------
        str | None
            The secret's text.

        Raises
        ------
        SecretUnavailable
            Secrets Manager does not answer, or refuses to.
        """
        from botocore.exceptions import BotoCoreError, ClientError

        try:
            found = self._client.get_secret_value(SecretId=self._prefix + name)
        except ClientError as error:
            code = error.response.get("Error", {}).get("Code", "an error")
            if code == "ResourceNotFoundException":
                return None
            raise SecretUnavailable(name, f"Secrets Manager answered {code}") from error
        except BotoCoreError as error:
            raise SecretUnavailable(name, f"Secrets Manager cannot be asked ({type(error).__name__})") from error
        return str(found.get("SecretString") or "").strip() or None


@dataclass(frozen=True, slots=True)
class _Known:
    value: str | None
    until: float


class Secrets:
    """Gives the values of secrets at the moment they are needed, and keeps them for a while.

    Parameters
    ----------
    environment
        The variables that are looked at first.
    manager
        Asked for what the environment does not have.
    ttl_seconds
        How long a value of Secrets Manager is used before it is read again.
    clock
        Seconds that only grow.
    """

    def __init__(
        self,
        environment: Mapping[str, str | None],
        *,
        manager: SecretsManager | None = None,
        ttl_seconds: float = 300.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._given = {
            name.removeprefix(SECRET_PREFIX): value.strip()
            for name, value in environment.items()
            if name.startswith(SECRET_PREFIX) and value and value.strip()
        }
        self._manager = manager
        self._ttl_seconds = ttl_seconds
        self._clock = clock
        self._known: dict[str, _Known] = {}
        self._reading: dict[str, asyncio.Future[str | None]] = {}
        # Threads of its own: a Secrets Manager that hangs holds up nobody else's work.
        self._threads = ThreadPoolExecutor(max_workers=4, thread_name_prefix="secrets")

    def __repr__(self) -> str:
        return f"{type(self).__name__}({sorted(self._given)})"

    async def value(self, name: str) -> str:
        """Give the value of a secret.

        Parameters
        ----------
        name
            As templates write it.

        Returns
        -------
        str
            Never empty. To be sent, and neither kept nor logged.

        Raises
        ------
        SecretUnavailable
            There is no secret of this name, or it cannot be read now.
        """
        given = self._given.get(name)
        if given is not None:
            return given
        if self._manager is None or not SECRET_NAME.fullmatch(name):
            raise SecretUnavailable(name, "it is not set")
        known = self._known.get(name)
        if known is None or known.until < self._clock():
            known = await self._read(name, known)
        if not known.value:
            raise SecretUnavailable(name, "it is not set")
        return known.value

    async def resolve(self, text: str) -> str:
        """Give a setting's text, or the secret's value if it begins with `secret:`; raise as `value` does."""
        kind, colon, name = text.strip().partition(":")
        return await self.value(name) if (kind, colon) == ("secret", ":") else text

    async def _read(self, name: str, before: _Known | None) -> _Known:
        if self._manager is None:
            raise SecretUnavailable(name, "it is not set")
        reading = self._reading.get(name)
        if reading is None:
            # One question at a time for a name, however many calls wait for it.
            reading = asyncio.get_running_loop().run_in_executor(self._threads, self._manager.read, name)
            self._reading[name] = reading
            reading.add_done_callback(lambda done: self._done(name, done))
        try:
            value = await asyncio.shield(reading)
        except SecretUnavailable as error:
            if before is None or not before.value:
                raise
            _log.warning("%s; its last value is used", error)
            value = before.value
        known = _Known(value, self._clock() + (self._ttl_seconds if value else UNKNOWN_SECONDS))
        self._known[name] = known
        return known

    def _done(self, name: str, reading: asyncio.Future[str | None]) -> None:
        self._reading.pop(name, None)
        if not reading.cancelled():
            reading.exception()  # looked at, for the case that everybody who waited has gone
