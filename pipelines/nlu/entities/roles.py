"""Roles tell several values of one type apart: in `from Berlin to Paris`, the city to leave and the city to reach.

The roles of a type are the intent's parameters of that type; a parameter's `cues` are the words that announce it.
"""

from collections.abc import Iterable, Mapping, Sequence

from pipelines.nlu.text import Token, tokenize
from pipelines.schemas.bot import FREE_TEXT, Parameter
from pipelines.schemas.understanding import EntitySpan

RoleCues = Mapping[str, Mapping[str, Sequence[str]]]
"""Entity type → role → its cue words."""

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


def role_cues(parameters: Iterable[Parameter]) -> dict[str, dict[str, tuple[str, ...]]]:
    """Return the roles of an intent: types that several parameters share, or whose parameter has cues."""
    roles: dict[str, dict[str, tuple[str, ...]]] = {}
    for parameter in parameters:
        if parameter.type != FREE_TEXT:
            roles.setdefault(parameter.type, {})[parameter.name] = parameter.cues
    return {name: by_role for name, by_role in roles.items() if len(by_role) > 1 or any(by_role.values())}


def assign_roles(text: str, spans: Sequence[EntitySpan], role_cues: RoleCues) -> tuple[EntitySpan, ...]:
    """Return the spans, ordered by start, with their roles; a role that is already set stays.

    A value takes the role whose cue stands directly before it; articles and prepositions may stand between, another
    value or a comma may not. A value without a cue gets no role: only the dialogue knows which one it asked for.
    """
    if not any(span.type in role_cues for span in spans):
        return tuple(spans)
    tokens = tokenize(text)
    given = list(spans)
    previous_end = 0
    for index, span in enumerate(spans):
        if span.role is None and span.type in role_cues:
            before = [token for token in tokens if previous_end <= token.start and token.end <= span.start]
            role = _cued_role(before, role_cues[span.type])
            given[index] = span.model_copy(update={"role": role})
        previous_end = span.end
    return tuple(given)


def _cued_role(before: Sequence[Token], cues_by_role: Mapping[str, Sequence[str]]) -> str | None:
    words = [token.text.lower() for token in before]
    for _ in range(_MAX_FILLERS + 1):
        endings = [
            (len(cue), role)
            for role, cues in cues_by_role.items()
            for cue in map(_words, cues)
            if cue and words[-len(cue) :] == cue
        ]
        if endings:
            return max(endings, key=lambda ending: ending[0])[1]
        if not words or words[-1] not in _FILLERS:
            return None
        words.pop()
    return None


def _words(phrase: str) -> list[str]:
    return [token.text.lower() for token in tokenize(phrase)]
