import pytest

from pipelines.errors import ToolFailed
from tests.support.requests import request_of


@pytest.mark.parametrize(
    ("template", "headers"),
    [
        ("{{ parameters.note }}", ()),
        ("{{ parameters.note }}{{ context.nobody }}", ()),
        ("Bearer {{ context.token }}", ()),
        ("id={{ context.trace }}", ()),
        ("{{ context.tags }}", ()),
        ("{{ parameters.note | upper }}", ()),
        ("text/plain{{ parameters.note }}", (("X-A", "text/plain"),)),
        ("{{ parameters.note or 'none' }}", (("X-A", "none"),)),
        ("{{ parameters.note | default('none') }}", (("X-A", "none"),)),
        ("{{ 'de' if parameters.note else 'en' }}", (("X-A", "en"),)),
        ("{{ parameters.guests }}{{ parameters.note }}", (("X-A", "4"),)),
        ("Bearer {{ context.user }}", (("X-A", "Bearer ann"),)),
        ("{{ 'n=' ~ parameters.guests ~ '; d=' ~ parameters.days | join('+') }}", (("X-A", "n=4; d=Mo+Tu"),)),
        ("{{ parameters.town | urlencode }}", (("X-A", "Bad%20Ems"),)),
        ("{{ '%.2f' % parameters.guests }}", (("X-A", "4.00"),)),
        ("fixed", (("X-A", "fixed"),)),
        ("", (("X-A", ""),)),
    ],
)
def test_render_header_leaves_out_what_is_not_there(template: str, headers: object) -> None:
    assert request_of(headers={"X-A": template}).headers == headers


@pytest.mark.parametrize(
    "value", ["a\r\nX-Evil: 1", "a\nb", "\x00", "Z\u00fcrich", "\ue0000\ue001", "\u2028", "\x7f", "\t", "\x85", "a\rb"]
)
@pytest.mark.parametrize(
    "template",
    [
        "{{ parameters.note }}",
        "{{ 'a' ~ parameters.note }}",
        "{{ '%s' % parameters.note }}",
        "{{ [parameters.note] | join(',') }}",
    ],
)
def test_render_header_refuses_a_value_that_headers_cannot_hold(template: str, value: str) -> None:
    with pytest.raises(ToolFailed, match="printable ASCII"):
        request_of(headers={"X-A": template}, parameters={"note": value})


@pytest.mark.parametrize("name", ["Content Type", "X:", "", "X-\u00c4", "a/b", "(x)"])
def test_render_header_refuses_a_name_that_no_header_has(name: str) -> None:
    with pytest.raises(ToolFailed, match="is not a header that a tool may set: it consists of letters and -"):
        request_of(headers={name: "x"})


@pytest.mark.parametrize("name", ["Host", "content-length", "Idempotency-Key", "TE"])
def test_render_header_leaves_the_clients_headers_to_the_client(name: str) -> None:
    with pytest.raises(ToolFailed, match="is not a header that a tool may set: the client sets it itself"):
        request_of(headers={name: "x"})
