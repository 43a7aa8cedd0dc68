"""An endpoint's answer, validated: the fields of a chat completion that we read."""

from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field


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
    logprobs: _Logprobs | None = None


class Usage(BaseModel):
    """Tokens of a question as the endpoint counts them; some endpoints count none."""

    model_config = ConfigDict(frozen=True)

    prompt_tokens: int = Field(default=0, ge=0)
    completion_tokens: int = Field(default=0, ge=0)


class _ChatCompletion(BaseModel):
    choices: tuple[_Choice, ...] = Field(min_length=1)
    usage: Usage | None = None


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
            tokens=(choice.logprobs.content or ()) if choice.logprobs else (),
            usage=found.usage or Usage(),
        )
