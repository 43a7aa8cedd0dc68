"""Faults on request: the shop acts, but its answer is late or lost. For trying what a bot says then."""

import asyncio
from typing import Any, Literal

from fastapi import APIRouter, FastAPI, Request, Response
from pydantic import BaseModel, ConfigDict, Field
from starlette.middleware.base import RequestResponseEndpoint

faults_router = APIRouter(tags=["operation"])


class Fault(BaseModel):
    """What happens to the answers of the next actions; reading is never disturbed."""

    model_config = ConfigDict(frozen=True)

    kind: Literal["late", "bad_gateway"]
    seconds: float = Field(default=15.0, ge=0.0, le=120.0)
    count: int = Field(default=1, ge=1, le=1000)


@faults_router.post("/faults")
async def order_faults(request: Request, fault: Fault) -> dict[str, Any]:
    """Let the next actions be answered late or with 502, after they have been carried out."""
    request.app.state.faults = [fault] * fault.count
    return {"count": fault.count, "kind": fault.kind}


@faults_router.delete("/faults")
async def stop_faults(request: Request) -> dict[str, Any]:
    """Answer as usual again."""
    request.app.state.faults = []
    return {"count": 0}


def add_faults(app: FastAPI) -> None:
    """Add faults to a shop: none until some are ordered."""
    app.state.faults = []
    app.include_router(faults_router)

    @app.middleware("http")
    async def disturb(request: Request, call_next: RequestResponseEndpoint) -> Response:
        response = await call_next(request)
        is_action = request.method != "GET" and request.url.path not in ("/faults", "/effects")
        if not (is_action and app.state.faults):
            return response
        fault: Fault = app.state.faults.pop()
        if fault.kind == "bad_gateway":
            return Response(status_code=502)
        await asyncio.sleep(fault.seconds)
        return response
