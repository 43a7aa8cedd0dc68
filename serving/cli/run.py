"""The platform's commands: `intentloop up`, `serve`, `worker` and `doctor`."""

from typing import Annotated

import typer

from serving.cli.arguments import read_settings


def up(
    follow_parent: Annotated[
        bool, typer.Option("--follow-parent", help="Also end when the process that started this one ends.", hidden=True)
    ] = False,
) -> None:
    """Start the whole platform on this machine: database, MLflow, demo shop, chat API.

    The first time, it imports and trains the sample bot. Your data stays in INTENTLOOP_HOME (`.intentloop`).

    Example: `INTENTLOOP_API_PORT=8001 intentloop up`
    """
    from rich.console import Console

    from serving.local.up import run_up

    run_up(read_settings(), console=Console(stderr=False), follow_parent=follow_parent)


def serve() -> None:
    """Run only the chat API, with the database and the MLflow server from the settings.

    Example: `INTENTLOOP_MONGO_URI=mongodb://db/ MLFLOW_TRACKING_URI=http://mlflow:5000 intentloop serve`
    """
    from serving.api.app import create_app
    from serving.api.server import run_server
    from serving.logs import configure_logging
    from serving.processes.child import check_port

    settings = read_settings()
    configure_logging()
    check_port(settings.host, settings.api_port, label="the chat API", variable="INTENTLOOP_API_PORT")
    run_server(create_app(settings), host=settings.host, port=settings.api_port)


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

    if trainings:
        from serving.jobs.worker import run_training_worker
        from serving.logs import configure_logging

        configure_logging()
        asyncio.run(run_training_worker(read_settings()))
        return
    from serving.channels.worker import run_worker
    from serving.logs import configure_logging

    configure_logging()
    asyncio.run(run_worker(read_settings()))


def doctor() -> None:
    """Check Python, folders, ports, database, MLflow, release and LLM, and say how to fix each.

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
