"""The OpenAPI document, as what the routes really answer: the framework documents its own errors, not ours."""

import re
from collections.abc import Callable, Iterator
from typing import Any

from fastapi import FastAPI
from fastapi.routing import iter_route_contexts
from pydantic.json_schema import models_json_schema

from serving.api.access import decision_of
from serving.api.admin.route import IDEMPOTENCY_HEADER
from serving.api.chat import CompatMessageIn, MessageIn
from serving.api.errors import ConflictBody, ErrorBody

_SCHEMAS = "#/components/schemas/"
_RESPONSES = "#/components/responses/"
_JSON = "application/json"
_ERROR = {"$ref": f"{_SCHEMAS}{ErrorBody.__name__}"}
_CONFLICT_BODY = {"$ref": f"{_SCHEMAS}{ConflictBody.__name__}"}
_CONFLICT = "It has changed since it was read; nothing was written."
_FRAMEWORK_SCHEMAS = ("HTTPValidationError", "ValidationError")
_ANYWHERE = {
    "500": "Something went wrong here; see the server's log.",
    "503": "Something that is needed does not answer, or there are too many requests; send it again later.",
}
_WITH_BODY = {
    "400": "The body is not JSON.",
    "408": "The request did not arrive in time.",
    "413": "The body is too large.",
}
_WITH_KEY = {
    "401": "The key is missing, unknown, expired or revoked.",
    "403": "The key's role does not allow this.",
    "429": "Too many requests of a key or address; wait for `Retry-After`.",
}
_ONCE = {"409": "A request with this `Idempotency-Key` is under way, or was done and its response not kept."}
_EDITING = {"428": "The header `If-Match` is missing."}
_ERRORS = _ANYWHERE | _WITH_BODY | _WITH_KEY | _ONCE | _EDITING
_IDEMPOTENCY = {
    "name": IDEMPOTENCY_HEADER,
    "in": "header",
    "required": False,
    "description": "A random text of the sender's. A request that is sent again with it is not done again.",
    "schema": {"type": "string", "minLength": 1, "maxLength": 200},
}

_TAGS = {  # in the order in which they are shown
    "chat": "A customer's message, and the bot's replies.",
    "session": "Sign in from a browser; who am I, and what may I do?",
    "keys": "Keys of the admin API, each with roles.",
    "bots": "Make, rename and delete bots.",
    "intents": "What customers want, and what the bot then says and does.",
    "entities": "What is found in customers' texts.",
    "examples": "The texts that intents and entities are learnt from.",
    "draft": "A bot's whole draft: replace it, check it, repair it, compare it with what answers.",
    "training": "Train the draft, and follow the training.",
    "try": "Answer a message as the draft or any version would, apart from customers.",
    "releases": "What answers: promote, roll back, and try beside it as canary or shadow.",
    "replays": "Answer stored conversations again with another version.",
    "conversations": "What customers said, what the bot answered, and why.",
    "analytics": "Figures by day and release.",
    "labels": "What customers meant: decide, export.",
    "test set": "Texts that every version is judged on and none learns from.",
    "tasks": "Work that takes longer than a request: its progress, its result, and how to cancel it.",
    "settings": "Thresholds, language, phrases and language model of a bot.",
    "channels": "The platforms that a bot talks on, and their webhooks.",
    "chat access": "Who may chat with a bot, and where its chat page may be framed.",
    "widget keys": "Keys for chat windows on other sites.",
    "privacy": "What is kept of customers, for how long; export and forget a person.",
    "members": "People who sign in at the issuer, and their roles.",
    "audit": "Who changed what, and when.",
    "health": "Whether the server runs, and is ready to answer.",
    "operation": "What other programs of the platform tell this one.",
    "compatible": "Paths of ai-chatbot-framework, for its clients.",
}


def install_openapi(app: FastAPI) -> None:
    """Make an app describe itself correctly."""
    generate: Callable[[], dict[str, Any]] = app.openapi

    def describe() -> dict[str, Any]:
        if app.openapi_schema is None:
            document = _corrected(generate())
            _describe_access(document, app)
            app.openapi_schema = document
        return app.openapi_schema

    app.openapi = describe  # type: ignore[method-assign]  # how FastAPI wants it done


def _corrected(document: dict[str, Any]) -> dict[str, Any]:
    schemas: dict[str, Any] = document["components"]["schemas"]
    # the chat routes read their bodies themselves, so the framework does not know them
    own = [(kind, "validation") for kind in (MessageIn, CompatMessageIn, ErrorBody, ConflictBody)]
    _, described = models_json_schema(own, ref_template=_SCHEMAS + "{model}")  # type: ignore[arg-type]
    schemas.update(described["$defs"])
    # each of them once: the docs page reads the whole document for every route that is opened
    document["components"]["responses"] = {
        f"Error{status}": {"description": text, "content": {_JSON: {"schema": _ERROR}}}
        for status, text in _ERRORS.items()
    }
    document["tags"] = [{"name": name, "description": text} for name, text in _TAGS.items()]
    for method, operation in _operations(document):
        responses: dict[str, Any] = operation["responses"]
        for response in responses.values():
            _correct_errors(response)
            _correct_stream(response)
        more = {*_ANYWHERE}
        if method in ("post", "put", "patch"):
            more |= _WITH_BODY.keys()
        if "security" in operation:
            more |= _WITH_KEY.keys()
            if method == "post":
                more |= _ONCE.keys()
                operation.setdefault("parameters", []).append(_IDEMPOTENCY)
        if any(parameter["name"] == "If-Match" for parameter in operation.get("parameters", ())):
            more |= _EDITING.keys()
            responses["412"] = {"description": _CONFLICT, "content": {_JSON: {"schema": _CONFLICT_BODY}}}
        for status in more:
            responses.setdefault(status, {"$ref": f"{_RESPONSES}Error{status}"})
        operation["responses"] = dict(sorted(responses.items()))
    for name in _FRAMEWORK_SCHEMAS:
        schemas.pop(name, None)
    return document


def _describe_access(document: dict[str, Any], app: FastAPI) -> None:
    """Say with each route of the admin API which role it needs."""
    for context in iter_route_contexts(app.routes):
        path = re.sub(r":\w+\}", "}", context.path or "")  # a parameter may have a converter, as in `{id:path}`
        decision = decision_of(list(getattr(context, "dependencies", ())))
        for method in context.methods or () if decision is not None else ():
            operation = document["paths"].get(path, {}).get(method.lower())
            if operation is not None and decision is not None:
                operation["description"] = f"{operation.get('description', '')}\n\n{decision.sentence}".strip()
                operation["x-required-role"] = str(decision.role)


def _operations(document: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for path in document["paths"].values():
        yield from path.items()


def _correct_stream(response: dict[str, Any]) -> None:
    """Describe a stream in words of OpenAPI 3.1, which has none for its items."""
    for content in response.get("content", {}).values():
        item = content.pop("itemSchema", None)  # of OpenAPI 3.2, which few tools know
        if item is not None:
            content["schema"] = item


def _correct_errors(response: dict[str, Any]) -> None:
    """Document an error as JSON of ours, also where the route answers plain text or the framework's error was meant."""
    names = {content.get("schema", {}).get("$ref", "") for content in response.get("content", {}).values()}
    if names & {_ERROR["$ref"], *(_SCHEMAS + name for name in _FRAMEWORK_SCHEMAS)}:
        response["content"] = {_JSON: {"schema": _ERROR}}
        if response["description"] == "Validation Error":
            response["description"] = "A field is missing or cannot be used."
