"""One set of settings for every program of a home folder."""

import json
import os
import stat
from pathlib import Path

import pytest
from pydantic import SecretStr

from pipelines.errors import SetupProblem
from pipelines.home import (
    PLATFORM_FILE,
    SETTINGS_FILE,
    find_home,
    get_settings,
    home_variables,
    own_settings,
    record_settings,
    require_verdict_key,
)
from pipelines.settings import Settings

SHOP = {"shop": "http://127.0.0.1:8800"}


@pytest.fixture(autouse=True)
def empty_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in list(os.environ):
        if name.upper().startswith("INTENTLOOP_") or name in ("MLFLOW_TRACKING_URI", "OPENAI_API_KEY"):
            monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    folder = tmp_path / ".intentloop"
    folder.mkdir()
    return folder


def recorded(home: Path, **values: object) -> None:
    record_settings(Settings.model_validate(values), home)


def test_get_settings_sees_what_the_platform_runs_with(home: Path) -> None:
    recorded(home, endpoints=SHOP, mongo_port=27999, tool_allowed_hosts=("crm:80",), public_shortcuts=("help",))
    settings = get_settings()
    assert settings.endpoints == SHOP
    assert settings.resolved_mongo_uri == "mongodb://127.0.0.1:27999"
    assert settings.tool_allowed_hosts == ("crm:80",)
    assert settings.public_shortcuts == ("help",)
    assert settings.release_alias == "production"


@pytest.mark.parametrize("place", ["environment", "dotenv", "settings file"])
def test_get_settings_what_is_set_here_wins_over_the_record(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    recorded(home, api_port=8111, mongo_uri="mongodb://db/", endpoints=SHOP)
    line = "INTENTLOOP_API_PORT=8222"
    if place == "environment":
        monkeypatch.setenv(*line.split("="))
    else:
        (tmp_path / ".env" if place == "dotenv" else home / SETTINGS_FILE).write_text(line, encoding="utf-8")
    assert get_settings().api_port == 8222
    assert get_settings().endpoints == SHOP


def test_get_settings_an_empty_variable_is_set_here(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    recorded(home, mongo_uri="mongodb://db/")
    monkeypatch.setenv("INTENTLOOP_MONGO_URI", "")
    assert get_settings().resolved_mongo_uri == "mongodb://127.0.0.1:27017"


def test_get_settings_order_of_the_files(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (home / SETTINGS_FILE).write_text("INTENTLOOP_API_PORT=1\nINTENTLOOP_DEMO_PORT=1\nINTENTLOOP_MONGO_PORT=1\n")
    (tmp_path / ".env").write_text("INTENTLOOP_DEMO_PORT=2\nINTENTLOOP_MONGO_PORT=2\n")
    monkeypatch.setenv("INTENTLOOP_MONGO_PORT", "3")
    settings = get_settings()
    assert (settings.api_port, settings.demo_port, settings.mongo_port) == (1, 2, 3)


def test_a_platform_starts_without_what_an_earlier_one_recorded(home: Path) -> None:
    recorded(home, mongo_uri="mongodb://old/", endpoints=SHOP)
    (home / SETTINGS_FILE).write_text("INTENTLOOP_API_PORT=8123\n", encoding="utf-8")
    settings = own_settings(home)
    assert settings.mongo_uri is None
    assert settings.endpoints == {}
    assert settings.api_port == 8123


def test_record_settings_holds_no_secret_and_is_for_this_user_only(home: Path) -> None:
    secrets = {"verdict_key": "k" * 20, "openai_api_key": "sk-secret", "admin_token": "t" * 20}
    recorded(home, endpoints=SHOP, **secrets)
    file = home / PLATFORM_FILE
    assert not any(value in file.read_text(encoding="utf-8") for value in secrets.values())
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    file.chmod(0o644)
    recorded(home, api_port=8123)  # replaced, not added to
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert get_settings().endpoints == {}


def test_record_settings_makes_paths_absolute(home: Path, tmp_path: Path) -> None:
    recorded(home, out_of_scope_file=Path("oos.jsonl"))
    assert get_settings().out_of_scope_file == tmp_path / "oos.jsonl"


@pytest.mark.parametrize(
    "content",
    ["", "{", "[]", '{"format": 2, "settings": {}}', '{"format": 1}', '{"format": 1, "settings": {"api_port": "x"}}'],
)
def test_get_settings_names_a_record_that_cannot_be_read(home: Path, content: str) -> None:
    (home / PLATFORM_FILE).write_text(content, encoding="utf-8")
    with pytest.raises(SetupProblem, match=r"platform\.json cannot be read; delete it"):
        get_settings()


def test_get_settings_ignores_what_a_later_version_records(home: Path) -> None:
    content = {"format": 1, "settings": {"unheard_of": 1, "api_port": 8123}, "more": 1}
    (home / PLATFORM_FILE).write_text(json.dumps(content), encoding="utf-8")
    assert get_settings().api_port == 8123


def test_require_verdict_key_only_where_the_platform_has_one(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    recorded(home, api_port=8123)
    require_verdict_key(get_settings())
    recorded(home, verdict_key=SecretStr("k" * 20))
    with pytest.raises(SetupProblem, match=r"signed versions only.*settings\.env"):
        require_verdict_key(get_settings())
    (home / SETTINGS_FILE).write_text(f"INTENTLOOP_VERDICT_KEY={'k' * 20}\n", encoding="utf-8")
    require_verdict_key(get_settings())


def test_home_variables_are_those_of_the_settings(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (home / SETTINGS_FILE).write_text("INTENTLOOP_SECRET_A=1\nINTENTLOOP_SECRET_B=1\nINTENTLOOP_SECRET_C=1\n")
    (tmp_path / ".env").write_text("INTENTLOOP_SECRET_B=2\nINTENTLOOP_SECRET_C=2\n")
    monkeypatch.setenv("INTENTLOOP_SECRET_C", "3")
    found = home_variables(home)
    assert [found[f"INTENTLOOP_SECRET_{name}"] for name in "ABC"] == ["1", "2", "3"]


@pytest.mark.parametrize(
    ("where", "has_home", "expected"),
    [
        ("project", True, ".intentloop"),
        ("project/notebooks", True, "project/.intentloop"),
        ("project/a/b/c", True, "project/.intentloop"),
        ("project/notebooks", False, "project/.intentloop"),
        ("elsewhere/deep", True, ".intentloop"),  # no project: a folder far above is somebody else's
    ],
)
def test_find_home_within_the_project(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, where: str, has_home: bool, expected: str
) -> None:
    project = tmp_path / "project"
    (tmp_path / where).mkdir(parents=True)
    project.mkdir(exist_ok=True)
    (project / "pyproject.toml").touch()
    if has_home:
        (project / ".intentloop").mkdir()
    monkeypatch.chdir(tmp_path / where)
    assert find_home() == (Path(expected) if expected == ".intentloop" else tmp_path / expected)


def test_find_home_is_the_named_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / ".env").write_text("INTENTLOOP_HOME=/from/dotenv\n", encoding="utf-8")
    assert find_home() == Path("/from/dotenv")
    monkeypatch.setenv("INTENTLOOP_HOME", "/from/environment")
    assert find_home() == Path("/from/environment")
    assert get_settings().home == Path("/from/environment")
    assert get_settings("/given").home == Path("/given")
