"""Mistakes planted in texts, tools and forms: each is refused with a sentence that names it; sound edits pass."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from pipelines.registry.release import Release
from pipelines.schemas.bot import Intent
from pipelines.schemas.parameter import Parameter
from pipelines.schemas.tool import ResponseMapping, ToolHeader, ToolSpec
from pipelines.settings import Settings
from serving.replay.thread import Thread
from tests.support.replays import ENDPOINTS, SAID, Threads, replayed, with_intent

RESPONSE = (
    "{{ result.message }}{% if result.parcel %} Parcel {{ result.parcel.number }}.{% endif %}"
    "{% for line in result.lines %} {{ line.name }}{% endfor %}{% if result.late %} {{ result.reason }}{% endif %}"
)
ANSWERS = (
    {"message": "It is on its way.", "parcel": {"number": "PX1"}, "lines": [{"name": "tent"}], "late": False,
     "note": None, "reason": ""},
    {"message": "It is late.", "parcel": None, "lines": [], "late": True, "note": None, "reason": "Snow."},
)  # fmt: skip
TOOL = ToolSpec(
    url="{{ endpoints.shop }}/v2/orders",
    request_type="POST",
    headers=(ToolHeader(header_key="X-Shop", header_value="web"),),
    is_json=True,
    json_data='{"order_id": "{{ parameters.order_id }}"}',
)
Edit = Callable[[Release], Release]


@pytest.fixture
def production(tiny_release: Release) -> Release:
    release = with_intent(tiny_release, "track_order", speech_response=RESPONSE, api_details=TOOL)
    return replace(with_intent(release, "greet", speech_response="Hello {{ context.username }}!"), version="1")


@pytest.fixture
async def log(production: Release) -> Threads:
    """Return what the log holds of conversations that production answered."""
    here = Settings(_env_file=None, endpoints=ENDPOINTS)
    threads: Threads = []
    for number, texts in enumerate(SAID):
        thread = Thread.of_texts(texts, bot="b", thread_id=f"t{number}")
        for turn, text in enumerate(texts, start=1):
            thread = thread.with_context(turn, {"username": "Ada"}) if text == "hello" else thread
        for step in await thread.step_through(production, settings=here):
            if step.outcome.tool is not None:
                thread = thread.with_result(step, ANSWERS[number % 2])
        threads.append(thread.answered_by(await thread.step_through(production, settings=here)).records)
    return threads


def said(old: str, new: str) -> Edit:
    assert old in RESPONSE
    return lambda release: with_intent(release, "track_order", speech_response=RESPONSE.replace(old, new))


def tool(**fields: Any) -> Edit:
    return lambda release: with_intent(release, "track_order", api_details=TOOL.model_copy(update=fields))


def edited(intent_id: str, change: Callable[[Intent], dict[str, Any]]) -> Edit:
    return lambda release: with_intent(release, intent_id, **change(release.definition.intent_by_id()[intent_id]))


def without(intent_id: str) -> Edit:
    def edit(release: Release) -> Release:
        intents = tuple(each for each in release.definition.intents if each.intent_id != intent_id)
        return replace(release, definition=release.definition.model_copy(update={"intents": intents}))

    return edit


def parameters(intent_id: str, change: Callable[[tuple[Parameter, ...]], tuple[Parameter, ...]]) -> Edit:
    return edited(intent_id, lambda intent: {"parameters": change(intent.parameters)})


def asked(name: str, **fields: Any) -> Parameter:
    return Parameter(name=name, type="text", prompt=f"Which {name}?", **{"required": True, **fields})


MISTAKES: dict[str, tuple[Edit, str]] = {
    "a misspelt name": (
        said("result.message", "result.mesage"),
        "nothing is called 'mesage', which is left out; did you mean 'message'?",
    ),
    "a wrong nested name": (said("parcel.number", "parcel.no"), "nothing is called 'no'"),
    "a name of another level": (said("result.parcel.number", "result.number"), "nothing is called 'number'"),
    "a wrong name in a loop": (
        said("line.name", "line.nam"),
        "nothing is called 'nam', which is left out; did you mean 'name'?",
    ),
    "a wrong list": (
        said("result.lines", "result.line"),
        "nothing is called 'line', which is left out; did you mean 'lines'?",
    ),
    "an index beyond the list": (said("{% for", "{{ result.lines[3].name }}{% for"), "nothing is called '3'"),
    "an attribute of a null": (said("{% for", "{{ result.note.text }}{% for"), "nothing is called 'text'"),
    "a condition that never holds": (
        said("if result.late", "if result.laet"),
        "uses result.laet, which none of the 2 answers of its tool in the log has; did you mean result.late?",
    ),
    "a filter that does not fit": (
        said("{{ result.message }}", "{{ result.message | round }}"),
        "the reply is spoilt: response of 'track_order': line 1:",
    ),
    "a filter that leaves nothing": (
        edited("track_order", lambda intent: {"speech_response": "{{ result.lines | selectattr('x') | join }}"}),
        "it says nothing, so that customers get a plain sentence",
    ),
    "a null alone": (
        edited("track_order", lambda intent: {"speech_response": "{{ result.note }}"}),
        "response of 'track_order': it says nothing",
    ),
    "no text at all": (
        edited("track_order", lambda intent: {"speech_response": ""}),
        "response of 'track_order': it says nothing",
    ),
    "a misspelt parameter": (
        edited("order_product", lambda intent: {"speech_response": "{{ parameters.quantiy }} x"}),
        "nothing is called 'quantiy', which is left out; did you mean 'quantity'?",
    ),
    "a misspelt part of the context": (
        edited("greet", lambda intent: {"speech_response": "Hello {{ context.usernme }}!"}),
        "nothing is called 'usernme', which is left out; did you mean 'username'?",
    ),
    "a misspelt root": (said("result.message", "resutl.message"), "nothing is called 'resutl'"),
    "a question that is misspelt": (
        parameters(
            "order_product",
            lambda all: (all[0], all[1].model_copy(update={"prompt": "How many {{ parameters.prodct }}?"})),
        ),
        "order_product.quantity.prompt uses parameters.prodct, and the intent has no such parameter",
    ),
    "another path": (tool(url="{{ endpoints.shop }}/orders"), "the tool of 'track_order' was changed (url)"),
    "another endpoint": (
        tool(url="{{ endpoints.shopp }}/v2/orders"),
        "the endpoint 'shopp' (did you mean 'shop'?) has no base URL here, so the tools of 'track_order'",
    ),
    "another method": (tool(request_type="PUT"), "was changed (requestType)"),
    "another field in the body": (tool(json_data='{"order": "{{ parameters.order_id }}"}'), "was changed (jsonData)"),
    "another header": (tool(headers=()), "was changed (headers)"),
    "another part of the answer": (
        tool(response_mapping=ResponseMapping(result="order")),
        "was changed (responseMapping)",
    ),
    "a body that cannot be rendered": (
        tool(json_data='{"order_id": "{{ parameters.ordr }}"}'),
        "its tool can no longer be called: its jsonData: 'ordr' is undefined",
    ),
    "no tool": (edited("track_order", lambda intent: {"api_trigger": False}), "'track_order' no longer calls its tool"),
    "a parameter that its tool needs is gone": (
        parameters("track_order", lambda all: ()),
        "'track_order' no longer has the parameter 'order_id'",
    ),
    "a parameter is gone": (
        parameters("order_product", lambda all: all[1:]),
        "'order_product' no longer has the parameter 'product'",
    ),
    "one more question": (
        parameters("order_product", lambda all: (*all, asked("address"))),
        "'order_product' has a new parameter 'address', which customers are asked for",
    ),
    "a confirmation": (
        edited("order_product", lambda intent: {"confirm": True}),
        "'order_product' now asks customers to confirm",
    ),
    "a question less": (
        parameters("track_order", lambda all: (all[0].model_copy(update={"required": False}),)),
        "the parameter 'order_id' of 'track_order' is no longer required",
    ),
    "an intent is gone": (without("order_product"), "because intents are gone (order_product: 1)"),
}
"""For each: the edit, and what the reason says, although one conversation of the log may always be lost."""


@pytest.mark.parametrize("mistake", MISTAKES)
async def test_check_refuses_a_mistake_and_names_it(mistake: str, production: Release, log: Threads) -> None:
    edit, sentence = MISTAKES[mistake]
    check = (await replayed(log, production, replace(edit(production), version="2"))).check(max_lost_goals=0.02)
    assert not check.passed
    assert sentence in "\n".join(check.reasons)
    assert not any(text in " ".join((*check.reasons, *check.notes)) for text in ("ORD-2001", "Ada", "on its way"))


SOUND: dict[str, Edit] = {
    "nothing": lambda release: release,
    "another wording": said("{{ result.message }}", "Here is what we know: {{ result.message }}"),
    "one more reply": edited("greet", lambda intent: {"speech_responses": ("Hey {{ context.username }}",)}),
    "a name that some answers have": said("{% for", "{{ result.parcel.number | default('') }}{% for"),
    "a guarded name": said("{% for", "{% if result.parcel %}{{ result.parcel.number }}{% endif %}{% for"),
    "a condition over a new name": said("{% for", "{% if result.is_gift is defined %}!{% endif %}{% for"),
    "the same request, written otherwise": tool(
        url="{{endpoints['shop']}}/v2/orders", json_data='{ "order_id" : "{{parameters.order_id}}" }',
        headers=(ToolHeader(header_key="x-shop", header_value="web"),),
    ),
    "another question": parameters(
        "order_product", lambda all: (all[0].model_copy(update={"prompt": "Which product do you want?"}), all[1])
    ),
    "a new optional parameter": parameters("order_product", lambda all: (*all, asked("gift", required=False))),
    "a new intent": lambda release: replace(
        release,
        definition=release.definition.model_copy(
            update={"intents": (*release.definition.intents, Intent(name="new", intent_id="new"))}
        ),
    ),
}  # fmt: skip


@pytest.mark.parametrize("edit", SOUND.values(), ids=SOUND)
async def test_check_passes_a_sound_edit(edit: Edit, production: Release, log: Threads) -> None:
    check = (await replayed(log, production, replace(edit(production), version="2"))).check(max_lost_goals=0.0)
    assert check.reasons == ()
    assert all(measure.passed for measure in check.measures)
