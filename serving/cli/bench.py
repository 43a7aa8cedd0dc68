"""The benchmark commands: `intentloop bench nlu` and `bench chat`."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from serving.cli.arguments import BotOption, EncoderOption, chosen_bot, read_settings
from serving.terminal import echo

bench_app = typer.Typer(no_args_is_help=True, help="Measure how good and how fast the platform is.")


@bench_app.command("nlu")
def bench_nlu(
    data: Annotated[Path, typer.Option(help="Folder with train.jsonl and test.jsonl.", exists=True, file_okay=False)],
    out: Annotated[Path | None, typer.Option(help="Write one JSON row per test item to this file.")] = None,
    shots: Annotated[int | None, typer.Option(help="Train on this many examples per intent.", min=1)] = None,
    seed: Annotated[int, typer.Option(help="Random seed of the draw and the training.", min=0)] = 0,
    encoder: EncoderOption = "auto",
) -> None:
    """Train on a folder's train.jsonl, measure on its test.jsonl.

    Example: `intentloop bench nlu --data my_data --out predictions.jsonl`
    """
    from serving.local.home import TRAINING_PACKAGES, require_packages
    from serving.progress import share_reporter

    require_packages(TRAINING_PACKAGES, extra="train", purpose="the benchmark")
    from pipelines.steps.evaluation import bench

    cache = read_settings().home / "encoders"
    with share_reporter("Benchmark") as report:
        result = bench.bench_nlu(data, cache=cache, encoder_choice=encoder, shots=shots, seed=seed, progress=report)
    for subject, figure in bench.describe(result):
        echo(f"{subject:<40} {figure}")
    if out is not None:
        bench.write_predictions(result.evaluation, out)


@bench_app.command("chat")
def bench_chat(
    url: Annotated[
        str | None, typer.Option(help="Address of a running chat API to measure; its database receives the messages.")
    ] = None,
    bot: BotOption = None,
    clients: Annotated[int, typer.Option(help="Number of customers who write at the same time.", min=1, max=1000)] = 16,
    seconds: Annotated[float, typer.Option(help="How long to measure.", min=1)] = 20.0,
    rate: Annotated[
        float | None, typer.Option(help="Messages per second to send, answered or not, instead of --clients.", min=0.1)
    ] = None,
    texts: Annotated[
        Path | None, typer.Option(help="JSONL of utterances to send. Default: the bot's drafts.", exists=True)
    ] = None,
    tools: Annotated[bool, typer.Option(help="Also send messages that make the bot call a tool.")] = True,
    threads_stored: Annotated[int, typer.Option(help="Store this many threads beforehand.", min=0)] = 0,
    long_thread: Annotated[int, typer.Option(help="Write to threads that have this many turns.", min=0)] = 0,
    beside: Annotated[
        Literal["training", "import"] | None,
        typer.Option(
            "--while", help="Compare the latency with and without this running beside it; `--clients` is not used."
        ),
    ] = None,
    out: Annotated[Path | None, typer.Option(help="Write all figures to this JSON file.")] = None,
    seed: Annotated[int, typer.Option(help="Random seed of texts and times.", min=0)] = 0,
) -> None:
    """Measure answers per second, latency, and CPU time per answer.

    Starts its own chat API on its own database (`..._bench`, deleted afterwards) beside the running platform.

    Example: `intentloop bench chat --clients 16 --seconds 20`
    """
    from serving.local.home import require_packages

    require_packages(["psutil"], extra="local", purpose="the benchmark")
    from serving.bench.chat import ChatBench
    from serving.cli.bench_chat import run_bench_chat

    bench = ChatBench(
        bot=chosen_bot(bot),
        url=url,
        clients=clients,
        rate=rate,
        seconds=seconds,
        texts_file=texts,
        with_tools=tools,
        threads_stored=threads_stored,
        long_thread=long_thread,
        seed=seed,
    )
    run_bench_chat(bench, beside=beside, out=out)
