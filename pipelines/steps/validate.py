"""Step 2: find what is wrong with the training data, row by row, and say how to repair it.

The great-expectations suite in `data/expectations/` checks the shape of the table; `checks`, its meaning.
"""

import json
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from pipelines.errors import DataRejected
from pipelines.nlu.text import clean, has_content
from pipelines.schemas.examples import OUT_OF_SCOPE
from pipelines.schemas.training import Finding
from pipelines.steps.check_templates import check_templates
from pipelines.steps.checks import check_entities, check_intents, check_spans, check_texts, error
from pipelines.steps.extract import Extract

SUITE_FILE = Path(__file__).parents[2] / "data" / "expectations" / "training_examples.json"


@dataclass(frozen=True)
class ValidationReport:
    """What validation found.

    Attributes
    ----------
    source
        What was checked, for messages.
    n_rows
        Number of examples checked.
    findings
        Errors first, in the order of the rows.
    suite
        Result of each expectation: its type, column, whether it holds and how many rows break it.
    """

    source: str
    n_rows: int
    findings: tuple[Finding, ...]
    suite: tuple[dict[str, Any], ...]

    @property
    def errors(self) -> tuple[Finding, ...]:
        """The findings that stop a training run."""
        return tuple(finding for finding in self.findings if finding.severity == "error")

    def to_frame(self) -> pd.DataFrame:
        """Give the findings as a table."""
        return pd.DataFrame([finding.model_dump() for finding in self.findings], columns=list(Finding.model_fields))

    def require_valid(self) -> None:
        """Stop here if there is an error.

        Raises
        ------
        DataRejected
            Names each row and its repair.
        """
        if self.errors:
            raise DataRejected(self.source, [str(finding) for finding in self.errors])


def validate(extract: Extract, *, endpoints: Collection[str] = (), suite_file: Path = SUITE_FILE) -> ValidationReport:
    """Check shape and meaning of the examples, and the bot around them.

    Parameters
    ----------
    extract
        What the extract step gave, out-of-scope rows included or not.
    endpoints
        Names of the operator's endpoints; where none are known here, tools may name any.
    suite_file
        The great-expectations suite, as JSON.

    Returns
    -------
    ValidationReport
        All findings; nothing is raised for bad data.
    """
    frame = extract.frame
    nothing = error(
        "has_examples",
        "training data",
        "no intent has an example that can be learnt from.",
        "add at least two utterances to each intent.",
    )
    if frame["intent"].eq(OUT_OF_SCOPE).all():
        return ValidationReport(extract.source, len(frame), (nothing,), ())
    suite, findings = run_suite(frame, suite_file)
    if not any(has_content(clean(text)) for text in frame.loc[frame["intent"].ne(OUT_OF_SCOPE), "text"]):
        findings.append(nothing)
    findings += [*check_spans(frame, extract.bot_file), *check_texts(frame), *check_intents(frame, extract.bot_file)]
    findings += [*check_entities(extract.bot_file), *check_templates(extract.bot_file, endpoints=endpoints)]
    findings.sort(key=lambda finding: finding.severity)
    return ValidationReport(extract.source, len(frame), tuple(findings), tuple(suite))


def run_suite(frame: pd.DataFrame, suite_file: Path) -> tuple[list[dict[str, Any]], list[Finding]]:
    """Run the great-expectations suite on the frame.

    Parameters
    ----------
    frame
        Examples with the columns of `extract.COLUMNS`.
    suite_file
        The suite as JSON; an expectation's `meta` may hold `explanation` and `repair` for its findings.

    Returns
    -------
    tuple[list[dict[str, Any]], list[Finding]]
        One row an expectation, and an error for each example that breaks one.
    """
    # imported here: great-expectations takes seconds to import
    import great_expectations as gx
    from great_expectations.data_context.types.base import ProgressBarsConfig

    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = ProgressBarsConfig(globally=False)
    suite = gx.ExpectationSuite(**json.loads(suite_file.read_text(encoding="utf-8")))
    batch = context.data_sources.add_pandas("examples").add_dataframe_asset("frame")
    definition = gx.ValidationDefinition(
        name="examples", data=batch.add_batch_definition_whole_dataframe("whole"), suite=context.suites.add(suite)
    )
    context.validation_definitions.add(definition)
    outcome = definition.run(batch_parameters={"dataframe": frame}, result_format={"result_format": "COMPLETE"})
    rows: list[dict[str, Any]] = []
    findings: list[Finding] = []
    for result in outcome.results:
        config = result.expectation_config
        if config is None:
            raise DataRejected(
                str(suite_file), ["great-expectations gave a result without its expectation; upgrade it"]
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
            findings += _suite_findings(frame, row, broken, config.meta or {})
    return rows, findings


def _suite_findings(
    frame: pd.DataFrame, row: dict[str, Any], broken: list[Any], meta: dict[str, Any]
) -> Iterator[Finding]:
    explanation = meta.get("explanation", f"{row['expectation']} does not hold for column {row['column']!r}.")
    repair = meta.get("repair", "correct the value.")
    ids = [str(frame["example_id"].iloc[index]) for index in broken] or ["the whole table"]
    for example_id in ids:
        yield Finding(
            severity="error", check=row["expectation"], row=example_id, explanation=explanation, repair=repair
        )
