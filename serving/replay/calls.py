"""Tool calls in a replay: what a release would send, and whether the log holds the answer to it.

An operator's endpoint is compared by its name. The log has the base URL of that time: it may have moved since, or this
process may not know it.
"""

import json
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from pydantic import JsonValue

from pipelines.errors import ToolFailed
from pipelines.schemas.bot import Intent
from pipelines.schemas.tool import ToolSpec
from pipelines.schemas.turns import ToolRecord
from pipelines.templates.marks import RequestValues
from pipelines.templates.paths import endpoint_names
from pipelines.templates.request import ToolRequest, render_request
from serving.dialogue.engine import TurnPlan

_SHOWN = 3
"""Intents named in a sentence."""


@dataclass(frozen=True)
class ReplayedCall:
    """The tool call of a turn.

    Attributes
    ----------
    intent_id
        The intent whose tool is called.
    request
        What would be sent; None if a template cannot be rendered.
    problem
        Why it cannot.
    endpoint, rest
        The endpoint that the URL begins with, if any, and the URL after its base URL.
    unset
        Endpoints of its templates that have no base URL in this process.
    """

    intent_id: str
    request: ToolRequest | None = None
    problem: str = ""
    endpoint: str = ""
    rest: str = ""
    unset: tuple[str, ...] = ()

    def parts(self) -> dict[str, Any]:
        """Return what a tool or its reply can notice, by name: two calls are the same if these are."""
        request = self.request
        if request is None:
            return {"problem": self.problem}
        headers = sorted((name.lower(), value) for name, value in request.headers)
        mapping = request.mapping
        kept = None if mapping is None else (mapping.result, sorted(mapping.context.items()))
        return {
            "method": request.method,
            "address": in_order(request.url),
            "body": json.dumps(request.body, sort_keys=True),
            "headers": headers,
            "responseMapping": None if kept == (None, []) else kept,
        }

    @property
    def key(self) -> str:
        """Identify the call."""
        return json.dumps([self.intent_id, self.parts()], sort_keys=True)


@dataclass(frozen=True)
class UnsetEndpoint:
    """An endpoint that tools use and that has no base URL in this process.

    Attributes
    ----------
    nearest
        The endpoint with a base URL that was probably meant; empty if none is similar.
    intents
        The intents whose tools use it.
    n_conversations
        How many stored conversations call one of these tools.
    is_new
        Whether only the candidate uses it.
    """

    name: str
    nearest: str
    intents: tuple[str, ...]
    n_conversations: int
    is_new: bool

    @property
    def sentence(self) -> str:
        """What is wrong, and where to set it."""
        intents = ", ".join(map(repr, self.intents[:_SHOWN])) + (" and others" if self.intents[_SHOWN:] else "")
        stored = f"{self.n_conversations:,} stored conversation{'s' if self.n_conversations != 1 else ''}"
        meant = f" (did you mean {self.nearest!r}?)" if self.nearest else ""
        return (
            f"the endpoint {self.name!r}{meant} has no base URL here, so the tools of {intents} cannot be called or "
            f"judged ({stored} with them); set it in INTENTLOOP_ENDPOINTS, or in "
            "settings.env of the home folder"
        )


class Endpoints:
    """The operator's endpoints as this process knows them, and where the log shows that they were before.

    Parameters
    ----------
    base_url_by_name
        `INTENTLOOP_ENDPOINTS`.
    """

    def __init__(self, base_url_by_name: Mapping[str, str]) -> None:
        self._base_by_name = {name: url.rstrip("/") for name, url in base_url_by_name.items()}
        self._former: dict[str, set[str]] = defaultdict(set)

    def unset(self, tool: ToolSpec) -> tuple[str, ...]:
        """Return the endpoints that a tool uses and that have no base URL here."""
        templates = (tool.url, *(header.header_value for header in tool.headers), tool.json_data)
        names = endpoint_names(templates if tool.is_json else templates[:-1])
        return tuple(name for name in names if name not in self._base_by_name)

    def bases_for(self, tool: ToolSpec) -> dict[str, str]:
        """Return the base URLs by name; an endpoint of the tool without one stands by its name."""
        return self._base_by_name | {name: f"{{{{ endpoints.{name} }}}}" for name in self.unset(tool)}

    def render(self, tool: ToolSpec, plan: TurnPlan, intent: Intent, *, key: str, language: str) -> ReplayedCall:
        """Render the call of a turn; an endpoint without a base URL stands in it by its name."""
        parameters, context = plan.decision.parameters, plan.decision.state.context
        return self.render_values(tool, intent, parameters=parameters, context=context, key=key, language=language)

    def render_values(
        self,
        tool: ToolSpec,
        intent: Intent,
        *,
        parameters: dict[str, JsonValue],
        context: dict[str, JsonValue],
        key: str,
        language: str,
    ) -> ReplayedCall:
        """Render a call with some values."""
        unset = self.unset(tool)
        base_by_name = self.bases_for(tool)
        values = RequestValues(
            parameters=parameters,
            context=context,
            endpoints=base_by_name,
            optional=intent.optional_names,
            language=language,
        )
        try:
            request = render_request(tool, values, intent_id=intent.intent_id, key=key)
        except ToolFailed as error:
            return ReplayedCall(intent.intent_id, problem=error.reason, unset=unset)
        bases = {name: base_by_name[name] for name in endpoint_names([tool.url]) if name in base_by_name}
        endpoint = next((name for name, base in bases.items() if _begins_with(request.url, base)), "")
        rest = request.url.removeprefix(bases[endpoint]) if endpoint else request.url
        return ReplayedCall(intent.intent_id, request, endpoint=endpoint, rest=rest, unset=unset)

    def has_answer(self, logged: ToolRecord | None, call: ReplayedCall, *, is_own: bool) -> bool:
        """Whether the log holds the answer to a call: the same one was made then.

        `is_own` says that this very release made the logged call, so that the log shows where its endpoint was.
        """
        request = call.request
        if logged is None or request is None or logged.url is None:
            return False
        same = (logged.intent_id, logged.method) == (call.intent_id, request.method)
        if not same or json.dumps(logged.body, sort_keys=True) != json.dumps(request.body, sort_keys=True):
            return False
        return in_order(logged.url) == in_order(request.url) or self._has_moved(logged.url, call, is_own=is_own)

    def _has_moved(self, url: str, call: ReplayedCall, *, is_own: bool) -> bool:
        """Whether a logged URL is that of a call at another base URL of the same endpoint."""
        former = url.removesuffix(call.rest) if call.endpoint and url.endswith(call.rest) else ""
        if not urlsplit(former).netloc:
            return False
        if is_own:
            self._former[call.endpoint].add(former)
        if former in self._former[call.endpoint]:
            return True
        is_elsewhere = not any(_begins_with(url, base) for base in self._base_by_name.values())
        return is_elsewhere and urlsplit(former).path == urlsplit(self._base_by_name.get(call.endpoint, "")).path


def in_order(url: str) -> str:
    """Return a URL with the pairs of its query in order, which changes nothing for a tool."""
    path, mark, query = url.partition("?")
    return path + mark + "&".join(sorted(query.split("&")))


def _begins_with(url: str, base: str) -> bool:
    return url.startswith(base) and url[len(base) :][:1] in ("", "/", "?", "#")
