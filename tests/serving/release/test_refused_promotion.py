"""An alias on a version that must not answer is a problem that everybody who looks is told, in words."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from pipelines.registry.client import Registry, model_name
from pipelines.settings import Settings
from serving.local.doctor import check_release
from serving.release.cache import ReleaseCache
from serving.release.provider import ReleaseProvider
from tests.support.command_line import intentloop
from tests.support.mlflow_server import copy_version, register_for
from tests.support.providers import MakeProvider, until
from tests.support.registry import ScriptedRegistry
from tests.support.servers import free_port

FOREIGN = "it is a release of bot 'x{bot}' that was copied to the model of bot '{bot}'"
Refused = Callable[[str, Path, str], str]


def _failed(uri: str, release: Path, bot: str) -> str:
    return register_for(uri, release, bot=bot, passed=False, reasons=("too bad",))


def _copied(uri: str, release: Path, bot: str) -> str:
    origin = register_for(uri, release, bot=f"x{bot}")
    return copy_version(uri, (model_name(f"x{bot}"), origin), name=model_name(bot))


def _tampered(uri: str, release: Path, bot: str) -> str:
    version = register_for(uri, release, bot=bot)
    Registry(uri).set_tag(Registry(uri).find_version(bot, version), "verdict", "0" * 64)
    return version


@pytest.mark.integration
@pytest.mark.parametrize(
    ("refused", "reason"),
    [(_failed, "it has not passed the gate"), (_copied, FOREIGN), (_tampered, "the hash of verdict.json is not")],
)
async def test_alias_on_a_refused_version_is_shown_by_serving_doctor_and_releases(
    mlflow_uri: str, release_folders: tuple[Path, Path], new_name: str, tmp_path: Path, refused: Refused, reason: str
) -> None:
    registry, reason = Registry(mlflow_uri), reason.format(bot=new_name)
    good = register_for(mlflow_uri, release_folders[0], bot=new_name)
    bad = refused(mlflow_uri, release_folders[1], new_name)
    settings = Settings(
        _env_file=None,  # type: ignore[call-arg]
        home=tmp_path,
        mlflow_tracking_uri=mlflow_uri,
        default_bot=new_name,
        mongo_uri=f"mongodb://127.0.0.1:{free_port()}",
    )
    registry.set_alias(new_name, "production", good)
    assert check_release(settings).verdict == "ok"
    provider = ReleaseProvider(
        lambda: registry,
        cache=ReleaseCache(tmp_path / "releases"),
        alias="production",
        poll_seconds=0.2,
        default_bot=new_name,
    )
    await provider.start()
    try:
        assert provider.status(new_name).problem is None
        registry.set_alias(new_name, "production", bad)
        await until(lambda: provider.status(new_name).problem is not None)
        assert provider.current(new_name).version == good
        problem = str(provider.status(new_name).problem)
        assert problem.startswith(f"the alias 'production' is on version {bad}, which must not answer: {reason}")
        assert f"; version {good} of bot {new_name!r} keeps answering; " in problem
        await until(lambda: "refused_reason" in registry.find_version(new_name, bad).tags)

        found = check_release(settings)
        assert (found.verdict, reason in found.finding, bool(found.remedy)) == ("problem", True, True)
        environment = {
            "MLFLOW_TRACKING_URI": mlflow_uri, "INTENTLOOP_MONGO_URI": str(settings.mongo_uri),
            "INTENTLOOP_HOME": str(tmp_path), "INTENTLOOP_MONGO_TIMEOUT_SECONDS": "0.3",
        }  # fmt: skip
        done = intentloop("releases", "--bot", new_name, "--json", **environment)
        shown = json.loads(done.stdout)
        assert shown["problem"].startswith(f"The alias production is on version {bad}, which must not answer: {reason}")
        assert shown["url"] == f"{mlflow_uri}/#/models/{model_name(new_name)}?workflowType=machine_learning"

        registry.set_alias(new_name, "production", good)
        await until(lambda: provider.status(new_name).problem is None)
    finally:
        await provider.stop()


async def test_alias_that_was_deleted_is_a_problem_while_a_release_answers(
    make: MakeProvider, registry: ScriptedRegistry, release_folders: tuple[Path, Path]
) -> None:
    registry.promote("default", "1", release_folders[0])
    provider = make()
    await provider.start()
    registry.remove_alias("default", "production")
    await until(lambda: provider.status("default").problem is not None)
    assert provider.current("default").version == "1"
    assert str(provider.status("default").problem).startswith(
        "nothing carries the alias 'production' any more; version 1"
    )
    registry.is_down = True
    await until(lambda: provider.status("default").problem is None)  # a silent registry says nothing about the alias
    assert provider.current("default").version == "1"
