"""Names that a candidate's texts use and that nothing in the log has, whether or not a conversation came by them."""

import json
from collections.abc import Iterable, Iterator, Sequence
from difflib import get_close_matches

from pipelines.schemas.bot import Intent
from pipelines.schemas.turns import TurnRecord
from pipelines.templates.paths import used_paths
from pipelines.templates.texts import reply_texts
from pipelines.templates.unknown_names import LoggedShapes, UnknownName, unknown_names
from serving.replay.compare import Pair

_PARAMETERS = "parameters"


def new_unknown_names(pair: Pair, threads: Iterable[Sequence[TurnRecord]]) -> tuple[UnknownName, ...]:
    """Return the names that only the candidate uses and that no stored conversation has, nor the intent declares.

    The answers of a tool that was redefined are not known.
    """
    logged = _shapes(threads)
    for name in pair.redefined:
        logged.result_by_intent.pop(name, None)
    before, after = ([*_unknown(release.definition.intents, logged)] for release in (pair.production, pair.candidate))
    known = {(each.intent_id, each.name) for each in before}
    return tuple(each for each in after if (each.intent_id, each.name) not in known)


def _unknown(intents: Sequence[Intent], logged: LoggedShapes) -> Iterator[UnknownName]:
    yield from unknown_names(intents, logged)
    for intent in intents:
        yield from _undeclared(intent)


def _undeclared(intent: Intent) -> Iterator[UnknownName]:
    """Yield the parameters in an intent's replies that it does not have."""
    declared = [parameter.name for parameter in intent.parameters]
    for text in reply_texts(intent):
        for _, path in used_paths(text.template, (_PARAMETERS,)):
            if path and isinstance(path[0], str) and path[0] not in declared:
                nearest = next(iter(get_close_matches(path[0], declared, n=1)), "")
                meant = f"{_PARAMETERS}.{nearest}" if nearest else ""
                yield UnknownName(
                    intent.intent_id, text.place, f"{_PARAMETERS}.{path[0]}", meant, _PARAMETERS, path[:1], 0
                )


def _shapes(threads: Iterable[Sequence[TurnRecord]]) -> LoggedShapes:
    shapes = LoggedShapes()
    for records in threads:
        for record in records:
            tool = record.tool
            answers = [tool.result] if tool is not None and tool.failure is None else []
            try:
                context = json.loads(record.state).get("context") or {}
            except (ValueError, AttributeError):
                continue
            if not isinstance(context, dict):
                continue
            shapes.add(context=context, intent_id=tool.intent_id if tool is not None else "", answers=answers)
    return shapes
