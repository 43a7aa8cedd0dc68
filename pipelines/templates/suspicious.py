"""What an import says at once about a bot's tools and templates; validation renders them and finds more."""

import re
from collections.abc import Iterator

from pipelines.schemas.bot import BotFile, Intent
from pipelines.schemas.tool import ToolSpec
from pipelines.templates.language import MAX_TEMPLATE_CHARS
from pipelines.templates.texts import EXPRESSION, reply_texts

OTHER_SCHEME = re.compile(r"\s*(?!https?:)([a-z][a-z0-9+.-]*):", re.IGNORECASE)
CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")
INTERNAL = re.compile(r"__\w{1,40}__|\b_TemplateReference__\w{1,40}|\b[fg]_(?:globals|locals|back|code|builtins)\b")
_USER_NAME = re.compile(r"\s*https?://[^/?#{}]*@", re.IGNORECASE)


def suspicious_places(bot_file: BotFile) -> Iterator[str]:
    """Yield a sentence for each place of a bot that no author of good faith writes; costs next to nothing."""
    for intent in bot_file.intents:
        texts = [(place, text) for place, text, _ in reply_texts(intent)]
        if intent.api_details is not None:
            texts += _tool_texts(intent, intent.api_details)
            yield from _of_tool(intent, intent.api_details)
        for place, text in texts:
            if len(text) > MAX_TEMPLATE_CHARS:
                yield f"{place}: it has more than {MAX_TEMPLATE_CHARS} characters and cannot be used; shorten it"
                continue
            inside = INTERNAL.search("".join(EXPRESSION.findall(text))) if "{" in text else None
            if inside is not None:
                yield f"{place}: it reaches for {inside[0]!r}, which is not available; remove it"


def _tool_texts(intent: Intent, tool: ToolSpec) -> list[tuple[str, str]]:
    row = f"{intent.intent_id}.apiDetails"
    headers = [(f"{row}.headers.{each.header_key}", each.header_value) for each in tool.headers]
    return [(f"{row}.url", tool.url), (f"{row}.jsonData", tool.json_data), *headers]


def _of_tool(intent: Intent, tool: ToolSpec) -> Iterator[str]:
    row = f"{intent.intent_id}.apiDetails"
    scheme = OTHER_SCHEME.match(tool.url)
    if scheme is not None:
        yield f"{row}.url: no tool may call {scheme[1]}:; begin it with https:// or an endpoint"
    if _USER_NAME.match(tool.url):
        yield f"{row}.url: a user name in a URL is not sent; write it as a header with a secret"
    if CONTROL.search(EXPRESSION.sub("", tool.url.strip())):
        yield f"{row}.url: it holds a line end or another control character; remove it"
    for header in tool.headers:
        if CONTROL.search(header.header_key + EXPRESSION.sub("", header.header_value)):
            yield f"{row}.headers.{header.header_key}: it holds a line end or another control character; remove it"
