"""Whether and how a bot asks a language model what a message means; frozen with each release."""

import math
from collections.abc import Mapping
from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

DEFAULT_PROMPT = (
    "You read messages that customers send to a company's chat assistant. "
    "Decide which one of the intents listed below a message is about, and find the values it mentions. "
    "Decide by what the customer wants, not by single words; the message may hold spelling mistakes and may be in "
    "another language. If no intent fits, or the message could equally well mean several, say so: a wrong guess costs "
    "more than a question back."
)
_TOKENS, _TEMPERATURE = (16, 8192), (0.0, 2.0)


class LlmConfig(BaseModel):
    """`llm` in a bot file. `fallback` asks where the trained model is not sure, `zero_shot` asks first."""

    model_config = ConfigDict(frozen=True, extra="allow")

    mode: Literal["off", "fallback", "zero_shot"] = "off"
    model: str = Field(default="", description="Name of the model at the endpoint; needed unless `mode` is `off`.")
    prompt: str = Field(default=DEFAULT_PROMPT, min_length=1, description="What the model is told to do.")
    max_tokens: int = Field(default=400, ge=_TOKENS[0], le=_TOKENS[1], description="Longest answer.")
    temperature: float = Field(
        default=0.0,
        ge=_TEMPERATURE[0],
        le=_TEMPERATURE[1],
        description="0: the same answer each time, as far as it can.",
    )

    @model_validator(mode="after")
    def _names_its_model(self) -> Self:
        if self.mode != "off" and not self.model.strip():
            raise ValueError(f"`llm.mode` is {self.mode!r}, but `llm.model` names no model")
        return self

    def to_wire(self) -> dict[str, Any]:
        """Give the JSON object that was read: the same fields, no defaults added."""
        return self.model_dump(mode="json", exclude_unset=True)


def llm_config_of(nlu_config: object) -> LlmConfig | None:
    """Read the `nlu_config` that ai-chatbot-framework keeps for a bot.

    Its `base_url` and `api_key` are not read: where the endpoint is, and its key, are the operator's settings.

    Parameters
    ----------
    nlu_config
        What the bot file has there, of any shape.

    Returns
    -------
    LlmConfig or None
        Zero-shot with the model's name, answer length and temperature, brought within our bounds; None where that bot
        asks no language model or names none.
    """
    if not isinstance(nlu_config, Mapping) or nlu_config.get("pipeline_type") != "llm":
        return None
    settings = nlu_config.get("llm_settings")
    model = settings.get("model_name") if isinstance(settings, Mapping) else None
    if not isinstance(settings, Mapping) or not isinstance(model, str) or not model.strip():
        return None
    fields: dict[str, Any] = {}
    for name, (lowest, highest) in (("max_tokens", _TOKENS), ("temperature", _TEMPERATURE)):
        value = settings.get(name)
        if isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value):
            fields[name] = type(lowest)(min(max(value, lowest), highest))
    return LlmConfig(mode="zero_shot", model=model, **fields)
