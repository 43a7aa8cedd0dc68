"""What is wrong with a template that cannot be read, in an author's words and with its place."""

import re
from collections.abc import Callable, Iterator

from jinja2 import TemplateError, TemplateSyntaxError

_OPEN = re.compile(r"\{\{|\{%|\{#")
_CLOSE = {"{{": "}}", "{%": "%}", "{#": "#}"}
_END = r"(?:end of print statement|end of statement block)"
_REASONS = (
    (
        rf"expected token '{_END}', got '(.*)'",
        "{} does not belong there; a name has no spaces or signs, as in {{{{ result.order_id }}}}",
    ),
    (rf"Expected an expression, got '{_END}'", "a name is missing; write one, as in {{{{ result.order_id }}}}"),
    (r"expected name or number", "a name is missing behind the dot; write one, as in {{{{ result.order_id }}}}"),
    (r"expected token 'name', got '(.*)'", "a name is missing where {} stands"),
    (r"expected token '(.*)', got '(.*)'", "{} is missing where {} stands"),
    (r"unexpected char ['\"](.*)['\"] at \d+", "{} does not belong there"),
    (r"unexpected '(.*)', expected '(.*)'", "{} stands where {} is missing"),
    (r"unexpected '(.*)'", "{} does not belong there"),
    (r"Encountered unknown tag '(.*?)'\.", "{} has no place here"),
    (r"looking for the following tags: (?:'[^']*' or )*'([^']*)'", "the end of a block is missing: {}"),
    (r"No filter named '(.*)'", "there is no filter {}"),
    (r"No test named '(.*)'", "there is no test {}"),
)


def in_words(source: str, error: TemplateSyntaxError, *, parse: Callable[[str], object]) -> str:
    """Return why a template cannot be read, and where.

    Parameters
    ----------
    source
        The template.
    error
        What the template language says.
    parse
        Parses a piece of the template; raises `TemplateError` if it is malformed.
    """
    for start, opened, piece in _pieces(source):
        if piece is None:
            return (
                f"{opened} is not closed; write {_CLOSE[opened]} behind its name, or take it away{_at(source, start)}"
            )
        if opened == "{{":
            try:
                parse(piece)
            except TemplateSyntaxError as fault:
                return f"{_reason(fault)}{_at(source, start)}"
            except TemplateError:
                continue
    return f"{_reason(error)} (line {error.lineno})"


def _pieces(source: str) -> Iterator[tuple[int, str, str | None]]:
    """Yield the place of each opening brace, the brace, and the text up to its end; None if it has none."""
    position = 0
    while found := _OPEN.search(source, position):
        opened, start = found[0], found.start()
        end = source.find(_CLOSE[opened], found.end())
        following = _OPEN.search(source, found.end())
        if end < 0 or (opened != "{#" and following is not None and following.start() < end):
            yield start, opened, None
            return
        position = end + 2
        yield start, opened, source[start:position]


def _reason(error: TemplateSyntaxError) -> str:
    message = error.message or ""
    for pattern, words in _REASONS:
        found = re.search(pattern, message)
        if found:
            return words.format(*("a number" if each == "integer" else f"'{each}'" for each in found.groups()))
    return message.rstrip(".")


def _at(source: str, start: int) -> str:
    before = source[:start].split("\n")
    return f" (line {len(before)}, from character {len(before[-1]) + 1})"
