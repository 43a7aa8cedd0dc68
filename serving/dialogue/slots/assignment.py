"""Which value goes to which parameter of its type: by name, by role, by order, or not without asking."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import zip_longest
from typing import Self

from pipelines.nlu.text import tokenize
from pipelines.schemas.parameter import Parameter
from serving.dialogue.answers.glue import NAME_LINKS, VALUE_LINKS
from serving.dialogue.answers.joints import Joint
from serving.dialogue.answers.reader import AnswerReader, plain_words
from serving.dialogue.slots.values import Candidate

_MOST_LINKS = 3
_LONGEST_CUE = 2
_NEARBY = 60
"""Characters beside a value that are looked at; a wider window makes a message of many values slow."""
_LONGEST_ENDING = 2
"""Letters by which a parameter's name may differ from the customer's word for it: `ticket` and `tickets`."""


_PLAIN_SEPARATORS = ("", ",")
"""Between values that are given in the order in which the parameters are declared."""
_STRENGTH = (Joint.NONE, Joint.ADDITION, Joint.RANGE, Joint.ALTERNATIVE)


@dataclass(frozen=True)
class _Cluster:
    """Values said together, at least one: `Paris`, `Paris or Rome`, `3-5`.

    `role` is the parameter they were said for; `is_plain` if only commas or blanks stand between them.
    """

    values: tuple[Candidate, ...]
    role: str | None
    joint: Joint = Joint.NONE
    is_plain: bool = True

    def joined(self, candidate: Candidate, text: str, answers: AnswerReader) -> Self | None:
        """Return the cluster with one value more; None if that value stands apart."""
        between = text[self.values[-1].end : candidate.start]
        before = text[max(0, self.values[0].start - _NEARBY) : self.values[0].start]
        is_plain = between.strip() in _PLAIN_SEPARATORS
        joint = Joint.ADDITION if is_plain else answers.joint(between, before)
        if joint is Joint.NONE or candidate.role not in (None, self.role):
            return None
        return replace(
            self,
            values=(*self.values, candidate),
            joint=max(self.joint, joint, key=_STRENGTH.index),
            is_plain=self.is_plain and is_plain,
        )


def assign(
    group: Sequence[Parameter],
    candidates: Sequence[Candidate],
    *,
    text: str,
    wanted: Sequence[str],
    empty: Sequence[str],
    answers: AnswerReader,
) -> dict[str, list[Candidate]]:
    """Map parameters of one type to the values said for them.

    Several values for a parameter that is not a list mean that the customer has to choose. A value never takes a role
    that was not said: of parameters that cues tell apart, a value without a cue goes to a wanted one or completes a
    pair (`Berlin to Paris`).

    Parameters
    ----------
    group
        All parameters of the type.
    candidates
        Values of the type, in text order.
    wanted
        Names of the parameters that the message most likely is about, in that order: corrected or asked for.
    empty
        Names of the others without a value.
    """
    assignment = _Assignment(group, text=text, wanted=wanted, empty=empty)
    clusters = list(_clusters([_named(one, group, text) for one in candidates], text, answers))
    for cluster in clusters:
        if cluster.role in assignment.by_name:
            assignment.give(cluster)
    unplaced = [
        value
        for cluster, following in zip_longest(clusters, clusters[1:])
        if cluster.role not in assignment.by_name and not assignment.place(cluster, following)
        for value in cluster.values
    ]
    assignment.add_to_the_only_one(unplaced)
    return assignment.given


class _Assignment:
    """Hands the values of one type out."""

    def __init__(self, group: Sequence[Parameter], *, text: str, wanted: Sequence[str], empty: Sequence[str]) -> None:
        self.by_name = {parameter.name: parameter for parameter in group}
        self.cued = {parameter.name for parameter in group if parameter.cues and len(group) > 1}
        self.text = text
        self.wanted = list(wanted)
        self.free = list(dict.fromkeys((*wanted, *empty)))
        self.given: dict[str, list[Candidate]] = {}
        self.was_named: set[str] = set()

    def give(self, cluster: _Cluster) -> None:
        """Assign values to the parameter they were said for; the far end of a range may belong to its partner."""
        name = cluster.role or ""
        others = [other for other in self.free if other != name and other not in self.given]
        values = list(cluster.values)
        self.was_named.add(name)
        if cluster.joint is Joint.RANGE and len(values) == 2 and len(others) == 1 and not self.by_name[name].many:
            self._take(others[0], values[1:])
            values = values[:1]
        self._take(name, values)

    def place(self, cluster: _Cluster, following: _Cluster | None) -> bool:
        """Assign values without a role to the parameters that may take them; False if there is none."""
        free = [name for name in self.free if name not in self.given or self.by_name[name].many]
        uncued = [name for name in free if name in self.wanted or name not in self.cued]
        is_addition = cluster.joint is Joint.ADDITION and (cluster.is_plain or not self.cued)
        is_series = 1 < len(cluster.values) <= len(free) and (cluster.joint is Joint.RANGE or is_addition)
        if uncued and self.by_name[uncued[0]].many:
            self._take(uncued[0], cluster.values)
        elif is_series:
            for name, value in zip(free, cluster.values, strict=False):
                self._take(name, [value])
        elif uncued:
            self._take(uncued[0], cluster.values)
        else:
            partner = self._partner(cluster, following)
            if partner is None:
                return False
            self._take(partner, cluster.values)
        return True

    def add_to_the_only_one(self, unplaced: Sequence[Candidate]) -> None:
        """Let surplus values compete with the one that was taken, unless that one was said by name."""
        names = list(self.given)
        if unplaced and len(self.by_name) == 1 and names and names[0] not in self.was_named:
            self._take(names[0], unplaced)

    def _take(self, name: str, values: Sequence[Candidate]) -> None:
        self.given.setdefault(name, []).extend(values)

    def _partner(self, cluster: _Cluster, following: _Cluster | None) -> str | None:
        """Return the parameter of a value that the next one's cue follows: the origin in `Berlin to Paris`."""
        others = [name for name in self.by_name if name not in self.given]
        if following is None or following.role is None or len(others) != 1:
            return None
        between = self.text[cluster.values[-1].end : following.values[0].start]
        is_pair = len(between.split()) <= _LONGEST_CUE and between.replace(" ", "").isalpha()
        return others[0] if is_pair else None


def _clusters(candidates: Sequence[Candidate], text: str, answers: AnswerReader) -> Iterator[_Cluster]:
    """Group the values that are said together."""
    cluster: _Cluster | None = None
    for candidate in candidates:
        longer = cluster.joined(candidate, text, answers) if cluster is not None else None
        if cluster is not None and longer is None:
            yield cluster
        cluster = longer or _Cluster((candidate,), candidate.role)
    if cluster is not None:
        yield cluster


def _named(candidate: Candidate, group: Sequence[Parameter], text: str) -> Candidate:
    """Return the value with the parameter whose name stands beside it: `change origin to Paris`, `5 people`."""
    before = [token.text.lower() for token in tokenize(text[max(0, candidate.start - _NEARBY) : candidate.start])]
    after = [token.text.lower() for token in tokenize(text[candidate.end : candidate.end + _NEARBY])]
    for parameter in group:
        name = plain_words(parameter.name.replace("_", " "))
        is_number = isinstance(candidate.value, int | float)
        if name and (_ends_with(before, name) or _begins_with(after, name, needs_link=not is_number)):
            return replace(candidate, role=parameter.name, is_named=True)
    return candidate


def _ends_with(words: list[str], name: tuple[str, ...]) -> bool:
    words = words.copy()
    for _ in range(_MOST_LINKS + 1):
        if _same_words(words[-len(name) :], name):
            return True
        if not words or words.pop() not in NAME_LINKS:
            return False
    return False


def _begins_with(words: list[str], name: tuple[str, ...], *, needs_link: bool) -> bool:
    n_links = next((place for place, word in enumerate(words) if word not in VALUE_LINKS), len(words))
    return (n_links > 0 or not needs_link) and _same_words(words[n_links : n_links + len(name)], name)


def _same_words(words: Sequence[str], name: tuple[str, ...]) -> bool:
    said = plain_words(" ".join(words))
    return len(said) == len(name) and all(map(_is_same_word, said, name))


def _is_same_word(one: str, other: str) -> bool:
    shorter, longer = sorted((one, other), key=len)
    return one == other or (
        len(shorter) > 2 and longer.startswith(shorter) and len(longer) - len(shorter) <= _LONGEST_ENDING
    )
