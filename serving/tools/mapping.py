"""Apply a tool's response mapping, within limits."""

import json
from typing import Any

from jinja2.exceptions import SecurityError
from jmespath.exceptions import JMESPathError
from jmespath.visitor import TreeInterpreter
from pydantic import BaseModel, ConfigDict, JsonValue

from pipelines.schemas.tool import ResponseMapping
from pipelines.templates.mapping import parse_expression
from pipelines.templates.meter import Meter

MAX_CONTEXT_CHARS = 8192
"""Longest JSON that one answer may add to the context, which goes through every later turn of the thread."""
_VISIT_STEPS = 10


class ToolAnswer(BaseModel):
    """A tool's answer: the JSON document or text that replies see, and the values for the thread to remember."""

    model_config = ConfigDict(frozen=True)

    result: JsonValue
    context: dict[str, JsonValue] = {}


class AnswerUnusable(ValueError):
    """An answer cannot be used; the message quotes nothing of it.

    `has_acted`: its status says that the tool did. `status` is set if that is what makes it unusable.
    """

    def __init__(self, reason: str, *, has_acted: bool = False, status: int | None = None) -> None:
        self.has_acted, self.status = has_acted, status
        super().__init__(reason)


class _Interpreter(TreeInterpreter):  # type: ignore[misc]  # the library has no types
    """Evaluates an expression and charges for every value it visits."""

    def __init__(self) -> None:
        super().__init__()
        self._meter = Meter()

    def visit(self, node: dict[str, Any], *args: Any, **kwargs: Any) -> Any:
        """Evaluate a part of the expression."""
        found = super().visit(node, *args, **kwargs)
        if node["type"].startswith("multi_select"):
            self._meter.measure(found)  # `[@, @] | [@, @] | ...` doubles with every step
        else:
            self._meter.spend(_VISIT_STEPS + (len(found) if isinstance(found, list | dict) else 0))
        return found


def _pick(expression: str, document: JsonValue, *, field: str) -> JsonValue:
    parsed = parse_expression(expression)
    try:
        found: JsonValue = _Interpreter().visit(parsed.parsed, document)
    except SecurityError as error:
        raise AnswerUnusable(f"responseMapping.{field} has too much to look at in its answer; simplify it") from error
    except (JMESPathError, ArithmeticError, TypeError) as error:
        # not the error's own words, which quote the answer
        raise AnswerUnusable(f"responseMapping.{field} does not fit its answer; correct the expression") from error
    return found


def _written(value: JsonValue) -> str:
    try:
        return json.dumps(value, allow_nan=False)
    except ValueError as error:
        raise AnswerUnusable("its answer contains a number that JSON cannot write") from error


def map_answer(document: JsonValue, mapping: ResponseMapping | None, *, max_chars: int) -> ToolAnswer:
    """Apply a mapping to a tool's answer; an expression that finds nothing gives null.

    Without a mapping, the whole answer is the result. Raises AnswerUnusable if an expression fails on this answer, or
    the JSON of the result exceeds `max_chars`.
    """
    result, context = document, {}
    if mapping is not None:
        if mapping.result is not None:
            result = _pick(mapping.result, document, field="result")
        context = {name: _pick(text, document, field=f"context.{name}") for name, text in mapping.context.items()}
    if len(_written(result)) > max_chars:
        raise AnswerUnusable(f"the mapped part of its answer is larger than {max_chars} characters; map less of it")
    if len(_written(context)) > MAX_CONTEXT_CHARS:
        raise AnswerUnusable(f"it leaves more than {MAX_CONTEXT_CHARS} characters in the context; map less of it")
    return ToolAnswer(result=result, context=context)
