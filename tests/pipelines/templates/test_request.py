import json
from urllib.parse import parse_qsl, unquote, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.errors import ToolFailed
from pipelines.schemas.tool import ToolSpec
from pipelines.templates.marks import RequestValues
from pipelines.templates.references import filled, names_in
from pipelines.templates.request import ToolRequest, render_request

NASTY = [
    "1&admin=true#x",
    "../../etc",
    'quote"',
    "back\\slash",
    "new\nline",
    "\U0001f600",
    "\ue0000\ue001",
    '"}, "x": {"',
]


def rendered(url: str, *, value: object = "v", headers: dict[str, str] | None = None, **fields: object) -> ToolRequest:
    pairs = [{"headerKey": key, "headerValue": text} for key, text in (headers or {}).items()]
    spec = ToolSpec.model_validate({"url": url, "headers": pairs, **fields})
    values = RequestValues(
        parameters={"v": value},  # type: ignore[dict-item]
        context={"user": "ann", "host": "evil.com"},
        endpoints={"shop": "http://127.0.0.1:8800/v1/", "bare": "https://shop.example"},
    )
    return render_request(spec, values, intent_id="buy", key="k")


@pytest.mark.parametrize("value", NASTY)
def test_render_request_keeps_a_value_within_its_place(value: str) -> None:
    request = rendered(
        "{{ endpoints.shop }}/orders/{{ parameters.v }}/items?q={{ parameters.v }}&fixed=1",
        value=value,
        isJson=True,
        jsonData='{"text": "a {{ parameters.v }} b", "bare": {{ parameters.v }}, "fixed": 1}',
    )
    parts = urlsplit(request.url)
    assert (parts.scheme, parts.netloc, parts.fragment) == ("http", "127.0.0.1:8800", "")
    assert [unquote(segment) for segment in parts.path.split("/")] == ["", "v1", "orders", value, "items"]
    assert parse_qsl(parts.query, keep_blank_values=True) == [("q", value), ("fixed", "1")]
    sent = json.loads(filled(json.dumps(request.body, ensure_ascii=False), {}))
    assert sent == {"text": f"a {value} b", "bare": value, "fixed": 1}


@given(st.text(min_size=1, max_size=20).filter(lambda text: text not in (".", "..") and text.isprintable()))
def test_render_request_keeps_any_text_within_its_place(value: str) -> None:
    test_render_request_keeps_a_value_within_its_place(value) if not _is_number(value) else None


def _is_number(value: str) -> bool:
    try:
        return isinstance(json.loads(value), int | float)
    except ValueError:
        return False


def test_render_request_appends_slots_to_the_query_without_json() -> None:
    request = rendered("http://a/x?fixed=a b", value="1&2", requestType="POST")
    assert (request.url, request.body) == ("http://a/x?fixed=a%20b&v=1%262", None)
    assert rendered("http://a/x?v={{ parameters.v }}", value="1").url == "http://a/x?v=1"


@pytest.mark.parametrize(
    ("template", "value", "body"),
    [
        ('{"n": {{ parameters.v }}}', "2", {"n": 2}),
        ('{"n": {{ parameters.v }}}', "1.5", {"n": 1.5}),
        ('{"n": "{{ parameters.v }}"}', "2", {"n": "2"}),
        ('{"n": {{ parameters.v }}}', "007", {"n": "007"}),
        ('{"n": {{ parameters.v }}}', True, {"n": True}),
        ('{"n": "{{ parameters.v }}"}', True, {"n": "true"}),
        ('{"n": {{ parameters.v }}}', ["a", 1], {"n": ["a", 1]}),
        ('{"n": {{ parameters | tojson }}}', 'a"b', {"n": {"v": 'a"b'}}),
        ('{"n": "\\"{{ parameters.v }}\\\\"}', "x", {"n": '"x\\'}),
        ('{"{{ parameters.v }}": 1}', 'k"', {'k"': 1}),
        ('{% if parameters.v == "a" %}{"a": 1}{% else %}{}{% endif %}', "a", {"a": 1}),
        ('["{{ parameters.w | default("") }}"]', "x", [""]),
    ],
)
def test_render_request_writes_json(template: str, value: object, body: object) -> None:
    assert rendered("http://a/", value=value, isJson=True, jsonData=template).body == body


@pytest.mark.parametrize("template", ["", "{", '{"a": }', '{"a": {{ parameters.v }} x}', "[" * 5000])
def test_render_request_refuses_what_is_no_json_without_quoting_the_customer(template: str) -> None:
    with pytest.raises(ToolFailed, match="jsonData does not give valid JSON") as failure:
        rendered("http://a/", value="SECRET", isJson=True, jsonData=template)
    assert "SECRET" not in str(failure.value)


@pytest.mark.parametrize(
    "name", ["Bad Name", "X:", "", "Host", "content-length", "Transfer-Encoding", "Idempotency-Key"]
)
def test_render_request_refuses_the_name_of_a_header(name: str) -> None:
    with pytest.raises(ToolFailed, match="is not a header that a tool may set"):
        rendered("http://a/", headers={name: "x"})


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("http://a/{{ parameters.nope }}", "its url: 'nope' is undefined: no parameter of the intent is called so"),
        ("http://a/{{ nope }}", "'nope' is undefined"),
        ("http://{{ context.host }}/", "the host of an address must be fixed"),
        ("{{ endpoints.shop }}.evil.example/", "after its host or endpoint an address must continue with"),
        ("ftp://a/", "an address starts with http://, https:// or an endpoint"),
        ("http://a/{{ parameters.v", "{{ is not closed; write }} behind its name"),
    ],
)
def test_render_request_says_what_is_wrong_with_a_url(url: str, reason: str) -> None:
    with pytest.raises(ToolFailed, match=reason):
        rendered(url)


def test_render_request_holds_references_where_secrets_will_stand() -> None:
    request = rendered(
        "{{ endpoints.shop }}/bot{{ secrets.BOT_KEY }}/send?key={{ secrets.QUERY_KEY }}",
        headers={"Authorization": "Bearer {{ secrets['API_KEY'] }}"},
        isJson=True,
        jsonData='{"a": "x {{ secrets.INNER_KEY }} y", "b": {{ secrets.BARE_KEY }}, "{{ secrets.NAME_KEY }}": 1}',
    )
    body = json.dumps(request.body, ensure_ascii=False)
    names = {"BOT_KEY", "QUERY_KEY", "API_KEY", "INNER_KEY", "BARE_KEY", "NAME_KEY"}
    assert names_in([request.url, request.headers[0][1], body]) == names
    values = {name: f"<{name}>" for name in names}
    assert json.loads(filled(body, values)) == {"a": "x <INNER_KEY> y", "b": "<BARE_KEY>", "<NAME_KEY>": 1}
    assert filled(request.headers[0][1], values) == "Bearer <API_KEY>"


def test_render_request_never_takes_a_value_for_a_secret() -> None:
    request = rendered(
        "http://a/{{ parameters.v }}",
        value="\ue000secret:API_KEY\ue001",
        isJson=True,
        jsonData='{"a": "{{ parameters.v }}", "b": {{ parameters.v }}, "c": {{ parameters | tojson }}}',
    )
    assert names_in([request.url, json.dumps(request.body, ensure_ascii=False)]) == frozenset()


def test_render_request_refuses_a_mapping_before_anything_is_sent() -> None:
    with pytest.raises(ToolFailed, match=r"its responseMapping.context.last is not a JMESPath expression"):
        rendered("http://a/", responseMapping={"context": {"last": "a b"}})


def test_render_request_writes_headers() -> None:
    request = rendered("http://a/", headers={"Authorization": "Bearer {{ context.user }}"})
    assert request.headers == (("Authorization", "Bearer ann"),)
