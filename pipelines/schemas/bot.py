"""A bot as authors write it and as files exchange it.

The field names on the wire are those of ai-chatbot-framework's export, so that its bots import without loss. Fields
that a file omits get a default here and are omitted again on export (`to_wire`); unknown fields are kept.
"""

from datetime import UTC, date, tzinfo
from typing import Any, Literal, Self
from zoneinfo import ZoneInfo

import re2
from pydantic import BaseModel, ConfigDict, Field, JsonValue, field_validator, model_validator
from pydantic.alias_generators import to_camel

from pipelines.schemas.llm import LlmConfig, llm_config_of

FALLBACK_INTENT = "fallback"
CANCEL_INTENT = "cancel"
WELCOME_INTENT = "init_conversation"
HANDOVER_INTENT = "handover"
"""Reserved, but optional: an intent with this id hands the thread over to a person."""
SYSTEM_INTENTS = (FALLBACK_INTENT, CANCEL_INTENT, WELCOME_INTENT)
FREE_TEXT = "free_text"
TEXT_TYPES = (FREE_TEXT, "text")
"""Types whose value is the whole message."""
BOOLEAN = "boolean"
TODAY = "today"
"""May stand for a date in a date parameter's `minimum` or `maximum`."""

RequestType = Literal["GET", "POST", "PUT", "PATCH", "DELETE"]


def zone_of(name: str) -> tzinfo:
    """Return the time zone of a name such as `Europe/Berlin`; raise `ValueError` if there is none."""
    if name == "UTC":
        return UTC  # known even without a time zone database
    try:
        return ZoneInfo(name)
    except (ValueError, LookupError, OSError) as error:
        raise ValueError(f"there is no time zone {name!r}; write one such as 'Europe/Berlin', or 'UTC'") from error


class _Wire(BaseModel):
    """Base of everything in a bot file: camelCase outside, unknown fields kept."""

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True, extra="allow", frozen=True)

    def to_wire(self) -> dict[str, Any]:
        """Return the original JSON object: the same fields, no defaults added."""
        return self.model_dump(mode="json", by_alias=True, exclude_unset=True)


class ToolHeader(_Wire):
    """One request header of a tool; the value is a template."""

    header_key: str
    header_value: str


class ResponseMapping(_Wire):
    """The parts of a tool's JSON answer to keep: JMESPath expressions; one without a match gives null.

    `result` selects what replies see as `result`, by default the whole answer. `context` selects values by the name
    under which the thread remembers them.
    """

    result: str | None = None
    context: dict[str, str] = {}


class ToolSpec(_Wire):
    """An intent's tool call (`apiDetails`), and the parts of its answer to keep.

    `url`, header values and `json_data` are templates.
    """

    url: str
    request_type: RequestType = "GET"
    headers: tuple[ToolHeader, ...] = ()
    is_json: bool = False
    json_data: str = "{}"
    response_mapping: ResponseMapping | None = None

    @field_validator("headers", mode="before")
    @classmethod
    def _no_headers(cls, value: object) -> object:
        return () if value is None else value

    @field_validator("request_type", mode="before")
    @classmethod
    def _upper(cls, value: object) -> object:
        return value.upper() if isinstance(value, str) else value


class QuickReplyOption(_Wire):
    """A button under a reply: its label, and the text that pressing it sends (`/intent_id` for an intent)."""

    title: str = Field(min_length=1)
    payload: str = Field(min_length=1)


Bound = int | float | str | None


class Parameter(_Wire):
    """A value that an intent needs.

    `type` is an entity's name, `free_text`, or one of the types that need no entity: `text`, `number`, `integer`,
    `date`, `time`, `datetime`, `email`, `phone`, `url`, `money`, `boolean`. If the bot has an entity of that name, the
    entity takes precedence. `cues` are the words that announce this value if several parameters share a type: `from`
    and `to` before a city.

    A value must match `pattern` as a whole (an RE2 regular expression), be one of `choices` and lie between `minimum`
    and `maximum` (for numbers, amounts and dates; a date may say `today`), as far as these are set. `invalid_prompt`
    replaces the standard reply to an invalid value. `many` makes the value a list of all values that the customer
    names. With `free_text`, the whole answer to the parameter's question is the value if no value of its entity is
    found in it.
    """

    id: JsonValue = None
    name: str = Field(min_length=1)
    required: bool = False
    many: bool = False
    type: str = FREE_TEXT
    prompt: str = ""
    cues: tuple[str, ...] = ()
    pattern: str | None = None
    choices: tuple[str, ...] = ()
    minimum: Bound = None
    maximum: Bound = None
    invalid_prompt: str = ""
    free_text: bool = False

    @field_validator("type", "prompt", "invalid_prompt", mode="before")
    @classmethod
    def _none_is_default(cls, value: object, info: Any) -> object:
        return (FREE_TEXT if info.field_name == "type" else "") if value is None else value

    @field_validator("free_text", mode="before")
    @classmethod
    def _no_free_text(cls, value: object) -> object:
        return False if value is None else value

    @field_validator("cues", "choices", mode="before")
    @classmethod
    def _no_texts(cls, value: object) -> object:
        return () if value is None else value

    @field_validator("pattern")
    @classmethod
    def _pattern_can_be_used(cls, value: str | None) -> str | None:
        options = re2.Options()
        options.log_errors = False
        try:
            if value is not None:
                re2.compile(value, options)
        except (re2.error, UnicodeEncodeError) as error:
            raise ValueError(
                f"the pattern {value!r} is not a valid RE2 regular expression; repair it (look-around and "
                f"back-references are not available)"
            ) from error
        return value

    @field_validator("minimum", "maximum")
    @classmethod
    def _bound_can_be_compared(cls, value: Bound) -> Bound:
        if isinstance(value, str) and value != TODAY:
            try:
                date.fromisoformat(value)
            except ValueError as error:
                raise ValueError(
                    f"{value!r} is not a valid bound; write a number, a date like 2026-12-31 or {TODAY!r}"
                ) from error
        return value

    @model_validator(mode="after")
    def _list_has_values(self) -> Self:
        if self.many and (self.type == BOOLEAN or (self.type in TEXT_TYPES and not self.choices)):
            raise ValueError(
                f"the parameter {self.name!r} of the type {self.type!r} takes a whole answer and cannot be a list; "
                f'remove "many", or give it an entity or choices'
            )
        return self


class AnnotatedSpan(_Wire):
    """An entity marked in an example: `text[begin:end] == value`, in characters."""

    value: str
    begin: int
    end: int
    name: str


class TrainingExample(_Wire):
    """A labelled utterance as an author wrote it."""

    text: str
    entities: tuple[AnnotatedSpan, ...] = ()

    @field_validator("entities", mode="before")
    @classmethod
    def _no_entities(cls, value: object) -> object:
        return () if value is None else value


class Intent(_Wire):
    """What a customer can want: the values it needs, the tool it calls and the replies.

    `speech_responses` are variants of `speech_response`; one of all of them is chosen. `confirm` asks the customer
    before the tool is called, with `confirm_prompt` or a sentence that lists the values. `resume_prompt` (which may use
    `prompt`) returns to this intent after a digression. `quick_replies` are buttons under the response.
    """

    name: str
    intent_id: str = Field(min_length=1)
    user_defined: bool = True
    api_trigger: bool = False
    api_details: ToolSpec | None = None
    speech_response: str = ""
    speech_responses: tuple[str, ...] = ()
    quick_replies: tuple[QuickReplyOption, ...] = ()
    confirm: bool = False
    confirm_prompt: str = ""
    resume_prompt: str = ""
    parameters: tuple[Parameter, ...] = ()
    training_data: tuple[TrainingExample, ...] = ()

    @field_validator("parameters", "training_data", "speech_responses", "quick_replies", mode="before")
    @classmethod
    def _no_rows(cls, value: object) -> object:
        return () if value is None else value

    @field_validator("confirm", "confirm_prompt", "resume_prompt", mode="before")
    @classmethod
    def _none_is_default(cls, value: object, info: Any) -> object:
        return (False if info.field_name == "confirm" else "") if value is None else value

    @property
    def tool(self) -> ToolSpec | None:
        """The tool to call once all required parameters are known, if any."""
        return self.api_details if self.api_trigger else None

    @property
    def optional_names(self) -> frozenset[str]:
        """The parameters that may have no value when the tool is called."""
        return frozenset(parameter.name for parameter in self.parameters if not parameter.required)

    def without_training_data(self) -> Self:
        """Return a copy for a release: everything that answers need, without the examples."""
        fields = self.model_fields_set - {"training_data"}
        copy = self.model_copy(update={"training_data": ()})
        copy.__pydantic_fields_set__.clear()
        copy.__pydantic_fields_set__.update(fields)
        return copy


class EntityValue(BaseModel):
    """A canonical value and its synonyms."""

    model_config = ConfigDict(extra="allow", frozen=True)

    value: str
    synonyms: tuple[str, ...] = ()

    @field_validator("synonyms", mode="before")
    @classmethod
    def _no_synonyms(cls, value: object) -> object:
        return () if value is None else value


class Entity(BaseModel):
    """A type of value, with its known values; an open type (an order number) lists none.

    The matches of `pattern`, an RE2 regular expression, are values. `lookup` makes every known value in a text count,
    whether or not the tagger has learnt it.
    """

    model_config = ConfigDict(extra="allow", frozen=True)

    name: str = Field(min_length=1)
    entity_values: tuple[EntityValue, ...] = ()
    pattern: str | None = None
    lookup: bool = False

    @field_validator("entity_values", mode="before")
    @classmethod
    def _no_values(cls, value: object) -> object:
        return () if value is None else value

    @field_validator("lookup", mode="before")
    @classmethod
    def _no_lookup(cls, value: object) -> object:
        return False if value is None else value

    def to_wire(self) -> dict[str, Any]:
        """Return the original JSON object: the same fields, no defaults added."""
        return self.model_dump(mode="json", exclude_unset=True)


class BotFile(BaseModel):
    """An exported bot: what `intentloop import` reads and `intentloop export` writes.

    `language` is the tag of the customers' language (`de`, `pt-BR`), for dates, numbers and money. `timezone` is where
    they live (`Europe/Berlin`), and decides what `tomorrow` is. `llm` configures the language model.
    """

    model_config = ConfigDict(extra="allow", frozen=True)

    intents: tuple[Intent, ...] = ()
    entities: tuple[Entity, ...] = ()
    language: str = Field(default="en", min_length=1)
    timezone: str = "UTC"
    llm: LlmConfig | None = None

    def intent_by_id(self) -> dict[str, Intent]:
        """Map each intent's id to it."""
        return {intent.intent_id: intent for intent in self.intents}

    @field_validator("language", mode="before")
    @classmethod
    def _no_language(cls, value: object) -> object:
        return "en" if value is None else value

    @field_validator("timezone", mode="before")
    @classmethod
    def _no_timezone(cls, value: object) -> object:
        return "UTC" if value is None else value

    @field_validator("timezone")
    @classmethod
    def _timezone_exists(cls, value: str) -> str:
        zone_of(value)
        return value

    @model_validator(mode="after")
    def _ids_are_unique(self) -> Self:
        for kind, names in (
            ("intentId", [intent.intent_id for intent in self.intents]),
            ("entity name", [entity.name for entity in self.entities]),
        ):
            repeated = sorted({name for name in names if names.count(name) > 1})
            if repeated:
                raise ValueError(f"{kind} must be unique; repeated: {', '.join(repeated)}")
        return self

    @property
    def llm_config(self) -> LlmConfig | None:
        """The language model's configuration: `llm`, or else the one in an ai-chatbot-framework file."""
        return self.llm or llm_config_of((self.model_extra or {}).get("nlu_config"))

    def to_wire(self) -> dict[str, Any]:
        """Return the original JSON object: the same fields, no defaults added."""
        extra = self.model_extra or {}
        if "llm" in self.model_fields_set:
            extra = {"llm": None if self.llm is None else self.llm.to_wire(), **extra}
        for name in ("timezone", "language"):
            if name in self.model_fields_set:
                extra = {name: getattr(self, name), **extra}
        return {
            "intents": [intent.to_wire() for intent in self.intents],
            "entities": [entity.to_wire() for entity in self.entities],
            **extra,
        }
