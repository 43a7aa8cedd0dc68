"""Values of secrets: bots and settings contain their names, the environment or AWS Secrets Manager their values.

A template refers to `{{ secrets.SHOP_KEY }}`, a setting that is no template to `secret:SHOP_KEY`. Both mean the
variable `INTENTLOOP_SECRET_SHOP_KEY` or, if it is not set, the secret `<prefix>SHOP_KEY` in Secrets Manager.
"""

import asyncio
import logging
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from pipelines.errors import SecretUnavailable
from pipelines.settings import SECRET_PREFIX
from pipelines.templates.references import SECRET_NAME
from serving.clock import MonotonicClock

READ_SECONDS = 3.0
UNKNOWN_SECONDS = 10.0
"""How long a missing secret is remembered: a misspelt name must not cost a lookup per message."""

_log = logging.getLogger(__name__)


class SecretsManager:
    """Reads secrets from AWS Secrets Manager, with the credentials and the region of the environment.

    Parameters
    ----------
    prefix
        Prefix of the names in Secrets Manager, such as `intentloop/production/`.
    **client_options
        Further options of the boto3 client.
    """

    def __init__(self, prefix: str, **client_options: Any) -> None:
        self._prefix = prefix
        self._options = client_options

    @cached_property
    def _client(self) -> Any:
        import boto3  # takes a third of a second, and most installations need none
        from botocore.config import Config

        limits = Config(
            connect_timeout=READ_SECONDS,
            read_timeout=READ_SECONDS,
            retries={"total_max_attempts": 2, "mode": "standard"},
        )
        return boto3.session.Session().client("secretsmanager", config=limits, **self._options)

    def read(self, name: str) -> str | None:
        """Return the text of a secret, named without the prefix; None if it does not exist.

        Raises SecretUnavailable if Secrets Manager does not answer, or refuses to.
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
            raise SecretUnavailable(name, f"Secrets Manager cannot be reached ({type(error).__name__})") from error
        return str(found.get("SecretString") or "").strip() or None


@dataclass(frozen=True, slots=True)
class _Known:
    value: str | None
    until: float


class Secrets:
    """Provides the values of secrets when they are needed, and caches them.

    Parameters
    ----------
    environment
        Variables, which take precedence.
    manager
        Asked for secrets that the environment does not have.
    ttl_seconds
        How long a value from Secrets Manager is used before it is read again.
    clock
        Monotonic clock, in seconds.
    """

    def __init__(
        self,
        environment: Mapping[str, str | None],
        *,
        manager: SecretsManager | None = None,
        ttl_seconds: float = 300.0,
        clock: MonotonicClock = time.monotonic,
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
        # its own threads: a hanging Secrets Manager must not delay other work
        self._threads = ThreadPoolExecutor(max_workers=4, thread_name_prefix="secrets")

    def __repr__(self) -> str:
        return f"{type(self).__name__}({sorted(self._given)})"

    async def value(self, name: str) -> str:
        """Return the value of a secret, never empty. It may be sent, but neither stored nor logged.

        Raises SecretUnavailable if the secret does not exist or cannot be read now.
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
        """Return a setting's text, or the secret's value if it begins with `secret:`; raise as `value` does."""
        kind, colon, name = text.strip().partition(":")
        return await self.value(name) if (kind, colon) == ("secret", ":") else text

    async def _read(self, name: str, before: _Known | None) -> _Known:
        if self._manager is None:
            raise SecretUnavailable(name, "it is not set")
        reading = self._reading.get(name)
        if reading is None:
            # one lookup per name at a time, however many calls wait for it
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
            reading.exception()  # mark it as retrieved, in case nobody waits any more
