"""The MLflow model registry, as serving needs it. The only importer of mlflow in `serving`.

The library is imported with the first `Registry`, not with this module: it takes a second or two.
"""

import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipelines.errors import ModelNotLoaded, NotFound, RegistryUnavailable

if TYPE_CHECKING:
    from mlflow.exceptions import MlflowException

MODEL_PREFIX = "intentloop-"
GATE_TAG, GATE_PASSED = "gate", "passed"
REFUSED_TAG = "refused_reason"
_MAX_TAG_CHARS = 500
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
    """A version behind an alias.

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
    """

    name: str
    version: str
    run_id: str
    tags: dict[str, str] = field(default_factory=dict)

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
        self._client = MlflowClient(tracking_uri=tracking_uri, registry_uri=tracking_uri)

    def find(self, bot: str, *, alias: str) -> RegisteredVersion:
        """Find the version of a bot that carries an alias.

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
        RegistryUnavailable
            The server did not answer.
        """
        from mlflow.exceptions import MlflowException

        name = model_name(bot)
        try:
            found = self._client.get_model_version_by_alias(name, alias)
        except MlflowException as error:
            raise self._translated(error, bot=bot, alias=alias) from error
        return RegisteredVersion(name, str(found.version), found.run_id or "", dict(found.tags))

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
        RegistryUnavailable
            The server did not answer.
        """
        from mlflow.exceptions import MlflowException

        name = model_name(bot)
        try:
            found = self._client.get_model_version(name, version)
        except MlflowException as error:
            if error.error_code in ("RESOURCE_DOES_NOT_EXIST", "INVALID_PARAMETER_VALUE"):
                hint = f"look at the versions of {name!r} in MLflow, or train one with `intentloop train`"
                raise NotFound("version", version, hint=hint) from error
            raise RegistryUnavailable(self.tracking_uri, _first_line(error)) from error
        return RegisteredVersion(name, str(found.version), found.run_id or "", dict(found.tags))

    def download(self, version: RegisteredVersion, folder: Path) -> None:
        """Copy everything a version holds into a folder.

        Parameters
        ----------
        version
            The version.
        folder
            An empty folder.

        Raises
        ------
        RegistryUnavailable
            The server or its artifact store did not answer.
        """
        from mlflow.artifacts import download_artifacts
        from mlflow.exceptions import MlflowException

        try:
            # Not `models:/NAME/VERSION`: its resolver asks the process-wide default server besides the one given here.
            location = self._client.get_model_version_download_uri(version.name, version.version)
            download_artifacts(
                artifact_uri=location,
                dst_path=str(folder),
                tracking_uri=self.tracking_uri,
                registry_uri=self.tracking_uri,
            )
        except (MlflowException, OSError) as error:
            raise RegistryUnavailable(self.tracking_uri, _first_line(error)) from error

    def tag_refusal(self, version: RegisteredVersion, reason: str) -> None:
        """Write on a version why it must not answer.

        Parameters
        ----------
        version
            The version.
        reason
            One sentence; an over-long one is cut.

        Raises
        ------
        RegistryUnavailable
            The server did not answer.
        """
        from mlflow.exceptions import MlflowException

        try:
            self._client.set_model_version_tag(version.name, version.version, REFUSED_TAG, reason[:_MAX_TAG_CHARS])
        except MlflowException as error:
            raise RegistryUnavailable(self.tracking_uri, _first_line(error)) from error

    def clear_refusal(self, version: RegisteredVersion) -> None:
        """Take the refusal off a version that answers after all.

        Parameters
        ----------
        version
            The version.

        Raises
        ------
        RegistryUnavailable
            The server did not answer.
        """
        from mlflow.exceptions import MlflowException

        try:
            self._client.delete_model_version_tag(version.name, version.version, REFUSED_TAG)
        except MlflowException as error:
            raise RegistryUnavailable(self.tracking_uri, _first_line(error)) from error

    def _translated(self, error: "MlflowException", *, bot: str, alias: str) -> Exception:
        name = model_name(bot)
        if error.error_code == "RESOURCE_DOES_NOT_EXIST":
            return NotFound("bot", bot, hint=f"no model {name!r} is registered; import and train it first")
        # Both stores answer a missing alias with this code; the alias and the name themselves are valid.
        if error.error_code == "INVALID_PARAMETER_VALUE":
            return self._missing_alias_or_model(name, bot=bot, alias=alias)
        return RegistryUnavailable(self.tracking_uri, _first_line(error))

    def _missing_alias_or_model(self, name: str, *, bot: str, alias: str) -> Exception:
        from mlflow.exceptions import MlflowException

        try:
            self._client.get_registered_model(name)
        except MlflowException as error:
            if error.error_code == "RESOURCE_DOES_NOT_EXIST":
                return NotFound("bot", bot, hint=f"no model {name!r} is registered; import and train it first")
            return RegistryUnavailable(self.tracking_uri, _first_line(error))
        return ModelNotLoaded(name, alias)


def _first_line(error: Any) -> str:
    text = str(error).strip()
    return text.splitlines()[0][:300] if text else type(error).__name__
