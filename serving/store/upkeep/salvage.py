"""Reads what can be read of a document that is not as this program writes it."""

from collections.abc import Mapping
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

ModelT = TypeVar("ModelT", bound=BaseModel)


def salvage(
    kind: type[ModelT], fields: Mapping[str, Any], substitutes: Mapping[str, Any], *, strict: bool = False
) -> tuple[ModelT, set[str]]:
    """Read a model; a field that cannot be read gets its substitute, or its default.

    Return the model and the names of the fields that could not be read. `substitutes` has a valid value for each field
    without a default. With `strict`, `"3"` is no number: a write that is fenced by it would never match.
    """
    try:
        return kind.model_validate(fields, strict=strict), set()
    except ValidationError as error:
        unreadable = {str(each["loc"][0]) for each in error.errors(include_input=False, include_url=False)}
    kept = {name: value for name, value in fields.items() if name not in unreadable}
    needed = {name: value for name, value in substitutes.items() if name in unreadable or name not in kept}
    return kind.model_validate({**kept, **needed}), unreadable
