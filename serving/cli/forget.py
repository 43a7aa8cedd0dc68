"""`intentloop forget`: erase a person, and name everything that was trained on their texts."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated

import typer

from serving.cli.arguments import BotOption, chosen_bot, read_settings
from serving.terminal import echo

if TYPE_CHECKING:
    from serving.forget.run import ErasureRequest, Outcome

_PACKAGES = ("mlflow", "pandas", "pyarrow")
_SHOWN = 20


def forget(
    thread: Annotated[str | None, typer.Option("--thread", help="Thread id, as its channel set it.")] = None,
    user: Annotated[
        str | None, typer.Option("--user", help="A sender's id: their threads on every channel of the bot.")
    ] = None,
    bot: BotOption = None,
    purge: Annotated[
        bool | None,
        typer.Option(
            "--purge/--no-purge", help="Also remove their texts from snapshots, runs and drafts, or leave them there."
        ),
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only show what would be done.")] = False,
    retire: Annotated[
        bool, typer.Option("--retire", help="Delete the versions that earlier runs named, except those with an alias.")
    ] = False,
) -> None:
    """Delete a person's data: what they wrote, what was remembered, and what was learnt from it.

    Names every snapshot, run and version that held one of their texts. Deleted data cannot be restored.

    Example: `intentloop forget --user 2614735 --dry-run`
    """
    from serving.local.home import require_packages

    if sum((thread is not None, user is not None, retire)) != 1:
        raise typer.BadParameter("give one of --thread, --user and --retire")
    if not retire and not (thread or user or "").strip():
        raise typer.BadParameter("the id is empty; is a shell variable unset?")
    require_packages(_PACKAGES, extra="train", purpose="searching the training data")
    if retire:
        _retire(bot, dry_run=dry_run)
        return
    import asyncio

    from serving.forget.run import Erasure, ErasureRequest
    from serving.progress import share_reporter

    settings = read_settings()
    request = ErasureRequest(chosen_bot(bot), thread=thread, user=user, purge=purge, dry_run=dry_run)
    with _naming_files(), share_reporter("Forgetting") as progress:
        outcome = asyncio.run(Erasure(request, settings, progress).run())
    for line in describe(outcome, request):
        echo(line)
    if not outcome.is_done and not dry_run:
        raise typer.Exit(1)


@contextmanager
def _naming_files() -> Iterator[None]:
    """Report in one sentence which file on this machine could not be read or changed."""
    from pipelines.errors import SetupProblem

    try:
        yield
    except OSError as error:
        reason = f"{error.filename}: {error.strerror}" if error.filename else str(error)
        raise SetupProblem(
            f"a file cannot be read or changed ({reason}); fix that and run the same command again"
        ) from error


def describe(outcome: "Outcome", request: "ErasureRequest") -> list[str]:
    """Describe the outcome in sentences that never quote the person."""
    traces, lineage = outcome.traces, outcome.lineage
    found = ", ".join(f"{count} in {name}" for name, count in traces.counts.items()) or "nothing"
    verb = "deleted" if outcome.is_done else "to be deleted"
    lines = [f"{len(traces.thread_ids)} thread(s) of bot {request.bot!r}; {verb}: {found}"]
    if lineage.n_spared:
        lines.append(
            f"{lineage.n_spared} of their texts are kept: they were examples before, or other people wrote them too"
        )
    changed = [occurrence for occurrence in lineage.occurrences if not outcome.is_done or occurrence.kind != "version"]
    places: list[tuple[str, str]] = [(occurrence.kind, occurrence.name) for occurrence in changed]
    places += [("draft", str(place)) for place in outcome.drafts]
    if places:
        state = "are in" if not outcome.is_done else "were removed from" if request.purge else "stay in"
        lines.append(f"their texts {state}:")
        lines += [f"  {kind:<9} {name}" for kind, name in places[:_SHOWN]]
        lines += [f"  ... and {len(places) - _SHOWN} more"] if len(places) > _SHOWN else []
    for occurrence in lineage.of("file"):
        if occurrence.purge is None:
            lines.append(f"{occurrence.name} does not belong to the platform: delete it yourself")
    lines += _plan(outcome, request)
    if outcome.n_masked:
        lines.append(f"{outcome.n_masked} log file(s) named them and were masked")
    if outcome.other_bots:
        lines.append(f"they also wrote to {', '.join(outcome.other_bots)}: run this with --bot for each")
    return lines


def _plan(outcome: "Outcome", request: "ErasureRequest") -> list[str]:
    """Describe the next steps."""
    if not outcome.is_done:
        if request.dry_run:
            return ["nothing was changed"]
        return [
            "nothing was deleted: once the conversation is gone, their texts can no longer be found in these places; "
            "add --purge to remove them there too, or --no-purge to leave them forever"
        ]
    versions = [occurrence.name for occurrence in outcome.lineage.of("version")]
    if not versions:
        return []
    return [
        f"version {'; '.join(versions)}: to be retired, since a model cannot unlearn. The data has changed, so "
        "retraining makes a new version:",
        f"  intentloop retrain --promote --bot {request.bot}",
        f"  intentloop forget --retire --bot {request.bot}",
    ]


def _retire(bot: str | None, *, dry_run: bool) -> None:
    from pipelines.forget.retire import retire_versions

    settings, name = read_settings(), chosen_bot(bot)
    home, uri = settings.home.resolve(), settings.resolved_tracking_uri
    with _naming_files():
        retired = retire_versions(name, home=home, tracking_uri=uri, dry_run=dry_run)
    verb = "would be" if dry_run else "is"
    for version in retired.deleted:
        echo(f"version {version} {verb} deleted")
    for version, why in retired.in_use:
        echo(f"version {version} is kept for now: it {why}")
    if not retired.deleted and not retired.in_use:
        echo("no version needs to be deleted")
