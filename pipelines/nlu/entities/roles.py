"""Roles tell several values of one type apart: in `from Berlin to Paris`, the city to leave and the city to reach.

The roles of a type are the intent's parameters of that type; a parameter's `cues` are the words that announce it.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import lru_cache

from pipelines.nlu.entities.forms import bare, typed
from pipelines.nlu.text import Token, tokenize
from pipelines.schemas.parameter import FREE_TEXT, Parameter
from pipelines.schemas.understanding import EntitySpan

RoleCues = Mapping[str, Mapping[str, Sequence[str]]]
"""Entity type → role → its cue words."""

_SEPARATORS = (
    ",;.!?&+|\u3001\u3002\uff0c\uff0e\uff1b\uff01\uff1f\uff61\uff64\u060c\u061b\u061f\u06d4\u0964\u0965\u30fb\u00b7\u2022\u0589"
    "\u104a\u104b\u17d4"
)
"""Signs that part a cue from a value: commas, ends of sentences, `and`."""
_OPENING, _CLOSING = "([{\uff08\uff3b\u300c\u300e\u3010\u300a", ")]}\uff09\uff3d\u300d\u300f\u3011\u300b"
_POSTPOSITIONAL = (
    "ja",
    "ko",
    "hi",
    "bn",
    "mr",
    "gu",
    "pa",
    "ta",
    "te",
    "kn",
    "ml",
    "ne",
    "si",
    "ur",
    "my",
    "tr",
    "hu",
    "fi",
)
_FORMS = (typed, bare)
_MAX_FILLERS = 3
# Articles and prepositions that may stand between a cue and its value (`from the city of Bath`), in the languages of
# our smoke data and their neighbours; in any other language, a cue must stand directly before its value.
_FILLERS = frozenset(
    word
    for words in (
        "the a an of in at my our your this that city town",
        "der die das den dem des ein eine einen einem einer zum zur im am mein meine meinem meiner stadt",
        "el la los las un una de del mi su ciudad le les l d du des une ma mon notre ville",
        "il lo gli i uno della dello citta città o os as um uma do da no na meu minha cidade",
        "het een mijn onze stad ' \u2019",
    )
    for word in words.split()
)


def are_articles(tokens: Iterable[Token]) -> bool:
    """Whether tokens are only articles and prepositions, which are no value by themselves."""
    return all(typed(token.text) in _FILLERS for token in tokens)


def role_cues(parameters: Iterable[Parameter]) -> dict[str, dict[str, tuple[str, ...]]]:
    """Return the roles of an intent: types that several parameters share, or whose parameter has cues."""
    roles: dict[str, dict[str, tuple[str, ...]]] = {}
    for parameter in parameters:
        if parameter.type != FREE_TEXT:
            roles.setdefault(parameter.type, {})[parameter.name] = parameter.cues
    return {name: by_role for name, by_role in roles.items() if len(by_role) > 1 or any(by_role.values())}


def cues_follow(language: str) -> bool:
    """Whether a language puts the word that shows a value's role after the value, as Japanese and Hindi do."""
    return language.lower().replace("_", "-").split("-")[0] in _POSTPOSITIONAL


def assign_roles(
    text: str, spans: Sequence[EntitySpan], role_cues: RoleCues, *, follow: bool = False
) -> tuple[EntitySpan, ...]:
    """Return the spans, ordered by start, with their roles; a role that is already set stays.

    A value takes the role whose cue stands directly before it; articles, prepositions and signs such as quotation marks
    may stand between, another value, a comma or the end of a sentence may not. With `follow`, the cue directly after a
    value counts first (`東京から`), and not again for the next value. A value without a cue gets no role: only the
    dialogue knows which one it asked for.
    """
    if not any(span.type in role_cues for span in spans):
        return tuple(spans)
    tokens = tokenize(text)
    given = list(spans)
    taken_until = 0
    for index, span in enumerate(spans):
        end = span.end
        if span.role is None and span.type in role_cues:
            cues, role = role_cues[span.type], None
            if follow:
                limit = spans[index + 1].start if index + 1 < len(spans) else len(text)
                role, end = _following_role([one for one in tokens if end <= one.start and one.end <= limit], cues, end)
            if role is None:
                before = [token for token in tokens if taken_until <= token.start and token.end <= span.start]
                role = _cued_role(before, cues)
            given[index] = span.model_copy(update={"role": role})
        taken_until = end
    return tuple(given)


def _cued_role(before: Sequence[Token], cues_by_role: Mapping[str, Sequence[str]]) -> str | None:
    left, n_fillers = list(before), 0
    while left:
        for form in _FORMS:
            words = [form(token.text) for token in left]
            endings = [(len(cue), role) for cue, role in _cues(cues_by_role, form) if cue and words[-len(cue) :] == cue]
            if endings:
                return max(endings, key=lambda ending: ending[0])[1]
        if [token.text for token in left[-3:]] == [".", ".", "."]:
            del left[-2:]
        elif not _is_no_separator(left[-1].text, _CLOSING):
            if typed(left[-1].text) not in _FILLERS or n_fillers == _MAX_FILLERS:
                return None
            n_fillers += 1
        left.pop()
    return None


def _following_role(
    after: Sequence[Token], cues_by_role: Mapping[str, Sequence[str]], end: int
) -> tuple[str | None, int]:
    """Return the role whose cue begins the tokens after a value, and where that cue ends; `end` if there is none."""
    numbered = enumerate(token.text for token in after)
    first = next((place for place, text in numbered if not _is_no_separator(text, _OPENING)), len(after))
    for form in _FORMS:
        words = [form(token.text) for token in after[first:]]
        begun = [(len(cue), role) for cue, role in _cues(cues_by_role, form) if cue and words[: len(cue)] == cue]
        if begun:
            length, role = max(begun, key=lambda one: one[0])
            return role, after[first + length - 1].end
    return None, end


def _is_no_separator(token: str, brackets: str) -> bool:
    """Whether a sign leaves a cue with its value: a quotation mark, `#`, `:`, a dash; `brackets` do not."""
    return not token[0].isalnum() and token[0] not in _SEPARATORS and token[0] not in brackets


def _cues(cues_by_role: Mapping[str, Sequence[str]], form: Callable[[str], str]) -> Iterator[tuple[list[str], str]]:
    for role, cues in cues_by_role.items():
        for cue in cues:
            yield _words(cue, form), role


@lru_cache(maxsize=1024)
def _words(phrase: str, form: Callable[[str], str]) -> list[str]:
    return [form(token.text) for token in tokenize(phrase)]
