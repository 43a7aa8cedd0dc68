"""The registered versions of bots, their tags and aliases: the only client of MLflow's model registry.

The library is imported with the first `Registry`, not with this module: that takes a second or two.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pipelines.errors import ModelNotLoaded, NotFound, without_password
from pipelines.registry.connection import connect, translated
from pipelines.registry.verdict import GATE_FAILED, GATE_PASSED, GATE_TAG, REASONS_TAG

MODEL_PREFIX = "intentloop-"
CANDIDATE = "candidate"
STAGE_TAG, PROMOTED_AT_TAG, REFUSED_TAG = "stage", "promoted_at", "refused_reason"
_MAX_TAG_CHARS = 500
_SHOWN_REASON_CHARS = 500
"""Of the gate's reasons, which may be thousands of characters: they end in responses of the API."""


@dataclass(frozen=True)
class RegisteredVersion:
    """A version in the registry.

    Attributes
    ----------
    version
        Its number as text: the library returns an int or a string, depending on the store.
    run_id
        Run that made it; distinguishes two registries that both have a version 1.
    stage
        Its stage in lower case, on a server that still has stages; `none` without one.
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
        """Whether the version has passed its gate."""
        return self.tags.get(GATE_TAG) == GATE_PASSED

    @property
    def key(self) -> str:
        """The version's name on disk, unique across registries."""
        return f"{self.version}-{self.run_id[:8] or 'norun'}"


def model_name(bot: str) -> str:
    """Return the name of a bot's registered model."""
    return f"{MODEL_PREFIX}{bot}"


class Registry:
    """The registered models of one MLflow server. Every method waits for the network: call it from a thread.

    Every method raises `RegistryUnavailable` if the server does not answer.

    Parameters
    ----------
    tracking_uri
        The server, or a database URI where the full mlflow is installed.
    is_patient
        Whether to retry a silent server for minutes, as a training does; see `connect`.
    """

    def __init__(self, tracking_uri: str, *, is_patient: bool = False) -> None:
        self.tracking_uri = tracking_uri
        self._client = connect(tracking_uri, is_patient=is_patient)

    def find(self, bot: str, *, alias: str) -> RegisteredVersion:
        """Return the version behind an alias of a bot.

        On a server that still has stages and no such alias, it is the newest version in the stage of that name, such as
        `Production` for `production`.

        Raises
        ------
        NotFound
            The bot has no registered model.
        ModelNotLoaded
            It has one, but no version behind the alias.
        """
        name = model_name(bot)
        try:
            with translated(self.tracking_uri, missing=ModelNotLoaded(name, alias)):
                return _registered(self._client.get_model_version_by_alias(name, alias))
        except ModelNotLoaded:
            # stores give the same answer for a missing alias and for a missing model
            named, versions = self.aliases(bot), self.versions(bot)
            staged = [version for version in versions if version.stage == alias.lower()]
            if not staged:
                waiting = [version for version in versions if version.version == named.get(CANDIDATE)]
                candidate = _describe_candidate(waiting[0]) if waiting and alias != CANDIDATE else ""
                raise ModelNotLoaded(name, alias, candidate=candidate) from None
            return staged[0]

    def version_behind(self, bot: str, *, alias: str) -> RegisteredVersion | None:
        """Return the version behind an alias, or None."""
        try:
            return self.find(bot, alias=alias)
        except (ModelNotLoaded, NotFound):
            return None

    def find_version(self, bot: str, version: str) -> RegisteredVersion:
        """Return a version of a bot by its number, whatever alias it carries; `NotFound` if there is none."""
        name = model_name(bot)
        hint = f"look at the versions of {name!r} in MLflow, or train one with `intentloop train`"
        with translated(self.tracking_uri, missing=NotFound("version", version, hint=hint)):
            return _registered(self._client.get_model_version(name, version))

    def version_of_run(self, bot: str, run_id: str) -> RegisteredVersion:
        """Return the newest version that a run registered, or raise `NotFound`; an alias may have moved on by now."""
        for version in self.versions(bot):
            if version.run_id == run_id:
                return version
        raise NotFound(f"version of {model_name(bot)} from run", run_id, hint="train again")

    def aliases(self, bot: str) -> dict[str, str]:
        """Return the version of each alias of a bot; `NotFound` if the bot has no registered model."""
        name = model_name(bot)
        hint = f"no model {name!r} is registered; import and train it first"
        with translated(self.tracking_uri, missing=NotFound("bot", bot, hint=hint)):
            found = self._client.get_registered_model(name).aliases
        return {alias: str(version) for alias, version in found.items()}

    def versions(self, bot: str) -> list[RegisteredVersion]:
        """Return every version of a bot, newest first; none if there is no such bot."""
        with translated(self.tracking_uri):
            found = self._client.search_model_versions(f"name = '{model_name(bot)}'")
        return sorted(map(_registered, found), key=lambda version: int(version.version), reverse=True)

    def files_uri(self, version: RegisteredVersion) -> str:
        """Return the address of a version's files in the artifact store."""
        with translated(self.tracking_uri):
            # Not `models:/NAME/VERSION`: its resolver also asks the process-wide default server.
            return str(self._client.get_model_version_download_uri(version.name, version.version))

    def download(self, version: RegisteredVersion, folder: Path) -> None:
        """Copy the files of a version into an empty folder."""
        from mlflow.artifacts import download_artifacts

        location = self.files_uri(version)
        with translated(self.tracking_uri):
            download_artifacts(
                artifact_uri=location,
                dst_path=str(folder),
                tracking_uri=self.tracking_uri,
                registry_uri=self.tracking_uri,
            )

    def set_alias(self, bot: str, alias: str, version: str) -> None:
        """Move an alias to a version."""
        with translated(self.tracking_uri):
            self._client.set_registered_model_alias(model_name(bot), alias, version)

    def remove_alias(self, bot: str, alias: str) -> None:
        """Delete an alias."""
        with translated(self.tracking_uri):
            self._client.delete_registered_model_alias(model_name(bot), alias)

    def set_tag(self, version: RegisteredVersion, name: str, value: str) -> None:
        """Set a tag on a version; a value of more than 500 characters is cut."""
        self.describe(version, tags={name: value[:_MAX_TAG_CHARS]})

    def delete_tag(self, version: RegisteredVersion, name: str) -> None:
        """Delete a tag of a version."""
        with translated(self.tracking_uri):
            self._client.delete_model_version_tag(version.name, version.version, name)

    def describe(self, version: RegisteredVersion, *, tags: Mapping[str, str], description: str | None = None) -> None:
        """Set tags on a version, and its description unless that is None."""
        with translated(self.tracking_uri):
            if description is not None:
                self._client.update_model_version(version.name, version.version, description=description)
            for name, value in tags.items():
                self._client.set_model_version_tag(version.name, version.version, name, value)

    def delete(self, version: RegisteredVersion) -> None:
        """Delete a version and its logged model. Its files stay: delete them first, or they can no longer be found."""
        with translated(self.tracking_uri):
            model_id = self._client.get_model_version(version.name, version.version).model_id
            self._client.delete_model_version(version.name, version.version)
            if model_id:
                self._client.delete_logged_model(model_id)

    def log_figures(
        self, version: RegisteredVersion, metrics: Mapping[str, float], *, table: str, rows: dict[str, Any]
    ) -> None:
        """Log metrics, and `rows` as a JSON file, to the run that made a version.

        `table` is the file's path among the run's artifacts; an earlier file there is overwritten.
        """
        with translated(self.tracking_uri):
            for name, value in metrics.items():
                self._client.log_metric(version.run_id, name, value)
            self._client.log_dict(version.run_id, rows, table)


def _describe_candidate(version: RegisteredVersion) -> str:
    """Say what keeps the candidate from answering, in words that may leave the house; empty if nobody has judged it."""
    which = f"its candidate, version {version.version},"
    if version.gate_passed:
        return f"{which} has passed the gate; promote it with `intentloop promote {version.version}`"
    if version.tags.get(GATE_TAG) != GATE_FAILED:
        return ""
    reasons = without_password(version.tags.get(REASONS_TAG) or "no reason is given")
    shown = reasons if len(reasons) <= _SHOWN_REASON_CHARS else f"{reasons[:_SHOWN_REASON_CHARS].rstrip()} ..."
    return f"{which} is refused, since it has not passed the gate: {shown}; correct that and train again"


def _registered(found: Any) -> RegisteredVersion:
    """Convert the library's record of a version."""
    created = found.creation_timestamp
    return RegisteredVersion(
        name=found.name,
        version=str(found.version),
        run_id=found.run_id or "",
        tags=dict(found.tags or {}),
        stage=(found.current_stage or "none").lower(),
        created_at=datetime.fromtimestamp(created / 1000, UTC) if created else None,
    )
