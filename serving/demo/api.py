"""The demo shop: a small HTTP API for the sample bot's tools to call. Not for production.

Every answer is HTTP 200 with `found` and a `message` fit for a customer; actions add `ok`, honour `Idempotency-Key` and
add one row to `GET /effects` for each side effect that happened.
"""

from collections.abc import Callable
from dataclasses import asdict
from datetime import UTC, date, datetime
from typing import Any

from fastapi import APIRouter, FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse

from serving.demo.catalogue import offers_router, products_router, stores_router
from serving.demo.faults import add_faults
from serving.demo.orders import orders_router, refunds_router
from serving.demo.parcels import parcels_router
from serving.demo.shop import IdempotencyKeyReused, Shop, TheShop

operation_router = APIRouter(tags=["operation"])


@operation_router.get("/effects")
async def effects(shop: TheShop) -> dict[str, Any]:
    """Side effects that really happened, in order."""
    return {"count": len(shop.effects), "effects": [asdict(effect) for effect in shop.effects]}


@operation_router.delete("/effects")
async def forget_effects(shop: TheShop) -> dict[str, Any]:
    """Delete side effects, new orders and keys."""
    shop.forget()
    return {"count": 0, "effects": []}


@operation_router.get("/health/live")
async def live() -> dict[str, str]:
    """Report that the process answers."""
    return {"status": "ok"}


def create_demo_app(today: Callable[[], date] | None = None) -> FastAPI:
    """Create the demo shop with its own, empty state; `today` replaces the clock."""
    app = FastAPI(title="Demo shop", description=__doc__, version="1")
    app.state.shop = Shop(today or (lambda: datetime.now(UTC).date()))
    for router in (orders_router, refunds_router, parcels_router, products_router, stores_router, offers_router):
        app.include_router(router)
    app.include_router(operation_router)
    add_faults(app)

    @app.exception_handler(RequestValidationError)
    async def refuse(_request: Request, error: RequestValidationError) -> JSONResponse:
        faults = "; ".join(
            f"{'.'.join(str(part) for part in fault['loc'])}: {fault['msg']}" for fault in error.errors()
        )
        return JSONResponse({"error": "invalid_request", "detail": faults}, status_code=422)

    @app.exception_handler(IdempotencyKeyReused)
    async def refuse_key(_request: Request, _error: IdempotencyKeyReused) -> JSONResponse:
        detail = "this Idempotency-Key was sent before with another request; use a new one"
        return JSONResponse({"error": "idempotency_key_reused", "detail": detail}, status_code=422)

    return app
