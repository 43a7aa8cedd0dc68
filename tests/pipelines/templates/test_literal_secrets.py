"""Secrets that an author wrote out: masked where a bot is shown, and kept when the mask comes back."""

import time
from collections import Counter
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.errors import UserInputError
from pipelines.schemas.bot import BotFile
from pipelines.steps.validation.templates import check_templates
from pipelines.templates.literal_secrets import (
    MASK,
    literal_secrets,
    masked_fields,
    masked_intent,
    unmasked_fields,
    unmasked_intent,
)

PIECES = st.sampled_from(
    (
        "https://", "//", "?", "&", "=", "#", "@", ":", "/", '"', "\\", ",", "{", "}", " ", "?key=", "&q=",
        '"token": "', "{{ parameters.q }}", "{{ '?auth=' ~ context.a }}", "{% if context.a == \"b\" %}", "{% endif %}",
        "{{", "}}", "jane", "author", "password", "short", "9f8b7c6d5e4f3a2b", "sk_live_abcdefgh1234", "Bearer ", MASK,
    )
)  # fmt: skip
TEXTS = st.lists(PIECES, max_size=14).map("".join)
NAMES = st.sampled_from(("Accept", "Authorization", "X-Api-Key", "{{ parameters.key }}", "note", "client_secret"))
TOOLS = st.fixed_dictionaries(
    {
        "url": st.lists(PIECES, max_size=14).map(lambda pieces: "https://" + "".join(pieces)),
        "jsonData": TEXTS.map(lambda text: f'{{"note": "{text}"}}'),
        "headers": st.dictionaries(NAMES, TEXTS, max_size=3).map(
            lambda rows: [{"headerKey": name, "headerValue": value} for name, value in rows.items()]
        ),
        "isJson": st.booleans(),
    },
    optional={"client_secret": TEXTS, "note": TEXTS},
)
CANARY = "canary-5d41402abc"


def intent(**details: Any) -> dict[str, Any]:
    return {"intentId": "buy", "apiTrigger": True, "apiDetails": {"url": "https://shop.test/", **details}}


def header(name: str, value: str) -> dict[str, Any]:
    return intent(headers=[{"headerKey": name, "headerValue": value}])


SECRET = [
    header("Authorization", f"Bearer {CANARY}"),
    header("authorization", CANARY),
    header("X-Api-Key", f"{CANARY}{{{{ parameters.x }}}}"),
    header("X-Shop", f"Bearer {CANARY}"),
    header("Cookie", f"session={CANARY}"),
    intent(url=f"https://shop.test/a?key={CANARY}&n={{{{ parameters.n }}}}#x"),
    intent(url=f"https://shop.test/a?n=1&access_token={CANARY}"),
    intent(url=f"https://jane:{CANARY}@shop.test/a"),
    intent(jsonData=f'{{"apiKey": "{CANARY}", "n": "{{{{ parameters.n }}}}"}}'),
    intent(jsonData=f'{{"auth": {{"password" : "x\\"{CANARY}"}}}}'),
    intent(client_secret=CANARY),
    intent(url=f"https://{{{{ parameters.user }}}}:{CANARY}@shop.test/a"),
    intent(url=f"https://shop.test/a?to=https://jane:{CANARY}@shop.test/b"),
    intent(url=f"https://shop.test/a?key={{% if parameters.n %}}{CANARY}{{% endif %}}"),
    intent(url=f"https://shop.test/a?key={{b}}{CANARY}"),
    intent(jsonData=f'{{"apiKey": "{{% if context.a == "b" %}}{CANARY}{{% endif %}}"}}'),
]
OPEN = [
    header("Authorization", "Bearer {{ secrets.SHOP }}"),
    header("Accept", "application/json"),
    header("X-Town", "{{ parameters.town }}"),
    intent(url="https://shop.test/{{ parameters.key }}?q={{ parameters.q }}&key={{ secrets.KEY }}"),
    intent(jsonData='{"token": "{{ parameters.token }}", "n": 1, "author": "Jane"}'),
    intent(url="https://{{ secrets.USER }}:{{ secrets.PASSWORD }}@shop.test/"),
    intent(responseMapping={"context": {"token": "data.token"}}),
    {"intentId": "hello"},
    {"intentId": "hello", "apiDetails": None},
]


@pytest.mark.parametrize("stored", SECRET)
def test_a_secret_is_masked_and_its_mask_comes_back_as_the_secret(stored: dict[str, Any]) -> None:
    shown = masked_intent(stored)
    assert CANARY not in str(shown)
    assert MASK in str(shown)
    assert unmasked_intent(shown, stored) == stored


@pytest.mark.parametrize("stored", OPEN)
def test_what_is_no_secret_is_shown(stored: dict[str, Any]) -> None:
    assert masked_intent(stored) == stored == unmasked_intent(stored, None)


def test_another_value_replaces_the_secret() -> None:
    changed = header("Authorization", "Bearer other")
    assert unmasked_intent(changed, header("Authorization", CANARY)) == changed


def test_the_rest_may_change_around_a_masked_secret() -> None:
    before = intent(url=f"https://shop.test/a?key={CANARY}", headers=[{"headerKey": "Token", "headerValue": "t-1"}])
    shown = masked_intent(before)["apiDetails"]
    given = intent(url=shown["url"].replace("/a", "/b") + "&n=1", headers=[{"headerKey": "A", "headerValue": "b"}])
    assert unmasked_intent(given, before)["apiDetails"]["url"] == f"https://shop.test/b?key={CANARY}&n=1"


def test_a_mask_of_nothing_is_refused_without_naming_a_value() -> None:
    with pytest.raises(UserInputError, match="the header 'authorization' of the tool of 'buy' is masked"):
        unmasked_intent(header("Authorization", MASK), intent())


def test_two_headers_of_one_name_keep_their_values() -> None:
    rows = [{"headerKey": "X-Key", "headerValue": value} for value in ("first-1", "second-2")]
    assert unmasked_intent(masked_intent(intent(headers=rows)), intent(headers=rows)) == intent(headers=rows)


def test_secret_fields_of_a_bot_are_masked_and_kept() -> None:
    fields = {"nlu_config": {"llm_settings": {"api_key": CANARY, "max_tokens": 5, "model_name": "m"}}, "author": "Jane"}
    shown = masked_fields(fields)
    assert CANARY not in str(shown)
    assert shown["author"] == "Jane"
    assert unmasked_fields(shown, fields) == fields
    assert unmasked_fields({"api_key": MASK, "a": 1}, None) == {"a": 1}
    assert masked_fields({"key": "secret:LLM"}) == {"key": "secret:LLM"}


def places_of(tool: dict[str, Any]) -> dict[str, str]:
    """Give every text of a tool by its place."""
    rows = {f"headers.{row['headerKey']}": row["headerValue"] for row in tool["headers"]}
    return rows | {name: text for name, text in tool.items() if isinstance(text, str)}


@settings(max_examples=400, deadline=None)
@given(tool=TOOLS, is_used=st.booleans())
def test_the_gate_names_exactly_what_the_mask_changes(tool: dict[str, Any], is_used: bool) -> None:
    stored = {"name": "Buy", "intentId": "buy", "apiTrigger": is_used, "apiDetails": tool, "parameters": []}
    shown = masked_intent(stored)
    after = places_of(shown["apiDetails"])
    masked = Counter({place: after[place].count(MASK) - text.count(MASK) for place, text in places_of(tool).items()})
    changed = {place for place, text in places_of(tool).items() if after[place] != text}
    secrets = list(literal_secrets(tool))
    findings = check_templates(BotFile.model_validate({"intents": [stored]}), endpoints=["shop"])
    named = Counter(
        finding.row.removeprefix("buy.apiDetails.")
        for finding in findings
        if "seems to hold a key" in finding.explanation
    )
    assert named == Counter(secret.place for secret in secrets)
    assert named.keys() == changed
    whole = sum(secret.value.count(MASK) for secret in secrets)  # a secret may have the mask within
    assert masked.total() == len(secrets) - whole
    assert list(literal_secrets(shown["apiDetails"])) == []
    assert masked_intent(shown) == shown
    assert unmasked_intent(shown, stored) == stored


def test_a_body_that_is_no_json_costs_nothing() -> None:
    began = time.thread_time()
    masked_intent(intent(jsonData='{"key": "' + "{{ parameters.q }}" * 200))
    masked_intent(intent(url="https://shop.test/?" + "{{ parameters.q }}" * 200))
    assert time.thread_time() - began < 1.0
