"""A template that cannot be read is explained in words, with its place."""

import pytest
from jinja2 import TemplateSyntaxError

from pipelines.templates.sandbox import REPLY_ENVIRONMENT


@pytest.mark.parametrize(
    ("template", "said"),
    [
        ("Hi {{ result.order id }}", "'id' does not belong there; a name has no spaces"),
        ("Hi {{ result 7 }}", "a number does not belong there; a name has no spaces"),
        ("Hi {{ a }} {{ }}", "a name is missing; write one, as in {{ result.order_id }} (line 1, from character 12)"),
        ("{{ result. }}", "a name is missing behind the dot"),
        ("a\nbé {{ parameters.sum", "{{ is not closed; write }} behind its name, or take it away (line 2, from charac"),
        ("{{ a {{ b }}", "{{ is not closed"),
        ("{% if a }}", "{% is not closed; write %} behind"),
        ("{% if a %}x", "the end of a block is missing: 'endif' (line 1)"),
        ("{{ a | nofilter }}", "there is no filter 'nofilter' (line 1)"),
        ("{{ a ? }}", "'?' does not belong there (line 1, from character 1)"),
        ("{{ a[1 }}", "'}' stands where ']' is missing"),
        ("{% fi %}", "'fi' has no place here"),
    ],
)
def test_broken_template_is_explained_with_its_place(template: str, said: str) -> None:
    with pytest.raises(TemplateSyntaxError) as caught:
        REPLY_ENVIRONMENT.compile_checked(template)
    text = str(caught.value)
    assert said in text
    assert not any(word in text for word in ("token", "expression", "\n"))
