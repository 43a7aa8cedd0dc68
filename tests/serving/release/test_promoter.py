"""Promotion and rollback by command, on a real MLflow server and a real database."""

import asyncio
import json
from pathlib import Path

import pytest
from mlflow import MlflowClient

from pipelines.errors import ReleaseRefused, UserInputError
from pipelines.registry.client import Registry, model_name
from pipelines.schemas.training import TrainParams
from pipelines.settings import Settings
from serving.release.cache import ReleaseCache
from serving.release.promoter import Promoter, promote_trained
from serving.store.client import Database
from serving.store.releases.promotions import Promotions
from tests.support.command_line import intentloop
from tests.support.mlflow_server import copy_version, register_for
from tests.support.servers import free_port

pytestmark = [pytest.mark.integration, pytest.mark.parametrize("mongo_uri", ["nx-27017"], indirect=True)]


@pytest.fixture
def versions(mlflow_uri: str, release_folders: tuple[Path, Path], new_name: str) -> list[str]:
    """Give the bot three good versions and one that nobody judged."""
    good, better = release_folders
    folders = (good, better, good, good)
    return [
        register_for(mlflow_uri, folder, bot=new_name, is_judged=number < 3) for number, folder in enumerate(folders)
    ]


@pytest.fixture
def registry(mlflow_uri: str) -> Registry:  # type: ignore[override]
    return Registry(mlflow_uri)


def promoter_of(registry: Registry, database: Database, folder: Path, bot: str, key: str | None = None) -> Promoter:
    cache = ReleaseCache(folder / "releases")
    return Promoter(registry, Promotions(database), cache, bot=bot, alias="production", verdict_key=key)


async def test_promotion_withdraws_what_was_said_of_the_version_before_and_knows_a_copy(
    registry: Registry, versions: list[str], database: Database, new_name: str, tmp_path: Path, mlflow_uri: str
) -> None:
    promoter, name = promoter_of(registry, database, tmp_path, new_name), model_name(new_name)
    await promoter.promote(registry.find_version(new_name, versions[0]))
    registry.set_alias(new_name, "production", versions[3])
    registry.set_tag(registry.find_version(new_name, versions[3]), "refused_reason", "nobody judged it")
    copy = copy_version(mlflow_uri, (name, versions[0]), name=name)
    await promoter.promote(registry.find_version(new_name, versions[1]))
    assert "refused_reason" not in registry.find_version(new_name, versions[3]).tags
    tags = registry.find_version(new_name, copy).tags
    assert (tags["stage"], "promoted_at" in tags) == ("Staging", False)


async def test_promote_and_roll_back_again_and_again(
    registry: Registry, versions: list[str], database: Database, new_name: str, tmp_path: Path
) -> None:
    promoter, promotions = promoter_of(registry, database, tmp_path, new_name), Promotions(database)
    with pytest.raises(UserInputError, match="nothing was moved"):
        await promoter.roll_back()
    for version in versions[:3]:
        command = "train --promote" if version == versions[2] else "promote"
        moved = await promoter.promote(registry.find_version(new_name, version), why=f"try {version}", command=command)
        assert (moved.version, moved.note) == (version, None)
    again = await promoter.promote(registry.find_version(new_name, versions[2]), why="once more")
    assert again.describe(bot="shop", poll_seconds=5) == [
        f"version {versions[2]} of bot 'shop' answers already; nothing was moved"
    ]
    stages = [registry.find_version(new_name, version).tags["stage"] for version in versions[:3]]
    assert stages == ["Archived", "Archived", "Production"]
    for version in reversed(versions[:2]):
        moved = await promoter.roll_back(why="worse")
        assert moved.version == version
        assert registry.find(new_name, alias="production").version == version
    with pytest.raises(UserInputError, match="is known to have answered before version 1"):
        await promoter.roll_back()
    moves = [entry.move for entry in await promotions.recent(new_name)]
    assert [(move.kind, move.from_version, move.to_version) for move in moves] == [
        ("promotion", None, "1"), ("promotion", "1", "2"), ("promotion", "2", "3"),
        ("rollback", "3", "2"), ("rollback", "2", "1"),
    ]  # fmt: skip
    assert moves[1].by.startswith("intentloop promote by ")
    assert "@" in moves[1].by
    assert moves[2].by.startswith("intentloop train --promote by ")
    assert (moves[1].why, moves[4].why, len(moves[1].verdict or "")) == ("try 2", "worse", 64)


async def test_promotion_of_what_answers_is_recorded_if_the_journal_does_not_prove_it(
    registry: Registry, versions: list[str], database: Database, new_name: str, tmp_path: Path
) -> None:
    registry.set_alias(new_name, "production", versions[0])  # somebody in the MLflow UI
    promoter = promoter_of(registry, database, tmp_path, new_name)
    assert (await promoter.promote(registry.find_version(new_name, versions[0]))).is_made
    (entry,) = await Promotions(database).recent(new_name)
    assert (entry.move.to_version, len(entry.move.verdict or "")) == (versions[0], 64)


async def test_promote_refuses_what_serving_would_refuse(
    registry: Registry, versions: list[str], database: Database, new_name: str, tmp_path: Path
) -> None:
    promoter, promotions = promoter_of(registry, database, tmp_path, new_name), Promotions(database)
    unjudged = registry.find_version(new_name, versions[3])
    with pytest.raises(ReleaseRefused, match="no tag gate=passed"):
        await promoter.promote(unjudged)
    registry.set_tag(unjudged, "gate", "passed")
    with pytest.raises(ReleaseRefused, match=r"no verdict\.json"):
        await promoter.promote(registry.find_version(new_name, versions[3]))
    strict = promoter_of(registry, database, tmp_path, new_name, key="k" * 20)
    with pytest.raises(ReleaseRefused, match="not signed"):
        await strict.promote(registry.find_version(new_name, versions[0]))
    assert registry.aliases(new_name) == {}
    assert await promotions.recent(new_name) == []


async def test_roll_back_after_a_refused_version_got_the_alias_goes_to_what_answers(
    registry: Registry, versions: list[str], database: Database, new_name: str, tmp_path: Path
) -> None:
    promoter = promoter_of(registry, database, tmp_path, new_name)
    for version in versions[:2]:
        await promoter.promote(registry.find_version(new_name, version))
    registry.set_alias(new_name, "production", versions[3])  # somebody in the MLflow UI
    assert (await promoter.roll_back()).version == versions[1]


async def test_roll_back_passes_over_a_version_that_was_deleted(
    registry: Registry, versions: list[str], database: Database, new_name: str, tmp_path: Path, mlflow_uri: str
) -> None:
    promoter = promoter_of(registry, database, tmp_path, new_name)
    for version in versions[:3]:
        await promoter.promote(registry.find_version(new_name, version))
    MlflowClient(mlflow_uri).delete_model_version(model_name(new_name), versions[1])
    assert (await promoter.roll_back()).version == versions[0]


async def test_canary_and_shadow_are_set_beside_what_answers(
    registry: Registry, versions: list[str], database: Database, new_name: str, tmp_path: Path
) -> None:
    promoter, promotions = promoter_of(registry, database, tmp_path, new_name), Promotions(database)
    await promoter.promote(registry.find_version(new_name, versions[0]))
    registry.set_tag(registry.find_version(new_name, versions[1]), "canary_stopped", "it was worse")
    await promoter.promote(registry.find_version(new_name, versions[1]), alias="canary", why="again")
    await promoter.promote(registry.find_version(new_name, versions[2]), alias="shadow")
    assert registry.aliases(new_name) == {"production": "1", "canary": "2", "shadow": "3"}
    canary = registry.find_version(new_name, versions[1])
    assert "canary_stopped" not in canary.tags
    assert "stage" not in canary.tags
    moves = [entry.move for entry in await promotions.recent(new_name)]
    assert [(move.kind, move.to_version, move.why) for move in moves[1:]] == [
        ("trial", "2", "alias canary: again"), ("trial", "3", "alias shadow"),
    ]  # fmt: skip


async def test_without_a_database_moves_are_noted_here_and_rolled_back_from_here_or_from_the_registry(
    registry: Registry, versions: list[str], mongo_uri: str, new_name: str, tmp_path: Path
) -> None:
    database = Database(f"mongodb://127.0.0.1:{free_port()}", name="none", timeout_seconds=0.3)
    promoter = promoter_of(registry, database, tmp_path, new_name)
    for version in versions[:3]:
        moved = await promoter.promote(registry.find_version(new_name, version))
        assert moved.note is not None
        assert ReleaseCache(tmp_path / "releases").read_journal(new_name)[-1]["version"] == version
    assert (await promoter.roll_back()).version == versions[1]
    assert (await promoter.roll_back()).version == versions[0]
    elsewhere = promoter_of(registry, database, tmp_path / "elsewhere", new_name)
    registry.set_alias(new_name, "production", versions[2])
    assert (await elsewhere.roll_back()).version in versions[:2]
    database.close()


async def test_promote_trained_writes_down_what_the_training_was(
    registry: Registry, versions: list[str], database: Database, mongo_uri: str, new_name: str, tmp_path: Path
) -> None:
    settings = Settings(
        _env_file=None,  # type: ignore[call-arg]
        mongo_uri=mongo_uri,
        mongo_database="intentloop_test",
        home=tmp_path / "of the platform",
        release_alias="another",
    )
    params = TrainParams(bot=new_name, home=tmp_path / "of the training")
    registry.set_tag(registry.find_version(new_name, versions[0]), "accuracy", "0.9000")
    for version in versions[:2]:
        found = registry.find_version(new_name, version)
        moved = await promote_trained(params, settings, registry=registry, version=found, command="notebook")
        assert (moved.version, moved.note) == (version, None)
    assert registry.aliases(new_name) == {"production": versions[1]}
    stages = [registry.find_version(new_name, version).tags["stage"] for version in versions[:2]]
    assert stages == ["Archived", "Production"]
    moves = [entry.move for entry in await Promotions(database).recent(new_name)]
    assert [(move.kind, move.to_version) for move in moves] == [("promotion", versions[0]), ("promotion", versions[1])]
    assert moves[0].by.startswith("intentloop notebook by ")
    assert (
        moves[0].why == f"run {registry.find_version(new_name, versions[0]).run_id[:8]} passed the gate, accuracy 90.0%"
    )
    unjudged = registry.find_version(new_name, versions[3])
    with pytest.raises(ReleaseRefused, match="no tag gate=passed"):
        await promote_trained(params, settings, registry=registry, version=unjudged, command="notebook")

    alone = settings.model_copy(
        update={"mongo_uri": f"mongodb://127.0.0.1:{free_port()}", "mongo_timeout_seconds": 0.3}
    )
    found = registry.find_version(new_name, versions[0])
    moved = await promote_trained(params, alone, registry=registry, version=found, command="notebook")
    assert moved.note == str(params.home / "releases" / new_name / "journal.jsonl")
    assert moved.describe(bot=new_name, poll_seconds=10.0) == [
        f"version {versions[0]} of bot {new_name!r} carries the alias production, before it version {versions[1]}",
        "every server notices within about 13 seconds",
        f"the database did not answer; this is noted in {moved.note} instead",
    ]


async def test_commands_promote_show_and_roll_back(
    registry: Registry, versions: list[str], mongo_uri: str, mlflow_uri: str, new_name: str, tmp_path: Path
) -> None:
    environment = {
        "INTENTLOOP_MONGO_URI": mongo_uri, "INTENTLOOP_MONGO_DATABASE": "intentloop_test",
        "INTENTLOOP_HOME": str(tmp_path), "MLFLOW_TRACKING_URI": mlflow_uri, "INTENTLOOP_DEFAULT_BOT": new_name,
    }  # fmt: skip

    async def run(*arguments: str) -> tuple[int, str, str]:
        done = await asyncio.to_thread(intentloop, *arguments, **environment)
        return done.returncode, done.stdout, done.stderr

    code, out, err = await run("promote", versions[0])
    assert (code, err) == (0, "")
    assert f"version 1 of bot '{new_name}' carries the alias production" in out
    code, out, _ = await run("promote", f"models:/{model_name(new_name)}/{versions[1]}", "--why", "better")
    assert (code, "before it version 1" in out) == (0, True)
    code, _, err = await run("promote", versions[3])
    assert (code, err.startswith("intentloop: version 4 of ")) == (1, True)
    assert "no evaluation has found it fit" in err
    code, _, err = await run("promote", "seven")
    assert (code, "write a number such as 7" in err) == (1, True)
    code, out, _ = await run("rollback")
    assert (code, "version 1" in out) == (0, True)
    code, _, err = await run("rollback")
    assert (code, "nothing was moved" in err) == (1, True)
    code, out, err = await run("releases", "--json")
    shown = json.loads(out)
    assert [(row["version"], row["verdict"], row["aliases"]) for row in shown["versions"]] == [
        ("4", None, []), ("3", "passed", []), ("2", "passed", []), ("1", "passed", ["production"]),
    ]  # fmt: skip
    assert [entry["move"]["kind"] for entry in shown["moves"]] == ["promotion", "promotion", "rollback"]
    code, out, _ = await run("releases")
    assert code == 0
    assert "Last promotions" in out
    assert "better" in out
