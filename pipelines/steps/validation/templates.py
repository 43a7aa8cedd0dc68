"""Checks of a bot's templates for what would fail, stay empty or leak a secret in front of a customer."""

import re
from collections.abc import Collection, Iterator

from jinja2 import TemplateError, TemplateSyntaxError, Undefined, meta, nodes

from pipelines.schemas.bot import CANCEL_INTENT, BotFile, Intent, ToolHeader, ToolSpec
from pipelines.schemas.training import Finding
from pipelines.steps.validation.checks import error, warning
from pipelines.steps.validation.replies import ReplyCheck
from pipelines.steps.validation.tools import ToolCheck
from pipelines.templates.language import CALLABLE_NAMES, BotEnvironment
from pipelines.templates.mapping import mapping_problems

_REPLY_NAMES = frozenset(("context", "parameters", "result"))
_REQUEST_NAMES = frozenset(("context", "endpoints", "parameters", "secrets"))
_SECRET_NAME = re.compile(r"[A-Z][A-Z0-9_]{0,62}")
_EXPRESSION = re.compile(r"\{\{.*?\}\}|\{%.*?%\}", re.DOTALL)
_KEY_HEADER = re.compile(r"auth|key|token|secret|cookie|password|signature", re.IGNORECASE)
# What keys look like in any header: a scheme and its credentials, known prefixes, a JSON web token.
_KEY = re.compile(
    r"\b(bearer|basic|token|apikey)\s+[\w.~+/=-]{6,}|\b(sk|pk|rk)[-_]\w{8,}|\bgh[opsu]_\w{16,}|\bxox[a-z]-\w{6,}"
    r"|\bA[KS]IA[A-Z0-9]{12,}|\beyJ[\w-]{8,}\.[\w-]{8,}|\b[0-9a-f]{32,}\b",
    re.IGNORECASE,
)
_ENVIRONMENT = BotEnvironment(undefined=Undefined)


def check_templates(bot_file: BotFile, *, endpoints: Collection[str]) -> Iterator[Finding]:
    """Find templates that cannot be rendered, undeclared names, keys in plain text, and invalid mappings.

    If no `endpoints` of the operator are known here, their names are not checked. Findings come in the order of the
    intents.
    """
    tools, replies = ToolCheck(bot_file, endpoints=endpoints), ReplyCheck(bot_file)
    for intent in bot_file.intents:
        for place, template, more in _replies(intent):
            known = {"parameters": [parameter.name for parameter in intent.parameters]}
            found = list(_check(place, template, names=_REPLY_NAMES | more, members=known, is_request=False))
            yield from found or replies.check(intent, place, template)
        if intent.tool is not None:
            yield from _check_tool(intent, intent.tool, endpoints, tools)


def _replies(intent: Intent) -> Iterator[tuple[str, str, frozenset[str]]]:
    """Yield each reply text: its place, the template, and the extra names it may use."""
    row, nothing = intent.intent_id, frozenset[str]()
    more = frozenset(("cancelled",)) if row == CANCEL_INTENT else nothing
    yield f"{row}.speechResponse", intent.speech_response, more
    for number, text in enumerate(intent.speech_responses, start=1):
        yield f"{row}.speechResponses[{number}]", text, more
    yield f"{row}.confirmPrompt", intent.confirm_prompt, nothing
    yield f"{row}.resumePrompt", intent.resume_prompt, frozenset(("prompt",))
    for parameter in intent.parameters:
        yield f"{row}.{parameter.name}.prompt", parameter.prompt, nothing
        yield f"{row}.{parameter.name}.invalidPrompt", parameter.invalid_prompt, nothing


def _check_tool(intent: Intent, tool: ToolSpec, endpoints: Collection[str], tools: ToolCheck) -> Iterator[Finding]:
    row = f"{intent.intent_id}.apiDetails"
    known = {"parameters": [parameter.name for parameter in intent.parameters]}
    if endpoints:
        known["endpoints"] = list(endpoints)
    texts = {f"{row}.url": tool.url} | ({f"{row}.jsonData": tool.json_data} if tool.is_json else {})
    for header in tool.headers:
        texts[f"{row}.headers.{header.header_key}"] = header.header_value
        yield from _check_header(f"{row}.headers.{header.header_key}", header)
    rendered = {finding.row: finding for finding in tools.check(intent, tool)}
    for place in dict.fromkeys((*texts, *rendered)):
        found = list(_check(place, texts.get(place, ""), names=_REQUEST_NAMES, members=known, is_request=True))
        yield from _joined(found, rendered.get(place))
    uses_secret = any(re.search(r"\bsecrets\b", "".join(_EXPRESSION.findall(text))) for text in texts.values())
    if uses_secret and not re.match(r"\s*\{\{-?\s*endpoints\b", tool.url):
        yield warning(
            "secret_goes_to_an_endpoint",
            f"{row}.url",
            "its request holds a secret, which is sent only to hosts that the operator has named.",
            "begin the URL with an endpoint, as {{ endpoints.NAME }}.",
        )
    for field, problem in mapping_problems(tool.response_mapping) if tool.response_mapping else ():
        explanation, _, repair = problem.rpartition("; ")
        yield error(
            "mapping_can_be_applied",
            f"{row}.responseMapping.{field}",
            f"the expression {explanation or problem}.",
            f"{repair if explanation else 'correct it'}.",
        )


def _joined(found: list[Finding], rendered: Finding | None) -> list[Finding]:
    """Join what the names of a template tell with what its rendering tells: one fault is one finding."""
    if rendered is None:
        return found
    if not any(finding.check == "template_names_are_known" for finding in found):
        return found or [rendered]
    if rendered.severity != "error":
        return found
    return [finding.model_copy(update={"severity": "error"}) for finding in found]


def _check_header(place: str, header: ToolHeader) -> Iterator[Finding]:
    literal = _EXPRESSION.sub("", header.header_value).strip()
    looks_secret = _KEY_HEADER.search(header.header_key) and re.search(r"[\w.~+/=-]{12,}", literal)
    if _KEY.search(literal) or looks_secret:
        yield warning(
            "secret_is_a_reference",
            place,
            "it seems to hold a key, which anybody who sees the bot or its file can read.",
            "write {{ secrets.NAME }} in its place, set INTENTLOOP_SECRET_NAME, and replace the key.",
        )


def _check(
    place: str, template: str, *, names: frozenset[str], members: dict[str, list[str]], is_request: bool
) -> Iterator[Finding]:
    if "{" not in template:
        return
    try:
        _ENVIRONMENT.compile_checked(template)
        tree = _ENVIRONMENT.parse(template)
    except TemplateError as fault:
        where = f" (line {fault.lineno})" if isinstance(fault, TemplateSyntaxError) else ""
        explanation = f"it is not a valid template: {str(fault).rstrip('.')}{where}."
        yield error("template_can_be_rendered", place, explanation, "correct it.")
        return
    effect = "no request can be sent" if is_request else "it will be left empty"
    for name in sorted({method.attr for method, _ in _called(tree)} - CALLABLE_NAMES):
        explanation = f"it calls .{name}(), which is not available: {effect}."
        yield warning(
            "template_names_are_known", place, explanation, "use a filter, or one of the methods in the guide."
        )
    for name in sorted(meta.find_undeclared_variables(tree) - names - {"namespace"}):
        repair = f"write one of {', '.join(sorted(names))}, as in {{{{ context.{name} }}}}."
        yield warning("template_names_are_known", place, f"it uses {name!r}, which does not exist: {effect}.", repair)
    for owner, member in sorted(set(_members(tree))):
        if owner in members and owner in names and member not in members[owner]:
            declared = ", ".join(members[owner]) or "there are none"
            explanation = f"it uses {owner}.{member}, which nobody declares: {effect}."
            yield warning("template_names_are_known", place, explanation, f"declare it or correct it ({declared}).")
        if is_request and owner == "secrets" and not _SECRET_NAME.fullmatch(member):
            explanation = f"{member!r} cannot be the name of a secret."
            yield error("secret_is_a_reference", place, explanation, "use capital letters, digits and _.")


def _called(tree: nodes.Template) -> Iterator[tuple[nodes.Getattr, list[nodes.Expr]]]:
    """Yield each method that is called, with its arguments."""
    for call in tree.find_all(nodes.Call):
        if isinstance(call.node, nodes.Getattr):
            yield call.node, call.args


def _members(tree: nodes.Template) -> Iterator[tuple[str, str]]:
    """Yield `owner.member` and `owner['member']` for names that the template itself does not set."""
    outside = meta.find_undeclared_variables(tree)
    methods = [method for method, _ in _called(tree)]
    for node in tree.find_all(nodes.Getattr):
        if isinstance(node.node, nodes.Name) and node.node.name in outside and node not in methods:
            yield node.node.name, node.attr
    for item in tree.find_all(nodes.Getitem):
        if isinstance(item.node, nodes.Name) and item.node.name in outside and isinstance(item.arg, nodes.Const):
            yield item.node.name, str(item.arg.value)
    for method, arguments in _called(tree):
        if method.attr == "get" and isinstance(method.node, nodes.Name) and arguments:
            name = arguments[0]
            if isinstance(name, nodes.Const):
                yield method.node.name, str(name.value)
