"""An endpoint's answer, validated: the fields of a chat completion that we read.

Only the message itself is needed. What comes with it, usage and probabilities, counts as missing if it is malformed.
"""

from typing import Annotated, Any, Self, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

_MAX_LISTED = 100_000
"""More tokens than any answer that may be requested has."""


class TokenChance(BaseModel):
    """A generated token and its log probability."""

    model_config = ConfigDict(frozen=True)

    token: str
    logprob: float | None = None
    bytes: tuple[Annotated[int, Field(ge=0, le=255)], ...] | None = None


class _Logprobs(BaseModel):
    content: tuple[TokenChance, ...] | None = None


class _Message(BaseModel):
    content: str | None = None
    refusal: str | None = None


class _Choice(BaseModel):
    message: _Message
    finish_reason: str | None = None
    logprobs: Any = None


class Usage(BaseModel):
    """Tokens of a question, as the endpoint counts them or as we estimate them."""

    model_config = ConfigDict(frozen=True, strict=True)

    prompt_tokens: int = Field(default=0, ge=0)
    completion_tokens: int = Field(default=0, ge=0)

    def within(self, *, prompt_tokens: int, completion_tokens: int) -> Self:
        """Return the usage, at most that of a question of this size."""
        return self.model_copy(
            update={
                "prompt_tokens": min(self.prompt_tokens, prompt_tokens),
                "completion_tokens": min(self.completion_tokens, completion_tokens),
            }
        )


class _ChatCompletion(BaseModel):
    choices: tuple[_Choice, ...] = Field(min_length=1)
    usage: Any = None


class Completion(BaseModel):
    """The model's output. `tokens` is empty if the endpoint gives no probabilities."""

    model_config = ConfigDict(frozen=True)

    content: str
    refusal: str = ""
    finish_reason: str = "stop"
    tokens: tuple[TokenChance, ...] = ()
    usage: Usage = Usage()

    @classmethod
    def from_json(cls, body: bytes) -> Self:
        """Return the first choice in the body of a response; raise ValueError if it is not a chat completion."""
        found = _ChatCompletion.model_validate_json(body)
        choice = found.choices[0]
        return cls(
            content=choice.message.content or "",
            refusal=choice.message.refusal or "",
            finish_reason=choice.finish_reason or "",
            tokens=((_read(_Logprobs, choice.logprobs) or _Logprobs()).content or ())[:_MAX_LISTED],
            usage=_read(Usage, found.usage) or Usage(),
        )


_Part = TypeVar("_Part", bound=BaseModel)


def _read(kind: type[_Part], value: object) -> _Part | None:
    try:
        return kind.model_validate(value)
    except (ValidationError, RecursionError):
        return None
