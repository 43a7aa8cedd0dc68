"""Tables of plain values, made of what the steps return."""

from collections.abc import Iterable, Mapping, Sequence

import pandas as pd

from pipelines.registry.client import PROMOTED_AT_TAG, REFUSED_TAG, RegisteredVersion
from pipelines.registry.verdict import GATE_TAG, REASONS_TAG
from pipelines.schemas.labels import LabelItem

RELEASE_COLUMNS = ("version", "gate", "reasons", "aliases", "accuracy", "registered_at", "promoted_at", "run_id")
LABEL_COLUMNS = (
    "key", "text", "status", "intent", "destination", "bound_for", "value", "said", "proposed", "agreed", "decided_at",
    "decided_by",
)  # fmt: skip


def release_table(versions: Iterable[RegisteredVersion], version_by_alias: Mapping[str, str]) -> pd.DataFrame:
    """Return a bot's versions, newest first, with the columns `RELEASE_COLUMNS`."""
    rows = [
        (
            int(each.version),
            each.tags.get(GATE_TAG, ""),
            each.tags.get(REFUSED_TAG) or each.tags.get(REASONS_TAG, ""),
            ", ".join(aliases_of(each.version, version_by_alias)),
            float(each.tags.get("accuracy", "nan")),
            each.created_at,
            each.tags.get(PROMOTED_AT_TAG),
            each.run_id,
        )
        for each in versions
    ]
    table = pd.DataFrame(rows, columns=list(RELEASE_COLUMNS))
    for name in ("registered_at", "promoted_at"):
        table[name] = pd.to_datetime(table[name], utc=True, format="ISO8601")
    return table


def aliases_of(version: str, version_by_alias: Mapping[str, str]) -> tuple[str, ...]:
    """Return the aliases that a version carries."""
    return tuple(sorted(alias for alias, aliased in version_by_alias.items() if aliased == version))


def label_table(items: Sequence[LabelItem]) -> pd.DataFrame:
    """Return the labelling queue, the most valuable first, with the columns `LABEL_COLUMNS`."""
    rows = [
        (
            item.key,
            item.text,
            item.status,
            item.intent_id or "",
            item.destination or "",
            item.bound_for,
            item.value,
            len(item.sources),
            {each.by: each.intent_id for each in item.proposals},
            item.agreed or "",
            item.decided_at,
            item.decided_by or "",
        )
        for item in items
    ]
    table = pd.DataFrame(rows, columns=list(LABEL_COLUMNS)).sort_values("value", ascending=False, ignore_index=True)
    table["decided_at"] = pd.to_datetime(table["decided_at"], utc=True)
    return table


def plain_spans(frame: pd.DataFrame) -> pd.DataFrame:
    """Return examples with their annotations as lists of plain dictionaries, without what is not set."""
    spans = [[span.model_dump(exclude_none=True) for span in row] for row in frame["entities"].tolist()]
    return frame.assign(entities=pd.Series(spans, index=frame.index, dtype=object))
