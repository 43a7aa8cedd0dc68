"""What requests and responses about examples hold."""

from collections.abc import Mapping
from contextlib import suppress
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from pipelines.schemas.bot import AnnotatedSpan, TrainingExample
from serving.store.drafts.examples import KEY_PATTERN

MOST_EXAMPLES = 20_000
"""In one request."""
MOST_SHOWN = 100
"""Examples that are shown again to whoever adds them."""


class ExampleIn(TrainingExample):
    """A text that customers may write, with the entities marked in it.

    `begin` and `end` count characters (code points), not UTF-16 units. An annotation at another place than its value is
    moved to it; one whose value is not in the text is refused.
    """

    model_config = TrainingExample.model_config | {
        "json_schema_extra": {
            "examples": [
                {"text": "a pizza to Oslo", "entities": [{"value": "Oslo", "begin": 11, "end": 15, "name": "city"}]}
            ]
        }
    }

    @field_validator("text")
    @classmethod
    def _says_something(cls, text: str) -> str:
        if not text.strip():
            raise ValueError("the text is empty; write what a customer may say")
        return text


class PlacedExampleIn(ExampleIn):
    """An example with its intent."""

    model_config = TrainingExample.model_config | {
        "json_schema_extra": {"examples": [{"intentId": "order_pizza", "text": "one pizza please"}]}
    }

    intent_id: str = Field(description="The intent's `intentId`.")


class ExamplesIn(BaseModel):
    """Examples of one intent."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"examples": [{"text": "a pizza"}]}]})

    examples: list[ExampleIn] = Field(max_length=MOST_EXAMPLES)


class PlacedExamplesIn(BaseModel):
    """Examples of any intents."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"examples": [{"intentId": "order_pizza", "text": "one pizza please"}]}]},
    )

    examples: list[PlacedExampleIn] = Field(max_length=MOST_EXAMPLES)


class ExampleKeys(BaseModel):
    """Examples of one intent, by their keys."""

    model_config = ConfigDict(extra="forbid")

    intent_id: str
    keys: list[Annotated[str, Field(pattern=KEY_PATTERN)]] = Field(max_length=MOST_EXAMPLES)


class DeletionIn(BaseModel):
    """The examples to delete."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"intents": [{"intent_id": "greet", "keys": ["0123456789abcdef0123"]}]}]},
    )

    intents: list[ExampleKeys] = Field(max_length=MOST_EXAMPLES)


class ExampleOut(BaseModel):
    """An example."""

    key: str = Field(description="Names it within its intent; a hash of its content, so another one after each change.")
    etag: str = Field(description="To send as `If-Match`.")
    intent_id: str
    position: int = Field(description="Its place in its intent, from 1.")
    text: str
    entities: tuple[AnnotatedSpan, ...]
    findings: tuple[str, ...] = Field(description="The checks of the last validation that it fails.")


class AddedOut(BaseModel):
    """What became of the examples sent."""

    added: int
    changed: int = Field(description="Texts that their intent had, with other annotations.")
    unchanged: int = Field(description="Texts that their intent had as they are, or that were sent twice.")
    repairs: tuple[str, ...] = Field(description="A sentence for each of the first annotations that were moved.")
    n_repairs: int = Field(description="How many annotations were moved to their value.")
    examples: tuple[ExampleOut, ...] = Field(
        default=(), description=f"The examples sent as they are now, if at most {MOST_SHOWN} were sent."
    )


class DeletedOut(BaseModel):
    """What was deleted."""

    deleted: int
    missing: int = Field(description="Keys that no example has any more.")


def spans_of(example: Mapping[str, Any]) -> tuple[AnnotatedSpan, ...]:
    """Return the annotations of a stored example; those that cannot be read are left out."""
    rows = example.get("entities")
    found = []
    for row in rows if isinstance(rows, list) else ():
        with suppress(ValidationError):
            found.append(AnnotatedSpan.model_validate(row))
    return tuple(found)
