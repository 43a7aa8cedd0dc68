"""Releases on trial beside the one that answers: a canary answers a share of the conversations, a shadow nobody."""

from typing import Annotated

from fastapi import Path, Request

from serving.access.roles import Role
from serving.api.access import Caller, allow
from serving.api.admin.releasing.release_models import (
    NO_REASON,
    Canary,
    CanaryArm,
    CanaryIn,
    Moved,
    Shadow,
    ShadowFigures,
    ShadowIn,
    WhyIn,
)
from serving.api.admin.releasing.releases import (
    ERRORS,
    REFUSED,
    manager_of,
    note_move,
    overview_of,
    wanted_of,
)
from serving.api.admin.route import AdminRouter, services_of
from serving.channels.incoming import BotName
from serving.release.trials import CANARY, SHADOW
from serving.replay.shadow_log import total_of
from serving.store.releases.shadows import ShadowCount, ShadowCounts

router = AdminRouter(prefix="/api/v1/bots/{bot}/releases", tags=["releases"], responses=ERRORS)

Bot = Annotated[BotName, Path()]


@router.get("/canary", summary="Show the canary", dependencies=[allow(Role.VIEWER)])
async def show_canary(bot: Bot, request: Request) -> Canary:
    """Return the version that answers a share of the conversations, and how it does beside the one that answers."""
    manager = manager_of(request)
    aliases = (await overview_of(request, bot)).aliases
    version = aliases.get(CANARY)
    share = manager.canary_share
    if version is not None:
        share = manager.share_of((await manager.find(bot, version)).versions[0])
    trial = services_of(request).releases.status(bot).trial
    canary, others = (CanaryArm.model_validate(trial[name]) if name in trial else None for name in ("canary", "others"))
    return Canary(version=version, share=share, canary=canary, others=others)


@router.post("/canary", summary="Start a canary", dependencies=[allow(Role.OPERATOR)], responses=REFUSED)
async def start_canary(bot: Bot, said: CanaryIn, request: Request, caller: Caller) -> Moved:
    """Let a version answer a share of the conversations, always the same ones. Sent again, it changes the share.

    A canary that falls back, fails or asks more often than chance explains is stopped by the servers.
    """
    moved = await manager_of(request).start_trial(
        bot, said.version, wanted_of(caller, said), alias=CANARY, share=said.share
    )
    return note_move(request, moved, bot=bot)


@router.post("/canary/stop", summary="Stop the canary", dependencies=[allow(Role.OPERATOR)])
async def stop_canary(bot: Bot, request: Request, caller: Caller, said: WhyIn = NO_REASON) -> Moved:
    """Let the version that answers everybody else answer the canary's conversations too."""
    return note_move(request, await manager_of(request).stop_trial(bot, wanted_of(caller, said), alias=CANARY), bot=bot)


@router.get("/shadow", summary="Show the shadow", dependencies=[allow(Role.VIEWER)])
async def show_shadow(bot: Bot, request: Request) -> Shadow:
    """Return the version that is tried without answering anybody, and what it would have done differently."""
    version = (await overview_of(request, bot)).aliases.get(SHADOW)
    if version is None:
        return Shadow(version=None, total=None, by_intent=[])
    counts = await ShadowCounts(services_of(request).database).of(bot, version)
    by_intent: dict[str, list[ShadowCount]] = {}
    for count in counts:
        by_intent.setdefault(count.intent_id, []).append(count)
    rows = [ShadowFigures(intent_id=intent_id, **total_of(found)) for intent_id, found in by_intent.items()]
    rows.sort(key=lambda row: (-row.different - row.failed, row.intent_id or ""))
    return Shadow(version=version, total=ShadowFigures(intent_id=None, **total_of(counts)), by_intent=rows)


@router.post("/shadow", summary="Start a shadow", dependencies=[allow(Role.OPERATOR)], responses=REFUSED)
async def start_shadow(bot: Bot, said: ShadowIn, request: Request, caller: Caller) -> Moved:
    """Try every message on a version after it was answered; it answers nobody, and need not have passed its gate."""
    moved = await manager_of(request).start_trial(bot, said.version, wanted_of(caller, said), alias=SHADOW)
    return note_move(request, moved, bot=bot)


@router.post("/shadow/stop", summary="Stop the shadow", dependencies=[allow(Role.OPERATOR)])
async def stop_shadow(bot: Bot, request: Request, caller: Caller, said: WhyIn = NO_REASON) -> Moved:
    """End the trial; what was counted stays for 90 days."""
    return note_move(request, await manager_of(request).stop_trial(bot, wanted_of(caller, said), alias=SHADOW), bot=bot)
