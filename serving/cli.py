"""The `intentloop` command: one line for everything that is done to a platform.

The only file that may import both packages. Every command imports what it needs when it runs, so that `--help` is
quick.
"""

import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from serving.channels.commands import channel_app
from serving.local import (
    draft_commands,
    drift_commands,
    forget_commands,
    label_commands,
    release_commands,
    retrain_commands,
    score_commands,
)
from serving.local.arguments import BotOption, EncoderOption, chosen_bot, read_settings, release_of
from serving.local.bench_commands import bench_app
from serving.local.processes import ONE_THREAD

app = typer.Typer(
    name="intentloop",
    help="A chatbot platform whose language understanding is trained, tested, versioned and promoted.\n\n"
    "New here? `intentloop up` starts everything on this machine; `intentloop doctor` says what is missing.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="markdown",
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.add_typer(bench_app, name="bench", rich_help_panel="Data and training")
app.add_typer(channel_app, name="channel", rich_help_panel="Run")

_RUN, _DATA, _RELEASES = "Run", "Data and training", "Releases"


def _print_version(wanted: bool) -> None:
    from importlib.metadata import PackageNotFoundError, version

    if wanted:
        try:
            typer.echo(f"intentloop {version('intentloop')}")
        except PackageNotFoundError:
            typer.echo("intentloop, from a checkout that is not installed")
        raise typer.Exit


@app.callback()
def root(
    version: Annotated[
        bool, typer.Option("--version", help="Print the version and exit.", callback=_print_version, is_eager=True)
    ] = False,
) -> None:
    """Take the options that come before a command."""
    for variable, value in ONE_THREAD.items():
        os.environ.setdefault(variable, value)


@app.command(rich_help_panel=_RUN)
def up(
    follow_parent: Annotated[
        bool, typer.Option("--follow-parent", help="Also end when the process that started this one ends.", hidden=True)
    ] = False,
) -> None:
    """Start the whole platform on this machine: database, MLflow, demo shop, chat API.

    The first time it imports the sample bot and trains it. Your data stays in INTENTLOOP_HOME (`.intentloop`).

    Example: `INTENTLOOP_API_PORT=8001 intentloop up`
    """
    from rich.console import Console

    from serving.local.up import run_up

    run_up(read_settings(), console=Console(stderr=False), follow_parent=follow_parent)


@app.command(rich_help_panel=_RUN)
def serve() -> None:
    """Serve the chat API alone, with the database and the MLflow server of the settings.

    Example: `INTENTLOOP_MONGO_URI=mongodb://db/ MLFLOW_TRACKING_URI=http://mlflow:5000 intentloop serve`
    """
    from serving.app import create_app
    from serving.local.processes import check_port
    from serving.logs import configure_logging
    from serving.server import run_server

    settings = read_settings()
    configure_logging()
    check_port(settings.host, settings.api_port, label="the chat API", variable="INTENTLOOP_API_PORT")
    run_server(create_app(settings), host=settings.host, port=settings.api_port)


@app.command(rich_help_panel=_RUN)
def worker(
    trainings: Annotated[
        bool, typer.Option("--trainings", help="Train what the admin API was asked to train.")
    ] = False,
) -> None:
    """Answer what platforms such as Messenger brought, as the SQS queue of INTENTLOOP_QUEUE_URL asks for it.

    With `--trainings` it trains bots instead, as the queue of INTENTLOOP_TRAINING_QUEUE_URL asks for it; such a worker
    needs the training packages. Without a queue the chat API does either itself, and no worker is needed.

    Example: `INTENTLOOP_QUEUE_URL=https://sqs.eu-west-1.amazonaws.com/1/chat intentloop worker`
    """
    import asyncio

    if trainings:
        from serving.jobs.worker import run_training_worker
        from serving.logs import configure_logging

        configure_logging()
        asyncio.run(run_training_worker(read_settings()))
        return
    from serving.logs import configure_logging
    from serving.worker import run_worker

    configure_logging()
    asyncio.run(run_worker(read_settings()))


@app.command(rich_help_panel=_RUN)
def doctor() -> None:
    """Check Python, folders, ports, database, MLflow, release and LLM, and say how to mend each.

    Example: `intentloop doctor`
    """
    from serving.local.doctor import run_checks

    checks = run_checks(read_settings())
    for check in checks:
        mark = {"ok": "ok  ", "note": "note", "problem": "FAIL"}[check.verdict]
        typer.echo(
            f"{mark}  {check.subject:<9} {check.finding}" + (f"\n{'':16}-> {check.remedy}" if check.remedy else "")
        )
    if any(check.verdict == "problem" for check in checks):
        raise typer.Exit(1)


app.command("import", rich_help_panel=_DATA)(draft_commands.import_)
app.command("export", rich_help_panel=_DATA)(draft_commands.export)


@app.command(rich_help_panel=_DATA)
def validate(
    file: Annotated[Path | None, typer.Argument(help="Bot file to check; the drafts if not given.")] = None,
    bot: BotOption = None,
    fix: Annotated[bool, typer.Option("--fix", help="Show and do the repairs that are safe.")] = False,
    undo: Annotated[bool, typer.Option("--undo", help="Take the last --fix back.")] = False,
    out: Annotated[Path | None, typer.Option(help="Write all findings to this HTML page.", dir_okay=False)] = None,
) -> None:
    """Check a bot before it is trained: examples, annotations, parameters, templates, tools.

    Each finding names its place and its repair. Exit code 1 says that there are errors, which stop a training.

    Example: `intentloop validate my_bot.json --out report.html`
    """
    from rich.console import Console

    from serving.local.drafts import drafts_of
    from serving.local.findings import print_difference, print_findings
    from serving.local.home import TRAINING_PACKAGES, require_packages
    from serving.local.progress import share_reporter

    if fix and undo:
        raise typer.BadParameter("--fix and --undo exclude each other")
    settings, console = read_settings(), Console()
    drafts = drafts_of(file, bot=bot, home=settings.home)
    if undo:
        typer.echo(drafts.undo())
        return
    require_packages(TRAINING_PACKAGES, extra="train", purpose="validation")
    from pipelines.steps.gate import DataGate, difference, write_report

    gate = DataGate(drafts.name, endpoints=settings.endpoints, public_shortcuts=settings.public_shortcuts)
    wire = drafts.read()
    with share_reporter("Validation") as progress:
        report = gate.check(wire, progress=progress)
    if fix and any(finding.edit for finding in report.findings):
        repaired = gate.repair(wire, report)
        drafts.repair(wire, repaired.wire)
        print_difference(difference(wire, repaired.wire), console=console)
        typer.echo(f"{len(repaired.findings):,} repaired; --undo takes it back\n")
        report = gate.check(repaired.wire)
    print_findings(report.findings, source=drafts.name, n_rows=report.n_rows, console=console)
    if out is not None:
        write_report(report, out)
    if report.errors:
        raise typer.Exit(1)


def _checked_cases(folder: Path | None) -> Path | None:
    """Refuse a folder that is named and not there: a slip of the pen must not open the gate."""
    if folder is not None and not folder.is_dir():
        raise typer.BadParameter(f"there is no folder {str(folder)!r}", param_hint="--cases")
    return folder


@app.command(rich_help_panel=_DATA)
def train(
    bot: BotOption = None,
    promote: Annotated[bool, typer.Option("--promote", help="Let it answer customers if the gate is passed.")] = False,
    source: Annotated[str, typer.Option(help="`mongo`, or a bot file to read instead.")] = "mongo",
    out_of_scope: Annotated[
        Path | None, typer.Option(help="JSONL of utterances that no intent should take.", exists=True, dir_okay=False)
    ] = None,
    test: Annotated[
        Path | None, typer.Option(help="JSONL of labelled utterances, to report on only.", exists=True, dir_okay=False)
    ] = None,
    thorough: Annotated[
        bool, typer.Option("--thorough", help="Train the entity tagger for minutes, not seconds.")
    ] = False,
    encoder: EncoderOption = "auto",
    search: Annotated[
        int | None,
        typer.Option(help="Try so many candidates of hyper-parameters first, on INTENTLOOP_DASK_SCHEDULER.", min=2),
    ] = None,
    cross_validate: Annotated[
        int, typer.Option(help="Also cross-validate with so many folds; each is a training of its own.", min=0, max=20)
    ] = 0,
    min_accuracy: Annotated[
        float, typer.Option(help="Gate: least accuracy on held-out utterances.", min=0, max=1)
    ] = 0.6,
    replays: Annotated[int, typer.Option(help="Gate: newest stored conversations to replay.", min=0)] = 200,
    max_lost_goals: Annotated[
        float, typer.Option(help="Gate: largest share of conversations that may lose their goal.", min=0, max=1)
    ] = 0.02,
    cases: Annotated[
        Path | None,
        typer.Option(
            help="Gate: folder of saved conversations to be answered as before; data/cases if not given.",
            file_okay=False,
            callback=_checked_cases,
        ),
    ] = None,
    accept_tool_changes: Annotated[
        bool, typer.Option("--accept-tool-changes", help="Gate: tools were changed on purpose.")
    ] = False,
    seed: Annotated[int, typer.Option(help="Seed of everything random.", min=0, max=2**32 - 1)] = 0,
) -> None:
    """Train a bot on its drafts, evaluate it, and register the result as a new version.

    Runs notebooks/20_train_nlu.ipynb in a process of its own; the executed notebook lies with the run in MLflow. Where
    a chat API answers on this machine, training takes only what that leaves of the processor. Exit code 3: another
    process trains the bot, or takes a person out of what it has learnt.

    Example: `intentloop train --promote`
    """
    from pipelines.priority import give_way
    from serving.jobs.alone import alone_with
    from serving.local.home import TRAINING_PACKAGES, require_packages
    from serving.local.processes import is_listening
    from serving.local.progress import share_reporter

    if cross_validate == 1:
        raise typer.BadParameter("a cross-validation needs 2 folds or more", param_hint="--cross-validate")
    require_packages(TRAINING_PACKAGES, extra="train", purpose="training")
    settings = read_settings()
    if is_listening(settings.host, settings.api_port):
        give_way()
    if search:
        from pipelines.steps.cluster import check_cluster

        for note in check_cluster(settings.dask_scheduler):
            typer.echo(f"note: {note}", err=True)
    # imported when that is settled, since it is seconds of work
    from pipelines.run import run_training
    from pipelines.schemas.training import CASES, TrainParams

    params = TrainParams(
        bot=chosen_bot(bot),
        source=source,
        home=settings.home,
        out_of_scope_file=out_of_scope or settings.out_of_scope_of(chosen_bot(bot)),
        test_file=test,
        encoder=encoder,
        algorithm="lbfgs" if thorough else "ap",
        search=search or 0,
        cross_validate=cross_validate,
        min_accuracy=min_accuracy,
        replays=replays,
        max_lost_goals=max_lost_goals,
        cases=cases or CASES,
        accept_tool_changes=accept_tool_changes,
        seed=seed,
        release_alias=settings.release_alias,
    )
    # a bot file needs no database, but conversations to replay and the journal of promotions are there
    needs_store = source == "mongo"
    with retrain_commands.ending_if_busy(), alone_with(settings, params.bot, is_needed=needs_store) as tags:
        with share_reporter("Training") as report:
            outcome = run_training(params, settings, progress=report, tags=tags)
        wants_promotion = promote and not outcome.gate_reasons
        if wants_promotion:
            release_commands.promote_trained(outcome.tracking_uri, params.bot, outcome.version, run_id=outcome.run_id)
    for name in ("holdout_accuracy", "holdout_macro_f1", "holdout_entity_f1"):
        if name in outcome.metrics:
            typer.echo(f"{name.removeprefix('holdout_').replace('_', ' ')}: {outcome.metrics[name]:.1%}")
    if "search_gain" in outcome.metrics:
        typer.echo(f"gained by the search, cross-validated: {outcome.metrics['search_gain']:.1%}")
    verdict = "is promoted" if wants_promotion else "is registered as candidate"
    typer.echo(f"version {outcome.version} of {outcome.name} {verdict}")
    if outcome.gate_reasons:
        typer.echo(f"the gate was not passed: {outcome.gate_reasons}", err=True)
        raise typer.Exit(1)


app.command(rich_help_panel=_DATA)(retrain_commands.retrain)


@app.command(rich_help_panel=_DATA)
def evaluate(
    file: Annotated[Path, typer.Argument(help="JSONL of labelled utterances.", exists=True, dir_okay=False)],
    bot: BotOption = None,
    version: Annotated[
        str | None, typer.Option("--version", help="Version to measure; the promoted one if not given.")
    ] = None,
    release_folder: Annotated[
        Path | None, typer.Option(help="Release folder to measure instead.", exists=True, file_okay=False)
    ] = None,
    out: Annotated[Path | None, typer.Option(help="Write one JSON row an utterance here.")] = None,
) -> None:
    """Measure a release on labelled utterances: the same figures as `bench nlu`.

    Example: `intentloop evaluate data/sample/test.jsonl`
    """
    from pipelines.steps import bench
    from serving.local.progress import share_reporter

    release = release_of(bot, version=version, folder=release_folder)
    with share_reporter("Evaluation") as report:
        evaluation = bench.evaluate_file(release.model, file, progress=report)
    typer.echo(f"version {release.version} of {release.definition.name}, {len(evaluation.predictions):,} utterances")
    for subject, figure in bench.describe_evaluation(evaluation):
        typer.echo(f"{subject:<36} {figure}")
    if out is not None:
        bench.write_predictions(evaluation, out)


app.command(rich_help_panel=_DATA)(release_commands.replay)
app.command(rich_help_panel=_DATA)(label_commands.label)
app.command(rich_help_panel=_DATA)(drift_commands.drift)
app.command(rich_help_panel=_DATA)(score_commands.score)
app.command(rich_help_panel=_DATA)(forget_commands.forget)
app.command(rich_help_panel=_RELEASES)(release_commands.releases)
app.command(rich_help_panel=_RELEASES)(release_commands.promote)
app.command(rich_help_panel=_RELEASES)(release_commands.rollback)


def main() -> None:
    """Run the command line; a known problem becomes one message and exit code 1."""
    from pipelines.errors import BotError

    try:
        app()
    except BotError as error:
        typer.echo(f"intentloop: {error}", err=True)
        sys.exit(1)


if __name__ == "__main__":
    main()
