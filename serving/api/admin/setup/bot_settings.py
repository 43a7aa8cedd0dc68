"""The settings of a bot: what its next training uses, what takes effect at once, and what answers now."""

import time
from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import Path, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from pipelines.errors import EditConflict, ModelNotLoaded, NotFound
from pipelines.registry.release import Release
from pipelines.schemas.llm import LlmConfig
from pipelines.schemas.thresholds import ChosenThresholds, Thresholds
from pipelines.settings import Settings
from serving.access.roles import Role
from serving.api.access import allow
from serving.api.admin.etags import ANY, IfMatch, etag_of, require_match, tagged
from serving.api.admin.known_bots import KNOWN_BOT
from serving.api.admin.route import AdminRouter, note_change, services_of
from serving.api.errors import ErrorBody, public_text
from serving.channels.incoming import BotName
from serving.dialogue.services import Services
from serving.llm.endpoints import REFRESH_SECONDS, LlmEndpoint
from serving.llm.reader import Prices
from serving.release.bot_configuration import BotConfiguration, Configured, Wanted
from serving.release.trade_off import TradeOff, TradeOffs
from serving.store.usage import TokenBudget
from serving.wiring import probe_llm

_ERRORS: dict[int | str, dict[str, Any]] = {404: {"model": ErrorBody, "description": "There is no such bot."}}
_MOST_ANSWER_CHARACTERS = 200
_AFTER_TRAINING = "with the next training, once its version is promoted"

router = AdminRouter(prefix="/api/v1/bots/{bot}/settings", tags=["settings"], responses=_ERRORS)

Bot = Annotated[BotName, Path()]


class ThresholdSettings(BaseModel):
    """When the bot is not sure enough to answer."""

    chosen: ChosenThresholds = Field(description="In place of those that training fits; null: as fitted.")
    live: Thresholds | None = Field(description="Those of the version that answers; null if none does.")


class LlmSettings(BaseModel):
    """Whether and how a language model is asked."""

    chosen: LlmConfig | None = Field(description="When it is asked, and how; null: never.")
    live: LlmConfig | None = Field(description="That of the version that answers.")
    endpoint: LlmEndpoint | None = Field(
        description=f"The bot's own endpoint, used within {REFRESH_SECONDS:g} seconds; null: the platform's."
    )
    has_platform_endpoint: bool = Field(description="Whether the platform has an endpoint.")


class PendingSetting(BaseModel):
    """A setting that is not what answers customers yet."""

    setting: Literal["language", "timezone", "phrases", "thresholds", "llm"]
    takes_effect: str


class BotSettingsOut(BaseModel):
    """The settings of a bot."""

    language: str
    timezone: str
    phrases: dict[str, str] = Field(description="Sentences in place of those that the bot says unasked, by name.")
    thresholds: ThresholdSettings
    llm: LlmSettings
    public_shortcuts: tuple[str, ...] = Field(
        description="Intents that customers may call as `/intent_id`, of all bots: `INTENTLOOP_PUBLIC_SHORTCUTS`."
    )
    live_version: str | None = Field(description="The version that answers.")
    pending: tuple[PendingSetting, ...] = Field(description="What the version that answers does not have yet.")
    edition: str = Field(description="Another one after each change.")


class BotSettingsChange(BaseModel):
    """The settings to change; what is left out stays, and null goes back to the default."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {"thresholds": {"confidence": 0.4}},
                {
                    "llm": {"mode": "fallback", "model": "gpt-4.1-mini"},
                    "llm_endpoint": {"base_url": "https://llm.example/v1", "key": "secret:LLM_KEY"},
                },
            ]
        },
    )

    language: str | None = Field(default=None, max_length=35, description="Tag of the customers' language: `de`.")
    timezone: str | None = Field(default=None, max_length=64, description="Where they live: `Europe/Berlin`.")
    phrases: dict[str, str] | None = None
    thresholds: ChosenThresholds | None = Field(default=None, description="All of them: those left out are fitted.")
    llm: LlmConfig | None = Field(default=None, description="All of it.")
    llm_endpoint: LlmEndpoint | None = Field(default=None, description="Null: the platform's.")


class LlmTestIn(BaseModel):
    """What to test; without anything, what is set."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"model": "gpt-4.1-mini"}]})

    endpoint: LlmEndpoint | None = Field(default=None, description="An endpoint to try before it is set.")
    model: str | None = Field(default=None, min_length=1, max_length=200, description="The model to ask.")


class LlmTest(BaseModel):
    """Whether the language model answered."""

    is_ok: bool
    detail: str
    model: str
    duration_ms: float
    answer: str = Field(default="", description="What the model wrote.")
    prompt_tokens: int = Field(default=0, description="Tokens that it was sent; 0 if the endpoint does not say.")
    completion_tokens: int = Field(default=0, description="Tokens that it wrote; 0 if the endpoint does not say.")
    cost: float | None = Field(default=None, description="In the operator's currency; null unless prices were set.")


class UsedBudget(BaseModel):
    """Tokens of the language model in an hour or a month."""

    period: Literal["hour", "month"]
    limit: int = Field(description="How many the bot may use; beyond it, the model is not asked.")
    used: int = Field(description="How many it has used, with those of questions under way.")
    ends_at: datetime


class LlmUsage(BaseModel):
    """The language model's budgets of a bot. The limits and prices are the servers' settings, of all bots."""

    budgets: tuple[UsedBudget, ...]
    prompt_price: float | None = Field(description="Of a million tokens; null: none was set.")
    completion_price: float | None


@router.get("", summary="Show the settings", dependencies=[allow(Role.VIEWER)])
async def show_bot_settings(bot: Bot, request: Request, response: Response) -> BotSettingsOut:
    """Return the settings of a bot beside those of the version that answers."""
    services = services_of(request)
    found = await BotConfiguration(services.database).find(bot)
    return _answer(found, await live_release(bot, services), request, response)


@router.patch("", summary="Change the settings", dependencies=[allow(Role.OPERATOR)])
async def change_bot_settings(
    bot: Bot, change: BotSettingsChange, request: Request, response: Response, if_match: IfMatch = None
) -> BotSettingsOut:
    """Change some settings. `pending` says what takes effect only with a new version; the endpoint does at once."""
    services = services_of(request)
    configuration, live = BotConfiguration(services.database), await live_release(bot, services)
    before = await configuration.find(bot)
    shown = _shown(before, live, request).model_dump(mode="json")
    require_match(if_match, shown)
    wanted = Wanted(
        fields={name: getattr(change, name) for name in change.model_fields_set if name != "llm_endpoint"},
        endpoint=change.llm_endpoint,
        sets_endpoint="llm_endpoint" in change.model_fields_set,
    )
    overwrites = (if_match or "").strip() == ANY
    after = await configuration.change(before, wanted, overwrites=overwrites)
    if after is None:
        now = _shown(await configuration.find(bot), live, request).model_dump(mode="json")
        raise EditConflict(now, etag=etag_of(now))
    answer = _answer(after, live, request, response)
    note_change(request, before=shown, after=answer.model_dump(mode="json"))
    return answer


@router.get("/trade-off", summary="Show the trade-off of thresholds", dependencies=[allow(Role.VIEWER)])
async def show_trade_off(bot: Bot, request: Request) -> TradeOff:
    """Return what each threshold would have cost on the utterances that the version that answers was measured on."""
    version = (await services_of(request).releases.ensure(bot)).version
    curves: TradeOffs = request.app.state.trade_offs
    found = await curves.find(bot, version)
    if found is None:
        raise NotFound("trade-off of version", version, hint="its training measured nothing; train again")
    return found


@router.post("/llm/test", summary="Test the language model", dependencies=[allow(Role.OPERATOR)])
async def test_bot_llm(bot: Bot, wanted: LlmTestIn, request: Request) -> LlmTest:
    """Ask the bot's language model for a word, within ten seconds; nothing of a customer is sent."""
    services = services_of(request)
    found = await BotConfiguration(services.database).find(bot)
    endpoint = wanted.endpoint if wanted.endpoint is not None else found.endpoint
    model = wanted.model or (found.llm.model if found.llm is not None else "")
    if not model:
        return LlmTest(is_ok=False, detail="no model is named; set `llm.model`", model="", duration_ms=0.0)
    started = time.perf_counter()
    settings: Settings = request.app.state.settings
    answer = await probe_llm(settings, services.secrets, endpoint, model=model)
    spent = round((time.perf_counter() - started) * 1000, 1)
    if isinstance(answer, str):
        return LlmTest(is_ok=False, detail=public_text(answer), model=model, duration_ms=spent)
    prices, usage = Prices.of(settings), answer.usage
    return LlmTest(
        is_ok=True,
        detail="it answers",
        model=model,
        duration_ms=spent,
        answer=answer.content[:_MOST_ANSWER_CHARACTERS],
        prompt_tokens=usage.prompt_tokens,
        completion_tokens=usage.completion_tokens,
        cost=prices.cost(usage) if prices is not None else None,
    )


@router.get("/llm/usage", summary="Show the language model's budget", dependencies=[allow(Role.VIEWER), KNOWN_BOT])
async def show_llm_usage(bot: Bot, request: Request) -> LlmUsage:
    """Return how much of its budgets a bot has used in this hour and this month."""
    services, settings = services_of(request), request.app.state.settings
    budget = TokenBudget(
        services.database,
        tokens_per_hour=settings.llm_tokens_per_hour,
        tokens_per_month=settings.llm_tokens_per_month,
        now=services.now,
    )
    return LlmUsage(
        budgets=tuple(
            UsedBudget(
                period="hour" if each.name == "hour" else "month", limit=each.limit, used=used, ends_at=each.ends_at
            )
            for each, used in await budget.used(bot)
        ),
        prompt_price=settings.llm_prompt_price,
        completion_price=settings.llm_completion_price,
    )


async def live_release(bot: str, services: Services) -> Release | None:
    """Return the release that answers, if there is one."""
    try:
        return await services.releases.ensure(bot)
    except (ModelNotLoaded, NotFound):
        return None


def _answer(found: Configured, live: Release | None, request: Request, response: Response) -> BotSettingsOut:
    return tagged(_shown(found, live, request), response)


def _shown(found: Configured, live: Release | None, request: Request) -> BotSettingsOut:
    definition = live.definition if live is not None else None
    waiting = found.pending(definition) if definition is not None else ()
    return BotSettingsOut(
        language=found.file.language,
        timezone=found.file.timezone,
        phrases=found.file.phrases,
        thresholds=ThresholdSettings(
            chosen=found.file.thresholds or ChosenThresholds(),
            live=definition.thresholds if definition is not None else None,
        ),
        llm=LlmSettings(
            chosen=found.llm,
            live=definition.llm if definition is not None else None,
            endpoint=found.endpoint,
            has_platform_endpoint=request.app.state.settings.llm_base_url is not None,
        ),
        public_shortcuts=tuple(sorted(services_of(request).public_shortcuts)),
        live_version=live.version if live is not None else None,
        pending=tuple(PendingSetting(setting=name, takes_effect=_AFTER_TRAINING) for name in waiting),
        edition=found.edition,
    )
