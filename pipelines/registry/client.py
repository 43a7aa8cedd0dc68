"""The MLflow model registry, as serving needs it. The only importer of mlflow in `serving`.

The library is imported with the first `Registry`, not with this module: it takes a second or two.
"""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pipelines.errors import ModelNotLoaded, NotFound, RegistryUnavailable
from pipelines.registry.verdict import GATE_PASSED, GATE_TAG

MODEL_PREFIX = "intentloop-"
REFUSED_TAG = "refused_reason"
_MAX_TAG_CHARS = 500
_MISSING = ("RESOURCE_DOES_NOT_EXIST", "INVALID_PARAMETER_VALUE")
"""What stores answer for a model or version that is not there, and for an alias that is not set."""
# The library would try seven times with growing pauses, for minutes. Who polls every few seconds need not.
_HTTP_DEFAULTS = {
    "MLFLOW_HTTP_REQUEST_TIMEOUT": "5",
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "1",
    "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR": "false",
    "MLFLOW_DISABLE_TELEMETRY": "true",
    # A release is plain files; nothing in this process may unpickle anything from the registry.
    "MLFLOW_ALLOW_PICKLE_DESERIALIZATION": "false",
}


@dataclass(frozen=True)
class RegisteredVersion:
    """A version in the registry.

    Attributes
    ----------
    name
        Registered model.
    version
        Its version as text: the library gives an int or a string, depending on the store.
    run_id
        Run that made it; tells apart two registries that both have a version 1.
    tags
        The version's tags.
    stage
        Its stage in lower case, on a server that still has them; `none` without one.
    created_at
        When it was registered, if the server says.
    """

    name: str
    version: str
    run_id: str
    tags: dict[str, str] = field(default_factory=dict)
    stage: str = "none"
    created_at: datetime | None = None

    @property
    def gate_passed(self) -> bool:
        """Whether the version was judged fit to answer customers."""
        return self.tags.get(GATE_TAG) == GATE_PASSED

    @property
    def key(self) -> str:
        """Name of this very version on disk."""
        return f"{self.version}-{self.run_id[:8] or 'norun'}"


def model_name(bot: str) -> str:
    """Give the name of a bot's registered model."""
    return f"{MODEL_PREFIX}{bot}"


class Registry:
    """A connection to one MLflow server. Every method waits for the network: call it from a thread.

    Every method raises `RegistryUnavailable` if the server does not answer.

    Parameters
    ----------
    tracking_uri
        The server, or a database URI where the full mlflow is installed.
    """

    def __init__(self, tracking_uri: str) -> None:
        for name, value in _HTTP_DEFAULTS.items():
            os.environ.setdefault(name, value)
        from mlflow import MlflowClient

        self.tracking_uri = tracking_uri
        with self._asking():
            self._client = MlflowClient(tracking_uri=tracking_uri, registry_uri=tracking_uri)

    def find(self, bot: str, *, alias: str) -> RegisteredVersion:
        """Find the version of a bot that carries an alias.

        On a server that still has stages, the newest version in the stage of that name will do: `Production` for
        `production`. An alias wins.

        Parameters
        ----------
        bot
            The bot's name.
        alias
            The alias.

        Returns
        -------
        RegisteredVersion
            What carries it now.

        Raises
        ------
        NotFound
            The bot has no registered model.
        ModelNotLoaded
            It has one, but no version carries the alias.
        """
        name = model_name(bot)
        try:
            with self._asking(missing=ModelNotLoaded(name, alias)):
                return _registered(self._client.get_model_version_by_alias(name, alias))
        except ModelNotLoaded:
            # stores answer alike for a missing alias and for a missing model
            self.aliases(bot)
            staged = [version for version in self.versions(bot) if version.stage == alias.lower()]
            if not staged:
                raise
            return staged[0]

    def find_version(self, bot: str, version: str) -> RegisteredVersion:
        """Find a version of a bot by its number, whatever alias it carries.

        Parameters
        ----------
        bot
            The bot's name.
        version
            The number.

        Returns
        -------
        RegisteredVersion
            The version.

        Raises
        ------
        NotFound
            The bot has no such version.
        """
        name = model_name(bot)
        hint = f"look at the versions of {name!r} in MLflow, or train one with `intentloop train`"
        with self._asking(missing=NotFound("version", version, hint=hint)):
            return _registered(self._client.get_model_version(name, version))

    def aliases(self, bot: str) -> dict[str, str]:
        """Map every alias of a bot to the version that carries it.

        Parameters
        ----------
        bot
            The bot's name.

        Returns
        -------
        dict[str, str]
            Version by alias.

        Raises
        ------
        NotFound
            The bot has no registered model.
        """
        name = model_name(bot)
        hint = f"no model {name!r} is registered; import and train it first"
        with self._asking(missing=NotFound("bot", bot, hint=hint)):
            found = self._client.get_registered_model(name).aliases
        return {alias: str(version) for alias, version in found.items()}

    def versions(self, bot: str) -> list[RegisteredVersion]:
        """Give every version of a bot, the newest first; none if there is no such bot."""
        with self._asking():
            found = self._client.search_model_versions(f"name = '{model_name(bot)}'")
        return sorted(map(_registered, found), key=lambda version: int(version.version), reverse=True)

    def download(self, version: RegisteredVersion, folder: Path) -> None:
        """Copy everything a version holds into a folder.

        Parameters
        ----------
        version
            The version.
        folder
            An empty folder.
        """
        from mlflow.artifacts import download_artifacts

        with self._asking():
            # Not `models:/NAME/VERSION`: its resolver asks the process-wide default server besides the one given here.
            location = self._client.get_model_version_download_uri(version.name, version.version)
            download_artifacts(
                artifact_uri=location,
                dst_path=str(folder),
                tracking_uri=self.tracking_uri,
                registry_uri=self.tracking_uri,
            )

    def set_alias(self, bot: str, alias: str, version: str) -> None:
        """Let a version carry an alias; whichever carried it loses it."""
        with self._asking():
            self._client.set_registered_model_alias(model_name(bot), alias, version)

    def remove_alias(self, bot: str, alias: str) -> None:
        """Take an alias off whatever version carries it."""
        with self._asking():
            self._client.delete_registered_model_alias(model_name(bot), alias)

    def set_tag(self, version: RegisteredVersion, name: str, value: str) -> None:
        """Write a tag on a version; an over-long value is cut."""
        with self._asking():
            self._client.set_model_version_tag(version.name, version.version, name, value[:_MAX_TAG_CHARS])

    def delete_tag(self, version: RegisteredVersion, name: str) -> None:
        """Take a tag off a version."""
        with self._asking():
            self._client.delete_model_version_tag(version.name, version.version, name)

    def log_figures(
        self, version: RegisteredVersion, metrics: Mapping[str, float], *, table: str, rows: dict[str, Any]
    ) -> None:
        """Log figures and a table to the run that made a version.

        Parameters
        ----------
        version
            The version.
        metrics
            Figures by name.
        table
            Path of a JSON file among the run's artifacts; written anew each time.
        rows
            What the file holds.
        """
        with self._asking():
            for name, value in metrics.items():
                self._client.log_metric(version.run_id, name, value)
            self._client.log_dict(version.run_id, rows, table)

    @contextmanager
    def _asking(self, *, missing: Exception | None = None) -> Iterator[None]:
        """Translate the library's errors; `missing` is what a thing that is not there means."""
        from mlflow.exceptions import MlflowException

        try:
            yield
        except (MlflowException, OSError) as error:
            if missing is not None and getattr(error, "error_code", None) in _MISSING:
                raise missing from error
            raise RegistryUnavailable(self.tracking_uri, _first_line(error)) from error


def _registered(found: Any) -> RegisteredVersion:
    """Give the library's record of a version as ours."""
    created = found.creation_timestamp
    return RegisteredVersion(
        name=found.name,
        version=str(found.version),
        run_id=found.run_id or "",
        tags=dict(found.tags),
        stage=(found.current_stage or "none").lower(),
        created_at=datetime.fromtimestamp(created / 1000, UTC) if created else None,
    )


def _first_line(error: Any) -> str:
    text = str(error).strip()
    return text.splitlines()[0][:300] if text else type(error).__name__
