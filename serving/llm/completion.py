"""What an endpoint answered, checked: the few fields of a chat completion that are read."""

from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field


class TokenChance(BaseModel):
    """A token that was written and the logarithm of its probability."""

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
    """Tokens that a question took, as the endpoint counts them; some count nothing."""

    model_config = ConfigDict(frozen=True)

    prompt_tokens: int = Field(default=0, ge=0)
    completion_tokens: int = Field(default=0, ge=0)


class _ChatCompletion(BaseModel):
    choices: tuple[_Choice, ...] = Field(min_length=1)
    usage: Usage | None = None


class Completion(BaseModel):
    """What the model wrote. `tokens` is empty where the endpoint gives no probabilities."""

    model_config = ConfigDict(frozen=True)

    content: str
    refusal: str = ""
    finish_reason: str = "stop"
    tokens: tuple[TokenChance, ...] = ()
    usage: Usage = Usage()

    @classmethod
    def from_json(cls, body: bytes) -> Self:
        """Read the body of a response.

        Parameters
        ----------
        body
            Any bytes.

        Returns
        -------
        Completion
            Its first choice.

        Raises
        ------
        ValueError
            It is no chat completion.
        """
        found = _ChatCompletion.model_validate_json(body)
        choice = found.choices[0]
        return cls(
            content=choice.message.content or "",
            refusal=choice.message.refusal or "",
            finish_reason=choice.finish_reason or "",
            tokens=(choice.logprobs.content or ()) if choice.logprobs else (),
            usage=found.usage or Usage(),
        )
