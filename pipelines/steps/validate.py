"""Step 2: find what is wrong with the training data, row by row, and say how to repair it.

The great-expectations suite in `data/expectations/` checks the shape of the table; the checks below, its meaning.
"""

import json
import os
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from pipelines.errors import DataRejected
from pipelines.nlu.system.entities import SYSTEM_TYPES
from pipelines.nlu.text import clean, has_content
from pipelines.schemas.bot import FALLBACK_INTENT, FREE_TEXT, WELCOME_INTENT, BotFile
from pipelines.schemas.examples import OUT_OF_SCOPE
from pipelines.schemas.training import Finding
from pipelines.steps.extract import Extract

SUITE_FILE = Path(__file__).parents[2] / "data" / "expectations" / "training_examples.json"
FEW_EXAMPLES = 5
_NEVER_RECOGNISED = (FALLBACK_INTENT, WELCOME_INTENT)
"""Intents that are not understood from a text but chosen by the platform."""


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


def validate(extract: Extract, *, suite_file: Path = SUITE_FILE) -> ValidationReport:
    """Check shape and meaning of the examples, and the bot around them.

    Parameters
    ----------
    extract
        What the extract step gave, out-of-scope rows included or not.
    suite_file
        The great-expectations suite, as JSON.

    Returns
    -------
    ValidationReport
        All findings; nothing is raised for bad data.
    """
    frame = extract.frame
    nothing = _error(
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
    # imported here: great-expectations takes seconds to import, and asks outside hosts unless told not to
    os.environ.setdefault("GX_ANALYTICS_ENABLED", "false")
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


def check_spans(frame: pd.DataFrame, bot_file: BotFile) -> Iterator[Finding]:
    """Find annotations that lie outside their text, overlap, do not hold their value, or are of an unknown type.

    Parameters
    ----------
    frame
        Examples.
    bot_file
        The bot, whose entities are the known types.

    Yields
    ------
    Finding
        In the order of the rows.
    """
    known_types = {entity.name for entity in bot_file.entities}
    for example_id, text, entities in zip(frame["example_id"], frame["text"], frame["entities"], strict=True):
        end_of_last = 0
        for span in sorted(json.loads(entities), key=lambda span: span["start"]):
            start, end, written = span["start"], span["end"], span["value"]
            where = f"characters {start} to {end} of {text!r}"
            if not 0 <= start < end <= len(text):
                found = text.find(written) if written else -1
                repair = f"set them to {found} and {found + len(written)}." if found >= 0 else "mark the value again."
                yield _error("span_in_text", example_id, f"{where} lie outside the text.", repair)
            elif start < end_of_last:
                yield _error(
                    "spans_do_not_overlap", example_id, f"{where} overlap another entity.", "keep one of the two."
                )
            elif text[start:end] != written:
                yield _warning(
                    "span_holds_value",
                    example_id,
                    f"{where} hold {text[start:end]!r}, not {written!r}.",
                    "mark it again.",
                )
            end_of_last = max(end_of_last, end)
            if span["type"] not in known_types:
                yield _warning(
                    "entity_type_is_known",
                    example_id,
                    f"the entity type {span['type']!r} is not among the bot's entities.",
                    "add the entity, or correct the name.",
                )


def check_texts(frame: pd.DataFrame) -> Iterator[Finding]:
    """Find texts that cannot be learnt from, and texts that two intents claim: one of the two will be wrong.

    Parameters
    ----------
    frame
        Examples.

    Yields
    ------
    Finding
        In the order of the rows; a text claimed twice is reported with each intent after the first.
    """
    first: dict[str, tuple[str, str]] = {}
    for example_id, intent, text in zip(frame["example_id"], frame["intent"], frame["text"], strict=True):
        if text.strip() and not has_content(clean(text)):
            yield _warning(
                "text_has_content",
                example_id,
                f"the text {text[:80]!r} has no letter or digit; the model does not learn it.",
                "write it in words or delete the row.",
            )
            continue
        key = " ".join(text.lower().split())
        other_id, other_intent = first.setdefault(key, (example_id, intent))
        if other_intent != intent:
            yield _warning(
                "one_intent_a_text",
                example_id,
                f"the text {text!r} is also an example of {other_intent!r} ({other_id}).",
                "delete it from one of the two intents.",
            )


def check_intents(frame: pd.DataFrame, bot_file: BotFile) -> Iterator[Finding]:
    """Find intents with few examples or none, and parameters that cannot be asked for or filled.

    Parameters
    ----------
    frame
        Examples.
    bot_file
        The bot.

    Yields
    ------
    Finding
        In the order of the intents.
    """
    counts = Counter(frame["intent"].tolist())
    types = {entity.name for entity in bot_file.entities} | {FREE_TEXT, *SYSTEM_TYPES}
    marked = {span["type"] for entities in frame["entities"] for span in json.loads(entities)}
    found_unmarked = {entity.name for entity in bot_file.entities if entity.pattern or entity.lookup}
    fillable = marked | found_unmarked | {FREE_TEXT, *SYSTEM_TYPES}
    for intent in bot_file.intents:
        count = counts[intent.intent_id]
        if count < FEW_EXAMPLES and intent.intent_id not in _NEVER_RECOGNISED:
            yield _warning(
                "enough_examples",
                intent.intent_id,
                f"it has {count} example(s).",
                f"add some; {FEW_EXAMPLES} or more.",
            )
        for parameter in intent.parameters:
            row = f"{intent.intent_id}.{parameter.name}"
            if parameter.type not in types:
                yield _warning("parameter_type_is_known", row, f"there is no entity {parameter.type!r}.", "add it.")
            elif parameter.type not in fillable:
                yield _warning(
                    "parameter_can_be_filled",
                    row,
                    f"no example marks a value of {parameter.type!r}, so none will be found.",
                    "mark some.",
                )
            if parameter.required and not parameter.prompt.strip():
                yield _warning(
                    "prompt_is_there", row, "it is required but has no prompt.", "write the question to ask."
                )


def _error(check: str, row: str, explanation: str, repair: str) -> Finding:
    return Finding(severity="error", check=check, row=row, explanation=explanation, repair=repair)


def _warning(check: str, row: str, explanation: str, repair: str) -> Finding:
    return Finding(severity="warning", check=check, row=row, explanation=explanation, repair=repair)
