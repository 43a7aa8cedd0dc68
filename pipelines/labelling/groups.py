"""Groups of texts that are nearly the same, and the side of the wall between training and holdout of each."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pipelines.labelling.texts import Heard
from pipelines.schemas.labels import Destination, LabelItem, side_of, week_of
from pipelines.steps.validation.similar import AlikeIndex, words_only


@dataclass(frozen=True)
class Group:
    """Where a text belongs: `cluster`, `week` and `bound_for` of its item."""

    cluster: str
    week: str
    bound_for: Destination


def group_alike(heard: Mapping[str, Heard], *, queue: Sequence[LabelItem], examples: Sequence[str]) -> dict[str, Group]:
    """Group texts with those of the queue that are nearly the same.

    Whoever is in the queue stays in its group. A new text joins the group of the first text that it is like, is bound
    for training if it is like an example, and begins a group of its own otherwise.

    Parameters
    ----------
    heard
        The texts, by the id of the item that each is or would be.
    queue
        The labelling queue, decided items included.
    examples
        Texts that the next training will learn from.

    Returns
    -------
    dict[str, Group]
        In the order in which they were first said. A new text that is like texts of both sides is left out: it would
        be a leak on either.
    """
    known = {item.id: Group(item.cluster, item.week, item.bound_for) for item in queue}
    new = sorted((key for key in heard if key not in known), key=lambda key: (heard[key].sources[0].said_at, key))
    index = AlikeIndex(
        [words_only(text) for text in (*examples, *(item.text for item in queue), *(heard[key].text for key in new))]
    )
    group_by_row = dict(enumerate(known.values(), start=len(examples)))
    for row in range(len(examples) + len(queue)):
        index.add(row)
    found = {key: known[key] for key in heard if key in known}
    for row, key in enumerate(new, start=len(examples) + len(queue)):
        twins = [group_by_row.get(twin) for twin, _ in index.find(row)]
        group = _join(twins, key=key, week=week_of(heard[key].sources[0].said_at))
        if group is not None:
            found[key] = group_by_row[row] = group
            index.add(row)
    return found


def _join(twins: Sequence[Group | None], *, key: str, week: str) -> Group | None:
    """Choose the group of a new text from those of the texts that it is like; an example has none."""
    groups = [twin for twin in twins if twin is not None]
    sides: set[Destination] = {group.bound_for for group in groups}
    if len(groups) < len(twins):
        sides.add("train")
    if len(sides) > 1:
        return None
    if groups:
        return groups[0]
    return Group(key, week, sides.pop() if sides else side_of(key, week))
