"""A bot as authors write it and as files exchange it.

The field names on the wire are those of ai-chatbot-framework's export, so that its bots import without loss. Fields
that a file omits get a default here and are omitted again on export (`to_wire`); unknown fields are kept.
"""

from datetime import UTC, tzinfo
from typing import Any, Self
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from pipelines.schemas.llm import LlmConfig, llm_config_of
from pipelines.schemas.parameter import Parameter
from pipelines.schemas.phrases import phrase_problem
from pipelines.schemas.thresholds import ChosenThresholds
from pipelines.schemas.tool import ToolSpec
from pipelines.schemas.wire import WireModel

FALLBACK_INTENT = "fallback"
CANCEL_INTENT = "cancel"
WELCOME_INTENT = "init_conversation"
HANDOVER_INTENT = "handover"
"""Reserved, but optional: an intent with this id hands the thread over to a person."""
SYSTEM_INTENTS = (FALLBACK_INTENT, CANCEL_INTENT, WELCOME_INTENT)
TEST_SET_FIELD = "testSet"
"""Field of a bot file with its test set."""


def zone_of(name: str) -> tzinfo:
    """Return the time zone of a name such as `Europe/Berlin`; raise `ValueError` if there is none."""
    if name == "UTC":
        return UTC  # known even without a time zone database
    try:
        return ZoneInfo(name)
    except (ValueError, LookupError, OSError) as error:
        raise ValueError(f"there is no time zone {name!r}; write one such as 'Europe/Berlin', or 'UTC'") from error


class QuickReplyOption(WireModel):
    """A button under a reply: its label, and the text that pressing it sends (`/intent_id` for an intent)."""

    title: str = Field(min_length=1)
    payload: str = Field(min_length=1)


class AnnotatedSpan(WireModel):
    """An entity marked in an example: `text[begin:end] == value`, in characters."""

    value: str
    begin: int
    end: int
    name: str


class TrainingExample(WireModel):
    """A labelled utterance as an author wrote it."""

    text: str
    entities: tuple[AnnotatedSpan, ...] = ()

    @field_validator("entities", mode="before")
    @classmethod
    def _no_entities(cls, value: object) -> object:
        return () if value is None else value


class TestRow(TrainingExample):
    """A labelled utterance of the bot's test set: a training example with its intent, `__oos__` for out of scope."""

    __test__ = False  # not a test, whatever pytest makes of its name

    intent: str = Field(min_length=1)


class Intent(WireModel):
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

    model_config = ConfigDict(extra="allow", frozen=True, ser_json_inf_nan="constants")

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
    they live (`Europe/Berlin`), and decides what `tomorrow` is. `phrases` replaces sentences that the bot says of its
    own accord. `llm` configures the language model. `thresholds` replaces those that training would fit. `test_set`, in
    the file `testSet`, is what every version is judged on and none learns from.
    """

    model_config = ConfigDict(extra="allow", frozen=True, populate_by_name=True)

    intents: tuple[Intent, ...] = ()
    entities: tuple[Entity, ...] = ()
    test_set: tuple[TestRow, ...] = Field(default=(), alias=TEST_SET_FIELD)
    language: str = Field(default="en", min_length=1)
    timezone: str = "UTC"
    phrases: dict[str, str] = {}
    llm: LlmConfig | None = None
    thresholds: ChosenThresholds | None = None

    def intent_by_id(self) -> dict[str, Intent]:
        """Map each intent's id to it."""
        return {intent.intent_id: intent for intent in self.intents}

    @field_validator("test_set", mode="before")
    @classmethod
    def _no_test_set(cls, value: object) -> object:
        return () if value is None else value

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

    @field_validator("phrases", mode="before")
    @classmethod
    def _no_phrases(cls, value: object) -> object:
        return {} if value is None else value

    @field_validator("phrases")
    @classmethod
    def _phrases_can_be_said(cls, value: dict[str, str]) -> dict[str, str]:
        problems = [problem for name, text in value.items() if (problem := phrase_problem(name, text)) is not None]
        if problems:
            raise ValueError("; ".join(problems))
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
        if "thresholds" in self.model_fields_set:
            extra = {"thresholds": None if self.thresholds is None else self.thresholds.to_wire(), **extra}
        for name in ("phrases", "timezone", "language"):
            if name in self.model_fields_set:
                extra = {name: getattr(self, name), **extra}
        return {
            "intents": [intent.to_wire() for intent in self.intents],
            "entities": [entity.to_wire() for entity in self.entities],
            **extra,
            **(
                {TEST_SET_FIELD: [row.to_wire() for row in self.test_set]}
                if "test_set" in self.model_fields_set
                else {}
            ),
        }
