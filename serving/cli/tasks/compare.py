"""Two releases evaluated on the same utterances, as JSON."""

import json
from typing import Any

import pandas as pd

from pipelines.errors import UserInputError
from pipelines.progress import Progress, part
from pipelines.registry.client import Registry
from pipelines.registry.fetch import fetch_release
from pipelines.registry.runs import Runs
from pipelines.schemas.examples import Example
from pipelines.settings import Settings
from pipelines.steps.data.extract import add_out_of_scope, extract_from_mongo
from pipelines.steps.evaluation.compare_figures import LOWER_IS_BETTER
from pipelines.steps.evaluation.compare_releases import compare_releases
from pipelines.steps.evaluation.fresh import fresh_rows
from serving.jobs.kinds import Compare

_MAX_CONFUSIONS = 200


def compare(bot: str, request: Compare, settings: Settings, progress: Progress) -> dict[str, Any]:
    """Compare two versions on held-out utterances that neither has learnt from, or on the bot's test set.

    Raises `UserInputError` if there is no such utterance.
    """
    progress(0.0, "loading the releases")
    registry = Registry(settings.resolved_tracking_uri)
    found = [registry.find_version(bot, version) for version in (request.first, request.second)]
    first, second = (fetch_release(registry, version, bot=bot) for version in found)
    progress(0.1, "reading the utterances")
    rows = _rows(bot, request, settings, trained_by=[version.run_id for version in found])
    if not rows:
        raise UserInputError("there is no utterance that both can be compared on; choose other rows (`on`)")
    compared = compare_releases(first, second, rows, progress=part(progress, 0.15, 0.95))
    progress(0.95, "comparing")
    figures = compared.figures.reset_index()
    figures["lower_is_better"] = figures["figure"].isin(LOWER_IS_BETTER)
    return {
        "first": request.first,
        "second": request.second,
        "on": request.on,
        "n_utterances": len(rows),
        "is_same": compared.is_same,
        "figures": _records(figures),
        "intents": _records(compared.intents),
        "confusions": _records(compared.confusions.head(_MAX_CONFUSIONS)),
        "tests": [
            {
                "subject": test.subject,
                "utterances": test.n_rows,
                "only_first_right": test.only_production,
                "only_second_right": test.only_candidate,
                "p_value": test.p_value,
            }
            for test in compared.tested.tests
        ],
    }


def _rows(bot: str, request: Compare, settings: Settings, *, trained_by: list[str]) -> list[Example]:
    extract = extract_from_mongo(settings.resolved_mongo_uri, settings.mongo_database, bot)
    if request.on == "test_set":
        return list(extract.test_set.rows) if extract.test_set is not None else []
    frame = add_out_of_scope(extract.frame, settings.out_of_scope_of(bot))
    return fresh_rows(frame, Runs(settings.resolved_tracking_uri), trained_by)


def _records(table: pd.DataFrame) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = json.loads(table.to_json(orient="records", double_precision=6))
    return rows
