from pathlib import Path
from typing import Any

import pytest
from mlflow import MlflowClient

from pipelines.errors import ModelNotLoaded, NotFound, RegistryUnavailable, ReleaseRefused
from pipelines.registry.client import Registry, model_name
from pipelines.registry.fetch import fetch_judged, fetch_release, find_version
from pipelines.registry.reference import Reference, parse_reference
from pipelines.registry.release import load_release
from tests.support.mlflow_server import copy_version, register_for
from tests.support.servers import free_port

pytestmark = pytest.mark.integration


def test_find_distinguishes_no_bot_no_alias_and_a_version(
    mlflow_uri: str, release_folders: tuple[Path, Path], new_name: str, tmp_path: Path
) -> None:
    registry = Registry(mlflow_uri)
    with pytest.raises(NotFound):
        registry.find(new_name, alias="production")
    version = register_for(mlflow_uri, release_folders[0], bot=new_name)
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
    assert registry.aliases(new_name) == {"production": version}
    assert registry.versions(new_name) == [found]
    for reference in (Reference(new_name), Reference(new_name, version=version)):
        assert find_version(registry, reference, default_alias="production") == found
    assert fetch_release(registry, found, bot=new_name).definition.intents
    assert fetch_judged(registry, found, bot=new_name, verdict_key=None).verdict.passed
    with pytest.raises(ReleaseRefused, match="not signed"):
        fetch_judged(registry, found, bot=new_name, verdict_key="k" * 16)

    registry.download(found, tmp_path)
    (manifest,) = tmp_path.rglob("manifest.json")
    assert load_release(manifest.parent, version=found.version).definition.intents

    registry.set_tag(found, "refused_reason", "x" * 9000)
    assert registry.find(new_name, alias="production").tags["refused_reason"].startswith("xxx")
    registry.delete_tag(found, "refused_reason")
    assert "refused_reason" not in registry.find(new_name, alias="production").tags

    registry.log_figures(found, {"shadow_turns": 3.0}, table="shadow/version-1.json", rows={"intents": [{"turns": 3}]})
    assert client.get_run(found.run_id).data.metrics == {"shadow_turns": 3.0}
    assert [file.path for file in client.list_artifacts(found.run_id, "shadow")] == ["shadow/version-1.json"]

    registry.set_alias(new_name, "canary", version)
    assert registry.aliases(new_name) == {"production": version, "canary": version}
    registry.remove_alias(new_name, "canary")
    assert registry.aliases(new_name) == {"production": version}


@pytest.mark.parametrize(
    ("tags", "said"),
    [
        (
            {"gate": "failed", "gate_reasons": "accuracy 42.0% on held-out utterances is below the floor 60.0%"},
            "its newest version, {}, is refused, since it has not passed the gate: accuracy 42.0% on held-out "
            "utterances is below the floor 60.0%; correct that and train again",
        ),
        (
            {"gate": "failed", "gate_reasons": "no database at mongodb://me:pa55@db/x " + "x" * 3000},
            "its newest version, {}, is refused, since it has not passed the gate: no database at "
            f"mongodb://***@db/x {'x' * 466} ...; correct that and train again",
        ),
        (
            {"gate": "failed", "gate_reasons": ""},
            "its newest version, {}, is refused, since it has not passed the gate: no reason is given; correct that "
            "and train again",
        ),
        (
            {"gate": "passed"},
            "its newest version, {0}, has passed the gate; promote it with `intentloop promote {0}`",
        ),
        (
            {"gate": "unknown"},
            "train one with `intentloop train --promote` or set the alias in the MLflow UI",
        ),
    ],
)
def test_find_without_the_alias_says_what_keeps_the_newest_version_from_answering(
    mlflow_uri: str, registered: Any, new_name: str, tags: dict[str, str], said: str
) -> None:
    registry, name = Registry(mlflow_uri), model_name(new_name)
    version = copy_version(mlflow_uri, registered.good, name=name)
    registry.describe(registry.find_version(new_name, version), tags=tags)
    for alias in ("production", "candidate"):
        with pytest.raises(ModelNotLoaded) as caught:
            registry.find(new_name, alias=alias)
        assert str(caught.value) == f"{name!r} has no version behind the alias {alias!r}; {said.format(version)}"


def test_find_without_the_alias_names_an_older_version_that_passed(
    mlflow_uri: str, registered: Any, new_name: str
) -> None:
    registry, name = Registry(mlflow_uri), model_name(new_name)
    passed, failed = [copy_version(mlflow_uri, registered.good, name=name) for _ in range(2)]
    registry.describe(registry.find_version(new_name, failed), tags={"gate": "failed", "gate_reasons": "too bad"})
    with pytest.raises(ModelNotLoaded, match=f"or promote version {passed}, which has passed it: `intentloop promote"):
        registry.find(new_name, alias="production")


@pytest.mark.filterwarnings("ignore::FutureWarning")  # that stages are going
def test_find_understands_a_server_that_still_has_stages(mlflow_uri: str, registered: Any, new_name: str) -> None:
    registry, client, name = Registry(mlflow_uri), MlflowClient(mlflow_uri), model_name(new_name)
    first, second = [copy_version(mlflow_uri, source, name=name) for source in (registered.good, registered.better)]
    client.transition_model_version_stage(name, first, "Production")
    assert registry.find(new_name, alias="production").version == first
    client.transition_model_version_stage(name, second, "Production")
    assert registry.find(new_name, alias="production").version == second
    staged = parse_reference(f"models:/{name}/Production", bot="other")
    assert find_version(registry, staged, default_alias="none").version == second
    client.set_registered_model_alias(name, "production", first)
    assert registry.find(new_name, alias="production").version == first
    with pytest.raises(ModelNotLoaded):
        registry.find(new_name, alias="staging")


def test_version_behind_nothing_is_none_but_a_silent_server_is_an_error(mlflow_uri: str, new_name: str) -> None:
    registry = Registry(mlflow_uri)
    assert registry.version_behind(new_name, alias="production") is None
    MlflowClient(mlflow_uri).create_registered_model(model_name(new_name))
    assert registry.version_behind(new_name, alias="production") is None
    with pytest.raises(RegistryUnavailable):
        Registry(f"http://127.0.0.1:{free_port()}").version_behind(new_name, alias="production")


def test_version_of_run_is_the_newest_that_the_run_registered(mlflow_uri: str, registered: Any, new_name: str) -> None:
    registry, name = Registry(mlflow_uri), model_name(new_name)
    copies = [copy_version(mlflow_uri, registered.good, name=name) for _ in range(2)]
    copy_version(mlflow_uri, registered.better, name=name)
    run_id = registry.find_version(new_name, copies[0]).run_id
    assert registry.version_of_run(new_name, run_id).version == copies[1]
    with pytest.raises(NotFound, match="train again"):
        registry.version_of_run(new_name, "0" * 32)


def test_describe_writes_everything_uncut(mlflow_uri: str, registered: Any, new_name: str) -> None:
    registry = Registry(mlflow_uri)
    number = copy_version(mlflow_uri, registered.good, name=model_name(new_name))
    version = registry.find_version(new_name, number)
    registry.describe(version, description="a good one", tags={"gate_reasons": "x" * 3000, "accuracy": "0.9"})
    found = registry.find_version(new_name, number)
    assert (len(found.tags["gate_reasons"]), found.tags["accuracy"]) == (3000, "0.9")
    assert MlflowClient(mlflow_uri).get_model_version(found.name, number).description == "a good one"


def test_describe_model_keeps_what_a_person_wrote(mlflow_uri: str, new_name: str) -> None:
    registry, client, name = Registry(mlflow_uri), MlflowClient(mlflow_uri), model_name(new_name)
    client.create_registered_model(name)

    def described(text: str) -> str:
        registry.describe_model(new_name, text)
        return str(client.get_registered_model(name).description)

    assert described("how to promote").startswith("how to promote\n<!-- ")
    later = described("how to promote, of a later program")
    assert later.startswith("how to promote, of a later program\n<!-- ")
    for own in (later.replace("promote", "promote here"), f"{later} Ask Ann first.", "Ask Ann first."):
        client.update_registered_model(name, own)
        assert described("newer still") == own
    client.update_registered_model(name, " ")
    assert described("newer still").startswith("newer still\n<!-- ")


def test_find_of_a_silent_server_is_an_error_of_ours() -> None:
    registry = Registry(f"http://127.0.0.1:{free_port()}")
    with pytest.raises(RegistryUnavailable):
        registry.find("default", alias="production")
