"""`intentloop train`: from drafts to a registered version."""

import math
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated

import typer

from serving.cli.arguments import BotOption, EncoderOption, chosen_bot, read_bot_file, read_settings
from serving.cli.releases import promote_trained
from serving.cli.retrain import ending_if_busy
from serving.terminal import echo


def _checked_cases(folder: Path | None) -> Path | None:
    """Refuse a missing folder: a typo must not open the gate."""
    if folder is not None and not folder.is_dir():
        raise typer.BadParameter(f"there is no folder {str(folder)!r}", param_hint="--cases")
    return folder


def _check_source(source: str) -> None:
    """Refuse a file that is no bot before anything starts."""
    from serving.store.drafts.bots import check_bot_file

    if source != "mongo":
        check_bot_file(read_bot_file(Path(source)), source=source)


def _figures_of(metrics: Mapping[str, float]) -> Iterator[str]:
    """Yield the figures of a run, held-out rows first, each with the number of rows it was measured on."""
    from pipelines.shares import describe_figure

    for part, where in (("holdout", ""), ("test_set", " on the test set")):
        for name, counted in (("accuracy", "n_in_scope"), ("macro_f1", "n_in_scope"), ("entity_f1", "n_entities")):
            if f"{part}_{name}" in metrics:
                low, high = (metrics.get(f"{part}_{name}_{end}", math.nan) for end in ("low", "high"))
                n = metrics.get(f"{part}_{counted}")
                figure = describe_figure(metrics[f"{part}_{name}"], n=n, interval=(low, high))
                yield f"{name.replace('_', ' ')}{where}: {figure}"


def train(
    context: typer.Context,
    bot: BotOption = None,
    promotes: Annotated[bool, typer.Option("--promote", help="Put it into production if it passes the gate.")] = False,
    source: Annotated[str, typer.Option(help="`mongo`, or a bot file to train from.")] = "mongo",
    out_of_scope: Annotated[
        Path | None, typer.Option(help="JSONL of utterances that no intent should take.", exists=True, dir_okay=False)
    ] = None,
    test: Annotated[
        Path | None,
        typer.Option(help="JSONL of labelled utterances to report on, and nothing else.", exists=True, dir_okay=False),
    ] = None,
    thorough: Annotated[
        bool, typer.Option("--thorough", help="Train the entity tagger for minutes, not seconds.")
    ] = False,
    encoder: EncoderOption = "auto",
    search: Annotated[
        int | None,
        typer.Option(
            help="Number of hyper-parameter candidates to try first, on INTENTLOOP_DASK_SCHEDULER if set.", min=2
        ),
    ] = None,
    cross_validate: Annotated[
        int,
        typer.Option(
            help="Number of folds of an additional cross-validation; each is a training of its own.", min=0, max=20
        ),
    ] = 0,
    needless_limit: Annotated[
        float,
        typer.Option(
            help="Share of rightly understood messages that may be refused, to refuse more of what is out of scope.",
            min=0,
            max=0.5,
        ),
    ] = 0.01,
    min_accuracy: Annotated[
        float, typer.Option(help="Gate: least accuracy on held-out utterances.", min=0, max=1)
    ] = 0.6,
    replays: Annotated[int, typer.Option(help="Gate: number of newest stored conversations to replay.", min=0)] = 200,
    max_lost_goals: Annotated[
        float, typer.Option(help="Gate: largest share of conversations that may lose their goal.", min=0, max=1)
    ] = 0.02,
    cases: Annotated[
        Path | None,
        typer.Option(
            help="Gate: folder of saved conversations that must be answered as before. Default: data/cases.",
            file_okay=False,
            callback=_checked_cases,
        ),
    ] = None,
    accept_tool_changes: Annotated[
        bool,
        typer.Option(
            "--accept-tool-changes",
            help="Gate: accept that tools are called differently, or forms ask for other values.",
        ),
    ] = False,
    accept_relabelled: Annotated[
        bool,
        typer.Option(
            "--accept-relabelled", help="Gate: accept that labels differ from those of the version in production."
        ),
    ] = False,
    seed: Annotated[int, typer.Option(help="Random seed.", min=0, max=2**32 - 1)] = 0,
) -> None:
    """Train a bot on its drafts, evaluate it, and register the result as a new version.

    Runs notebooks/20_train_nlu.ipynb in its own process, and stores the executed notebook with the run in MLflow. If a
    chat API is running on this machine, training only takes the processor time that it leaves. Exit code 1: it failed,
    or the gate did not pass; 3: another process is training the bot, or deleting a person's data from it.

    Example: `intentloop train --promote`
    """
    from pipelines.priority import give_way
    from serving.jobs.exclusive import exclusive_training
    from serving.local.home import TRAINING_PACKAGES, require_packages
    from serving.processes.child import is_listening
    from serving.progress import share_reporter

    if cross_validate == 1:
        raise typer.BadParameter("a cross-validation needs 2 folds or more", param_hint="--cross-validate")
    require_packages(TRAINING_PACKAGES, extra="train", purpose="training")
    settings = read_settings()
    _check_source(source)
    if is_listening(settings.host, settings.api_port):
        give_way()
    if search:
        from pipelines.cluster import check_cluster

        for note in check_cluster(settings.dask_scheduler):
            echo(f"note: {note}", err=True)
    # imported after these checks: the import takes seconds
    from pipelines.run import run_training
    from pipelines.schemas.training import TrainParams

    # an option that is named like a parameter is that parameter; what is not given keeps the parameter's default
    same = {name: value for name, value in context.params.items() if name in TrainParams.model_fields}
    params = TrainParams.model_validate(
        {name: value for name, value in same.items() if value is not None}
        | {
            "bot": chosen_bot(bot),
            "home": settings.home,
            "out_of_scope_file": out_of_scope or settings.out_of_scope_of(chosen_bot(bot)),
            "test_file": test,
            "algorithm": "lbfgs" if thorough else "ap",
            "release_alias": settings.release_alias,
        }
    )
    # a bot file needs no database, but the conversations to replay and the journal of promotions are there
    needs_store = source == "mongo"
    with ending_if_busy(), exclusive_training(settings, params.bot, is_needed=needs_store) as tags:
        with share_reporter("Training") as report:
            outcome = run_training(params, settings, progress=report, tags=tags)
        wants_promotion = promotes and not outcome.gate_reasons
        if wants_promotion:
            promote_trained(params, tracking_uri=outcome.tracking_uri, version=outcome.version)
    for line in _figures_of(outcome.metrics):
        echo(line)
    if "search_gain" in outcome.metrics:
        echo(f"accuracy gained by the search, cross-validated: {outcome.metrics['search_gain']:.1%}")
    verdict = "promoted" if wants_promotion else f"registered{'' if outcome.gate_reasons else ' as candidate'}"
    echo(f"version {outcome.version} of {outcome.name} {verdict}")
    for line in outcome.pages():
        echo(line)
    if outcome.gate_reasons:
        echo(f"the version did not pass the gate: {outcome.gate_reasons}", err=True)
        raise typer.Exit(1)
