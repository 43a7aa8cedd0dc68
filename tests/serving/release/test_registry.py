from pathlib import Path

import pytest
from mlflow import MlflowClient

from pipelines.errors import ModelNotLoaded, NotFound, RegistryUnavailable, ReleaseRefused
from pipelines.nlu.release import load_release
from serving.release.fetch import fetch_release
from serving.release.registry import Registry, model_name
from tests.support.mlflow_server import register_release
from tests.support.servers import free_port

pytestmark = pytest.mark.integration


def test_find_distinguishes_no_bot_no_alias_and_a_version(
    mlflow_uri: str, release_folders: tuple[Path, Path], new_name: str, tmp_path: Path
) -> None:
    registry = Registry(mlflow_uri)
    with pytest.raises(NotFound):
        registry.find(new_name, alias="production")
    version = register_release(mlflow_uri, release_folders[0], name=model_name(new_name))
    with pytest.raises(ModelNotLoaded) as caught:
        registry.find(new_name, alias="production")
    assert not isinstance(caught.value, ReleaseRefused)
    client = MlflowClient(mlflow_uri)
    client.set_registered_model_alias(model_name(new_name), "production", version)
    found = registry.find(new_name, alias="production")
    assert (found.version, found.gate_passed, found.name) == (version, True, model_name(new_name))
    assert found.run_id

    assert registry.find_version(new_name, version) == found
    for missing in ("99", "one"):
        with pytest.raises(NotFound, match="version"):
            registry.find_version(new_name, missing)
    for fetched in (
        fetch_release(registry, new_name, alias="production"),
        fetch_release(registry, new_name, alias="none", version=version),
    ):
        assert (fetched.version, bool(fetched.definition.intents)) == (version, True)

    registry.download(found, tmp_path)
    (manifest,) = tmp_path.rglob("manifest.json")
    assert load_release(manifest.parent, version=found.version).definition.intents

    registry.tag_refusal(found, "x" * 9000)
    assert registry.find(new_name, alias="production").tags["refused_reason"].startswith("xxx")
    registry.clear_refusal(found)
    assert "refused_reason" not in registry.find(new_name, alias="production").tags


def test_find_of_a_silent_server_is_an_error_of_ours() -> None:
    registry = Registry(f"http://127.0.0.1:{free_port()}")
    with pytest.raises(RegistryUnavailable):
        registry.find("default", alias="production")
