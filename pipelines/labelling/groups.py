"""Groups of near-duplicate texts, and whether a group is bound for training or for the holdout."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pipelines.labelling.texts import Wording
from pipelines.schemas.labels import Destination, LabelItem, side_of, week_of
from pipelines.steps.validation.similar import NearDuplicateIndex, words_only


@dataclass(frozen=True)
class Group:
    """A text's group: `cluster`, `week` and `bound_for` of its item."""

    cluster: str
    week: str
    bound_for: Destination


def group_alike(
    wordings: Mapping[str, Wording], *, queue: Sequence[LabelItem], examples: Sequence[str]
) -> dict[str, Group]:
    """Group texts with near-duplicates in the queue.

    Items of the queue stay in their groups. A new text joins the group of the first text it resembles, is bound for
    training if it resembles an example, and starts a group of its own otherwise. A new text that resembles texts on
    both sides is left out: it would leak from either. `wordings` is keyed by item id, and the result keeps the order in
    which texts were first said.
    """
    known = {item.id: Group(item.cluster, item.week, item.bound_for) for item in queue}
    new = sorted((key for key in wordings if key not in known), key=lambda key: (wordings[key].sources[0].said_at, key))
    index = NearDuplicateIndex(
        [words_only(text) for text in (*examples, *(item.text for item in queue), *(wordings[key].text for key in new))]
    )
    group_by_row = dict(enumerate(known.values(), start=len(examples)))
    for row in range(len(examples) + len(queue)):
        index.add(row)
    found = {key: known[key] for key in wordings if key in known}
    for row, key in enumerate(new, start=len(examples) + len(queue)):
        twins = [group_by_row.get(twin) for twin, _ in index.find(row)]
        group = _join(twins, key=key, week=week_of(wordings[key].sources[0].said_at))
        if group is not None:
            found[key] = group_by_row[row] = group
            index.add(row)
    return found


def _join(twins: Sequence[Group | None], *, key: str, week: str) -> Group | None:
    """Choose the group of a new text from those of its near-duplicates; an example has none."""
    groups = [twin for twin in twins if twin is not None]
    sides: set[Destination] = {group.bound_for for group in groups}
    if len(groups) < len(twins):
        sides.add("train")
    if len(sides) > 1:
        return None
    if groups:
        return groups[0]
    return Group(key, week, sides.pop() if sides else side_of(key, week))
