"""A release answers for the bot it was trained for, whatever model it is registered under."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from mlflow import MlflowClient

from pipelines.errors import ForeignRelease, ReleaseRefused
from pipelines.registry.client import Registry, model_name
from pipelines.registry.fetch import (
    downloaded,
    fetch_judged,
    fetch_release,
    load_answering,
    load_newest_passed,
    open_release,
)
from pipelines.registry.release import BOT_FILE, MANIFEST_FILE, load_release
from pipelines.registry.verdict import VERDICT_FILE, load_judged
from tests.support.mlflow_server import copy_version, register_for
from tests.support.releases import made_for
from tests.support.verdicts import write_judged


def test_load_release_compares_the_bot_where_one_is_given(tiny_release_folder: Path) -> None:
    for bot in ("default", None):
        assert load_release(tiny_release_folder, version="1", bot=bot).definition.name == "default"
    with pytest.raises(ForeignRelease) as caught:
        load_release(tiny_release_folder, version="4", bot="shop")
    assert str(caught.value) == (
        "version 4 of 'shop' is refused: it is a release of bot 'default' that was copied to the model of bot 'shop', "
        "where it would answer with the texts and tools of 'default'; promote a version that was trained for bot 'shop'"
    )


def test_load_release_without_a_bot_in_its_manifest_goes_by_its_definition(
    tiny_release_folder: Path, tmp_path: Path
) -> None:
    release = made_for("", tiny_release_folder, tmp_path / "release")
    manifest = json.loads((release / MANIFEST_FILE).read_bytes())
    shutil.copy(tiny_release_folder / BOT_FILE, release)
    original = json.loads((tiny_release_folder / MANIFEST_FILE).read_bytes())
    manifest |= {"bot_hash": original["bot_hash"], "sha256_by_file": original["sha256_by_file"]}
    del manifest["bot"]
    (release / MANIFEST_FILE).write_text(json.dumps(manifest), encoding="utf-8")
    assert load_release(release, version="1", bot="default").manifest.bot == ""
    with pytest.raises(ForeignRelease, match="it is a release of bot 'default'"):
        load_release(release, version="1", bot="shop")
    tags = write_judged(release, tmp_path)
    verdict = json.loads((tmp_path / VERDICT_FILE).read_bytes())
    assert verdict["bot"] == ""
    assert load_judged(release, bot="default", version="1", tags=tags, key=None).release.definition.name == "default"
    with pytest.raises(ForeignRelease):
        load_judged(release, bot="shop", version="1", tags=tags, key=None)


def test_load_release_refuses_a_definition_of_another_bot_even_if_its_hash_fits(
    tiny_release_folder: Path, tmp_path: Path
) -> None:
    release = made_for("shop", tiny_release_folder, tmp_path / "release")
    file = release / MANIFEST_FILE
    file.write_text(json.dumps(json.loads(file.read_bytes()) | {"bot": "default"}), encoding="utf-8")
    for bot in ("default", None):
        with pytest.raises(ReleaseRefused, match=r"its manifest.json is of bot 'default', its bot.json of bot 'shop'"):
            load_release(release, version="1", bot=bot)


@pytest.mark.parametrize(("verdict_bot", "release_bot"), [("shop", "default"), ("default", "shop"), ("other", "shop")])
def test_load_judged_refuses_the_verdict_of_one_bot_beside_the_release_of_another(
    tiny_release_folder: Path, tmp_path: Path, verdict_bot: str, release_bot: str
) -> None:
    release = made_for(release_bot, tiny_release_folder, tmp_path / "release")
    tags = write_judged(release, tmp_path, bot=verdict_bot)
    for must_pass in (True, False):
        with pytest.raises(ForeignRelease):
            load_judged(release, bot="shop", version="1", tags=tags, key=None, must_pass=must_pass)


def _copied(uri: str, release: Path, bot: str) -> str:
    """Copy a version of another bot to a bot's model, as MLflow's button does."""
    origin = f"{bot}-origin"
    version = register_for(uri, release, bot=origin)
    return copy_version(uri, (model_name(origin), version), name=model_name(bot))


def _renamed(uri: str, release: Path, bot: str) -> str:
    """Rename the model of another bot."""
    version = register_for(uri, release, bot=f"{bot}-origin")
    MlflowClient(uri).rename_registered_model(model_name(f"{bot}-origin"), model_name(bot))
    return version


def _copied_and_tagged(uri: str, release: Path, bot: str) -> str:
    """Copy one that failed, and edit the tags until they say that it passed."""
    origin = f"{bot}-origin"
    version = register_for(uri, release, bot=origin, passed=False, reasons=("too bad",))
    copied = copy_version(uri, (model_name(origin), version), name=model_name(bot))
    for tag, value in (("gate", "passed"), ("bot", bot), ("stage", "Production")):
        MlflowClient(uri).set_model_version_tag(model_name(bot), copied, tag, value)
    return copied


@pytest.mark.integration
@pytest.mark.parametrize("arrange", [_copied, _renamed, _copied_and_tagged])
def test_version_of_another_bot_is_refused_by_whoever_loads_it(
    mlflow_uri: str, release_folders: tuple[Path, Path], new_name: str, arrange: Any
) -> None:
    registry = Registry(mlflow_uri)
    number = arrange(mlflow_uri, release_folders[0], new_name)
    registry.set_alias(new_name, "production", number)
    version = registry.find_version(new_name, number)
    says = f"it is a release of bot '{new_name}-origin' that was copied to the model of bot '{new_name}'"
    with pytest.raises(ForeignRelease, match=says):
        fetch_judged(registry, version, bot=new_name, verdict_key=None)
    with pytest.raises(ForeignRelease, match=says):
        fetch_judged(registry, version, bot=new_name, verdict_key=None, must_pass=False)
    with pytest.raises(ForeignRelease, match=says):
        fetch_release(registry, version, bot=new_name)
    with pytest.raises(ForeignRelease, match=says), downloaded(registry, version, bot=new_name):
        raise AssertionError("nobody gets the files of another bot")
    for name in (number, "@production", f"models:/{model_name(new_name)}/{number}", "newest"):
        with pytest.raises(ForeignRelease, match=says):
            open_release(name, bot=new_name, tracking_uri=mlflow_uri)
    release, check = load_answering(registry, new_name, alias="production")
    assert release is None
    assert says in check.notes[0]
    assert check.notes[0].endswith("; compared with none")

    own = register_for(mlflow_uri, release_folders[1], bot=new_name)
    registry.set_tag(registry.find_version(new_name, own), "stage", "Production")
    assert load_newest_passed(registry, new_name).version == own
    release, check = load_answering(registry, new_name, alias="production")
    assert release is not None
    assert release.version == own
    assert check.notes[0].endswith(f"compared with version {own}, which was promoted before it")


@pytest.mark.integration
def test_version_that_comes_back_through_another_model_is_still_the_bots_own(
    mlflow_uri: str, release_folders: tuple[Path, Path], new_name: str
) -> None:
    registry, archive = Registry(mlflow_uri), f"archive-{new_name}"
    version = register_for(mlflow_uri, release_folders[0], bot=new_name)
    away = copy_version(mlflow_uri, (model_name(new_name), version), name=archive)
    back = copy_version(mlflow_uri, (archive, away), name=model_name(new_name))
    found = registry.find_version(new_name, back)
    assert fetch_judged(registry, found, bot=new_name, verdict_key=None).release.version == back
