"""The environment, read once into one frozen object."""

import os
from pathlib import Path

import pytest
from pydantic import ValidationError

from pipelines.home import get_settings
from pipelines.settings import Settings


@pytest.fixture(autouse=True)
def empty_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in list(os.environ):
        if name.upper().startswith("INTENTLOOP_") or name in ("MLFLOW_TRACKING_URI", "OPENAI_API_KEY"):
            monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)


def test_get_settings_defaults_point_at_this_machine() -> None:
    settings = get_settings()
    assert settings.home == Path(".intentloop")
    assert settings.host == "127.0.0.1"
    assert settings.resolved_mongo_uri == "mongodb://127.0.0.1:27017"
    assert settings.resolved_tracking_uri == "http://127.0.0.1:5000"


def test_get_settings_reads_prefixed_names_and_those_of_libraries(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("INTENTLOOP_MONGO_URI", "mongodb://db:1")
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://ml:2")
    monkeypatch.setenv("OPENAI_API_KEY", "sk-secret")
    settings = get_settings()
    assert settings.resolved_mongo_uri == "mongodb://db:1"
    assert settings.resolved_tracking_uri == "http://ml:2"
    assert settings.openai_api_key is not None
    assert settings.openai_api_key.get_secret_value() == "sk-secret"


def test_settings_never_show_the_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-secret")
    settings = get_settings()
    assert "sk-secret" not in f"{settings!r} {settings} {settings.model_dump_json()}"


def test_get_settings_empty_addresses_mean_the_local_ones(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("INTENTLOOP_MONGO_URI", "")
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "")
    monkeypatch.setenv("INTENTLOOP_MONGO_PORT", "27999")
    assert get_settings().resolved_mongo_uri == "mongodb://127.0.0.1:27999"
    assert get_settings().resolved_tracking_uri == "http://127.0.0.1:5000"


def test_get_settings_reads_a_dotenv_file(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("INTENTLOOP_API_PORT=8123\nUNRELATED=1\n", encoding="utf-8")
    assert get_settings().api_port == 8123


@pytest.mark.parametrize(
    ("value", "names"), [("a,b", ("a", "b")), (" a , ,b,", ("a", "b")), ("", ()), ("one", ("one",))]
)
def test_lists_are_comma_separated(monkeypatch: pytest.MonkeyPatch, value: str, names: tuple[str, ...]) -> None:
    monkeypatch.setenv("INTENTLOOP_PUBLIC_SHORTCUTS", value)
    assert get_settings().public_shortcuts == names


def test_endpoints_are_json(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("INTENTLOOP_ENDPOINTS", '{"shop": "http://127.0.0.1:8800"}')
    assert get_settings().endpoints == {"shop": "http://127.0.0.1:8800"}


@pytest.mark.parametrize(
    ("name", "value"),
    [("API_PORT", "0"), ("API_PORT", "65536"), ("API_PORT", "x"), ("LLM_TIMEOUT_SECONDS", "0"), ("MONGO_DATABASE", "")],
)
def test_get_settings_refuses_values_that_cannot_work(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    monkeypatch.setenv(f"INTENTLOOP_{name}", value)
    with pytest.raises(ValidationError):
        get_settings()


def test_settings_are_frozen() -> None:
    with pytest.raises(ValidationError):
        Settings().host = "0.0.0.0"  # type: ignore[misc]


@pytest.mark.parametrize(
    "address", ["localhost:1234", "ftp://x/v1", "http://", "https://me:secret@x/v1", "https://me@x"]
)
def test_llm_base_url_that_is_no_plain_address_is_refused(monkeypatch: pytest.MonkeyPatch, address: str) -> None:
    monkeypatch.setenv("INTENTLOOP_LLM_BASE_URL", address)
    with pytest.raises(ValidationError, match="a key goes into OPENAI_API_KEY"):
        get_settings()


def test_llm_base_url_that_is_empty_means_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("INTENTLOOP_LLM_BASE_URL", "")
    assert get_settings().llm_base_url is None


@pytest.mark.parametrize("name", ["QUEUE_URL", "FACEBOOK_API_URL"])
@pytest.mark.parametrize("address", ["graph.facebook.com", "ftp://x/v1", "http://", "https://me:secret@x/v1"])
def test_address_of_a_partner_that_is_no_plain_one_is_refused(
    monkeypatch: pytest.MonkeyPatch, name: str, address: str
) -> None:
    monkeypatch.setenv(f"INTENTLOOP_{name}", address)
    with pytest.raises(ValidationError, match="it must be an http:// or https:// address"):
        get_settings()


def test_get_settings_an_empty_queue_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("INTENTLOOP_QUEUE_URL", "")
    assert get_settings().queue_url is None
