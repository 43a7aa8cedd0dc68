"""`intentloop retrain`: unattended training, for cron, EventBridge and the jobs of the admin API."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from serving.cli.arguments import BotOption, EncoderOption, chosen_bot, read_settings, with_database
from serving.clock import utc_now
from serving.terminal import echo

if TYPE_CHECKING:
    from pipelines.schemas.retraining import Trained
    from pipelines.schemas.training import TrainParams
    from pipelines.settings import Settings
    from serving.jobs.lease import TrainingLease
    from serving.jobs.retraining import Retrained
    from serving.store.client import Database
    from serving.store.releases.promotions import Move

_PASSING = ("RegistryUnavailable", "StoreUnavailable", "TrainingInterrupted", "MlflowException")
"""Errors after which a retry may succeed, by name: the notebook's process reports nothing else."""


def retrain(
    bot: BotOption = None,
    force: Annotated[bool, typer.Option("--force", help="Train even if nothing has changed.")] = False,
    promote: Annotated[
        bool | None,
        typer.Option(
            "--promote/--notify",
            help="Promote a version that passes the gate, or only report it. Default: INTENTLOOP_RETRAIN_POLICY.",
        ),
    ] = None,
    out_of_scope: Annotated[
        Path | None, typer.Option(help="JSONL of utterances that no intent should take.", exists=True, dir_okay=False)
    ] = None,
    accept_relabelled: Annotated[
        bool,
        typer.Option(
            "--accept-relabelled", help="Gate: accept that labels differ from those of the version in production."
        ),
    ] = False,
    encoder: EncoderOption = "auto",
    job: Annotated[int | None, typer.Option(help="Job that this is done for.", hidden=True)] = None,
) -> None:
    """Retrain a bot if its data, parameters or code have changed. Made for cron and EventBridge.

    The new version is registered, as `candidate` if it passes the gate. One process at a time trains a bot; the next
    run completes what a crash left half-done, or marks it as failed. Exit code 0: done, or nothing to do; 1: it failed,
    or the gate did not pass; 3: another process is training the bot.

    Example: `intentloop retrain --promote`
    """
    from pipelines.errors import JobOver
    from pipelines.priority import give_way
    from pipelines.schemas.training import TrainParams
    from serving.jobs.exclusive import sigterm_as_interrupt
    from serving.jobs.lease import TrainingLease
    from serving.local.home import TRAINING_PACKAGES, require_packages
    from serving.logs import configure_logging
    from serving.processes.child import is_listening

    require_packages(TRAINING_PACKAGES, extra="train", purpose="training")
    settings, name = read_settings(), chosen_bot(bot)
    configure_logging()
    if job is not None or is_listening(settings.host, settings.api_port):
        give_way()
    params = TrainParams(
        bot=name,
        home=settings.home,
        encoder=encoder,
        accept_relabelled=accept_relabelled,
        out_of_scope_file=out_of_scope or settings.out_of_scope_of(name),
        release_alias=settings.release_alias,
    )
    wants_promotion = settings.retrain_policy == "promote" if promote is None else promote
    try:
        with ending_if_busy(), TrainingLease(settings, name, job=job) as lease, sigterm_as_interrupt():
            done = _retrain(params, settings, lease, force=force, promotes=wants_promotion)
    except JobOver as error:
        echo(str(error))
        return
    for line in done.describe():
        echo(line)
    if done.is_new and not done.trained.gate_passed:
        raise typer.Exit(1)


@contextmanager
def ending_if_busy() -> Iterator[None]:
    """Report who is training the bot, and exit with `EXIT_BUSY`."""
    from pipelines.errors import TrainingBusy
    from serving.jobs.process import EXIT_BUSY

    try:
        yield
    except TrainingBusy as error:
        echo(f"intentloop: {error}", err=True)
        raise typer.Exit(EXIT_BUSY) from error


def _retrain(
    params: "TrainParams", settings: "Settings", lease: "TrainingLease", *, force: bool, promotes: bool
) -> "Retrained":
    """Retrain under the lease, and report the outcome to the job and the operator in any case."""
    from pipelines.errors import BotError, StoreUnavailable, TrainingCancelled, TrainingInterrupted
    from serving.jobs.exclusive import explain_end
    from serving.jobs.retraining import notify, outcome_of
    from serving.logs import describe_crash

    try:
        done = _train_and_promote(params, settings, lease, force=force, promotes=promotes)
    except (Exception, KeyboardInterrupt) as error:
        problem = explain_end(error, bot=params.bot, lease=lease)
        if isinstance(problem, TrainingCancelled):
            with suppress(StoreUnavailable):
                lease.conclude(**_cancelled(problem.by))
            raise problem from error
        reason = _first_line(problem) if isinstance(problem, BotError) else describe_crash(problem)
        can_wait = settings.training_queue_url is not None  # without a queue, only a training that was interrupted
        is_passing = isinstance(problem, TrainingInterrupted) or (can_wait and _is_passing(problem))
        comes_back = lease.has_job and is_passing
        with suppress(StoreUnavailable):
            lease.conclude(**_failure(reason, comes_back=comes_back))
        if not comes_back:  # if the retries run out later, the queue's worker notifies
            notify(settings, bot=params.bot, event="failed", text=reason)
        if problem is error:
            raise
        raise problem from error
    lease.conclude(**outcome_of(done))
    if not done.did_nothing:
        event = "promoted" if done.is_promoted else "candidate" if done.trained.gate_passed else "refused"
        notify(settings, bot=params.bot, event=event, text="; ".join(done.describe()), trained=done.trained)
    return done


def _train_and_promote(
    params: "TrainParams", settings: "Settings", lease: "TrainingLease", *, force: bool, promotes: bool
) -> "Retrained":
    from serving.jobs.retraining import run_retraining
    from serving.progress import share_reporter

    with share_reporter("Retraining") as shown:
        # imported only once the display shows activity: the import takes seconds
        shown(0.0, "starting")
        from pipelines.retrain import Retrainer

        def report(share: float, what: str) -> None:
            shown(share, what)
            lease.report(share, what)

        trainer = Retrainer(params, settings)
        promote = _promoter(settings, trainer.tracking_uri, params.bot) if promotes else None
        return run_retraining(trainer, lease, force=force, promote=promote, progress=report)


def _promoter(settings: "Settings", tracking_uri: str, bot: str) -> "Callable[[Trained, bool], bool]":
    def promote(trained: "Trained", is_new: bool) -> bool:
        from pipelines.registry.client import Registry
        from serving.release.promoter import Promoter
        from serving.store.releases.promotions import Promotions

        registry = Registry(tracking_uri)
        found, aliases = registry.find_version(bot, trained.version), registry.aliases(bot)

        async def work(database: "Database") -> bool:
            moves = [] if is_new else [entry.move for entry in await Promotions(database).recent(bot)]
            if is_decided(trained.version, tags=found.tags, aliases=aliases, moves=moves):
                return False
            promoter = Promoter.from_settings(settings, database, bot=bot, registry=registry)
            await promoter.promote(found, why=f"intentloop retrain, run {trained.run_id[:8]}")
            return True

        return with_database(work)

    return promote


def is_decided(version: str, *, tags: Mapping[str, str], aliases: Mapping[str, str], moves: "Sequence[Move]") -> bool:
    """Whether a version has been tried or has answered before, so that no schedule may promote it again.

    True if the version, which does not answer now, is the canary or was stopped as one, or if it answered and was
    replaced.
    """
    from pipelines.registry.client import STAGE_TAG
    from serving.release.loader import STOPPED_TAG
    from serving.release.trials import CANARY

    if STOPPED_TAG in tags or aliases.get(CANARY) == version or tags.get(STAGE_TAG) in ("Production", "Archived"):
        return True
    # A command journals a promotion before it sets the alias, and may have failed in between: the entry proves nothing.
    return any(
        move.from_version == version or (move.to_version == version and move.kind in ("noticed", "cache"))
        for move in moves
        if move.changes_answers
    )


def _first_line(error: Exception) -> str:
    """Return an error's first sentence, with the first problems of data in brief: the rest may quote examples."""
    from pipelines.errors import DataRejected

    if isinstance(error, DataRejected):
        return error.in_brief()
    line, _, rest = str(error).partition("\n")
    return f"{line.rstrip(':')}; the log names them" if rest else line


def _is_passing(error: Exception) -> bool:
    """Whether a retry may succeed, as opposed to a fault of the data."""
    from pipelines.errors import TrainingFailed

    return (error.cause if isinstance(error, TrainingFailed) else type(error).__name__) in _PASSING


def _cancelled(by: str) -> dict[str, Any]:
    """Return the final fields of a job that was cancelled."""
    from serving.store.work.jobs import describe_cancelling

    return {"state": "cancelled", "reason": describe_cancelling(by), "ended_at": utc_now(), "until": None}


def _failure(reason: str, *, comes_back: bool) -> dict[str, Any]:
    """Return the final fields of a job that failed."""
    if comes_back:
        return {"state": "queued", "step": "waiting to be tried again", "reason": reason, "until": None}
    return {"state": "failed", "reason": reason, "ended_at": utc_now(), "until": None}
