"""An intent's HTTP call, as authors declare it."""

from typing import Literal

from pydantic import Field, field_validator

from pipelines.schemas.wire import WireModel

RequestType = Literal["GET", "POST", "PUT", "PATCH", "DELETE"]
IDEMPOTENT_METHODS = frozenset(("GET", "PUT", "DELETE"))
"""Methods that may be sent twice unless the tool declares otherwise."""


class ToolHeader(WireModel):
    """One request header of a tool; the value is a template."""

    header_key: str
    header_value: str


class ResponseMapping(WireModel):
    """The parts of a tool's JSON answer to keep: JMESPath expressions; one without a match gives null.

    `result` selects what replies see as `result`, by default the whole answer. `context` selects values by the name
    under which the thread remembers them.
    """

    result: str | None = None
    context: dict[str, str] = Field(default_factory=dict)


class ToolSpec(WireModel):
    """An intent's tool call (`apiDetails`), and the parts of its answer to keep.

    `url`, header values and `json_data` are templates. `idempotent` declares whether the tool recognises an
    `Idempotency-Key` it has seen, so that a call may be sent again without acting twice; None leaves it to the method.
    """

    url: str
    request_type: RequestType = "GET"
    idempotent: bool | None = None
    headers: tuple[ToolHeader, ...] = ()
    is_json: bool = False
    json_data: str = "{}"
    response_mapping: ResponseMapping | None = None

    @property
    def is_repeatable(self) -> bool:
        """Whether a call may be sent again under its key while nobody knows its outcome."""
        return self.request_type in IDEMPOTENT_METHODS if self.idempotent is None else self.idempotent

    @field_validator("headers", mode="before")
    @classmethod
    def _no_headers(cls, value: object) -> object:
        return () if value is None else value

    @field_validator("request_type", mode="before")
    @classmethod
    def _upper(cls, value: object) -> object:
        return value.upper() if isinstance(value, str) else value
