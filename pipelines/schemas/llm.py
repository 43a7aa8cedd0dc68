"""Whether and how a bot asks a language model what a message means; part of each release."""

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
    """`llm` in a bot file. `fallback` asks if the trained model is unsure, `zero_shot` asks first."""

    model_config = ConfigDict(frozen=True, extra="allow")

    mode: Literal["off", "fallback", "zero_shot"] = "off"
    model: str = Field(default="", description="Name of the model at the endpoint; needed unless `mode` is `off`.")
    prompt: str = Field(default=DEFAULT_PROMPT, min_length=1, description="Instructions for the model.")
    max_tokens: int = Field(default=400, ge=_TOKENS[0], le=_TOKENS[1], description="Longest answer, in tokens.")
    temperature: float = Field(
        default=0.0,
        ge=_TEMPERATURE[0],
        le=_TEMPERATURE[1],
        description="0: as deterministic as the model allows.",
    )

    @model_validator(mode="after")
    def _names_its_model(self) -> Self:
        if self.mode != "off" and not self.model.strip():
            raise ValueError(f"`llm.mode` is {self.mode!r}, but `llm.model` is empty; name a model")
        return self

    def to_wire(self) -> dict[str, Any]:
        """Return the original JSON object: the same fields, no defaults added."""
        return self.model_dump(mode="json", exclude_unset=True)


def llm_config_of(nlu_config: object) -> LlmConfig | None:
    """Convert the `nlu_config` of an ai-chatbot-framework bot, of any shape, to zero-shot within our bounds.

    Its `base_url` and `api_key` are ignored: endpoint and key are the operator's settings. Returns None if that bot
    uses no language model or does not name one.
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
