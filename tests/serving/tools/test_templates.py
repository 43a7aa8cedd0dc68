import json
from urllib.parse import parse_qsl, unquote, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.errors import ToolFailed
from pipelines.schemas.bot import ToolSpec
from serving.tools.references import filled
from serving.tools.templates import RequestValues, ToolRequest, render_request

NASTY = [
    *(
        "1&admin=true#x",
        "../../etc",
        "a/b",
        "?x=1",
        "#frag",
        'quote"',
        "back\\slash",
        "new\nline",
        "null\x00",
        "ünï\U0001f600",
    ),
    *(
        "{{ 7*7 }}",
        "%2e%2e%2f",
        "@evil.com",
        "http://evil.com",
        " ",
        "a b",
        "+",
        "\ue0000\ue001",
        "\ue000",
        "'",
        "`",
        "}",
        '"}, "x": {"',
    ),
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


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("http://{{ context.host }}/", "host"),
        ("http://shop.{{ context.host }}/", "host"),
        ("{{ context.host }}/x", "starts with"),
        ("{{ parameters.v }}", "starts with"),
        ("{{ endpoints.shop }}.evil.com/", "goes on with"),
        ("{{ endpoints.bare }}@evil.com/", "goes on with"),
        ("{{ endpoints.bare }}:81/", "goes on with"),
        ("{{ endpoints.bare }}{{ parameters.v }}", "goes on with"),
        ("{{ endpoints.bare ~ context.host }}/", "starts with"),
        ("{{ endpoints.bare | upper }}/", "starts with"),
        ("http://user@shop.example/", "host"),
        ("http://shop.example\\@evil.com/", "goes on with"),
        ("ftp://shop.example/", "starts with"),
        ("file:///etc/passwd", "starts with"),
        ("gopher://shop.example/", "starts with"),
        ("//shop.example/", "starts with"),
        ("http:///x", "starts with"),
        ("javascript:alert(1)", "starts with"),
        ("", "starts with"),
        ("http://a/{{ parameters.nope }}", "no attribute"),
        ("http://a/{{ context.nope }}", "no attribute"),
        ("{{ endpoints.nope }}/", "no attribute"),
        ("http://a/{{ nope }}", "undefined"),
        ("http://a/{{ ''.__class__ }}", "unsafe"),
        ("http://a/{{ parameters.v", "expected token|unexpected end"),
        ("http://a/\ue0000\ue001", "U.E000"),
        ("http://a/" + "x" * 9000, "8000"),
    ],
)
def test_render_request_refuses_a_url(url: str, reason: str) -> None:
    with pytest.raises(ToolFailed, match=reason):
        rendered(url)


@pytest.mark.parametrize("value", ["", ".", "..", None])
def test_render_request_refuses_a_path_value_that_means_another_path(value: str | None) -> None:
    with pytest.raises(ToolFailed):
        rendered("http://a/orders/{{ parameters.v }}", value=value)


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
    ("name", "template", "value"),
    [
        ("X-A", "{{ parameters.v }}", "a\r\nX-B: 1"),
        ("X-A", "{{ parameters.v }}", "a\x00"),
        ("X-A", "{{ parameters.v }}", "é"),
        ("Bad Name", "x", ""),
        ("X:", "x", ""),
        ("Host", "evil.com", ""),
        ("content-length", "1", ""),
        ("Transfer-Encoding", "chunked", ""),
        ("Idempotency-Key", "x", ""),
    ],
)
def test_render_request_refuses_a_header(name: str, template: str, value: str) -> None:
    with pytest.raises(ToolFailed):
        rendered("http://a/", value=value, headers={name: template})


def test_render_request_writes_headers() -> None:
    request = rendered("http://a/", headers={"Authorization": "Bearer {{ context.user }}"})
    assert request.headers == (("Authorization", "Bearer ann"),)
