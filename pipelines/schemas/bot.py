"""A bot as authors write it and as files exchange it.

The field names on the wire are those of ai-chatbot-framework's export, so that its bots import without loss. Fields a
file leaves out get a default here and are left out again on export (`to_wire`); fields unknown to us are kept.
"""

from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, JsonValue, field_validator, model_validator
from pydantic.alias_generators import to_camel

from pipelines.schemas.llm import LlmConfig, llm_config_of

FALLBACK_INTENT = "fallback"
CANCEL_INTENT = "cancel"
WELCOME_INTENT = "init_conversation"
SYSTEM_INTENTS = (FALLBACK_INTENT, CANCEL_INTENT, WELCOME_INTENT)
FREE_TEXT = "free_text"

RequestType = Literal["GET", "POST", "PUT", "PATCH", "DELETE"]


class _Wire(BaseModel):
    """Base of everything in a bot file: camelCase outside, unknown fields kept."""

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True, extra="allow", frozen=True)

    def to_wire(self) -> dict[str, Any]:
        """Give the JSON object that was read: the same fields, no defaults added."""
        return self.model_dump(mode="json", by_alias=True, exclude_unset=True)


class ToolHeader(_Wire):
    """One request header of a tool; the value is a template."""

    header_key: str
    header_value: str


class ResponseMapping(_Wire):
    """What of a tool's JSON answer is kept: JMESPath expressions; one that finds nothing gives null.

    `result` picks what replies see as `result`, the whole answer where it is not set; `context` picks values by the
    name under which the thread remembers them.
    """

    result: str | None = None
    context: dict[str, str] = {}


class ToolSpec(_Wire):
    """How an intent's tool is called (`apiDetails`) and what of its answer is kept.

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


class Parameter(_Wire):
    """A value an intent needs. `type` is an entity's name or `free_text`.

    `cues` are the words that announce this value where several parameters share a type: `from` and `to` before a city.
    """

    id: JsonValue = None
    name: str = Field(min_length=1)
    required: bool = False
    type: str = FREE_TEXT
    prompt: str = ""
    cues: tuple[str, ...] = ()

    @field_validator("type", "prompt", mode="before")
    @classmethod
    def _none_is_default(cls, value: object, info: Any) -> object:
        return (FREE_TEXT if info.field_name == "type" else "") if value is None else value

    @field_validator("cues", mode="before")
    @classmethod
    def _no_cues(cls, value: object) -> object:
        return () if value is None else value


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
    """What a customer can want, what it needs, which tool it calls and what is answered."""

    name: str
    intent_id: str = Field(min_length=1)
    user_defined: bool = True
    api_trigger: bool = False
    api_details: ToolSpec | None = None
    speech_response: str = ""
    parameters: tuple[Parameter, ...] = ()
    training_data: tuple[TrainingExample, ...] = ()

    @field_validator("parameters", "training_data", mode="before")
    @classmethod
    def _no_rows(cls, value: object) -> object:
        return () if value is None else value

    @property
    def tool(self) -> ToolSpec | None:
        """The tool that is called once all required parameters are known, if any."""
        return self.api_details if self.api_trigger else None

    def without_training_data(self) -> Self:
        """Give a copy for a release: what answers need, without the examples."""
        fields = self.model_fields_set - {"training_data"}
        copy = self.model_copy(update={"training_data": ()})
        copy.__pydantic_fields_set__.clear()
        copy.__pydantic_fields_set__.update(fields)
        return copy


class EntityValue(BaseModel):
    """A canonical value and the other ways customers write it."""

    model_config = ConfigDict(extra="allow", frozen=True)

    value: str
    synonyms: tuple[str, ...] = ()

    @field_validator("synonyms", mode="before")
    @classmethod
    def _no_synonyms(cls, value: object) -> object:
        return () if value is None else value


class Entity(BaseModel):
    """A type of value, with its known values; an open type (an order number) lists none.

    `pattern` is a regular expression of RE2 whose matches are values; `lookup` makes every known value that stands in
    a text a value, whether the tagger has learnt it or not.
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
        """Give the JSON object that was read: the same fields, no defaults added."""
        return self.model_dump(mode="json", exclude_unset=True)


class BotFile(BaseModel):
    """An exported bot: what `intentloop import` reads and `intentloop export` writes.

    `language` is the tag of the language that customers write (`de`, `pt-BR`): dates, numbers and money are read so.
    `llm` says whether a language model is asked what a message means.
    """

    model_config = ConfigDict(extra="allow", frozen=True)

    intents: tuple[Intent, ...] = ()
    entities: tuple[Entity, ...] = ()
    language: str = Field(default="en", min_length=1)
    llm: LlmConfig | None = None

    @field_validator("language", mode="before")
    @classmethod
    def _no_language(cls, value: object) -> object:
        return "en" if value is None else value

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
        """Whether and how a language model is asked: `llm`, or else what a file of ai-chatbot-framework says."""
        return self.llm or llm_config_of((self.model_extra or {}).get("nlu_config"))

    def to_wire(self) -> dict[str, Any]:
        """Give the JSON object that was read: the same fields, no defaults added."""
        extra = self.model_extra or {}
        if "llm" in self.model_fields_set:
            extra = {"llm": None if self.llm is None else self.llm.to_wire(), **extra}
        if "language" in self.model_fields_set:
            extra = {"language": self.language, **extra}
        return {
            "intents": [intent.to_wire() for intent in self.intents],
            "entities": [entity.to_wire() for entity in self.entities],
            **extra,
        }
