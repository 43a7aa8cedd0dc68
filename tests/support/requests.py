"""Requests of a tool as templates give them, without a server."""

from collections.abc import Mapping

from pydantic import JsonValue

from pipelines.schemas.tool import ToolSpec
from pipelines.templates.marks import RequestValues
from pipelines.templates.request import ToolRequest, render_request

PARAMETERS: dict[str, JsonValue] = {"town": "Bad Ems", "guests": 4, "days": ["Mo", "Tu"], "late": True}
CONTEXT: dict[str, JsonValue] = {"user": "ann", "tags": None, "cart": {"lines": [{"id": 7}]}}
ENDPOINTS = {"shop": "https://shop.example/v1"}
OPTIONAL = frozenset(("note", "until"))


def request_of(
    url: str = "http://a.example/",
    *,
    body: str | None = None,
    headers: Mapping[str, str] | None = None,
    parameters: dict[str, JsonValue] | None = None,
    context: dict[str, JsonValue] | None = None,
) -> ToolRequest:
    """Render a tool's request; `note` and `until` are parameters that may have no value."""
    pairs = [{"headerKey": name, "headerValue": value} for name, value in (headers or {}).items()]
    spec = ToolSpec.model_validate({"url": url, "isJson": True, "jsonData": body or "{}", "headers": pairs})
    values = RequestValues(
        parameters=PARAMETERS if parameters is None else parameters,
        context=CONTEXT if context is None else context,
        endpoints=ENDPOINTS,
        optional=OPTIONAL,
        language="de",
    )
    return render_request(spec, values, intent_id="book", key="k")
