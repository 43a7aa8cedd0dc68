"""The language of `responseMapping`: JMESPath without the functions that build texts and lists of any size.

Expressions come with bots, like templates, and are not trusted. The remaining language can visit each part of an answer
only a few times; `serving.tools.mapping` charges for these visits.
"""

from collections.abc import Iterator
from functools import lru_cache
from typing import Any

import jmespath
from jmespath.exceptions import JMESPathError
from jmespath.functions import Functions
from jmespath.parser import ParsedResult

from pipelines.schemas.tool import ResponseMapping

MAX_EXPRESSION_CHARS = 500
_TAKE_EXPRESSIONS = frozenset(("max_by", "min_by", "sort_by"))
_FUNCTIONS = _TAKE_EXPRESSIONS | frozenset(
    (
        *("abs", "avg", "ceil", "contains", "ends_with", "floor", "keys", "length", "max", "min", "not_null"),
        *("reverse", "sort", "starts_with", "sum", "to_array", "to_number", "type", "values"),
    )
)


@lru_cache(maxsize=1024)
def parse_expression(text: str) -> ParsedResult:
    """Parse and check a JMESPath expression; the tree is in `parsed`.

    Raises ValueError if it is malformed or uses an unavailable function; the message begins with a verb.
    """
    if len(text) > MAX_EXPRESSION_CHARS:
        raise ValueError(f"is longer than {MAX_EXPRESSION_CHARS} characters; pick fewer values")
    try:
        parsed = jmespath.compile(text)
    except JMESPathError as error:
        reason = str(error).partition("\n")[0].removesuffix(", for expression:")
        raise ValueError(f"is not a JMESPath expression ({reason}); correct it") from error
    except RecursionError as error:
        raise ValueError("is nested too deeply; simplify it") from error
    for problem in _problems(parsed.parsed, inside=""):
        raise ValueError(problem)
    return parsed


def _problems(node: dict[str, Any], *, inside: str) -> Iterator[str]:
    """Yield functions that are unavailable or get the wrong number of arguments."""
    function = ""
    if node["type"] == "function_expression":
        function = node["value"]
        if function not in _FUNCTIONS:
            yield f"uses {function!r}, which is not one of the available functions: {', '.join(sorted(_FUNCTIONS))}"
            return
        signature = Functions.FUNCTION_TABLE[function]["signature"]
        given, is_variadic = len(node["children"]), bool(signature and signature[-1].get("variadic"))
        if given < len(signature) or (given > len(signature) and not is_variadic):
            yield f"gives {given} argument(s) to {function!r}, which takes {len(signature)}; correct it"
    elif node["type"] == "expref" and inside not in _TAKE_EXPRESSIONS:
        yield f"has an & in the wrong place; only {', '.join(sorted(_TAKE_EXPRESSIONS))} take one"
    for child in node["children"]:
        if isinstance(child, dict):
            yield from _problems(child, inside=function)


def mapping_problems(mapping: ResponseMapping) -> Iterator[tuple[str, str]]:
    """Check every expression of a mapping; yield its field (`result`, `context.NAME`) and the problem."""
    expressions = {f"context.{name}": text for name, text in mapping.context.items()}
    if mapping.result is not None:
        expressions = {"result": mapping.result, **expressions}
    for field, text in expressions.items():
        try:
            parse_expression(text)
        except ValueError as error:
            yield field, str(error)


def result_names(expression: str) -> tuple[str, ...]:
    """Return the names that an expression such as `{status: a.b, id: c}` gives its result; empty for any other one."""
    try:
        node = parse_expression(expression).parsed
    except ValueError:
        return ()
    while node["type"] in ("pipe", "subexpression", "projection") and node["children"]:
        node = node["children"][-1]
    return tuple(str(pair["value"]) for pair in node["children"]) if node["type"] == "multi_select_dict" else ()
