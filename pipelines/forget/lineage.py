"""Which snapshots, runs and releases hold what a person wrote, and how it is taken out of them.

A text that was an example before the person wrote it, or that others wrote as well, is not theirs: it stays, and is
counted. The others are looked for in the snapshots on this machine, in every run of the bot and what it logged, in
every registered version, and in the files of the platform's home folder.

A snapshot or a run is rewritten without the rows (`Holding.purge`), with a tombstone beside it that says so. A release
cannot be: its model has learnt from the text, and its files are bound by their hashes. It is marked with the tag
`RETIRE_TAG`, and deleted by `retire` when nothing answers with it any more.
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
from pipelines.forget.redact import Words, holds, is_readable
from pipelines.forget.scorings import count_held
from pipelines.nlu.text import fold_text
from pipelines.progress import Progress
from pipelines.registry.client import RegisteredVersion, Registry
from pipelines.registry.release import GOLDEN_FILE, MANIFEST_FILE
from pipelines.registry.runs import LoggedRun, Runs
from pipelines.registry.verdict import DATA_TAG
from pipelines.scoring.parts import parts_folder, remove, unfinished_in
from pipelines.settings import OUT_OF_SCOPE_FOLDER
from pipelines.steps.data.labels import LABEL
from pipelines.steps.registration.artifacts import ArtifactFolder

RETIRE_TAG = "retire_reason"
_LONGEST_TRAINING = timedelta(hours=12)
"""A run that still seems to be under way after that is one that died."""
_MAX_BYTES = 200_000_000
_NOT_OURS = ("mlflow", "mongo", "encoders", "jupyter", "run", "logs", "releases", "builds")
"""Folders of the home that hold nothing of customers, or that are looked at in another way."""
_OURS = ("undo", "runs", "scores", OUT_OF_SCOPE_FOLDER)
"""Folders of the home whose files may be changed or deleted."""
_ALWAYS_CLEANED = (".html", ".ipynb")
"""Pages that show examples in pieces, which no search finds."""

Kind = Literal["snapshot", "run", "version", "file"]
_Texts = tuple[frozenset[str], frozenset[str]]


@dataclass(frozen=True)
class Holding:
    """One place that holds something of a person.

    Attributes
    ----------
    kind
        What it is.
    name
        Where it is, for a reader.
    count
        How many rows or files.
    purge
        Takes it out; None where that cannot be done.
    """

    kind: Kind
    name: str
    count: int
    purge: Callable[[], None] | None = None


@dataclass(frozen=True)
class Lineage:
    """Where the words of a person went.

    Attributes
    ----------
    words
        What was looked for: their threads, and the texts that are theirs alone.
    n_spared
        Texts of theirs that were examples before they wrote them, or that others wrote too.
    holdings
        The places.
    """

    words: Words
    n_spared: int
    holdings: tuple[Holding, ...]

    def of(self, kind: Kind) -> list[Holding]:
        """Give the places of one kind."""
        return [holding for holding in self.holdings if holding.kind == kind]


@dataclass(frozen=True)
class _Logged:
    """A run and the table of examples that it has logged."""

    run: LoggedRun
    folder: ArtifactFolder
    files: tuple[str, ...]
    texts: frozenset[str]
    authored: frozenset[str]


class LineageSearch:
    """Looks for a person's words in everything that a bot's trainings left.

    Parameters
    ----------
    bot
        The bot.
    home
        The platform's home folder.
    cases
        Folder of conversations that somebody has saved.
    tracking_uri
        The MLflow server or store.
    now
        The moment that tombstones bear.
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
    ) -> Lineage:
        """Look everywhere, and change nothing.

        Parameters
        ----------
        first_said_at
            The person's texts, each with the moment when they first wrote it.
        shared
            Those of them that others wrote too.
        thread_ids
            The person's threads.
        progress
            Called with the share done, in [0, 1], and what is being done.

        Returns
        -------
        Lineage
            The places, each with what takes the words out of it.

        Raises
        ------
        TrainingBusy
            A training of the bot is under way.
        """
        snapshots = [*self._snapshots()]
        logged = [*self._look_at_runs(progress)]
        said: dict[str, datetime] = {}
        for text, moment in first_said_at.items():
            said[fold_text(text)] = min(moment, said.get(fold_text(text), moment))
        known = [(each.run.began_at, each.authored) for each in logged]
        known.extend((when, texts) for _, when, _, texts in snapshots)
        spared = {fold_text(text) for text in shared}
        spared |= {text for text, at in said.items() if any(when < at and text in texts for when, texts in known)}
        usual = frozenset(word for _, texts in known for text in texts for word in text.split())
        words = Words(frozenset(said.keys() - spared - {""}), frozenset(thread_ids), usual)
        self._require_rest(logged)
        since = min(said.values(), default=None)
        runs = [each for each in logged if since is None or each.run.began_at >= since]
        holdings = [
            Holding(
                "snapshot", file.name, len(texts & words.texts), partial(purge_snapshot, file, words, now=self._now)
            )
            for file, _, texts, _ in snapshots
            if texts & words.texts
        ]
        for number, each in enumerate(runs):
            progress(0.5 + 0.3 * number / len(runs), f"looking through run {each.run.run_id[:8]}")
            holdings += self._in_run(each, words)
        tainted = {each.run.params.get("data_hash", "") for each in logged if each.texts & words.texts} - {""}
        progress(0.8, "looking through the releases")
        holdings += self._in_versions(words, tainted, since=since)
        ended = {each.run.run_id for each in runs if each.texts & words.texts}  # their own notebooks go with them
        holdings += self._in_files(words, since=since, but=ended)
        holdings += self._in_scorings(words)
        return Lineage(words, len(said.keys() & spared), tuple(holdings))

    def _require_rest(self, logged: Iterable[_Logged]) -> None:
        """Refuse while somebody trains: what was read before is logged and registered later."""
        for each in logged:
            run = each.run
            if run.status == "RUNNING" and run.began_at > self._now - _LONGEST_TRAINING:
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

    def _in_run(self, logged: _Logged, words: Words) -> list[Holding]:
        run_id = logged.run.run_id
        is_tainted = bool(logged.texts & words.texts)
        rows = {path: holds(path, logged.folder.read(path), words) for path in logged.files if path != TOMBSTONE_FILE}
        touched = {path: n for path, n in rows.items() if n or (is_tainted and path.endswith(_ALWAYS_CLEANED))}
        local = [self._home / "builds" / self._bot / run_id, self._home / "runs" / f"{run_id}.ipynb"]
        local = [path for path in local if is_tainted and path.exists()]
        if not touched and not local:
            return []
        purge = partial(purge_run, logged.folder, touched, words, local, now=self._now)
        return [Holding("run", f"{run_id} ({', '.join(sorted(touched))})", sum(touched.values()), purge)]

    def _in_versions(self, words: Words, tainted: set[str], *, since: datetime | None) -> Iterator[Holding]:
        for version in self._registry.versions(self._bot):
            if since is not None and version.created_at is not None and version.created_at < since:
                continue  # it cannot have it from them
            n_quoted = _quoted(ArtifactFolder(self._registry.files_uri(version), self._tracking_uri), words)
            has_learnt = version.tags.get(DATA_TAG) in tainted
            if not n_quoted and not has_learnt:
                continue
            what = [*(["has learnt from it"] if has_learnt else []), *([f"quotes {n_quoted}"] if n_quoted else [])]
            name = f"{version.version} ({', '.join(what)})"
            yield Holding("version", name, n_quoted, partial(self._mark, version))

    def _in_files(self, words: Words, *, since: datetime | None, but: set[str]) -> Iterator[Holding]:
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
            n_rows = holds(file.name, content, words)
            if n_rows:
                can_change = any(file.is_relative_to(folder) for folder in ours)
                purge = partial(purge_file, file, words) if can_change else None
                yield Holding("file", str(file), n_rows, purge)

    def _in_scorings(self, words: Words) -> Iterator[Holding]:
        """Give unfinished scorings as a whole: without some of its parts or its plan, none could be gone on with."""
        for file, plan in unfinished_in(self._home):
            folder = parts_folder(file)
            n_held = count_held(folder, plan, words) if plan.bot == self._bot else 0
            if n_held:
                yield Holding("file", f"{folder} (an unfinished scoring)", n_held, partial(remove, folder))

    def _mark(self, version: RegisteredVersion) -> None:
        reason = f"holds what was forgotten on {self._now:%Y-%m-%d}; delete it once a newer version answers"
        self._registry.set_tag(version, RETIRE_TAG, reason)


def _texts_of(frame: pd.DataFrame) -> _Texts:
    """Give all texts of a table of examples, and those that are not customers' but somebody wrote as examples."""
    if not {"text", "origin"} <= set(frame):
        return frozenset(), frozenset()
    texts = frame["text"].astype(str).map(fold_text)
    return frozenset(texts), frozenset(texts[frame["origin"] != LABEL])


def _quoted(folder: ArtifactFolder, words: Words) -> int:
    """Count the texts that a release shows as they were written: golden rows, and examples that explain others."""
    places = {str(Path(path).parent): path for path, _ in folder.files() if Path(path).name == MANIFEST_FILE}
    if not places or not words.texts:
        return 0
    release = min(places, key=len)
    golden = folder.read(f"{release}/{GOLDEN_FILE}").decode().splitlines()
    model = json.loads(folder.read(f"{release}/nlu/nlu.json"))
    shown = [json.loads(line)["text"] for line in golden if line] + model.get("nearest", {}).get("texts", [])
    return len({fold_text(text) for text in shown} & words.texts)
