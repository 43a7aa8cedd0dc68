"""Which snapshots, runs and releases contain a person's texts, and how they are removed.

A text that was an example before the person wrote it, or that others wrote too, is not theirs: it stays, and is
counted. The others are searched for in the snapshots on this machine, in every run of the bot and its artifacts, in
every registered version, and in the files of the home folder.

A snapshot or a run is rewritten without the rows (`Occurrence.purge`), leaving a tombstone that records the removal. A
release cannot be: its model was trained on the text, and its files are bound by their hashes. It is marked with the tag
`RETIRE_TAG`, and deleted by `retire_versions` once nothing answers with it any more.
"""

import io
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Literal

import pandas as pd

from pipelines.errors import TrainingBusy
from pipelines.forget.purge import TOMBSTONE_FILE, purge_file, purge_run, purge_snapshot
from pipelines.forget.redact import Redaction, holds, is_readable
from pipelines.forget.scorings import count_held
from pipelines.nlu.text import fold_text
from pipelines.progress import Progress
from pipelines.registry.client import RegisteredVersion, Registry
from pipelines.registry.origin import PROCESS_TAG, is_dead
from pipelines.registry.release import GOLDEN_FILE, MANIFEST_FILE
from pipelines.registry.run_record import FAILED_REASON_TAG, LoggedRun
from pipelines.registry.runs import Runs
from pipelines.registry.verdict import DATA_TAG
from pipelines.scoring.parts import parts_folder, remove, unfinished_in
from pipelines.settings import OUT_OF_SCOPE_FOLDER
from pipelines.steps.data.labels import LABEL
from pipelines.steps.registration.artifacts import ArtifactFolder

RETIRE_TAG = "retire_reason"
_LONGEST_TRAINING = timedelta(hours=12)
"""A run that still looks active after that has died."""
_MAX_BYTES = 200_000_000
_NOT_OURS = ("mlflow", "mongo", "encoders", "jupyter", "run", "logs", "releases", "builds", "tasks")
"""Folders of the home that hold no customer data, are searched in another way, or lie there only for a moment."""
_OURS = ("undo", "runs", "scores", OUT_OF_SCOPE_FOLDER)
"""Folders of the home whose files may be changed or deleted."""
_TELLING_TAGS = (FAILED_REASON_TAG, "mlflow.note.content")
"""Tags of a run in which the message of a failed cell may quote a text."""
_ALWAYS_CLEANED = (".html", ".ipynb")
"""Pages that show examples in fragments, which no search finds."""

Kind = Literal["snapshot", "run", "version", "file"]
_Texts = tuple[frozenset[str], frozenset[str]]


@dataclass(frozen=True)
class Occurrence:
    """A place that contains something of a person: its kind, its name for a reader, and the number of rows or files.

    `purge` removes it; None if that is impossible.
    """

    kind: Kind
    name: str
    count: int
    purge: Callable[[], None] | None = None


@dataclass(frozen=True)
class Lineage:
    """Where a person's texts went.

    Attributes
    ----------
    redaction
        What was searched for: their threads, and the texts that are theirs alone.
    n_spared
        Texts of theirs that were examples before they wrote them, or that others wrote too.
    occurrences
        The places.
    """

    redaction: Redaction
    n_spared: int
    occurrences: tuple[Occurrence, ...]

    def of(self, kind: Kind) -> list[Occurrence]:
        """Return the places of one kind."""
        return [occurrence for occurrence in self.occurrences if occurrence.kind == kind]


@dataclass(frozen=True)
class _Logged:
    """A run, and the texts in the table of examples it logged."""

    run: LoggedRun
    folder: ArtifactFolder
    files: tuple[str, ...]
    texts: frozenset[str]
    authored: frozenset[str]


class LineageSearch:
    """Searches everything that a bot's trainings left for a person's texts.

    Parameters
    ----------
    bot
        The bot.
    home
        The platform's home folder.
    cases
        Folder of saved conversations.
    tracking_uri
        The MLflow server or store.
    now
        The moment recorded in tombstones.
    """

    def __init__(self, bot: str, *, home: Path, cases: Path, tracking_uri: str, now: datetime) -> None:
        self._bot, self._home, self._cases, self._tracking_uri, self._now = bot, home, cases, tracking_uri, now
        self._runs, self._registry = Runs(tracking_uri), Registry(tracking_uri, is_patient=True)

    def find(
        self,
        first_said_at: Mapping[str, datetime],
        *,
        shared: Iterable[str],
        thread_ids: Iterable[str],
        progress: Progress,
        written: Iterable[tuple[datetime, frozenset[str]]] = (),
    ) -> Lineage:
        """Search everywhere, and change nothing.

        Parameters
        ----------
        first_said_at
            The person's texts, each with the moment when they first wrote it.
        shared
            Those of them that others wrote too.
        thread_ids
            The person's threads.
        progress
            Shows progress.
        written
            Texts that authors wrote elsewhere, folded, with the moment since when they are there.

        Returns
        -------
        Lineage
            The places, each with the function that cleans it.

        Raises
        ------
        TrainingBusy
            A training of the bot is running.
        """
        snapshots = [*self._snapshots()]
        logged = [*self._look_at_runs(progress)]
        said: dict[str, datetime] = {}
        for text, moment in first_said_at.items():
            said[fold_text(text)] = min(moment, said.get(fold_text(text), moment))
        known = [(each.run.began_at, each.authored) for each in logged]
        known.extend((when, texts) for _, when, _, texts in snapshots)
        known.extend(written)
        spared = {fold_text(text) for text in shared}
        spared |= {text for text, at in said.items() if any(when < at and text in texts for when, texts in known)}
        usual = frozenset(word for _, texts in known for text in texts for word in text.split())
        redaction = Redaction(frozenset(said.keys() - spared - {""}), frozenset(thread_ids), usual)
        self._require_rest(logged)
        since = min(said.values(), default=None)
        runs = [each for each in logged if since is None or each.run.began_at >= since]
        occurrences = [
            Occurrence(
                "snapshot",
                file.name,
                len(texts & redaction.texts),
                partial(purge_snapshot, file, redaction, now=self._now),
            )
            for file, _, texts, _ in snapshots
            if texts & redaction.texts
        ]
        for number, each in enumerate(runs):
            progress(0.5 + 0.3 * number / len(runs), f"looking through run {each.run.run_id[:8]}")
            occurrences += self._in_run(each, redaction)
        tainted = {each.run.params.get("data_hash", "") for each in logged if each.texts & redaction.texts} - {""}
        progress(0.8, "looking through the releases")
        occurrences += self._in_versions(redaction, tainted, since=since)
        ended = {each.run.run_id for each in runs if each.texts & redaction.texts}  # their own notebooks go with them
        occurrences += self._in_files(redaction, since=since, but=ended)
        occurrences += self._in_scorings(redaction)
        return Lineage(redaction, len(said.keys() & spared), tuple(occurrences))

    def _require_rest(self, logged: Iterable[_Logged]) -> None:
        """Refuse during a training: it logs and registers later what it has read already."""
        for each in logged:
            run = each.run
            is_over = is_dead(run.tags.get(PROCESS_TAG, ""), home=self._home)
            if run.status == "RUNNING" and run.began_at > self._now - _LONGEST_TRAINING and not is_over:
                raise TrainingBusy(self._bot, holder=f"run {run.run_id}", since=run.began_at)

    def _snapshots(self) -> Iterator[tuple[Path, datetime, frozenset[str], frozenset[str]]]:
        for file in sorted((self._home / "snapshots").glob("*.parquet")):
            written_at = datetime.fromtimestamp(file.stat().st_mtime, UTC)
            yield file, written_at, *_texts_of(pd.read_parquet(file))

    def _look_at_runs(self, progress: Progress) -> Iterator[_Logged]:
        known: dict[str, _Texts] = {}
        for page in self._runs.pages(self._bot):
            for number, run in enumerate(page):
                progress(0.5 * number / len(page), f"looking at run {run.run_id[:8]}")
                yield self._logged(run, known)

    def _logged(self, run: LoggedRun, known: "dict[str, _Texts]") -> _Logged:
        folder = ArtifactFolder(run.artifact_uri, self._tracking_uri)
        files = tuple(path for path, size in folder.files() if is_readable(path) and size <= _MAX_BYTES)
        texts, authored = frozenset[str](), frozenset[str]()
        for path in files:
            if path.endswith(".parquet"):
                if path not in known:  # named by their hash
                    known[path] = _texts_of(pd.read_parquet(io.BytesIO(folder.read(path))))
                texts, authored = texts | known[path][0], authored | known[path][1]
        return _Logged(run, folder, files, texts, authored)

    def _in_run(self, logged: _Logged, redaction: Redaction) -> list[Occurrence]:
        run_id = logged.run.run_id
        is_tainted = bool(logged.texts & redaction.texts)
        rows = {
            path: holds(path, logged.folder.read(path), redaction) for path in logged.files if path != TOMBSTONE_FILE
        }
        touched = {path: n for path, n in rows.items() if n or (is_tainted and path.endswith(_ALWAYS_CLEANED))}
        local = [self._home / "builds" / self._bot / run_id, self._home / "runs" / f"{run_id}.ipynb"]
        local = [path for path in local if is_tainted and path.exists()]
        told = [name for name in _TELLING_TAGS if redaction.are_in(logged.run.tags.get(name, ""))]
        if not touched and not local and not told:
            return []
        found = ", ".join((*sorted(touched), *(f"tag {name}" for name in told)))
        purge = partial(self._purge, logged, touched, redaction, local, told)
        return [Occurrence("run", f"{run_id} ({found})", sum(touched.values()) + len(told), purge)]

    def _purge(
        self, logged: _Logged, touched: Mapping[str, int], redaction: Redaction, local: list[Path], told: list[str]
    ) -> None:
        purge_run(logged.folder, touched, redaction, local, now=self._now)
        for name in told:
            self._runs.set_tag(logged.run.run_id, name, f"removed on {self._now:%Y-%m-%d}, with a person's data")

    def _in_versions(self, redaction: Redaction, tainted: set[str], *, since: datetime | None) -> Iterator[Occurrence]:
        for version in self._registry.versions(self._bot):
            if since is not None and version.created_at is not None and version.created_at < since:
                continue  # it cannot have it from them
            n_quoted = _quoted(ArtifactFolder(self._registry.files_uri(version), self._tracking_uri), redaction)
            has_learnt = version.tags.get(DATA_TAG) in tainted
            if not n_quoted and not has_learnt:
                continue
            what = [*(["has learnt from it"] if has_learnt else []), *([f"quotes {n_quoted}"] if n_quoted else [])]
            name = f"{version.version} ({', '.join(what)})"
            yield Occurrence("version", name, n_quoted, partial(self._mark, version))

    def _in_files(self, redaction: Redaction, *, since: datetime | None, but: set[str]) -> Iterator[Occurrence]:
        ours = [self._cases, *(self._home / name for name in _OURS)]
        scorings = {parts_folder(file) for file, _ in unfinished_in(self._home)}
        for file in sorted(self._cases.rglob("*")) + sorted(self._home.rglob("*")):
            inside = file.relative_to(self._home).parts[0] if file.is_relative_to(self._home) else ""
            if inside in (*_NOT_OURS, "snapshots") or not file.is_file() or not is_readable(file.name):
                continue
            is_older = since is not None and file.stat().st_mtime < since.timestamp()
            if is_older or (inside == "runs" and file.stem in but) or file.parent in scorings:
                continue
            content = file.read_bytes()
            n_rows = holds(file.name, content, redaction)
            if n_rows:
                can_change = any(file.is_relative_to(folder) for folder in ours)
                purge = partial(purge_file, file, redaction) if can_change else None
                yield Occurrence("file", str(file), n_rows, purge)

    def _in_scorings(self, redaction: Redaction) -> Iterator[Occurrence]:
        """Yield unfinished scorings as a whole: without its plan or a part, none can be resumed."""
        for file, plan in unfinished_in(self._home):
            folder = parts_folder(file)
            n_held = count_held(folder, plan, redaction) if plan.bot == self._bot else 0
            if n_held:
                yield Occurrence("file", f"{folder} (an unfinished scoring)", n_held, partial(remove, folder))

    def _mark(self, version: RegisteredVersion) -> None:
        reason = f"contains data that was erased on {self._now:%Y-%m-%d}; delete it once a newer version answers"
        self._registry.set_tag(version, RETIRE_TAG, reason)


def _texts_of(frame: pd.DataFrame) -> _Texts:
    """Return all texts in a table of examples, and those that authors wrote."""
    if not {"text", "origin"} <= set(frame):
        return frozenset(), frozenset()
    texts = frame["text"].astype(str).map(fold_text)
    return frozenset(texts), frozenset(texts[frame["origin"] != LABEL])


def _quoted(folder: ArtifactFolder, redaction: Redaction) -> int:
    """Count the texts that a release contains verbatim: golden rows, and nearest examples."""
    places = {str(Path(path).parent): path for path, _ in folder.files() if Path(path).name == MANIFEST_FILE}
    if not places or not redaction.texts:
        return 0
    release = min(places, key=len)
    golden = folder.read(f"{release}/{GOLDEN_FILE}").decode().splitlines()
    model = json.loads(folder.read(f"{release}/nlu/nlu.json"))
    shown = [json.loads(line)["text"] for line in golden if line] + model.get("nearest", {}).get("texts", [])
    return len({fold_text(text) for text in shown} & redaction.texts)
