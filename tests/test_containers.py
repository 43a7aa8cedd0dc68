"""The files that images are built from agree with the project; building them takes `make images`."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from pipelines.settings import ENV_PREFIX, Settings

ROOT = Path(__file__).parents[1]
FILES = ("serving/Dockerfile", "pipelines/Dockerfile", "mlflow/Dockerfile")


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    composed: dict[str, Any] = yaml.safe_load((ROOT / "mlflow" / "compose.yaml").read_text(encoding="utf-8"))
    return composed


@pytest.mark.parametrize("name", FILES)
def test_an_image_copies_what_is_there_and_not_ignored(name: str) -> None:
    ignored = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    kept = [line[1:].split("/*")[0] for line in ignored if line.startswith("!")]
    lines = re.findall(r"^COPY (?!--from)(.+)$", (ROOT / name).read_text(encoding="utf-8"), re.MULTILINE)
    sources = [source for line in lines for source in line.split()[:-1]]
    assert sources
    for source in sources:
        assert (ROOT / source).exists(), source
        assert any(source == one or source.startswith(f"{one}/") or one.startswith(f"{source}/") for one in kept), (
            source
        )


@pytest.mark.parametrize("name", FILES)
def test_packages_are_locked_by_hash_and_nobody_is_root(name: str) -> None:
    text = (ROOT / name).read_text(encoding="utf-8")
    installs = re.findall(r"\binstall\b[^&]+", text)
    assert installs
    assert all("--require-hashes" in one or "--no-deps" in one for one in installs)
    assert text.rindex("USER 10001") > text.rindex("FROM ")


def test_the_images_build_with_the_setuptools_of_the_other_locks() -> None:
    versions = {
        name: re.findall(r"^setuptools==(\S+)", (ROOT / ".requirements" / f"{name}.txt").read_text(), re.MULTILINE)
        for name in ("build", "run", "dev")
    }
    assert len(versions["build"]) == 1
    assert versions["build"] == versions["run"] == versions["dev"]


def test_compose_sets_known_settings_only(compose: dict[str, Any]) -> None:
    known = {f"{ENV_PREFIX}{name.upper()}" for name in Settings.model_fields}
    for service in compose["services"].values():
        given = {name for name in service.get("environment", {}) if name.startswith(ENV_PREFIX)}
        assert given <= known


def test_compose_starts_what_it_waits_for_and_builds_from_files_that_exist(compose: dict[str, Any]) -> None:
    services = compose["services"]
    for service in services.values():
        assert set(service.get("depends_on", {})) <= set(services)
        assert ("image" in service) != ("build" in service)
        if "build" in service:
            assert service["build"]["dockerfile"] in FILES
        for volume in service.get("volumes", []):
            assert volume.split(":")[0] in compose["volumes"]


def test_compose_opens_ports_on_this_machine_only(compose: dict[str, Any]) -> None:
    ports = [port for service in compose["services"].values() for port in service.get("ports", [])]
    assert ports
    assert all(port.startswith("127.0.0.1:") for port in ports)
