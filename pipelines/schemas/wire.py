"""Base of what a bot file holds: read from its JSON, and written as it was."""

from typing import Any

from pydantic import BaseModel, ConfigDict
from pydantic.alias_generators import to_camel


class WireModel(BaseModel):
    """Base of everything in a bot file: camelCase outside, unknown fields kept."""

    model_config = ConfigDict(
        alias_generator=to_camel,
        populate_by_name=True,
        extra="allow",
        frozen=True,
        ser_json_inf_nan="constants",  # kept, so that whoever checks what is stored can refuse it
    )

    def to_wire(self) -> dict[str, Any]:
        """Return the original JSON object: the same fields, no defaults added."""
        return self.model_dump(mode="json", by_alias=True, exclude_unset=True)
