"""The configuration of a bot in the shape of ai-chatbot-framework, and what a change of it means here."""

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from pipelines.errors import UserInputError
from pipelines.nlu.intents.thresholds import DEFAULT_CONFIDENCE
from pipelines.schemas.llm import LlmConfig
from pipelines.schemas.release import BotDefinition
from pipelines.schemas.thresholds import ChosenThresholds
from pipelines.templates.literal_secrets import MASK
from serving.llm.endpoints import LlmEndpoint
from serving.release.bot_configuration import Configured, Wanted

_KEPT = "nlu_config"
"""Field of a bot file that keeps what has no meaning here."""
_REFERENCE = "secret:"


class _Part(BaseModel):
    model_config = ConfigDict(extra="allow", frozen=True, allow_inf_nan=False)


class TraditionalSettings(_Part):
    """Settings of the trained model."""

    intent_detection_threshold: float = Field(
        default=0.75, ge=0.0, le=1.0, description="Below this confidence, the fallback answers."
    )
    entity_detection_threshold: float = Field(default=0.65, description="Kept; it has no effect, as there.")
    use_spacy: bool = Field(default=True, description="Kept; it has no effect, as there.")


class LlmPartSettings(_Part):
    """Settings of the language model."""

    base_url: str = Field(default="", max_length=500, description="Empty: the platform's endpoint.")
    api_key: str = Field(
        default="", max_length=200, description="A reference `secret:NAME`, or `***` for the present one."
    )
    model_name: str = ""
    max_tokens: int = 400
    temperature: float = 0.0


class NluConfig(_Part):
    """The configuration of a bot. What is left out stays."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"pipeline_type": "traditional", "traditional_settings": {"intent_detection_threshold": 0.5}}]
        }
    )

    pipeline_type: Literal["traditional", "llm"] = Field(
        default="traditional", description="`llm`: the language model is asked first, for every message."
    )
    traditional_settings: TraditionalSettings = TraditionalSettings()
    llm_settings: LlmPartSettings = LlmPartSettings()


def configuration_of(found: Configured, live: BotDefinition | None) -> NluConfig:
    """Return what is set for a bot; the threshold is the live version's if none is chosen."""
    kept, llm, chosen = found.fields.get(_KEPT), found.llm or LlmConfig(), found.file.thresholds
    traditional = kept.get("traditional_settings") if isinstance(kept, dict) else None
    odd = {
        name: traditional[name]
        for name, kind in (("entity_detection_threshold", (int, float)), ("use_spacy", bool))
        if isinstance(traditional, dict) and isinstance(traditional.get(name), kind)
    }
    confidence = chosen.confidence if chosen is not None else None
    if confidence is None:
        confidence = live.thresholds.confidence if live is not None else DEFAULT_CONFIDENCE
    endpoint = found.endpoint
    return NluConfig(
        pipeline_type="llm" if llm.mode == "zero_shot" else "traditional",
        traditional_settings=TraditionalSettings(intent_detection_threshold=confidence, **odd),
        llm_settings=LlmPartSettings(
            base_url=endpoint.base_url if endpoint is not None else "",
            api_key=(endpoint.key or "") if endpoint is not None else "",
            model_name=llm.model,
            max_tokens=llm.max_tokens,
            temperature=llm.temperature,
        ),
    )


def wanted_of(given: NluConfig, found: Configured, live: BotDefinition | None) -> Wanted:
    """Return what a change means: only what differs from what was shown is set.

    So a front end that sends everything back does not turn what training fits into choices. Raise `UserInputError` for
    a key that is none of ours.
    """
    shown = configuration_of(found, live)
    given = _merged(given, shown)
    fields: dict[str, Any] = {}
    confidence = given.traditional_settings.intent_detection_threshold
    if confidence != shown.traditional_settings.intent_detection_threshold:
        chosen = found.file.thresholds or ChosenThresholds()
        fields["thresholds"] = chosen.model_copy(update={"confidence": confidence}).model_dump(exclude_none=True)
    if _llm_of(given) != _llm_of(shown):
        fields["llm"] = _llm(given, found.llm)
    kept = found.fields.get(_KEPT)
    odd = given.traditional_settings.model_dump(exclude={"intent_detection_threshold"})
    if odd != shown.traditional_settings.model_dump(exclude={"intent_detection_threshold"}):
        fields[_KEPT] = {**(kept if isinstance(kept, dict) else {}), "traditional_settings": odd}
    endpoint = _endpoint(given.llm_settings, shown.llm_settings)
    return Wanted(fields, endpoint=endpoint, sets_endpoint=endpoint != found.endpoint)


def _merged(given: NluConfig, shown: NluConfig) -> NluConfig:
    """Return a configuration whose missing settings are the present ones."""
    parts: dict[str, Any] = {"pipeline_type": shown.pipeline_type} | given.model_dump(
        exclude_unset=True, exclude={"traditional_settings", "llm_settings"}
    )
    for name in ("traditional_settings", "llm_settings"):
        parts[name] = getattr(shown, name).model_dump() | getattr(given, name).model_dump(exclude_unset=True)
    return NluConfig.model_validate(parts)


def _llm_of(config: NluConfig) -> tuple[object, ...]:
    settings = config.llm_settings
    return config.pipeline_type, settings.model_name, settings.max_tokens, settings.temperature


def _llm(given: NluConfig, before: LlmConfig | None) -> dict[str, Any]:
    known = before.to_wire() if before is not None else {}
    mode = "zero_shot" if given.pipeline_type == "llm" else known.get("mode", "off")
    if given.pipeline_type == "traditional" and mode == "zero_shot":
        mode = "off"
    settings = given.llm_settings
    told = {"model": settings.model_name, "max_tokens": settings.max_tokens, "temperature": settings.temperature}
    return {**known, "mode": mode, **told}


def _endpoint(given: LlmPartSettings, shown: LlmPartSettings) -> LlmEndpoint | None:
    key = shown.api_key if given.api_key.strip() == MASK else given.api_key.strip()
    if key and not key.startswith(_REFERENCE):
        raise UserInputError(
            "llm_settings.api_key: a key is not stored here; set INTENTLOOP_SECRET_NAME on the servers and write "
            "secret:NAME"
        )
    address = given.base_url.strip()
    if not address:
        return None
    try:
        return LlmEndpoint(base_url=address, key=key or None)
    except ValueError as error:
        raise UserInputError(
            "llm_settings: base_url must be an http:// or https:// address in ASCII, without a user name or a query, "
            "and api_key secret:NAME"
        ) from error
