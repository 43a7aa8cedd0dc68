"""The part of the API that an endpoint's model supports, and what to leave out when it complains. Pure."""

from dataclasses import dataclass, replace
from typing import Any, Literal, Self

from serving.llm.brief import Brief

_SIMPLER_FORMAT: dict[str, Literal["json_object", "text"]] = {"json_schema": "json_object", "json_object": "text"}
_ABOUT_FORMAT = ("response_format", "response format", "json_object", "json mode", "schema", "grammar", "structured")


@dataclass(frozen=True, slots=True)
class Dialect:
    """The parameters of a request; the default is everything we can use."""

    format: Literal["json_schema", "json_object", "text"] = "json_schema"
    has_logprobs: bool = True
    has_temperature: bool = True
    limit_name: Literal["max_tokens", "max_completion_tokens"] = "max_tokens"

    def request(self, brief: Brief, text: str) -> dict[str, Any]:
        """Return the parameters of a request about a message."""
        parameters: dict[str, Any] = {
            "model": brief.config.model,
            "messages": brief.messages(text),
            self.limit_name: brief.config.max_tokens,
        }
        if self.format == "json_schema":
            shape = {"name": "reading", "strict": True, "schema": brief.schema}
            parameters["response_format"] = {"type": "json_schema", "json_schema": shape}
        elif self.format == "json_object":
            parameters["response_format"] = {"type": "json_object"}
        if self.has_logprobs:
            parameters["logprobs"] = True
        if self.has_temperature:
            parameters["temperature"] = brief.config.temperature
        return parameters

    def simpler(self, complaint: str) -> Self | None:
        """Leave out what an endpoint complains about; None if the complaint concerns nothing that can be left out.

        `complaint` is its response to a rejected request, which every server words differently.
        """
        said = complaint.lower()
        if self.has_logprobs and "logprob" in said:
            return replace(self, has_logprobs=False)
        if self.limit_name == "max_tokens" and "max_completion_tokens" in said:
            return replace(self, limit_name="max_completion_tokens")
        if self.format in _SIMPLER_FORMAT and any(word in said for word in _ABOUT_FORMAT):
            return replace(self, format=_SIMPLER_FORMAT[self.format])
        if self.has_temperature and "temperature" in said:
            return replace(self, has_temperature=False)
        return None
