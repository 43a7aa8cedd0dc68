"""The registered versions of bots, their tags and aliases: the only client of MLflow's model registry.

The library is imported with the first `Registry`, not with this module: that takes a second or two.
"""

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pipelines.errors import ModelNotLoaded, NotFound, ReleaseRefused, without_password
from pipelines.registry.connection import connect, translated
from pipelines.registry.deadline import allow_for
from pipelines.registry.files import LargerThanListed, StoredFiles
from pipelines.registry.verdict import GATE_FAILED, GATE_PASSED, GATE_TAG, REASONS_TAG

MODEL_PREFIX = "intentloop-"
MOST_MEGABYTES = 2048
CANDIDATE = "candidate"
PRODUCTION = "production"
"""The alias that the tag `stage` follows. Platforms that follow other aliases of the same model leave the tag alone."""
STAGE_TAG, PROMOTED_AT_TAG, REFUSED_TAG = "stage", "promoted_at", "refused_reason"
ANSWERS, ANSWERED, NEVER_ANSWERED = "Production", "Archived", "Staging"
"""Values of the tag `stage`: this version answers, it answered before, and it passed its gate but never answered."""
ACCURACY_ROWS_TAG = "accuracy_rows"
"""The number of held-out utterances that the tag `accuracy` was measured on; older versions lack it."""
_SEAL = "\n<!-- written by intentloop, until you change it: "
_COPIED = re.compile(r"models:/(?P<name>[^/@]+)/")
_VERSION, _RUN_ID = re.compile(r"[0-9]{1,9}"), re.compile(r"[A-Za-z0-9_-]{0,100}")
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
    source
        Where its files are: of a copy, the version that it was copied from.
    """

    name: str
    version: str
    run_id: str
    tags: dict[str, str] = field(default_factory=dict)
    stage: str = "none"
    created_at: datetime | None = None
    source: str = ""

    @property
    def copied_from(self) -> str | None:
        """The registered model that it was copied from, if it was. Only its files say which bot it was trained for."""
        found = _COPIED.match(self.source)
        return found["name"] if found is not None else None

    @property
    def promoted_at(self) -> datetime | None:
        """When it got the alias that answers, if it ever did; a copy has the tag of its original, which says nothing.

        The tag is written by whoever promotes, so it may be anything.
        """
        try:
            at = datetime.fromisoformat(self.tags.get(PROMOTED_AT_TAG, ""))
        except ValueError:
            return None
        at = at if at.tzinfo else at.replace(tzinfo=UTC)
        is_inherited = self.copied_from is not None and self.created_at is not None and at < self.created_at
        return None if is_inherited else at

    @property
    def has_inherited_marks(self) -> bool:
        """Whether it is a copy whose tags say when its original answered."""
        return self.copied_from is not None and PROMOTED_AT_TAG in self.tags and self.promoted_at is None

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
    most_megabytes
        The largest version that is downloaded.
    """

    def __init__(self, tracking_uri: str, *, is_patient: bool = False, most_megabytes: int = MOST_MEGABYTES) -> None:
        self.tracking_uri = tracking_uri
        self._most_bytes = most_megabytes * 2**20
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
            self.aliases(bot)
            versions = self.versions(bot)
            staged = [version for version in versions if version.stage == alias.lower()]
            if not staged:
                raise ModelNotLoaded(name, alias, candidate=describe_newest(versions)) from None
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
        hint = f"no model {name!r} is registered: it has never been trained; train it with `intentloop train`"
        with translated(self.tracking_uri, missing=NotFound("release of bot", bot, hint=hint)):
            found = self._client.get_registered_model(name).aliases
        return {alias: str(version) for alias, version in found.items()}

    def versions(self, bot: str) -> list[RegisteredVersion]:
        """Return every version of a bot, newest first; none if there is no such bot."""
        with translated(self.tracking_uri):
            found = [_registered(each) for each in self._client.search_model_versions(f"name = '{model_name(bot)}'")]
        return sorted(found, key=lambda version: int(version.version), reverse=True)

    def files_uri(self, version: RegisteredVersion) -> str:
        """Return the address of a version's files in the artifact store."""
        with translated(self.tracking_uri):
            # Not `models:/NAME/VERSION`: its resolver also asks the process-wide default server.
            return str(self._client.get_model_version_download_uri(version.name, version.version))

    def download(self, version: RegisteredVersion, folder: Path) -> None:
        """Copy the files of a version into an empty folder.

        Raises `ReleaseRefused` if they are larger than a release may be, before anything is copied, or larger than the
        store lists, as soon as more arrives.
        """
        location = self.files_uri(version)
        with translated(self.tracking_uri):
            files = StoredFiles.at(location, tracking_uri=self.tracking_uri)
            if files.n_bytes > self._most_bytes:
                raise ReleaseRefused(
                    version.name,
                    version.version,
                    f"its files have {files.n_bytes / 2**20:,.0f} MB, more than the "
                    f"{self._most_bytes / 2**20:,.0f} MB of INTENTLOOP_RELEASE_MAX_MEGABYTES",
                )
            allow_for(files.n_bytes)
            try:
                files.copy(folder, most_bytes=self._most_bytes)
            except LargerThanListed as error:
                reason = "the store sends more bytes of its files than it lists"
                raise ReleaseRefused(version.name, version.version, reason) from error

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

    def describe_model(self, bot: str, description: str) -> None:
        """Describe a bot's registered model, unless a person has written or changed the description.

        A comment at its end, which the UI does not show, holds the hash of what a program wrote.
        """
        name = model_name(bot)
        with translated(self.tracking_uri):
            found = self._client.get_registered_model(name).description or ""
            if found.strip() and _sealed(found.partition(_SEAL)[0]) != found:
                return
            if _sealed(description) != found:
                self._client.update_registered_model(name, _sealed(description))

    def delete(self, version: RegisteredVersion) -> None:
        """Delete a version and its logged model. Its files stay: delete them first, or they can no longer be found."""
        with translated(self.tracking_uri):
            model_id = self._client.get_model_version(version.name, version.version).model_id
            self._client.delete_model_version(version.name, version.version)
            if model_id and version.copied_from is None:  # else it is that of the original
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


def shortened(reason: str) -> str:
    """Return a reason, cut to a length that fits into a response of the API."""
    return reason if len(reason) <= _SHOWN_REASON_CHARS else f"{reason[:_SHOWN_REASON_CHARS].rstrip()} ..."


def _sealed(text: str) -> str:
    return f"{text}{_SEAL}{hashlib.sha256(text.encode()).hexdigest()[:16]} -->"


def describe_newest(versions: Sequence[RegisteredVersion]) -> str:
    """Describe what keeps a bot's newest version from answering, in words that may leave the house.

    `versions` are all of the bot's, newest first. The text is empty if there is none, or nobody has judged it.
    """
    newest = next(iter(versions), None)
    if newest is None:
        return ""
    which = f"its newest version, {newest.version},"
    if newest.gate_passed:
        return f"{which} has passed the gate; promote it with `intentloop promote {newest.version}`"
    if newest.tags.get(GATE_TAG) != GATE_FAILED:
        return ""
    reasons = without_password(newest.tags.get(REASONS_TAG) or "no reason is given")
    shown = shortened(reasons)
    passed = next((version.version for version in versions if version.gate_passed), None)
    instead = f", or promote version {passed}, which has passed it: `intentloop promote {passed}`" if passed else ""
    return f"{which} is refused, since it has not passed the gate: {shown}; correct that and train again{instead}"


def _registered(found: Any) -> RegisteredVersion:
    """Convert the library's record of a version; its number and run become names of folders.

    Raises `ValueError` for what no registry says.
    """
    created = found.creation_timestamp
    if not (_VERSION.fullmatch(str(found.version)) and _RUN_ID.fullmatch(found.run_id or "")):
        raise ValueError("it names a version or a run as no registry does")
    return RegisteredVersion(
        name=found.name,
        version=str(found.version),
        run_id=found.run_id or "",
        tags=dict(found.tags or {}),
        stage=(found.current_stage or "none").lower(),
        created_at=datetime.fromtimestamp(created / 1000, UTC) if created else None,
        source=found.source or "",
    )
