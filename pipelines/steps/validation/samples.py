"""Sample values to render templates with: what customers might say, and what they might leave out."""

from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from jinja2 import TemplateError, nodes
from pydantic import JsonValue

from pipelines.schemas.bot import BotFile, Entity, Intent
from pipelines.schemas.parameter import BOOLEAN, Parameter
from pipelines.templates.language import BotEnvironment
from pipelines.templates.sandbox import BlankUndefined

HOSTILE_TEXT = 'He said: "\u00a1Hola!"\\ {}\n& \u4f60\u597d \U0001f600?#/%'
"""A text with everything that has a meaning in JSON, URLs and headers."""
_MAX_ALTERNATIVES = 6
_VALUE_BY_TYPE: Mapping[str, JsonValue] = {
    "number": 12.5,
    "integer": 3,
    "boolean": True,
    "date": "2026-11-28",
    "time": "19:30",
    "datetime": "2026-11-28T19:30",
    "email": "ann@example.com",
    "phone": "+442071838750",
    "url": "https://example.com/a?b=c",
    "money": "12.50 EUR",
}


class AnyAnswer(BlankUndefined):
    """An answer that has whatever a template looks for."""

    # what the sandbox asks before it calls something
    unsafe_callable = alters_data = False

    def _true(self, _other: Any) -> bool:
        return True

    __lt__ = __le__ = __gt__ = __ge__ = _true

    def __str__(self) -> str:
        return "sample"

    def __bool__(self) -> bool:
        return True

    def __len__(self) -> int:
        return 2

    def __iter__(self) -> Iterator[Any]:
        return iter((self, self))

    def __int__(self) -> int:  # type: ignore[override]
        return 1

    def __float__(self) -> float:  # type: ignore[override]
        return 1.0


@dataclass(frozen=True)
class Scenario:
    """One set of values for an intent's templates; `description` says what is special about it."""

    parameters: dict[str, JsonValue]
    description: str = ""
    context: dict[str, JsonValue] = field(default_factory=dict)


class Samples:
    """Values for the parameters of a bot's intents."""

    def __init__(self, bot_file: BotFile) -> None:
        self._entity_by_name: dict[str, Entity] = {entity.name: entity for entity in bot_file.entities}

    def scenarios(self, intent: Intent, templates: list[str]) -> list[Scenario]:
        """Return the cases that an intent's templates must cope with, the ordinary one first.

        Every value there; each optional one missing, and all of them; the other values of booleans and choices, and
        those that a template compares with; texts full of special characters.
        """
        full = {parameter.name: self._value(parameter) for parameter in intent.parameters}
        optional = [parameter.name for parameter in intent.parameters if not parameter.required]
        context = _plain_context(templates)
        found = [Scenario(full, context=context)]
        found += [Scenario(_without(full, [name]), f"without a value for {name}", context) for name in optional]
        found += [Scenario(_without(full, optional), "with required values only", context)] if len(optional) > 1 else []
        found += [Scenario(full, "without anything in the context")] if context else []
        compared = _compared(templates)
        for parameter in intent.parameters:
            for value in self._alternatives(parameter, compared.get(parameter.name, ())):
                found.append(Scenario({**full, parameter.name: value}, f"with {parameter.name} = {value!r}", context))
        hostile = {name: HOSTILE_TEXT for name in full if self.is_free(intent, name)}
        found += [Scenario({**full, **hostile}, "with quotes, line breaks and other signs", context)] if hostile else []
        return found

    def is_free(self, intent: Intent, name: str) -> bool:
        """Whether a parameter's value may be any text."""
        parameter = next(one for one in intent.parameters if one.name == name)
        is_known = parameter.type in _VALUE_BY_TYPE and parameter.type not in self._entity_by_name
        return not (is_known or parameter.choices or parameter.pattern or parameter.many)

    def _value(self, parameter: Parameter) -> JsonValue:
        value = self._single(parameter)
        return [value, value] if parameter.many else value

    def _single(self, parameter: Parameter) -> JsonValue:
        if parameter.choices:
            return parameter.choices[0]
        entity = self._entity_by_name.get(parameter.type)
        if entity is not None:
            return entity.entity_values[0].value if entity.entity_values else "sample"
        return _VALUE_BY_TYPE.get(parameter.type, "sample")

    def _alternatives(self, parameter: Parameter, compared: tuple[JsonValue, ...]) -> list[JsonValue]:
        if parameter.many:
            return []
        other: list[JsonValue] = [False] if parameter.type == BOOLEAN else []
        return [*other, *parameter.choices[1:], *compared][:_MAX_ALTERNATIVES]


def _without(values: dict[str, JsonValue], names: list[str]) -> dict[str, JsonValue]:
    return {name: value for name, value in values.items() if name not in names}


_PARSER = BotEnvironment(undefined=BlankUndefined)


def _trees(templates: list[str]) -> Iterator[nodes.Template]:
    """Yield the parsed templates; a malformed one is reported elsewhere."""
    for template in templates:
        with suppress(TemplateError, RecursionError):
            yield _PARSER.parse_checked(template)


def _member(node: nodes.Node, owner: str) -> str | None:
    """Return the name behind `owner.name` or `owner['name']`."""
    if isinstance(node, nodes.Getattr) and isinstance(node.node, nodes.Name) and node.node.name == owner:
        return node.attr
    if isinstance(node, nodes.Getitem) and isinstance(node.node, nodes.Name) and node.node.name == owner:
        return str(node.arg.value) if isinstance(node.arg, nodes.Const) else None
    return None


def depends_on_values(template: str) -> bool:
    """Whether what a template prints depends on a particular value, which no sample can be expected to have."""
    for tree in _trees([template]):
        if any(tree.find(kind) for kind in (nodes.If, nodes.CondExpr, nodes.Compare)):
            return True
        return any(not isinstance(item.arg, nodes.Const) for item in tree.find_all(nodes.Getitem))
    return False


def _compared(templates: list[str]) -> dict[str, tuple[JsonValue, ...]]:
    """Map parameters to the texts that templates compare them with."""
    found: dict[str, tuple[JsonValue, ...]] = {}
    for tree in _trees(templates):
        for compare in tree.find_all(nodes.Compare):
            name = _member(compare.expr, "parameters")
            others = [operand.expr for operand in compare.ops if operand.op in ("eq", "ne")]
            values = [
                other.value for other in others if isinstance(other, nodes.Const) and isinstance(other.value, str)
            ]
            if name is not None:
                found[name] = (*found.get(name, ()), *values)
    return found


def _plain_context(templates: list[str]) -> dict[str, JsonValue]:
    """Return a text for each part of the context that templates only print or compare.

    What they calculate with or loop over has a shape that is not known here.
    """
    names: set[str] = set()
    shaped: set[str] = set()
    for tree in _trees(templates):
        for parent in (tree, *tree.find_all(nodes.Node)):
            for child in parent.iter_child_nodes():
                name = _member(child, "context")
                if name is not None:
                    is_printed = isinstance(parent, nodes.Output | nodes.Concat | nodes.Filter | nodes.CondExpr)
                    (names if is_printed or isinstance(parent, nodes.Or | nodes.And | nodes.If) else shaped).add(name)
    return dict.fromkeys(sorted(names - shaped), "sample")
