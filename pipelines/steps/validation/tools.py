"""Checks of a bot's tools: every request is rendered with sample values, as a live turn renders it."""

import re
from collections.abc import Collection, Iterable, Iterator, Sequence

from jinja2 import TemplateError, TemplateSyntaxError

from pipelines.schemas.bot import BotFile, Intent
from pipelines.schemas.tool import ToolSpec
from pipelines.schemas.training import Finding
from pipelines.steps.validation.checks import error, warning
from pipelines.steps.validation.samples import Samples, Scenario
from pipelines.templates.json_fault import find_fault
from pipelines.templates.marks import RequestValues
from pipelines.templates.request import render_parts

_ENDPOINT = re.compile(r"\bendpoints\s*(?:\.\s*(\w+)|\[\s*['\"]([^'\"]+)['\"]\s*\])")
_NAME = re.compile(r"^'?(\w+)'? (?:has no value|is undefined)|has no attribute '(\w+)'")
_REPAIRS = (
    ("the address is empty", "write the address to call, as {{ endpoints.NAME }}/path."),
    ("an address starts with", "begin it with https:// or with {{ endpoints.NAME }}."),
    ("the host of an address", "write the host out, or name it as {{ endpoints.NAME }} and let the operator set it."),
    ("an address has no such host", "correct the host or its port."),
    ("after its host", "write a / behind the host."),
    ("has no value, and a part of a path", "give it a default, as {{ parameters.NAME or 'all' }}, or require it."),
    ("a value in a path", "require the value, or give it a default."),
    ("is not a header", "correct the name."),
    ("printable ASCII", "write {{ value | urlencode }}, or send it in the address or the body."),
    ("is undefined", "declare it, or correct the name."),
    ("has no attribute", "correct the name."),
    ("jsonData", "correct the JSON."),
)


class ToolCheck:
    """Renders the tools of one bot.

    If no `endpoints` of the operator are known here, tools may name any.
    """

    def __init__(self, bot_file: BotFile, *, endpoints: Collection[str]) -> None:
        self._samples = Samples(bot_file)
        self._language = bot_file.language
        self._endpoints = endpoints

    def check(self, intent: Intent, tool: ToolSpec) -> Iterator[Finding]:
        """Find what can never be sent (an error) and what cannot be sent in some cases (a warning)."""
        template_by_field = _templates(tool)
        scenarios = self._samples.scenarios(intent, list(template_by_field.values()))
        faults: dict[str, list[tuple[Scenario, TemplateError]]] = {field: [] for field in template_by_field}
        for scenario in scenarios:
            for field, part in render_parts(tool, self._values(scenario, intent, template_by_field.values())):
                if isinstance(part, TemplateError):
                    faults[field].append((scenario, part))
        for field, found in faults.items():
            if found:
                yield self._finding(intent, field, template_by_field[field], found, n_scenarios=len(scenarios))

    def _values(self, scenario: Scenario, intent: Intent, templates: Iterable[str]) -> RequestValues:
        named = {name or item for template in templates for name, item in _ENDPOINT.findall(template)}
        return RequestValues(
            parameters=scenario.parameters,
            context=scenario.context,
            endpoints=dict.fromkeys({*named, *self._endpoints}, "https://endpoint.example"),
            optional=intent.optional_names,
            language=self._language,
        )

    def _finding(
        self,
        intent: Intent,
        field: str,
        template: str,
        faults: Sequence[tuple[Scenario, TemplateError]],
        *,
        n_scenarios: int,
    ) -> Finding:
        scenario, fault = faults[0]
        reason, repair, offset = str(fault), _repair(str(fault)), _offset(template, fault)
        if field == "jsonData" and reason == "jsonData does not give valid JSON":
            described, offset = find_fault(template, self._values(scenario, intent, [template]))
            why, _, what = described.partition("; ")
            reason, repair = f"it does not give valid JSON: {why}", f"{what}." if what else repair
        where = "" if offset is None else f"{place_in(template, offset)}: "
        row = f"{intent.intent_id}.apiDetails.{field}"
        if len(faults) == n_scenarios:
            return error("tool_can_be_called", row, f"{where}{reason}; the tool can never be called.", repair)
        case = scenario.description or "with ordinary values"
        return warning("tool_can_be_called", row, f"{where}{reason}; {case} the tool is not called.", repair)


def _templates(tool: ToolSpec) -> dict[str, str]:
    found = {"url": tool.url}
    found |= {f"headers.{header.header_key}": header.header_value for header in tool.headers}
    return found | ({"jsonData": tool.json_data} if tool.is_json else {})


def _repair(reason: str) -> str:
    return next((repair for words, repair in _REPAIRS if words in reason), "correct the template.")


def _offset(template: str, fault: TemplateError) -> int | None:
    """Return where in a template a fault is, as far as that is known."""
    if isinstance(fault, TemplateSyntaxError):
        return sum(len(line) for line in template.splitlines(keepends=True)[: fault.lineno - 1])
    named = _NAME.search(str(fault))
    if named is not None:
        found = re.search(rf"\b{re.escape(named[1] or named[2])}\b", template)
        return found.start() if found else None
    if "the host of an address" in str(fault) and "{{" in template:
        return template.index("{{")
    if "printable ASCII" in str(fault):
        return next((at for at, sign in enumerate(template) if not (sign.isascii() and sign.isprintable())), 0)
    return 0 if template.strip() and "address" in str(fault) else None


def place_in(template: str, offset: int) -> str:
    """Return where in a template an offset is."""
    line = template.count("\n", 0, offset) + 1
    return f"line {line}, column {offset - template.rfind(chr(10), 0, offset)}"


def never_works(finding: Finding) -> bool:
    """Whether a finding says that a part of a request can never be sent."""
    return finding.check == "tool_can_be_called" and finding.severity == "error"
