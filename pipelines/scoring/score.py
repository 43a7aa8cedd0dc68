"""Batch scoring: how a release reads the messages in the log, part by part, over many workers.

The log is read and the results are written here; workers only compute, so they need no access to the database. Each
finished part is a file, so an interrupted run resumes where it stopped. However long the log, only the parts being
worked on are in memory.
"""

from collections.abc import Collection, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, wait
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from pipelines.cluster import Cluster, open_cluster, workers_expected
from pipelines.errors import UserInputError
from pipelines.progress import Progress
from pipelines.registry.release import load_release
from pipelines.schemas.scoring import LoggedMessage, Score
from pipelines.scoring.log import Answered, Log, open_log
from pipelines.scoring.parts import (
    PLAN_FILE,
    Plan,
    is_whole,
    part_file,
    parts_folder,
    read_plan,
    remove,
    unfinished_in,
    write_scoring_file,
)
from pipelines.scoring.worker import Scorer, identity, pack, score_part

PART_SIZE = 1000
COLUMNS = pa.schema(
    [
        ("thread_id", pa.string()),
        ("turn", pa.int32()),
        ("said_at", pa.timestamp("ms", tz="UTC")),
        ("answered_by", pa.string()),
        ("answered_intent", pa.string()),
        ("answered_confidence", pa.float32()),
        ("answered_route", pa.string()),
        ("intent", pa.string()),
        ("confidence", pa.float32()),
        ("out_of_scope_score", pa.float32()),
        ("n_entities", pa.int16()),
        ("route", pa.string()),
        ("routed_intent", pa.string()),
        ("knows_state", pa.bool_()),
    ]
)
"""Columns of the scores, one row per message, in the order of threads and turns. The text is not among them.

thread_id, turn
    Position of the message in the log.
said_at
    When it was answered.
answered_by, answered_intent, answered_confidence, answered_route
    The live answer: version, intent, confidence (NaN for a button), and `intent`, `form`, `cancel`, `clarify` or
    `fallback`.
intent, confidence, out_of_scope_score, n_entities
    How the release reads the text: its likeliest intent, before any threshold, and the number of values. Empty, NaN and
    0 for a button.
route, routed_intent
    How the release would route the turn, without a language model.
knows_state
    False if the log no longer has the turn before; the route is then that of a first message.
"""


@dataclass(frozen=True)
class Summary:
    """The result of a scoring.

    Attributes
    ----------
    file
        Parquet file with the columns `COLUMNS`.
    since
        The first moment; that of the earlier run if this one resumed it.
    n_messages, n_resumed
        Rows in the file, and how many of them an earlier run had scored.
    n_moved
        Messages that would get another intent or another route.
    count_by_route
        Messages by the route they would take.
    """

    file: Path
    since: datetime
    n_messages: int
    n_resumed: int
    n_moved: int
    count_by_route: dict[str, int]


@dataclass(frozen=True)
class Job:
    """A bot's messages between two moments, scored with the release in a folder, into a file, in parts.

    `asked` is how the first moment was given; an earlier run with the same `asked` is resumed.
    """

    bot: str
    since: datetime
    until: datetime
    release_folder: Path
    out: Path
    asked: str = ""
    part_size: int = PART_SIZE


def find_unfinished(job: Job) -> Path | None:
    """Find the file beside `out` that an earlier run of the same job, perhaps on another day, would have written."""
    sha256 = identity(job.release_folder)
    for file, plan in unfinished_in(job.out.parent):
        if plan.is_for(job.bot, sha256, asked=job.asked, since=job.since):
            return file
    return None


def score_log(
    job: Job,
    scorer: Scorer,
    *,
    mongo_uri: str,
    database: str,
    scheduler: str | None,
    progress: Progress,
) -> Summary:
    """Score the messages and write the file, which appears whole or not at all.

    `scheduler` is the address of a Dask scheduler; None: processes on this machine.

    Raises
    ------
    ReleaseRefused
        The release is damaged.
    StoreUnavailable
        The database does not answer; finished parts are kept.
    SetupProblem
        The workers are unavailable or were lost (finished parts are kept), or a file cannot be written.
    UserInputError
        Beside the file there is unfinished work for another release or another period.
    """
    load_release(job.release_folder, version=job.release_folder.name)  # what is damaged is refused here, once
    folder = parts_folder(job.out)
    with open_log(mongo_uri, database, job.bot, since=job.since, until=job.until) as log:
        progress(0.0, "looking through the log")
        plan = _plan(job, log, folder)
    done = {number for number in range(len(plan.parts)) if is_whole(part_file(folder, number), COLUMNS)}
    missing = [number for number in range(len(plan.parts)) if number not in done]
    # with the moment that the plan was made for, which an earlier run may have chosen
    with open_log(mongo_uri, database, job.bot, since=plan.since, until=plan.until) as log:
        if missing:
            with open_cluster(scheduler) as cluster, workers_expected():
                _work_off(plan, missing, log, cluster, _Work(folder, job.release_folder, scorer, progress))
        return _gather(job.out, folder, plan, log, resumed=done)


@dataclass(frozen=True)
class _Work:
    folder: Path
    release_folder: Path
    scorer: Scorer
    report: Progress


def _work_off(plan: Plan, missing: Sequence[int], log: Log, cluster: Cluster, work: _Work) -> None:
    """Keep every worker busy, with one part ready for the first to finish."""
    n_done = plan.n_messages - sum(plan.parts[number].n_messages for number in missing)
    waiting: dict[Future[list[Score]], tuple[int, list[tuple[LoggedMessage, Answered]]]] = {}
    left = iter(missing)
    with cluster.executor() as executor:
        packed = cluster.share(pack(work.release_folder, is_elsewhere=cluster.client is not None))
        while True:
            work.report(n_done / plan.n_messages, f"scored {n_done:,} of {plan.n_messages:,} messages")
            while len(waiting) <= cluster.n_workers and (number := next(left, None)) is not None:
                rows = log.read(plan.parts[number])
                future = executor.submit(score_part, packed, work.scorer, [message for message, _ in rows])
                # of what went to the worker, only the place in the log is needed again
                waiting[future] = number, [(row._replace(text="", message="", before=None), old) for row, old in rows]
            if not waiting:
                return
            for future in wait(waiting, timeout=1.0, return_when=FIRST_COMPLETED).done:
                number, rows = waiting.pop(future)
                _write(work.folder, number, rows, future.result())
                n_done += plan.parts[number].n_messages
            cluster.require_alive()


def _plan(job: Job, log: Log, folder: Path) -> Plan:
    """Resume the plan in the folder, or make one."""
    sha256 = identity(job.release_folder)
    plan = read_plan(folder)
    if plan is not None:
        if not plan.is_for(job.bot, sha256, asked=job.asked, since=job.since):
            raise UserInputError(
                f"{folder} holds unfinished work of bot {plan.bot!r} since {plan.since:%Y-%m-%d} or with another "
                f"release; finish that with the same options, delete the folder, or name another --out"
            )
        return plan
    parts = tuple(log.parts(size=job.part_size))
    plan = Plan(bot=job.bot, release_sha256=sha256, asked=job.asked, since=job.since, until=job.until, parts=parts)
    folder.mkdir(parents=True, exist_ok=True)
    write_scoring_file(folder / PLAN_FILE, plan.model_dump_json().encode(), folder=folder)
    return plan


def _gather(out: Path, folder: Path, plan: Plan, log: Log, *, resumed: Collection[int]) -> Summary:
    """Put the parts together one at a time, without messages that have left the log, and remove them."""
    counts: dict[str, int] = {}
    n_moved = n_resumed = 0

    def write(aside: Path) -> None:
        nonlocal n_moved, n_resumed
        with pq.ParquetWriter(aside, COLUMNS) as writer:
            for number, part in enumerate(plan.parts):
                table = _still_logged(pq.read_table(part_file(folder, number), schema=COLUMNS), log.messages(part))
                writer.write_table(table)
                for route in table.column("route").to_pylist():
                    counts[route] = counts.get(route, 0) + 1
                n_moved += _count_moved(table)
                n_resumed += table.num_rows if number in resumed else 0

    write_scoring_file(out, write, folder=folder)
    remove(folder)
    return Summary(out, plan.since, sum(counts.values()), n_resumed, n_moved, counts)


def _still_logged(table: pa.Table, logged: Collection[tuple[str, int]]) -> pa.Table:
    rows = zip(table.column("thread_id").to_pylist(), table.column("turn").to_pylist(), strict=True)
    return table.filter(pa.array([row in logged for row in rows], pa.bool_()))


def _count_moved(table: pa.Table) -> int:
    same_intent = pc.equal(table.column("routed_intent"), table.column("answered_intent"))
    same_route = pc.equal(table.column("route"), table.column("answered_route"))
    return int(table.num_rows - pc.sum(pc.and_(same_intent, same_route), min_count=0).as_py())


def _write(folder: Path, number: int, rows: Sequence[tuple[LoggedMessage, Answered]], scores: Sequence[Score]) -> None:
    values = [(row.thread_id, row.turn, row.said_at, *old, *new) for (row, old), new in zip(rows, scores, strict=True)]
    columns = zip(*values, strict=True) if values else ((),) * len(COLUMNS)
    table = pa.table([list(column) for column in columns], schema=COLUMNS)
    write_scoring_file(part_file(folder, number), lambda aside: pq.write_table(table, aside), folder=folder)
