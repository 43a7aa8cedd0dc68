"""The release commands: `intentloop promote`, `rollback` and `releases`."""

from typing import TYPE_CHECKING, Annotated

import typer

from serving.cli.arguments import BotOption, chosen_bot, chosen_version, read_settings, with_database
from serving.terminal import echo

if TYPE_CHECKING:
    from pipelines.schemas.training import TrainParams
    from serving.release.promoter import AliasMove

WhyOption = Annotated[str, typer.Option("--why", help="Reason, for the journal of promotions.")]


def promote(
    version: Annotated[
        str, typer.Argument(help="Version: a number, or a reference such as `models:/intentloop-default@candidate`.")
    ],
    alias: Annotated[
        str | None,
        typer.Option(help="Alias to set: `canary` or `shadow` to try it. Default: the one for production."),
    ] = None,
    why: WhyOption = "",
    bot: BotOption = None,
) -> None:
    """Put a version into production, or try it beside the one in production.

    Downloads and checks it exactly as the chat API does, and does not promote what the chat API would refuse.

    Example: `intentloop promote 7 --why "knows the new refund rules"`
    """
    from pipelines.registry.client import Registry
    from pipelines.registry.fetch import find_version
    from serving.release.promoter import Promoter

    settings = read_settings()
    reference = chosen_version(bot, version)
    registry = Registry(settings.resolved_tracking_uri)
    found = find_version(registry, reference, default_alias=settings.release_alias)
    moved = with_database(
        lambda database: Promoter.from_settings(settings, database, bot=reference.bot, registry=registry).promote(
            found, alias=alias, why=why
        )
    )
    _print_move(moved, bot=reference.bot)


def rollback(why: WhyOption = "", bot: BotOption = None) -> None:
    """Restore the version that answered before. A second rollback goes one further back.

    Also works without the database, from this machine's journal or from what MLflow knows.

    Example: `intentloop rollback --why "the new one asks too often"`
    """
    from pipelines.registry.client import Registry
    from serving.release.promoter import Promoter

    settings, name = read_settings(), chosen_bot(bot)
    registry = Registry(settings.resolved_tracking_uri)
    moved = with_database(
        lambda database: Promoter.from_settings(settings, database, bot=name, registry=registry).roll_back(why=why)
    )
    _print_move(moved, bot=name)


def releases(
    bot: BotOption = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Show a bot's versions: verdicts, aliases, what a shadow found, and the journal of promotions.

    Example: `intentloop releases`
    """
    from pipelines.registry.client import Registry
    from serving.cli.tables.releases import load_overview, print_releases, releases_as_json
    from serving.console import Console

    settings, name = read_settings(), chosen_bot(bot)
    registry = Registry(settings.resolved_tracking_uri)
    overview = with_database(lambda database: load_overview(registry, database, bot=name, alias=settings.release_alias))
    if as_json:
        echo(releases_as_json(overview))
    else:
        print_releases(overview, console=Console())


def promote_trained(params: "TrainParams", *, tracking_uri: str, version: str) -> None:
    """Promote a freshly trained version. Print a note if only this machine's journal recorded it."""
    import asyncio

    from pipelines.registry.client import Registry
    from serving.release import promoter

    registry = Registry(tracking_uri)
    found = registry.find_version(params.bot, version)
    moved = asyncio.run(
        promoter.promote_trained(params, read_settings(), registry=registry, version=found, command="train --promote")
    )
    if moved.note is not None:
        echo(f"note: the database did not answer; the promotion is recorded in {moved.note} instead", err=True)


def _print_move(moved: "AliasMove", *, bot: str) -> None:
    for line in moved.describe(bot=bot, poll_seconds=read_settings().release_poll_seconds):
        echo(line)
