from fastapi import APIRouter, FastAPI
from starlette.testclient import TestClient

from serving.api.access import AdminOnly
from serving.api.errors import install_error_handlers

TOKEN = "a-token-of-the-operator"


def client_of(token: str | None) -> TestClient:
    app = FastAPI()
    app.state.admin_token = token
    router = APIRouter(dependencies=[AdminOnly])

    @router.get("/admin/thing")
    async def thing() -> str:
        return "done"

    app.include_router(router)
    install_error_handlers(app)
    return TestClient(app)


def test_admin_routes_open_to_the_token_alone() -> None:
    client = client_of(TOKEN)
    for right in (f"Bearer {TOKEN}", f"bearer  {TOKEN}"):
        assert client.get("/admin/thing", headers={"Authorization": right}).json() == "done"
    for wrong in ("", TOKEN, f"Basic {TOKEN}", f"Bearer {TOKEN}x", "Bearer ", f"Bearer {TOKEN[:-1]}", "Bearer \u00e9"):
        answer = client.get("/admin/thing", headers={"Authorization": wrong.encode()} if wrong else {})
        assert answer.status_code == 403
        assert "Authorization: Bearer TOKEN" in answer.json()["detail"]
        assert TOKEN not in answer.text


def test_admin_routes_are_closed_where_no_token_is_set() -> None:
    answer = client_of(None).get("/admin/thing", headers={"Authorization": "Bearer None"})
    assert answer.status_code == 403
    assert "INTENTLOOP_ADMIN_TOKEN" in answer.json()["detail"]
