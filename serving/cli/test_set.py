"""`intentloop test-set`: the labelled utterances that every version of a bot is judged on and none learns from."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from serving.cli.arguments import BotOption, chosen_bot, with_database
from serving.clock import utc_now
from serving.terminal import echo

if TYPE_CHECKING:
    from pipelines.schemas.examples import Example
    from pipelines.schemas.test_sets import FixedTestSet, TestSetVersion
    from serving.store.client import Database

test_set_app = typer.Typer(
    no_args_is_help=True, help="A bot's fixed test set: every version is judged on it, and none learns from it."
)
NumberOption = Annotated[int | None, typer.Option("--number", help="Version. Default: the newest one.", min=1)]


@test_set_app.command("import")
def import_(
    file: Annotated[
        Path, typer.Argument(help="JSONL, CSV or TSV of labelled utterances.", exists=True, dir_okay=False)
    ],
    bot: BotOption = None,
) -> None:
    """Make the rows of a file the newest version of the bot's test set; former versions stay readable.

    A row has `text` and `intent` (`__oos__`: none), in JSONL perhaps `entities` with `start`, `end`, `type` and
    `value`. From the next training on, every version is judged on them. Examples that nearly equal one are no longer
    learnt from.

    Example: `intentloop test-set import my_test.jsonl`
    """
    from pipelines.botfile.test_rows import known_rows, read_row_file
    from pipelines.errors import DataRejected

    name, rows = chosen_bot(bot), read_row_file(file)
    if not rows:
        problem = "it has no row; write at least one, or end the use of a test set with `intentloop test-set clear`"
        raise DataRejected(str(file), [problem])

    async def add(database: "Database") -> "tuple[TestSetVersion, bool, list[str]]":
        from serving.store.drafts.bots import export_bot
        from serving.store.drafts.test_sets import TestSets

        drafts = await export_bot(database, bot=name)
        intents = [str(each.get("intentId") or each.get("intent_id")) for each in drafts["intents"]]
        _, notes = known_rows(rows, intents=intents, source=str(file))
        return *await TestSets(database).add(name, rows, now=utc_now()), notes

    version, is_new, notes = with_database(add)
    for note in notes:
        echo(f"note: {note}", err=True)
    state = "is new" if is_new else "has these rows already; nothing changed"
    echo(f"{version.name} of bot {name!r} {state}: {version.n_rows:,} rows, SHA-256 {version.sha256[:16]}")


@test_set_app.command("list")
def list_(bot: BotOption = None) -> None:
    """List the versions of the bot's test set, the newest first. The newest one counts.

    Example: `intentloop test-set list`
    """
    name = chosen_bot(bot)

    async def read(database: "Database") -> "list[TestSetVersion]":
        from serving.store.drafts.test_sets import TestSets

        return await TestSets(database).versions(name)

    versions = with_database(read)
    if not versions:
        echo(f"bot {name!r} has no test set; add one with `intentloop test-set import FILE`")
    for place, version in enumerate(versions):
        moment = f"{version.created_at:%Y-%m-%d %H:%M}" if version.created_at else "unknown"
        state = "" if place else "counts" if version.n_rows else "none counts"
        echo(f"{version.number:>4}  {version.n_rows:>7,} rows  {moment}  {version.sha256[:16]}  {state}".rstrip())


@test_set_app.command("export")
def export(
    file: Annotated[Path, typer.Argument(help="Where to write; `-` prints it.", allow_dash=True)] = Path("-"),
    bot: BotOption = None,
    number: NumberOption = None,
) -> None:
    """Write a version of the bot's test set as JSONL, as `evaluate` and `test-set import` read it.

    Example: `intentloop test-set export my_test.jsonl`
    """
    from pipelines.errors import SetupProblem
    from pipelines.files import write_whole

    name = chosen_bot(bot)
    found = with_database(lambda database: _read(database, name, number))
    text = "".join(f"{_to_line(row)}\n" for row in found.rows)
    if str(file) == "-":
        echo(text, nl=False)
        return
    try:
        write_whole(file, text.encode())
    except OSError as error:
        raise SetupProblem(f"cannot write {file} ({error.strerror}); choose another place") from error
    echo(f"{len(found.rows):,} rows of {found.version.name} written to {file}")


@test_set_app.command("clear")
def clear(bot: BotOption = None) -> None:
    """End the use of the bot's test set; its versions stay readable.

    Example: `intentloop test-set clear`
    """
    name = chosen_bot(bot)

    async def end(database: "Database") -> bool:
        from serving.store.drafts.test_sets import TestSets

        store = TestSets(database)
        if await store.newest(name) is None:
            return False
        await store.add(name, [], now=utc_now())
        return True

    done = with_database(end)
    echo(f"bot {name!r} has no test set" + (" from now on" if done else "; nothing changed"))


async def _read(database: "Database", bot: str, number: int | None) -> "FixedTestSet":
    from pipelines.errors import DataRejected, NotFound
    from serving.store.drafts.test_sets import TestSets

    store = TestSets(database)
    versions = await store.versions(bot)
    wanted = next((each for each in versions if number is None or each.number == number), None)
    if wanted is None or (number is None and not wanted.n_rows):
        hint = f"`intentloop test-set list --bot {bot}` lists those of the bot"
        raise NotFound("test set", str(number or "newest"), hint=hint)
    found = await store.rows(wanted)
    if found is None:
        raise DataRejected(f"{wanted.name} of bot {bot!r}", ["rows of it are missing or were changed; import it again"])
    return found


def _to_line(row: "Example") -> str:
    spans = [span.model_dump(exclude_none=True) for span in row.entities]
    channel = {"channel": row.channel} if row.channel else {}
    return json.dumps(
        {"id": row.id, "text": row.text, "intent": row.intent, "entities": spans, **channel}, ensure_ascii=False
    )
