"""`intentloop evaluate`: measure a release on labelled utterances."""

from pathlib import Path
from typing import Annotated

import typer

from serving.cli.arguments import BotOption, release_of
from serving.terminal import echo


def evaluate(
    file: Annotated[Path, typer.Argument(help="JSONL of labelled utterances.", exists=True, dir_okay=False)],
    bot: BotOption = None,
    version: Annotated[
        str | None, typer.Option("--version", help="Version to measure. Default: the promoted one.")
    ] = None,
    release_folder: Annotated[
        Path | None, typer.Option(help="Release folder to measure instead.", exists=True, file_okay=False)
    ] = None,
    out: Annotated[Path | None, typer.Option(help="Write one JSON row per utterance to this file.")] = None,
) -> None:
    """Measure a release on labelled utterances: the same figures as `bench nlu`.

    Example: `intentloop evaluate data/sample/test.jsonl`
    """
    from pipelines.steps.evaluation import bench
    from serving.progress import share_reporter

    release = release_of(bot, version=version, folder=release_folder)
    with share_reporter("Evaluation") as report:
        evaluation = bench.evaluate_file(release, file, progress=report)
    echo(f"version {release.version} of {release.definition.name}, {len(evaluation.predictions):,} utterances")
    for subject, figure in bench.describe_evaluation(evaluation):
        echo(f"{subject:<40} {figure}")
    if out is not None:
        bench.write_predictions(evaluation, out)
