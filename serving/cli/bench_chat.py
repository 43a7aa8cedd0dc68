"""Run `intentloop bench chat`."""

import dataclasses
from pathlib import Path

from pipelines.errors import SetupProblem
from serving.bench.beside import Beside, bench_beside
from serving.bench.chat import ChatBench, bench_chat
from serving.bench.figures import BesideFigures, ChatFigures, describe, describe_beside
from serving.cli.arguments import read_settings
from serving.local.home import prepare_home
from serving.local.programs import local_settings
from serving.progress import share_reporter
from serving.terminal import echo

_RATE_BESIDE = 20.0


def run_bench_chat(bench: ChatBench, *, beside: Beside | None, out: Path | None) -> None:
    """Measure, print the figures, and write them to `out` as JSON.

    Raises
    ------
    SetupProblem
        A required service is not running, or the file cannot be written.
    """
    settings = read_settings()
    settings = local_settings(settings, prepare_home(settings.home))
    figures: ChatFigures | BesideFigures
    with share_reporter("Benchmark") as report:
        if beside is None:
            figures = bench_chat(settings, bench, progress=report)
            lines = describe(figures)
        else:
            steady = dataclasses.replace(bench, rate=bench.rate or _RATE_BESIDE)
            figures = bench_beside(settings, steady, beside, progress=report)
            lines = describe_beside(figures)
    for subject, figure in lines:
        echo(f"{subject:<36} {figure}")
    if out is not None:
        try:
            out.write_text(figures.model_dump_json(indent=2) + "\n", encoding="utf-8")
        except OSError as error:
            raise SetupProblem(f"cannot write {out} ({error.strerror}); choose another place") from error
