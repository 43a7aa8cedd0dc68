"""What a bot file says of a language model, in our words and in those of ai-chatbot-framework."""

from typing import Any

import pytest
from pydantic import ValidationError

from pipelines.registry.release import definition_to_wire
from pipelines.schemas.bot import BotFile
from pipelines.schemas.llm import DEFAULT_PROMPT, LlmConfig
from pipelines.schemas.release import BotDefinition
from pipelines.schemas.thresholds import Thresholds

FRAMEWORK = {"base_url": "http://x/v1", "api_key": "k", "model_name": "llama", "max_tokens": 4096, "temperature": 0.7}


def nlu_config(**settings: Any) -> dict[str, Any]:
    return {"nlu_config": {"pipeline_type": "llm", "llm_settings": FRAMEWORK | settings}}


@pytest.mark.parametrize(
    "wire",
    [
        {},
        {"llm": None},
        {"llm": {}},
        {"llm": {"mode": "fallback", "model": "small", "note": [1]}},
        {"llm": {"mode": "off"}, **nlu_config()},
    ],
)
def test_to_wire_gives_back_what_a_file_says(wire: dict[str, Any]) -> None:
    whole = {"intents": [], "entities": [], **wire}
    assert BotFile.model_validate(whole).to_wire() == whole


def test_llm_config_is_off_unless_the_file_says_otherwise() -> None:
    assert BotFile().llm_config is None
    config = BotFile.model_validate({"llm": {"model": "small"}}).llm_config
    assert config is not None
    assert (config.mode, config.prompt, config.temperature) == ("off", DEFAULT_PROMPT, 0.0)


@pytest.mark.parametrize("mode", ["fallback", "zero_shot"])
def test_llm_config_without_a_model_says_which_field_to_fill(mode: str) -> None:
    with pytest.raises(ValidationError, match=r"`llm\.model` is empty"):
        BotFile.model_validate({"llm": {"mode": mode, "model": " "}})


def test_llm_config_of_a_framework_bot_is_zero_shot_without_address_and_key() -> None:
    config = BotFile.model_validate(nlu_config()).llm_config
    assert config == LlmConfig(mode="zero_shot", model="llama", max_tokens=4096, temperature=0.7)
    assert "api_key" not in config.model_dump()


@pytest.mark.parametrize(
    ("settings", "tokens", "temperature"),
    [
        ({"max_tokens": 10**6, "temperature": -1}, 8192, 0.0),
        ({"max_tokens": "many", "temperature": None}, 400, 0.0),
        ({"max_tokens": True, "temperature": float("nan")}, 400, 0.0),
    ],
)
def test_llm_config_of_a_framework_bot_keeps_within_bounds(
    settings: dict[str, Any], tokens: int, temperature: float
) -> None:
    config = BotFile.model_validate(nlu_config(**settings)).llm_config
    assert config is not None
    assert (config.max_tokens, config.temperature) == (tokens, temperature)


@pytest.mark.parametrize(
    "found",
    [None, [], "llm", {"pipeline_type": "traditional", "llm_settings": FRAMEWORK}, {"pipeline_type": "llm"}]
    + [{"pipeline_type": "llm", "llm_settings": settings} for settings in (None, [], {}, {"model_name": 3})],
)
def test_llm_config_of_a_framework_bot_without_a_model_is_none(found: Any) -> None:
    assert BotFile.model_validate({"nlu_config": found}).llm_config is None


def test_definition_freezes_the_prompt_with_the_release() -> None:
    config = LlmConfig(mode="fallback", model="small")
    definition = BotDefinition(name="b", intents=(), thresholds=Thresholds(confidence=0.5), llm=config)
    wire = definition_to_wire(definition)
    assert wire["llm"]["prompt"] == DEFAULT_PROMPT  # type: ignore[index]
    assert BotDefinition.model_validate(wire).llm == config
