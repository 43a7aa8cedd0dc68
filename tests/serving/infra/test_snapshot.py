"""The template as it was last looked at: a change of it is a difference that a reviewer can read."""

from tests.support.infra import SNAPSHOT, difference, render, template_of

COMMAND = ".venv-infra/bin/python -m tests.support.infra"


def test_template_is_the_one_that_was_looked_at() -> None:
    changes = difference(SNAPSHOT.read_text(encoding="utf-8"), render(template_of()))
    assert changes == "", f"look at the changes, then write them down with `{COMMAND}`:\n{changes}"


def test_difference_names_the_resource_and_the_value_that_changed() -> None:
    before = render(template_of())
    assert difference(before, before) == ""
    after = before.replace("MaxCapacity: 8, MinCapacity: 2", "MaxCapacity: 9, MinCapacity: 2")
    lines = difference(before, after).splitlines()
    assert lines[0] == "ApiServiceTaskCountTarget: changed"
    assert [line.strip()[0] for line in lines[1:]] == ["-", "+"]
    assert "MaxCapacity: 9" in lines[2]


def test_difference_of_a_size_is_short_and_says_what_it_is() -> None:
    changes = difference(render(template_of()), render(template_of(size="small"))).splitlines()
    assert "BudgetMonth: changed" in changes
    assert "      -    Memory: '4096'".strip() in [line.strip() for line in changes]
    assert len(changes) < 250
