"""Shared by the commands: settings, choice of bot and release, database access, reading bot files."""

import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer

if TYPE_CHECKING:
    from pipelines.registry.reference import Reference
    from pipelines.registry.release import Release
    from pipelines.settings import Settings
    from serving.store.client import Database

Result = TypeVar("Result")

_PATIENCE_SECONDS = 600.0

BotOption = Annotated[str | None, typer.Option("--bot", help="Bot. Default: INTENTLOOP_DEFAULT_BOT.")]
EncoderOption = Annotated[
    str, typer.Option(help="Sentence encoder: `auto`, `none`, or a folder that holds one in ONNX format.")
]


def read_settings(*, recorded: bool = True) -> "Settings":
    """Read the settings; those that the platform of the home folder runs with count as well if `recorded`.

    `SetupProblem` names a variable whose value is invalid.
    """
    from pydantic import ValidationError

    from pipelines.errors import SetupProblem
    from pipelines.home import find_home, get_settings, own_settings
    from pipelines.settings import ENV_PREFIX

    try:
        return get_settings() if recorded else own_settings(find_home())
    except ValidationError as error:
        faults = []
        for fault in error.errors(include_url=False):
            name = str(fault["loc"][0]) if fault["loc"] else "settings"
            variable = name if name.isupper() else f"{ENV_PREFIX}{name.upper()}"
            faults.append(f"{variable}: {fault['msg']}")
        raise SetupProblem(f"invalid setting: {'; '.join(faults)}") from error
    except ValueError as error:
        raise SetupProblem(f"a setting cannot be read: {error}") from error


def chosen_bot(name: str | None) -> str:
    """Return the bot to work on, by default the default bot, after checking its name."""
    from pipelines.settings import BOT_NAME_RULE, is_bot_name

    chosen = name or read_settings().default_bot
    if not is_bot_name(chosen):
        raise typer.BadParameter(BOT_NAME_RULE, param_hint="--bot")
    return chosen


def chosen_version(bot: str | None, version: str | None) -> "Reference":
    """Return the version that a command names, of the bot that `--bot` or the reference names.

    Without either it is the default bot's, and without a version the promoted one. `UserInputError` if the two name
    different bots.
    """
    from pipelines.errors import UserInputError
    from pipelines.registry.reference import Reference, parse_reference

    chosen = chosen_bot(bot)
    if version is None:
        return Reference(chosen)
    reference = parse_reference(version, bot=chosen)
    if bot is not None and reference.bot != bot:
        raise UserInputError(
            f"{version} is a version of bot {reference.bot!r}, and --bot says {bot!r}; leave out --bot, or name a "
            f"version of bot {bot!r}"
        )
    return reference


def release_of(bot: str | None, *, version: str | None, folder: Path | None) -> "Release":
    """Load the release that a command names: a version, by default the promoted one, or a release folder.

    A version is a number or a reference such as `models:/intentloop-default@production`.
    """
    from pipelines.registry.client import Registry
    from pipelines.registry.fetch import fetch_release, find_version
    from pipelines.registry.release import load_release

    if folder is not None:
        if version is not None:
            raise typer.BadParameter("give either a version or a release folder, not both")
        return load_release(folder, version=folder.name)
    settings = read_settings()
    reference = chosen_version(bot, version)
    registry = Registry(settings.resolved_tracking_uri)
    found = find_version(registry, reference, default_alias=settings.release_alias)
    return fetch_release(registry, found, bot=reference.bot)


def refuse_unsuitable_database(settings: "Settings") -> None:
    """Raise if this program cannot work with the database. One that does not answer may yet come."""
    with_database(_refuse_unsuitable, settings=settings, in_any_state=True)


async def _refuse_unsuitable(database: "Database") -> None:
    from pipelines.errors import StoreBeingRestored, StoreTooNew, StoreUnavailable
    from serving.store.versions import read_version

    try:
        await read_version(database)
    except (StoreTooNew, StoreBeingRestored):
        raise
    except StoreUnavailable:  # what is done next says so, after it has looked at files
        return


def with_database(
    work: "Callable[[Database], Awaitable[Result]]",
    *,
    settings: "Settings | None" = None,
    timeout_seconds: float | None = None,
    in_any_state: bool = False,
) -> Result:
    """Run `work` on the database from the settings, by default those of `read_settings`; then close the connection.

    It is refused if a newer program has changed it or it is being restored, unless `in_any_state`. `timeout_seconds` is
    the longest wait for one call, by default the setting.
    """
    import asyncio

    from serving.store.client import Database

    chosen = read_settings() if settings is None else settings

    async def run() -> Result:
        database = Database.from_settings(chosen, timeout_seconds=timeout_seconds)
        try:
            if not in_any_state:
                await _refuse_unsuitable(database)
            return await work(database)
        finally:
            database.close()

    return asyncio.run(run())


def patiently(work: "Callable[[Database], Awaitable[Result]]", *, in_any_state: bool = False) -> Result:
    """Run `work` on the database with time for scans of whole collections."""
    # a database that is not there is said at once
    with_database(lambda usual: usual.ping(), in_any_state=in_any_state)
    return with_database(work, timeout_seconds=_PATIENCE_SECONDS, in_any_state=in_any_state)


def read_bot_file(file: Path) -> object:
    """Read a bot file's JSON, or standard input for `-`. `DataRejected` names what it is instead, or its fault."""
    from pipelines.botfile.read import parse_content

    return parse_content(read_data(file), source=str(file))


def read_data(file: Path) -> bytes:
    """Read a file, or standard input for `-`; `DataRejected` says why it cannot be read."""
    from pipelines.botfile.read import read_bytes

    return sys.stdin.buffer.read() if str(file) == "-" else read_bytes(file)
