from urllib.parse import parse_qsl, unquote, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.errors import ToolFailed
from pipelines.schemas.tool import ToolSpec
from pipelines.templates.marks import RequestValues
from pipelines.templates.request import render_request
from tests.support.requests import request_of


@pytest.mark.parametrize(
    ("template", "url"),
    [
        ("http://a/x?q={{ parameters.guests }}&o={{ parameters.note }}", "http://a/x?q=4"),
        ("http://a/x?o={{ parameters.note }}&q={{ parameters.guests }}", "http://a/x?q=4"),
        ("http://a/x?o={{ parameters.note }}", "http://a/x"),
        ("http://a/x?o={{ context.nobody }}&u={{ context.user }}", "http://a/x?u=ann"),
        ("http://a/x?o={{ context.tags }}&p={{ context.a.b }}", "http://a/x"),
        ("http://a/x?o={{ parameters.note }}{{ parameters.until }}", "http://a/x"),
        ("http://a/x?o={{ parameters.note | upper | urlencode }}", "http://a/x"),
        ("http://a/x?o=to-{{ parameters.note }}", "http://a/x?o=to-"),
        ("http://a/x?o={{ parameters.note or '' }}", "http://a/x?o="),
        ("http://a/x?o={{ parameters.note | default('any') }}", "http://a/x?o=any"),
        ("http://a/x?q=1{% if parameters.note %}&o={{ parameters.note }}{% endif %}", "http://a/x?q=1"),
        ("http://a/x?q=1{{ '&o=' ~ parameters.note }}", "http://a/x?q=1"),
        ("http://a/x?q=1{{ '&o=' ~ parameters.note if parameters.note }}", "http://a/x?q=1"),
        ("http://a/x?{{ parameters.note }}", "http://a/x"),
        ("http://a/x{{ '/' ~ parameters.note if parameters.note }}", "http://a/x"),
        ("http://a/{{ parameters.note or 'all' }}", "http://a/all"),
        ("http://a{{ '/x' if parameters.note }}", "http://a"),
        (
            "{{ endpoints.shop }}{{ '/x' if parameters.note }}{{ '?late' if parameters.late }}",
            "https://shop.example/v1?late",
        ),
    ],
)
def test_render_url_leaves_out_what_is_not_there(template: str, url: str) -> None:
    assert request_of(template).url == url


def test_render_url_appends_the_slots_that_have_a_value() -> None:
    spec = ToolSpec.model_validate({"url": "http://a/x?note={{ parameters.note }}&z=1", "isJson": False})
    values = RequestValues(
        parameters={"town": "A&B", "days": ["Mo", "Tu"], "until": None},
        context={},
        endpoints={},
        optional=frozenset(("note", "until")),
    )
    assert render_request(spec, values, intent_id="i", key="k").url == "http://a/x?z=1&town=A%26B&days=Mo&days=Tu"


@pytest.mark.parametrize(
    ("template", "reason"),
    [
        ("http://a/{{ parameters.note }}", "note has no value, and a part of a path cannot be left out"),
        ("http://a/{{ parameters.note }}/x", "note has no value, and a part of a path cannot be left out"),
        ("http://a/no-{{ parameters.note }}", "note has no value, and a part of a path cannot be left out"),
        ("http://a/{{ context.nobody }}", "nobody has no value, and a part of a path cannot be left out"),
        ("http://a/{{ context.tags }}", "a value has no value, and a part of a path cannot be left out"),
        ("http://a/x?{{ parameters.note }}=1", "the name of a value in the query has no value itself"),
        ("", "the address is empty"),
        ("  ", "the address is empty"),
        ("{{ context.base }}/x", "the host of an address must be fixed; no value may stand in it"),
        ("{{ context.user }}/x", "the host of an address must be fixed; no value may stand in it"),
        ("https://{{ parameters.town }}.example/", "the host of an address must be fixed"),
        ("{{ 'https://' ~ parameters.town ~ '.example' }}/", "the host of an address must be fixed"),
        ("{{ 'https://%s/' | format(parameters.town) }}", "the host of an address must be fixed"),
        ("{{ 'https://a.example' ~ parameters.town }}", "the host of an address must be fixed"),
        ("https://a.example{{ parameters.note }}/x", "the host of an address must be fixed"),
        ("a.example/x", "an address starts with http://, https:// or an endpoint"),
        ("https:///x", "an address starts with http://, https:// or an endpoint"),
        ("https://a.example:99999/x", "no such host or port"),
        ("https://a..example/x", "no such host or port"),
        ("https://a_-.example/x", "no such host or port"),
        ("https://a b.example/x", "after its host or endpoint an address must continue with"),
    ],
)
def test_render_url_says_what_cannot_be_sent(template: str, reason: str) -> None:
    with pytest.raises(ToolFailed) as failure:
        request_of(template)
    assert failure.value.reason.startswith("its url: ")
    assert reason in failure.value.reason


def test_render_url_does_not_quote_the_customer_in_an_error() -> None:
    with pytest.raises(ToolFailed) as failure:
        request_of("http://a/{{ context[parameters.town] }}", parameters={"town": "my-password"})
    assert "my-password" not in failure.value.reason


@pytest.mark.parametrize(
    ("template", "url"),
    [
        ("http://a/x?q={{ parameters.town | urlencode }}", "http://a/x?q=Bad%20Ems"),
        ("http://a/{{ parameters.town | urlencode }}/x", "http://a/Bad%20Ems/x"),
        ("http://a/x?q={{ parameters.town | urlencode | replace('%20', '+') }}", "http://a/x?q=Bad+Ems"),
        ("http://a/x?{{ {'q': parameters.town, 'n': 1} | urlencode }}", "http://a/x?q=Bad%20Ems&n=1"),
        ("http://a/x?q={{ parameters.guests ~ '&t=' ~ parameters.town }}", "http://a/x?q=4&t=Bad%20Ems"),
        ("http://a/x?q={{ parameters.guests }}{{ '&late=1' if parameters.late }}", "http://a/x?q=4&late=1"),
        ("http://a/x?d={{ parameters.days | join('&d=') }}", "http://a/x?d=Mo&d=Tu"),
        ("http://a/{{ parameters.days | join('/') }}", "http://a/Mo/Tu"),
        ("http://a/x?d={{ parameters.days }}&z=1", "http://a/x?d=Mo&d=Tu&z=1"),
        ("http://a/x?d={{ parameters.days | join(',') }}", "http://a/x?d=Mo,Tu"),
        ("http://a/{{ 'late' if parameters.late else 'early' }}", "http://a/late"),
        ("http://a/{{ '%s/%s' % (parameters.guests, parameters.town) }}", "http://a/4/Bad%20Ems"),
        ("http://a/x{{ '?sort=asc&n={}'.format(parameters.guests) }}", "http://a/x?sort=asc&n=4"),
        ("http://a/{{ 'b' | upper }}?c={{ 'd e' }}", "http://a/B?c=d%20e"),
        ("{{ endpoints.shop ~ '/x?n=' ~ parameters.guests }}", "https://shop.example/v1/x?n=4"),
        ("{{ 'https://a.example' if parameters.late else 'https://b.example' }}/x", "https://a.example/x"),
        ("https://m\u00fcnchen.example/x", "https://m\u00fcnchen.example/x"),
    ],
)
def test_render_url_takes_the_authors_words_as_they_stand(template: str, url: str) -> None:
    assert request_of(template).url == url


HOSTILE_TEMPLATES = (
    "http://a.example/one/{{ parameters.note }}/two?q={{ parameters.note }}&z=1",
    "http://a.example/one/{{ parameters.note | urlencode }}/two?q={{ parameters.note | urlencode }}&z=1",
    "http://a.example/one/{{ '' ~ parameters.note }}/two?{{ 'q=' ~ parameters.note ~ '&z=1' }}",
    "http://a.example{{ '/one/' ~ parameters.note ~ '/two' }}?{{ {'q': parameters.note, 'z': 1} | urlencode }}",
    "http://a.example/one/{{ '%s' % parameters.note }}/two?q={{ '{}'.format(parameters.note) }}&z=1",
    "http://a.example/one/{{ [parameters.note] | join('/') }}/two?{{ ['q', parameters.note] | join('=') }}&z=1",
    "{{ ['http:', '', 'a.example', 'one', parameters.note, 'two'] | join('/') }}?q={{ parameters.note }}&z=1",
)


@given(
    template=st.sampled_from(HOSTILE_TEMPLATES),
    note=st.text(alphabet=st.sampled_from("/?#&=%.:@;+\\ \n\"'2eFä\ue000\ue001"), min_size=1, max_size=10)
    | st.sampled_from(["../..", "//evil.example", "%2e%2e%2f", "a&role=admin", "x#y", "\ue0000\ue001"]),
)
def test_render_url_keeps_its_parts_whatever_a_value_says(template: str, note: str) -> None:
    if note in (".", ".."):
        return
    parts = urlsplit(request_of(template, parameters={"note": note}).url)
    assert (parts.scheme, parts.netloc, parts.fragment) == ("http", "a.example", "")
    assert [unquote(segment) for segment in parts.path.split("/")] == ["", "one", note, "two"]
    assert parse_qsl(parts.query.replace("+", "%2B"), keep_blank_values=True) == [("q", note), ("z", "1")]
