"""Checks of a bot's templates for what would fail, stay empty or leak a secret in front of a customer."""

import re
from collections.abc import Collection, Iterator

from jinja2 import TemplateError, TemplateSyntaxError, Undefined, meta, nodes

from pipelines.schemas.bot import BotFile, Intent
from pipelines.schemas.tool import ToolSpec
from pipelines.schemas.training import Finding
from pipelines.steps.validation.checks import error, note, warning
from pipelines.steps.validation.replies import ReplyCheck
from pipelines.steps.validation.tools import ToolCheck
from pipelines.templates.language import CALLABLE_NAMES, BotEnvironment
from pipelines.templates.literal_secrets import KEYS, literal_secrets
from pipelines.templates.mapping import mapping_problems
from pipelines.templates.suspicious import CONTROL, INTERNAL, OTHER_SCHEME
from pipelines.templates.texts import EXPRESSION, reply_texts
from pipelines.templates.unknown_names import LoggedShapes, unknown_names

_REPLY_NAMES = frozenset(("context", "parameters", "result"))
_REQUEST_NAMES = frozenset(("context", "endpoints", "parameters", "secrets"))
_SECRET_NAME = re.compile(r"[A-Z][A-Z0-9_]{0,62}")
_TRIMMED = re.compile(r"\s+(?=\{[{%]-)|(?<=-[}%]\})\s+")
_LONG = re.compile(r"[\w.~+/%=-]{12,}")
_ENOUGH_ANSWERS = 10
"""Logged answers from which on a name that none of them has is worth a note."""
_ENVIRONMENT = BotEnvironment(undefined=Undefined)


def check_templates(
    bot_file: BotFile, *, endpoints: Collection[str], logged: LoggedShapes | None = None
) -> Iterator[Finding]:
    """Find templates that cannot be rendered, undeclared names, keys in plain text, and invalid mappings.

    If no `endpoints` of the operator are known here, their names are not checked. Names are also looked up in the
    `logged` answers of tools and the context of threads. Findings come in the order of the intents.
    """
    tools, replies = ToolCheck(bot_file, endpoints=endpoints), ReplyCheck(bot_file)
    for intent in bot_file.intents:
        for place, template, more in reply_texts(intent):
            known = {"parameters": [parameter.name for parameter in intent.parameters]}
            found = list(_check(place, template, names=_REPLY_NAMES | more, members=known, is_request=False))
            yield from found or replies.check(intent, place, template)
        if intent.tool is not None:
            yield from _check_tool(intent, intent.tool, endpoints, tools)
        elif intent.api_details is not None:
            yield from _check_unused_tool(intent, intent.api_details)
    yield from _check_logged(bot_file, logged or LoggedShapes())


def _check_logged(bot_file: BotFile, logged: LoggedShapes) -> Iterator[Finding]:
    """Find names that no logged answer or context has: a warning if a similar one is known, else a note."""
    for unknown in unknown_names(bot_file.intents, logged):
        what = "answers of its tool" if unknown.root == "result" else "logged turns"
        explanation = f"it uses {unknown.name}, which none of the {unknown.n_values:,} newest {what} has."
        if unknown.nearest:
            yield warning("template_fits_the_answers", unknown.place, explanation, f"write {unknown.nearest}.")
        elif unknown.n_values >= _ENOUGH_ANSWERS:
            repair = "correct it, unless the tool gives it in rare cases or will from now on."
            yield note("template_fits_the_answers", unknown.place, explanation, repair)


def _check_tool(intent: Intent, tool: ToolSpec, endpoints: Collection[str], tools: ToolCheck) -> Iterator[Finding]:
    row = f"{intent.intent_id}.apiDetails"
    known = {"parameters": [parameter.name for parameter in intent.parameters]}
    if endpoints:
        known["endpoints"] = list(endpoints)
    texts = {f"{row}.url": tool.url} | ({f"{row}.jsonData": tool.json_data} if tool.is_json else {})
    for header in tool.headers:
        texts[f"{row}.headers.{header.header_key}"] = header.header_value
    yield from _check_keys(row, tool)
    yield from _check_url(f"{row}.url", tool.url)
    rendered = {finding.row: finding for finding in tools.check(intent, tool)}
    for place in dict.fromkeys((*texts, *rendered)):
        found = list(_check(place, texts.get(place, ""), names=_REQUEST_NAMES, members=known, is_request=True))
        yield from _joined(found, rendered.get(place))
    uses_secret = any(re.search(r"\bsecrets\b", "".join(EXPRESSION.findall(text))) for text in texts.values())
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


def _check_url(place: str, url: str) -> Iterator[Finding]:
    """Find control characters in a URL."""
    controls = set(CONTROL.findall(EXPRESSION.sub("", _TRIMMED.sub("", url.strip()))))
    if controls:
        explanation = "it holds a line end or another control character, which is sent encoded (%0A) or not at all."
        find = warning if controls <= {"\n", "\t"} else error
        yield find("tool_can_be_called", place, explanation, "remove it.")


def _check_unused_tool(intent: Intent, tool: ToolSpec) -> Iterator[Finding]:
    """Find what somebody may have planted in a tool that is switched off."""
    row = f"{intent.intent_id}.apiDetails"
    yield from _check_keys(row, tool)
    scheme = OTHER_SCHEME.match(tool.url)
    if scheme is not None:
        explanation = f"its URL begins with {scheme[1]}:, which no tool may call; it is switched off now."
        yield warning("tool_can_be_called", f"{row}.url", explanation, "begin it with https://, or delete the tool.")
    for header in tool.headers:
        if CONTROL.search(header.header_key + header.header_value):
            explanation = "it holds a line end or another control character; its tool is switched off now."
            place = f"{row}.headers.{header.header_key}"
            yield warning("tool_can_be_called", place, explanation, "remove the character, or delete the tool.")


def _joined(found: list[Finding], rendered: Finding | None) -> list[Finding]:
    """Join what the names of a template tell with what its rendering tells: one fault is one finding."""
    if rendered is None:
        return found
    if not any(finding.check == "template_names_are_known" for finding in found):
        return found or [rendered]
    if rendered.severity != "error":
        return found
    return [finding.model_copy(update={"severity": "error"}) for finding in found]


def _check_keys(row: str, tool: ToolSpec) -> Iterator[Finding]:
    """Find keys that are written out: the release and whatever else is logged of a training would hold them."""
    for secret in literal_secrets(tool.to_wire()):
        literal = EXPRESSION.sub("", secret.value).strip()
        key = KEYS.search(literal) or _LONG.search(literal)
        is_key = key is not None and any(map(str.isdigit, key[0]))
        find = error if is_key else warning  # words alone, or something short, may be no key
        yield find(
            "secret_is_a_reference",
            f"{row}.{secret.place}",
            f"its {secret.name or secret.what!r} seems to hold a key, which anybody who sees the bot, its releases or "
            "a log can read.",
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
        reason = fault.message if isinstance(fault, TemplateSyntaxError) else str(fault)  # the message has its place
        explanation = f"it is not a valid template: {(reason or '').rstrip('.')}."
        yield error("template_can_be_rendered", place, explanation, "correct it.")
        return
    for name in _internals(tree):
        explanation = f"it reaches for {name!r}, which belongs to the program and not to the conversation."
        yield error("template_can_be_rendered", place, explanation, "remove it; templates see values only.")
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


def _internals(tree: nodes.Template) -> list[str]:
    """Return the names of Python's own attributes that a template reads or passes on, each once."""
    named = [node.attr for node in tree.find_all(nodes.Getattr)]
    named += [each for node in tree.find_all(nodes.Const) if isinstance(node.value, str) for each in [node.value]]
    return list(dict.fromkeys(found[0] for name in named for found in INTERNAL.finditer(name)))


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
