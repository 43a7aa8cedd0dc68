"""Requests from templates, value by value: a slot changes the value it stands for and nothing else."""

from collections.abc import Callable, Iterator
from typing import Any

from jinja2 import TemplateError
from pydantic import BaseModel, ConfigDict, JsonValue

from pipelines.errors import ToolFailed
from pipelines.schemas.tool import IDEMPOTENT_METHODS, ResponseMapping, ToolHeader, ToolSpec
from pipelines.templates.header import render_header
from pipelines.templates.json_body import render_json
from pipelines.templates.mapping import mapping_problems
from pipelines.templates.marks import RequestValues
from pipelines.templates.url import render_url


class ToolRequest(BaseModel):
    """A request, complete except for its secrets, which it contains as references.

    `body` is the JSON document to send; None sends none. `mapping` selects the parts of the answer to keep.
    `idempotent` is the tool's declaration.
    """

    model_config = ConfigDict(frozen=True)

    intent_id: str
    method: str
    url: str
    headers: tuple[tuple[str, str], ...] = ()
    body: JsonValue = None
    key: str
    mapping: ResponseMapping | None = None
    idempotent: bool | None = None

    @property
    def is_repeatable(self) -> bool:
        """Whether it may be sent again under its key without acting twice."""
        return self.method in IDEMPOTENT_METHODS if self.idempotent is None else self.idempotent


def render_request(spec: ToolSpec, values: RequestValues, *, intent_id: str, key: str) -> ToolRequest:
    """Render the request of a tool; its host is the one in the template, whatever the values.

    With `isJson`, the body is `jsonData`. Without it, every slot that the URL's query does not name yet goes into the
    query, for all methods. `key` is sent as `Idempotency-Key`. Secrets are not among the values: a request contains
    references.

    Raises ToolFailed if a template or the mapping is malformed, a template uses an unknown name, or a value is not
    allowed at its position.
    """
    for field, problem in mapping_problems(spec.response_mapping) if spec.response_mapping else ():
        raise ToolFailed(intent_id, f"its responseMapping.{field} {problem}")
    parts: dict[str, Any] = {}
    for field, part in render_parts(spec, values):
        if isinstance(part, TemplateError):
            raise ToolFailed(intent_id, f"its {field}: {part}; correct the templates of its tool") from part
        parts[field] = part
    headers = [(header.header_key, parts[f"headers.{header.header_key}"]) for header in spec.headers]
    return ToolRequest(
        intent_id=intent_id,
        method=spec.request_type,
        url=parts["url"],
        headers=tuple((name, value) for name, value in headers if value is not None),
        body=parts.get("jsonData"),
        key=key,
        mapping=spec.response_mapping,
        idempotent=spec.idempotent,
    )


def render_parts(spec: ToolSpec, values: RequestValues) -> Iterator[tuple[str, JsonValue | TemplateError]]:
    """Render each part of a request; yield the field's name with what it gives, or with why it gives nothing.

    None stands for a header that is left out.
    """
    yield "url", _rendered(lambda: render_url(spec.url, values, append_slots=not spec.is_json))
    for header in spec.headers:
        yield f"headers.{header.header_key}", _rendered(_header(header, values))
    if spec.is_json:
        yield "jsonData", _rendered(lambda: render_json(spec.json_data, values))


def _header(header: ToolHeader, values: RequestValues) -> Callable[[], str | None]:
    return lambda: render_header(header.header_key, header.header_value, values)


def _rendered(render: Callable[[], JsonValue]) -> JsonValue | TemplateError:
    try:
        return render()
    except TemplateError as error:
        return error
    except (ValueError, RecursionError):
        # only the template's own errors in their words: those of parsers and codecs may quote the customer
        return TemplateError("a value cannot be written at its position")
