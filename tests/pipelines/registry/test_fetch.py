"""A release by whatever name somebody gives it."""

from pathlib import Path
from typing import Any

import pytest

from pipelines.errors import ReleaseRefused, UserInputError
from pipelines.registry.fetch import open_release

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning")


def test_open_release_reads_a_folder(tiny_release_folder: Path) -> None:
    release = open_release(str(tiny_release_folder), bot="default", tracking_uri="sqlite://")
    assert release.version == tiny_release_folder.name


@pytest.mark.integration
def test_open_release_finds_a_version_by_reference_or_number(mlflow_uri: str, registered: Any) -> None:
    name, version = registered.better
    bot = name.removeprefix("intentloop-")
    by_reference = open_release(f"models:/{name}/{version}", bot="another", tracking_uri=mlflow_uri)
    by_number = open_release(version, bot=bot, tracking_uri=mlflow_uri)
    assert by_reference.version == by_number.version == version
    assert by_reference.manifest == by_number.manifest


def test_open_release_refuses_what_names_nothing(tmp_path: Path) -> None:
    with pytest.raises(UserInputError, match="names no version"):
        open_release("latest", bot="default", tracking_uri="sqlite://")
    with pytest.raises(ReleaseRefused, match="its manifest cannot be read"):
        open_release(str(tmp_path), bot="default", tracking_uri="sqlite://")
