"""The release folder: everything that decides an answer, as plain files, written once and verified on every load."""

import hashlib
import json
import os
import shutil
import stat
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path
from zipfile import BadZipFile

from pydantic import ValidationError

from pipelines.errors import ForeignRelease, ReleaseRefused
from pipelines.nlu.model import NluModel
from pipelines.schemas.release import BotDefinition, GoldenRow, Manifest
from pipelines.schemas.understanding import IntentScore

MANIFEST_FILE, BOT_FILE, GOLDEN_FILE, MODEL_FOLDER = "manifest.json", "bot.json", "golden.jsonl", "nlu"
CONFIDENCE_TOLERANCE = 0.02
"""Allowed difference of a confidence on another machine: other processors sum in another order."""
_UNREADABLE = (OSError, EOFError, ValueError, LookupError, TypeError, AttributeError, RecursionError, BadZipFile)
"""Errors from loading and trying a model made of arbitrary bytes; each means that the release must not answer."""
MAX_MANIFEST_BYTES = 4_000_000
"""More than any manifest or verdict has; a longer one is not read."""
_RECORDED_LIBRARIES = ("numpy", "scikit-learn", "python-crfsuite", "mlflow", "pandas", "pydantic")


@dataclass(frozen=True)
class Release:
    """A verified release, ready to answer.

    Attributes
    ----------
    version
        Version of the registered model as text, or the folder's name.
    manifest
        The provenance of the release.
    run_id
        The MLflow run that made it; empty for one that no registry has named.
    """

    version: str
    definition: BotDefinition
    manifest: Manifest
    model: NluModel
    run_id: str = ""


def write_release(
    folder: Path,
    *,
    definition: BotDefinition,
    model: NluModel,
    golden_texts: Sequence[str],
    data_hash: str,
    seed: int,
    git_commit: str | None,
) -> Manifest:
    """Write a release folder and return its manifest; the folder appears whole or not at all.

    Parameters
    ----------
    folder
        Must not exist: a release is never changed.
    definition
        The bot, without training data.
    golden_texts
        Utterances whose ranking is recorded, and replayed at each load.
    data_hash
        SHA-256 of the snapshot that the model was trained on.
    """
    if folder.exists():
        raise FileExistsError(f"{folder} exists already; a release is never changed, write to a new folder")
    folder.parent.mkdir(parents=True, exist_ok=True)
    aside = Path(tempfile.mkdtemp(prefix=".release-", dir=folder.parent))
    try:
        model.save(aside / MODEL_FOLDER)
        _write_json(aside / BOT_FILE, definition_to_wire(definition))
        rows = [GoldenRow(text=text, ranking=model.parse(text).ranking[:3]) for text in golden_texts]
        (aside / GOLDEN_FILE).write_text("".join(row.model_dump_json() + "\n" for row in rows), encoding="utf-8")
        manifest = Manifest(
            bot=definition.name,
            created_at=datetime.now(UTC),
            data_hash=data_hash,
            bot_hash=_sha256(aside / BOT_FILE),
            git_commit=git_commit,
            seed=seed,
            library_versions=_library_versions(),
            sha256_by_file={name: _sha256(aside / name) for name in _files(aside)},
        )
        _write_json(aside / MANIFEST_FILE, manifest.model_dump(mode="json"))
        aside.chmod(0o755)  # mkdtemp makes it private, and the server's user must read it too
        aside.rename(folder)
    except BaseException:
        shutil.rmtree(aside, ignore_errors=True)
        raise
    return manifest


def load_release(folder: Path, *, version: str, bot: str | None = None) -> Release:
    """Load a release folder, and verify that it is the one that was trained.

    Every file's hash must match the manifest, no file may be missing or added, and the golden utterances must get the
    ranking that they got at training time.

    Parameters
    ----------
    bot
        The bot that it is to answer or to be measured for; None: any, for a folder that somebody only looks at.

    Raises
    ------
    ReleaseRefused
        Something differs from the training, or it is another bot's (`ForeignRelease`); the message says what.
    """
    try:
        manifest = Manifest.model_validate_json(read_plain(folder / MANIFEST_FILE)).require_known_format()
    except (OSError, ValueError) as error:
        raise ReleaseRefused(
            bot or folder.name, version, f"its manifest cannot be read ({_first_line(error)})"
        ) from error
    require_bot(manifest.bot, bot, version=version)
    refuse = _Refusal(bot or manifest.bot or folder.name, version)
    try:
        _verify_files(folder, manifest, refuse)
        definition = BotDefinition.model_validate_json((folder / BOT_FILE).read_bytes())
        if manifest.bot not in ("", definition.name):
            raise refuse(f"its {MANIFEST_FILE} is of bot {manifest.bot!r}, its {BOT_FILE} of bot {definition.name!r}")
        require_bot(definition.name, bot, version=version)
        model = NluModel.load(folder / MODEL_FOLDER)
        golden = [GoldenRow.model_validate_json(line) for line in _lines(folder / GOLDEN_FILE)]
        _replay(model, golden, refuse)
    except _UNREADABLE as error:
        raise refuse(f"its files cannot be read ({_first_line(error)})") from error
    return Release(version, definition, manifest, model)


def require_bot(origin: str, bot: str | None, *, version: str) -> None:
    """Raise `ForeignRelease` if something of bot `origin` is loaded for another bot.

    Empty or None: not known, or any.
    """
    if bot is not None and origin not in ("", bot):
        raise ForeignRelease(bot, version, origin=origin)


def named_bot(folder: Path) -> str:
    """Return the bot that a release's manifest names; empty if it names none or cannot be read."""
    try:
        return Manifest.model_validate_json(read_plain(folder / MANIFEST_FILE)).bot
    except (OSError, ValueError):
        return ""


def read_plain(file: Path) -> bytes:
    """Read a small file, but no link, pipe or device, and nothing that is larger than a manifest can be.

    Raises `OSError` otherwise. A pipe in its place would keep the reader waiting for ever.
    """
    with open(os.open(file, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK), "rb") as stream:
        found = os.fstat(stream.fileno())
        if not stat.S_ISREG(found.st_mode):
            raise OSError(f"{file.name} is not an ordinary file")
        content = stream.read(MAX_MANIFEST_BYTES + 1)
    if len(content) > MAX_MANIFEST_BYTES:
        raise OSError(f"{file.name} is larger than {MAX_MANIFEST_BYTES:,} bytes")
    return content


def find_release_folder(folder: Path, *, name: str, version: str) -> Path:
    """Return the release inside a download, not yet verified: the folder with the topmost manifest.

    Raises `ReleaseRefused` if there is no manifest.
    """
    manifests = sorted(folder.rglob(MANIFEST_FILE), key=lambda file: len(file.parts))
    if not manifests:
        raise ReleaseRefused(name, version, f"it holds no {MANIFEST_FILE}, so it is not a release")
    return manifests[0].parent


def definition_to_wire(definition: BotDefinition) -> dict[str, object]:
    """Return the JSON object of `bot.json`: intents and entities with the names of the bot file."""
    return {
        **definition.model_dump(mode="json", exclude={"intents", "entities"}),
        "intents": [intent.without_training_data().to_wire() for intent in definition.intents],
        "entities": [entity.to_wire() for entity in definition.entities],
    }


@dataclass(frozen=True)
class _Refusal:
    """Builds the error for one release from a reason."""

    bot: str
    version: str

    def __call__(self, reason: str) -> ReleaseRefused:
        return ReleaseRefused(self.bot, self.version, reason)


def _verify_files(folder: Path, manifest: Manifest, refuse: _Refusal) -> None:
    strange = sorted(path.name for path in folder.rglob("*") if not _is_ordinary(path))
    if strange:
        raise refuse(f"it contains links or devices: {', '.join(strange[:5])}")
    present = set(_files(folder)) - {MANIFEST_FILE}
    listed = set(manifest.sha256_by_file)
    if present != listed:
        raise refuse(f"its files differ from the manifest: {', '.join(sorted(present ^ listed)[:5])}")
    if manifest.bot_hash != manifest.sha256_by_file.get(BOT_FILE):
        raise refuse(f"the manifest gives two hashes of {BOT_FILE}")
    for name, expected in manifest.sha256_by_file.items():
        if _sha256(folder / name) != expected:
            raise refuse(f"the hash of {name} is not the one in the manifest")


def _replay(model: NluModel, golden: Sequence[GoldenRow], refuse: _Refusal) -> None:
    for number, row in enumerate(golden, start=1):
        ranking = model.parse(row.text).ranking
        if not _agrees(row.ranking, ranking):
            raise refuse(f"golden utterance {number} is ranked differently than at training time")


def _agrees(recorded: Sequence[IntentScore], replayed: Sequence[IntentScore]) -> bool:
    """Whether two rankings agree by intent: intents that tie may swap places, but no confidence may move."""
    confidence_by_intent = {score.intent_id: score.confidence for score in replayed}
    return bool(recorded) == bool(replayed) and all(
        abs(confidence_by_intent.get(score.intent_id, 0.0) - score.confidence) <= CONFIDENCE_TOLERANCE
        for score in recorded
    )


def _is_ordinary(path: Path) -> bool:
    mode = path.lstat().st_mode
    return stat.S_ISREG(mode) or stat.S_ISDIR(mode)


def _files(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


def _lines(file: Path) -> list[str]:
    return [line for line in file.read_text(encoding="utf-8").split("\n") if line]


def _sha256(file: Path) -> str:
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _write_json(file: Path, value: object) -> None:
    file.write_text(json.dumps(value, ensure_ascii=False, indent=1, sort_keys=True) + "\n", encoding="utf-8")


def _library_versions() -> dict[str, str]:
    installed = {distribution.metadata["Name"].lower() for distribution in metadata.distributions()}
    return {name: metadata.version(name) for name in _RECORDED_LIBRARIES if name in installed}


def _first_line(error: Exception) -> str:
    if isinstance(error, ValidationError):
        first = error.errors()[0]
        return f"{'.'.join(map(str, first['loc']))}: {first['msg']}"
    return str(error).splitlines()[0] if str(error) else type(error).__name__
