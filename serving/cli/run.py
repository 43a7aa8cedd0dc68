"""The platform's commands: `intentloop up`, `serve`, `worker` and `doctor`."""

from typing import TYPE_CHECKING, Annotated

import typer

from serving.cli.arguments import read_settings, refuse_unsuitable_database
from serving.terminal import echo, one_line

if TYPE_CHECKING:
    from pipelines.settings import Settings


def up(
    follow_parent: Annotated[
        bool, typer.Option("--follow-parent", help="Also end when the process that started this one ends.", hidden=True)
    ] = False,
) -> None:
    """Start the whole platform on this machine: database, MLflow, demo shop, chat API.

    The first time, it imports and trains the sample bot. Your data stays in INTENTLOOP_HOME (`.intentloop`).

    Example: `INTENTLOOP_API_PORT=8001 intentloop up`
    """
    from serving.console import Console
    from serving.local.up import run_up

    # not what an earlier platform recorded: this one is started with what is set here
    run_up(read_settings(recorded=False), console=Console(stderr=False), follow_parent=follow_parent)


def serve(
    record: Annotated[
        bool,
        typer.Option("--record/--no-record", help="Whether to record the settings in the home folder.", hidden=True),
    ] = True,
) -> None:
    """Run only the chat API, with the database and the MLflow server from the settings.

    Its settings, but no secret, are recorded in the home folder: other commands that use this folder then work with the
    same.

    Example: `INTENTLOOP_MONGO_URI=mongodb://db/ MLFLOW_TRACKING_URI=http://mlflow:5000 intentloop serve`
    """
    from pipelines.home import record_settings
    from serving.access.same_origin import require_loopback_if_off
    from serving.api.app import create_app
    from serving.api.connections import ConnectionLimits
    from serving.api.server import run_server
    from serving.local.home import prepare_home
    from serving.logs import configure_logging
    from serving.processes.child import check_port

    settings = read_settings(recorded=False)
    configure_logging(form=settings.log_format)
    check_port(settings.host, settings.api_port, label="the chat API", variable="INTENTLOOP_API_PORT")
    if record:
        record_settings(settings, prepare_home(settings.home))
    require_loopback_if_off(settings)
    refuse_unsuitable_database(settings)
    _say_first_key(settings)
    limits = ConnectionLimits.from_settings(settings)
    app = create_app(settings)
    run_server(
        app,
        host=settings.host,
        port=settings.api_port,
        limits=limits,
        on_exit=app.state.streams.close,
        trusted_proxies=settings.trusted_proxies,
    )


def _say_first_key(settings: "Settings") -> None:
    """Print an owner's key if nobody can use the admin API yet."""
    import asyncio
    import sys
    from datetime import timedelta

    from serving.clock import utc_now
    from serving.store.access.first_key import make_first_key
    from serving.store.client import Database

    if settings.auth == "off" or settings.admin_token is not None or settings.oidc_issuer is not None:
        return
    # what is not a terminal is probably a log, which others read: the key is for making a better one
    lasts = None if sys.stdout.isatty() else timedelta(days=1)

    async def make() -> str | None:
        database = Database.from_settings(settings)
        try:
            key = await make_first_key(database, now=utc_now(), lasts=lasts)
        finally:
            database.close()
        return str(key) if key is not None else None

    key = asyncio.run(make())
    if key is not None:
        until = " for a day, so make a lasting one with it" if lasts is not None else ""
        echo(f"The admin API has no owner yet. This key is shown once, and opens everything{until}:\n\n  {key}\n")


def worker(
    trainings: Annotated[
        bool, typer.Option("--trainings", help="Run the trainings that were requested over the admin API.")
    ] = False,
) -> None:
    """Answer messages from platforms such as Messenger, from the SQS queue INTENTLOOP_QUEUE_URL.

    With `--trainings` it runs training jobs instead, from the queue INTENTLOOP_TRAINING_QUEUE_URL; it then needs the
    training packages. Without a queue, the chat API does the work itself and no worker is needed.

    Example: `INTENTLOOP_QUEUE_URL=https://sqs.eu-west-1.amazonaws.com/1/chat intentloop worker`
    """
    import asyncio

    from serving.logs import configure_logging

    settings = read_settings()
    configure_logging(form=settings.log_format)
    refuse_unsuitable_database(settings)
    if trainings:
        from serving.jobs.worker import run_training_worker

        asyncio.run(run_training_worker(settings))
        return
    from serving.channels.worker import run_worker

    asyncio.run(run_worker(settings))


def doctor() -> None:
    """Check Python, folders, ports, database, MLflow, release and LLM, and say how to fix each.

    Example: `intentloop doctor`
    """
    from serving.local.doctor import run_checks

    checks = run_checks(read_settings())
    for check in checks:
        mark = {"ok": "ok  ", "note": "note", "problem": "FAIL"}[check.verdict]
        remedy = f"\n{'':16}-> {one_line(check.remedy)}" if check.remedy else ""
        echo(f"{mark}  {check.subject:<9} {one_line(check.finding)}{remedy}")
    if any(check.verdict == "problem" for check in checks):
        raise typer.Exit(1)
