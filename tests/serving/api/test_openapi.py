"""The OpenAPI document: valid, and what every route really answers."""

import re
from collections import defaultdict
from collections.abc import AsyncIterator, Iterator
from typing import Any

import httpx2
import pytest
from fastapi import FastAPI
from fastapi.routing import iter_route_contexts
from jsonschema import Draft202012Validator
from openapi_spec_validator import validate

from pipelines.registry.release import Release
from pipelines.settings import Settings
from serving.api.app import create_app
from tests.support.fixed import FixedReleases

TOKEN = "a-token-of-the-operator"
VALUES = defaultdict(
    lambda: "x",
    {"bot": "default", "channel": "facebook", "number": "7", "key": "0" * 64, "key_id": "0123456789"},
)
OPEN = ("/api/v1/bots/{bot}/messages", "/api/v1/bots/{bot}/channels/{channel}/webhook")
SIGN_IN = (
    ("post", "/api/v1/session"), ("delete", "/api/v1/session"),
    ("get", "/api/v1/session/login"), ("get", "/api/v1/session/callback"),
)  # fmt: skip
# JSON, or nearly, that a parser or whoever uses its values may trip over
ODD_BODIES = (
    b"[" * 100_000, b'{"a":' * 100_000, b'{"why": 1e400}', b'{"why": NaN}', b'{"a": %s}' % (b"9" * 10_000),
    b'{"name": "\\ud800"}', b'{"\\ud800": 1}', b"\xff\xfe", b'{"a": 1, "a": 2}', b'"\\u0000"', b'{"rate": -1e-400}',
    b'{"intentId": "x", "trainingData": [{"text": "a", "entities": [{"begin": 1e309, "end": -0}]}]}',
)  # fmt: skip
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
HEADERS = ("content-security-policy", "x-frame-options", "x-content-type-options", "referrer-policy")


@pytest.fixture
def app(settings: Settings, mongo_uri: str, tiny_release: Release, new_name: str) -> FastAPI:
    more = {
        "mongo_uri": mongo_uri, "mongo_database": f"openapi_{new_name}", "admin_token": TOKEN,
        "mlflow_webhook_secret": "a-secret-of-the-webhook",
        "rate_limit_key": 0,  # every request is to reach its route
    }  # fmt: skip
    settings = Settings.model_validate({**settings.model_dump(), **more})
    return create_app(settings, releases=FixedReleases({"default": tiny_release}))


@pytest.fixture
async def client(app: FastAPI) -> AsyncIterator[httpx2.AsyncClient]:
    transport = httpx2.ASGITransport(app=app, raise_app_exceptions=False)
    async with (
        app.router.lifespan_context(app),
        httpx2.AsyncClient(transport=transport, base_url="http://chat.test") as client,
    ):
        yield client


def routes_of(app: FastAPI) -> list[tuple[str, set[str]]]:
    """Give every path of the app, as the document writes it, with the methods of all its routes."""
    methods: dict[str, set[str]] = {}
    for context in iter_route_contexts(app.routes):
        if context.methods and context.path:
            path = re.sub(r":\w+\}", "}", context.path)  # a parameter may have a converter, as in `{id:path}`
            methods.setdefault(path, set()).update(context.methods)
    return list(methods.items())


def url_of(path: str) -> str:
    """Give a path with a value for each parameter."""
    return re.sub(r"\{(\w+)\}", lambda found: VALUES[found[1]], path)


def plain_requests(url: str) -> Iterator[dict[str, Any]]:
    """Give requests that any method may be sent with: no body, broken JSON, a wrong type; with and without a key."""
    for key in ({}, {"Authorization": f"Bearer {TOKEN}"}):
        yield {"url": url, "headers": key}
        for body in (b"{", b"[5]"):
            yield {"url": url, "headers": {**key, "Content-Type": "application/json"}, "content": body}


def requests_for(method: str, path: str) -> Iterator[dict[str, Any]]:
    """Give requests of every kind for a route: right, unauthorized, malformed, unknown, too large."""
    right = url_of(path)
    token = {"Authorization": f"Bearer {TOKEN}"}
    message = {"thread_id": "t", "text": "hello"}
    for url in {right, right.replace("/default/", "/$ne/"), right.replace("/default/", "/unknown/")}:
        yield {"url": url, "headers": token, "json": message}
        yield {"url": url, "json": message}
        yield {"url": url, "headers": {"Authorization": "Bearer no"}}
    if "{" in path:
        yield {"url": re.sub(r"\{(\w+)\}", "%00", path), "headers": token}
    yield {"url": right, "headers": token, "params": {"limit": "x", "status": "x"}}
    if method == "POST":
        for body in (b"", b"{", b"[]", b"{}", b'"x"', b'{"thread_id": {"$ne": 1}, "text": 5}', b"x" * 2_000_000):
            yield {"url": right, "headers": {**token, "Content-Type": "application/json"}, "content": body}


def problem_of(document: dict[str, Any], method: str, path: str, response: httpx2.Response) -> str | None:
    """Say in what an answer differs from what the document promises."""
    responses = document["paths"][path][method.lower()]["responses"]
    told = responses.get(str(response.status_code))
    if told is None:
        return f"status {response.status_code} is not documented"
    if "$ref" in told:
        told = document["components"]["responses"][told["$ref"].rpartition("/")[2]]
    kind = response.headers["content-type"].partition(";")[0]
    if kind not in told["content"]:
        return f"content type {kind} of {response.status_code} is not documented"
    if kind != "application/json":
        return None
    schema = {"components": document["components"], **told["content"][kind]["schema"]}
    faults = [fault.message for fault in Draft202012Validator(schema).iter_errors(response.json())]
    return f"body of {response.status_code}: {faults[0]}" if faults else None


async def test_the_document_is_valid(client: httpx2.AsyncClient) -> None:
    validate((await client.get("/openapi.json")).json())


def references_of(node: object) -> Iterator[str]:
    """Give every `$ref` below a node."""
    if isinstance(node, dict):
        if isinstance(node.get("$ref"), str):
            yield node["$ref"]
        node = list(node.values())
    for each in node if isinstance(node, list) else ():
        yield from references_of(each)


def dangling(document: dict[str, Any]) -> set[str]:
    """Give the references of a document that lead nowhere in it."""
    found = set()
    for reference in references_of(document):
        node: Any = document if reference.startswith("#/") else None
        for name in reference.removeprefix("#/").split("/"):
            node = node.get(name.replace("~1", "/").replace("~0", "~")) if isinstance(node, dict) else None
        if node is None:
            found.add(reference)
    return found


def test_every_reference_leads_somewhere(app: FastAPI) -> None:
    document = app.openapi()
    assert len(set(references_of(document))) > 100
    assert dangling(document) == set()
    del document["components"]["schemas"]["ErrorBody"]
    assert dangling(document) == {"#/components/schemas/ErrorBody"}


def test_every_group_is_described(app: FastAPI) -> None:
    document = app.openapi()
    operations = [operation for methods in document["paths"].values() for operation in methods.values()]
    described = [tag["name"] for tag in document["tags"]]
    assert {tag for operation in operations for tag in operation["tags"]} == set(described)
    assert (described[:4], described[-1]) == (["chat", "session", "keys", "bots"], "compatible")


def test_every_filter_is_described_where_it_is_declared(app: FastAPI) -> None:
    document = FastAPI.openapi(app)  # nothing of ours has been added to it
    operations = [operation for methods in document["paths"].values() for operation in methods.values()]
    bare = {
        f"{operation['operationId']}: {parameter['name']}"
        for operation in operations
        for parameter in operation.get("parameters", ())
        if parameter["in"] == "query" and not parameter.get("description")
    }
    assert bare == {"finish_login: code", "finish_login: state"}  # the issuer sends them


async def test_every_route_answers_as_documented(app: FastAPI, client: httpx2.AsyncClient) -> None:
    document = app.openapi()
    problems = []
    seen: set[int] = set()
    for path, methods in routes_of(app):
        for method in methods & {"GET", "POST"} if path in document["paths"] else ():
            if method.lower() not in document["paths"][path]:
                continue
            for request in requests_for(method, path):
                response = await client.request(method, **request)
                seen.add(response.status_code)
                problem = problem_of(document, method, path, response)
                if problem is not None:
                    problems.append(f"{method} {request['url']}: {problem}")
    assert sorted(set(problems)) == []
    assert seen >= {200, 400, 401, 403, 404, 413, 422}


async def test_no_odd_body_is_answered_with_a_fault_of_ours(app: FastAPI, client: httpx2.AsyncClient) -> None:
    headers = {"Authorization": f"Bearer {TOKEN}", "Content-Type": "application/json", "If-Match": "*"}
    for path, operations in app.openapi()["paths"].items():
        url = url_of(path)
        for method in operations.keys() & {"post", "put", "patch"}:
            for body in ODD_BODIES:
                response = await client.request(method, url, headers=headers, content=body)
                assert response.status_code < 500, (method, url, body[:40], response.text)


async def test_every_answer_has_the_security_headers(app: FastAPI, client: httpx2.AsyncClient) -> None:
    routes = dict(routes_of(app))
    assert routes.keys() >= app.openapi()["paths"].keys()
    seen: set[int] = set()
    for path, methods in routes.items():
        for method in METHODS:
            more = requests_for("POST", path) if method in methods else ()
            for request in (*plain_requests(url_of(path)), *more):
                response = await client.request(method, **request)
                seen.add(response.status_code)
                times = {name: len(response.headers.get_list(name)) for name in HEADERS}
                assert times == dict.fromkeys(HEADERS, 1), (method, request["url"], response.status_code)
    assert seen >= {200, 204, 400, 401, 403, 404, 405, 413, 422}
    assert 429 not in seen
    for url in ("/nowhere", "/static-offline-docs/swagger-ui.css", "/static-offline-docs/none", "//", "/docs", "/%ff"):
        response = await client.get(url)
        assert all(name in response.headers for name in HEADERS), url
    crashing = await client.get("/health/ready", headers={"Host": "\x7f"})
    assert all(name in crashing.headers for name in HEADERS)


async def test_a_wrong_method_is_told_all_right_ones(app: FastAPI, client: httpx2.AsyncClient) -> None:
    for path, methods in routes_of(app):
        url = url_of(path)
        for method in {"PUT", "DELETE", "PATCH"} - methods:
            response = await client.request(method, url)
            assert response.status_code == 405, (method, url)
            assert response.json()["error"] == "method_not_allowed"
            assert set(response.headers["allow"].split(", ")) >= methods, url


async def test_pages_of_other_sites_may_read_the_chat_routes_alone(app: FastAPI, client: httpx2.AsyncClient) -> None:
    origin = {"Origin": "https://shop.example", "Access-Control-Request-Method": "POST"}
    chat = {"/api/v1/bots/{bot}/messages", "/bots/channels/rest/webhook", "/bots/channels/rest/webbook"}
    for path, _ in routes_of(app):
        url = url_of(path)
        for method in ("OPTIONS", "GET", "POST"):
            response = await client.request(method, url, headers=origin, json={"thread_id": "t", "text": "hello"})
            assert ("access-control-allow-origin" in response.headers) is (path in chat), (method, url)


async def test_operators_are_asked_for_their_token(client: httpx2.AsyncClient) -> None:
    document = (await client.get("/openapi.json")).json()
    assert document["components"]["securitySchemes"]["Key"]["scheme"] == "bearer"
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            is_open = (
                (method, path) in SIGN_IN
                or path in OPEN
                or path.startswith(("/health/", "/bots/channels/", "/webhooks/"))
            )
            assert ("security" in operation) is not is_open, path
            assert not any(parameter["name"] == "authorization" for parameter in operation.get("parameters", ()))
