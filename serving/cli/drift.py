"""`intentloop drift`: whether customers now write differently from the release's training data."""

from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import typer

from pipelines.errors import UserInputError
from serving.cli.arguments import BotOption, chosen_bot, read_settings
from serving.clock import parse_since, utc_now
from serving.terminal import echo

if TYPE_CHECKING:
    from pipelines.drift.drift import Drift

_PACKAGES = ("mlflow", "pandas", "pyarrow", "matplotlib", "sklearn")


def read_since(text: str, *, now: datetime) -> datetime:
    """Parse the option `--since`."""
    try:
        return parse_since(text, now=now)
    except UserInputError as error:
        raise typer.BadParameter(str(error), param_hint="--since") from error


def drift(
    bot: BotOption = None,
    since: Annotated[str, typer.Option(help="How far back: `7d`, `4w`, or a date.")] = "4w",
    retrain_above: Annotated[
        float | None, typer.Option(help="Retrain if an index is above this value and above chance.", min=0)
    ] = None,
) -> None:
    """Compare what customers write with what the current release was measured on, week by week.

    Logs a run to MLflow. A PSI below 0.1 means that nothing has changed, above 0.25 that a lot has; if there are too
    few messages to tell, it says so. Exit code 0 whatever is found.

    Example: `intentloop drift --since 7d --retrain-above 0.25`
    """
    from serving.local.home import require_packages
    from serving.progress import share_reporter

    require_packages(_PACKAGES, extra="train", purpose="measuring drift")
    from pipelines.drift.run import look_for_drift

    settings, name = read_settings(), chosen_bot(bot)
    begin = read_since(since, now=utc_now())
    with share_reporter("Drift") as progress:
        found, version = look_for_drift(name, settings, since=begin, progress=progress)
    if found is None:
        echo(f"version {version} of bot {name!r}: nothing to compare since {begin:%Y-%m-%d}")
        return
    echo(f"version {version} of bot {name!r}, since {begin:%Y-%m-%d}")
    for line in (*found.sentences(), *_weeks(found)):
        echo(line)
    if retrain_above is None:
        return
    if found.largest <= retrain_above:
        echo(f"not retraining: no index is above both {retrain_above:g} and chance")
        return
    from serving.cli.retrain import retrain

    echo(f"an index is above {retrain_above:g}: retraining, if labels or drafts have changed since")
    retrain(bot=name)


def _weeks(found: "Drift") -> list[str]:
    lines = [f"  {'week':<9} {'messages':>9} {'intents':>8} {'confidence':>11} {'new words':>10}  reading"]
    for row in found.weeks.to_dict("records"):
        lines.append(
            f"  {row['week']:<9} {row['messages']:>9,} {row['psi_intents']:>8.2f} {row['psi_confidence']:>11.2f} "
            f"{row['unknown_words']:>10.1%}  {row['reading']}"
        )
    return lines
