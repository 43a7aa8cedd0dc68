"""The great-expectations suite of `data/expectations/`: whether the table of examples has the required shape."""

import json
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd

from pipelines.errors import DataRejected
from pipelines.progress import Progress
from pipelines.schemas.training import Finding, Severity
from pipelines.steps.data.snapshot import stored_form

SUITE_FILE = Path(__file__).parents[3] / "data" / "expectations" / "training_examples.json"
_SEVERITY_BY_NAME: dict[str, Severity] = {"critical": "error", "warning": "warning", "info": "note"}
"""By great-expectations' names."""


def run_suite(
    frame: pd.DataFrame, suite_file: Path, *, progress: Progress = lambda share, what: None
) -> tuple[list[dict[str, Any]], list[Finding]]:
    """Run the great-expectations suite; return one row per expectation, and a finding per example that breaks one.

    An expectation's `meta` may hold `check`, `explanation` and `repair` for its findings; the suite sets their
    severity.
    """
    progress(0.0, "loading the checks of the table")
    # imported here: great-expectations takes seconds to import, and warns about its own deprecated imports
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        import great_expectations as gx
        from great_expectations.data_context.types.base import ProgressBarsConfig

    progress(0.7, "checking the table")
    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = ProgressBarsConfig(globally=False)
    suite = gx.ExpectationSuite(**json.loads(suite_file.read_text(encoding="utf-8")))
    batch = context.data_sources.add_pandas("examples").add_dataframe_asset("frame")
    definition = gx.ValidationDefinition(
        name="examples", data=batch.add_batch_definition_whole_dataframe("whole"), suite=context.suites.add(suite)
    )
    context.validation_definitions.add(definition)
    outcome = definition.run(
        batch_parameters={"dataframe": stored_form(frame)}, result_format={"result_format": "COMPLETE"}
    )
    rows: list[dict[str, Any]] = []
    findings: list[Finding] = []
    for result in outcome.results:
        config = result.expectation_config
        if config is None:
            raise DataRejected(
                str(suite_file), ["great-expectations returned a result without its expectation; upgrade it"]
            )
        broken = result.result.get("unexpected_index_list") or []
        row = {
            "expectation": config.type,
            "column": config.kwargs.get("column", ""),
            "success": bool(result.success),
            "broken_rows": len(broken),
        }
        rows.append(row)
        if not result.success:
            severity = _SEVERITY_BY_NAME[str(getattr(config.severity, "value", config.severity))]
            reason = _exception(result.exception_info)
            if reason is None:
                findings += _findings(frame, row, broken, config.meta or {}, severity)
            else:
                findings.append(_not_checked(row, reason))
    return rows, findings


def _findings(
    frame: pd.DataFrame, row: dict[str, Any], broken: list[Any], meta: dict[str, Any], severity: Severity
) -> Iterator[Finding]:
    explanation = meta.get("explanation", f"{row['expectation']} does not hold for column {row['column']!r}.")
    repair, check = meta.get("repair", "correct the value."), meta.get("check", row["expectation"])
    for example_id in [str(frame["example_id"].iloc[index]) for index in broken] or ["the whole table"]:
        yield Finding(severity=severity, check=check, row=example_id, explanation=explanation, repair=repair)


def _exception(info: dict[str, Any] | None) -> str | None:
    """Return why an expectation could not be checked, or None; an unchecked one looks broken for all rows."""
    for value in (info or {}).values():
        if isinstance(value, dict) and value.get("raised_exception"):
            return str(value.get("exception_message"))
    return str(info.get("exception_message")) if info and info.get("raised_exception") is True else None


def _not_checked(row: dict[str, Any], reason: str) -> Finding:
    return Finding(
        severity="error",
        check=row["expectation"],
        row="the whole table",
        explanation=f"it could not be checked for column {row['column']!r}: {reason.rstrip('.')}.",
        repair="correct the expectation in the suite, or the table.",
    )
