"""Step 2: find what is wrong with the training data, row by row, with a repair for each finding.

The great-expectations suite in `data/expectations/` checks the shape of the table, `checks` its meaning.
"""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd

from pipelines.errors import DataRejected
from pipelines.nlu.text import clean, has_content
from pipelines.progress import Progress, part
from pipelines.schemas import html
from pipelines.schemas.bot import BotFile, TrainingExample
from pipelines.schemas.examples import OUT_OF_SCOPE
from pipelines.schemas.findings import title_of
from pipelines.schemas.training import SEVERITIES, Finding, Severity
from pipelines.steps.data.extract import Extract
from pipelines.steps.validation.annotations import check_annotations
from pipelines.steps.validation.checks import (
    check_entities,
    check_intents,
    check_something_is_taught,
    check_spans,
    check_texts,
    error,
    note,
)
from pipelines.steps.validation.fields import check_entity_fields, check_intent_fields
from pipelines.steps.validation.privacy import check_privacy, shown_text
from pipelines.steps.validation.repair import propose
from pipelines.steps.validation.similar import check_similar
from pipelines.steps.validation.suite import SUITE_FILE, run_suite
from pipelines.steps.validation.templates import check_templates
from pipelines.templates.unknown_names import LoggedShapes

_LABEL_REPAIR = "add the intent again, or decide about these labels anew with `intentloop label --decide`."

_FILE_REPAIR = "nothing, or let `intentloop validate FILE --fix` correct the file."


@dataclass(frozen=True)
class ValidationReport:
    """The result of validation.

    Attributes
    ----------
    source
        The data's name in messages.
    n_rows
        Number of examples checked.
    findings
        Errors first, then warnings, then notes; each in the order of the checks and rows.
    suite
        One row per expectation: its type, column, whether it holds and the number of rows that break it.
    n_by_intent
        Number of examples by intent, in the order of the bot; out-of-scope rows are not counted.
    """

    source: str
    n_rows: int
    findings: tuple[Finding, ...]
    suite: tuple[dict[str, Any], ...]
    n_by_intent: dict[str, int] = field(default_factory=dict)

    @property
    def errors(self) -> tuple[Finding, ...]:
        """The findings that stop a training run."""
        return self.of("error")

    def of(self, severity: Severity) -> tuple[Finding, ...]:
        """Return the findings of one severity."""
        return tuple(finding for finding in self.findings if finding.severity == severity)

    def to_frame(self) -> pd.DataFrame:
        """Return the findings as a table: the fields of `Finding`, and whether a program can repair it."""
        names = [name for name in Finding.model_fields if name != "edit"]
        rows = [
            {**finding.model_dump(include=set(names)), "is_repairable": finding.edit is not None}
            for finding in self.findings
        ]
        table = pd.DataFrame(rows, columns=[*names, "is_repairable"])
        return table.astype(dict.fromkeys(("position", "start", "end"), "Int64"))

    def _repr_html_(self) -> str:
        """Render for a notebook: one line per check, with its first finding."""
        groups: dict[tuple[str, str], list[Finding]] = {}
        for finding in self.findings:
            groups.setdefault((finding.severity, finding.check), []).append(finding)
        rows = [
            (severity, title_of(check), f"{len(found):,}", f"{found[0].row}: {found[0].explanation}", found[0].repair)
            for (severity, check), found in groups.items()
        ]
        counts = ", ".join(f"{len(self.of(severity)):,} {severity}(s)" for severity in SEVERITIES)
        summary = html.line(f"{self.source}: {self.n_rows:,} examples, {counts}")
        header = ("severity", "what", "count", "for example", "repair")
        return html.block(summary, html.table(header, rows) if rows else "")

    def require_valid(self) -> None:
        """Raise `DataRejected`, naming each row and its repair, if there is an error."""
        if self.errors:
            # only what is said of an example quotes one
            brief = [
                str(finding) if finding.position is None else f"{finding.row}: {title_of(finding.check)}."
                for finding in self.errors
            ]
            raise DataRejected(self.source, [str(finding) for finding in self.errors], brief=brief)


def validate_examples(
    extract: Extract,
    *,
    endpoints: Collection[str] = (),
    public_shortcuts: Collection[str] = (),
    logged: LoggedShapes | None = None,
    suite_file: Path = SUITE_FILE,
    progress: Progress | None = None,
) -> ValidationReport:
    """Check shape and meaning of the examples, and the bot around them; bad data raises nothing.

    If no `endpoints` of the operator are known here, tools may name any. Customers may call the `public_shortcuts` as
    `/intent_id`. Names in templates are also looked up in the `logged` answers.
    """
    frame, report = extract.frame, progress or (lambda share, what: None)
    n_by_intent = {intent.intent_id: len(intent.training_data) for intent in extract.bot_file.intents}
    suite: list[dict[str, Any]] = []
    findings: list[Finding] = []
    if not frame["intent"].eq(OUT_OF_SCOPE).all():
        suite, findings = run_suite(frame, suite_file, progress=part(report, 0.0, 0.8))
    report(0.8, "checking what the examples say")
    findings += check_bot(extract, endpoints=endpoints, public_shortcuts=public_shortcuts, logged=logged)
    findings += [note("labels_fit_the_drafts", "labels", f"{said}.", _LABEL_REPAIR) for said in extract.notes]
    findings += [note("file_is_read_as_meant", "bot file", f"{said}.", _FILE_REPAIR) for said in extract.converted]
    report(1.0, "checked")
    return ValidationReport(extract.source, len(frame), tuple(_placed(findings, extract)), tuple(suite), n_by_intent)


def check_bot(
    extract: Extract,
    *,
    endpoints: Collection[str] = (),
    public_shortcuts: Collection[str] = (),
    logged: LoggedShapes | None = None,
) -> list[Finding]:
    """Run every check of our own and attach the repairs; the parameters are those of `validate`.

    Without great-expectations: tenths of a second for a bot of thousands of examples.
    """
    frame, bot_file = extract.frame, extract.bot_file
    findings: list[Finding] = []
    if not any(has_content(clean(text)) for text in frame.loc[frame["intent"].ne(OUT_OF_SCOPE), "text"]):
        nothing = "no intent has an example that can be learnt from."
        findings = [error("has_examples", "training data", nothing, "add at least two utterances to each intent.")]
    else:
        findings = [*check_something_is_taught(frame, bot_file)]
    findings += check_spans(frame, bot_file)
    findings += check_texts(frame)
    findings += _of_intents(check_similar(frame), bot_file)
    findings += check_annotations(frame, bot_file)
    findings += check_privacy(frame, bot_file)
    findings += _of_intents(check_intents(frame, bot_file, public_shortcuts=public_shortcuts), bot_file)
    findings += check_entities(bot_file)
    findings += _of_intents(check_intent_fields(bot_file), bot_file)
    findings += check_entity_fields(bot_file)
    findings += _of_intents(check_templates(bot_file, endpoints=endpoints, logged=logged), bot_file)
    return _placed(findings, extract)


def _of_intents(findings: Iterable[Finding], bot_file: BotFile) -> Iterator[Finding]:
    """Attach the intent to findings about one, or about a part of it: their rows begin with its id."""
    ids = sorted((intent.intent_id for intent in bot_file.intents), key=len, reverse=True)
    for finding in findings:
        owner = next((name for name in ids if f"{finding.row}.".startswith(f"{name}.")), "")
        yield finding.model_copy(update={"intent_id": owner})


def _placed(findings: list[Finding], extract: Extract) -> list[Finding]:
    """Attach place, text and repair to each finding about an example, and sort by severity."""
    places: dict[str, tuple[str, int, TrainingExample]] = {
        f"{intent.intent_id}/{position}": (intent.intent_id, position, example)
        for intent in extract.bot_file.intents
        for position, example in enumerate(intent.training_data, start=1)
    }
    known_types = [entity.name for entity in extract.bot_file.entities]
    placed = []
    for finding in findings:
        if finding.row in places and finding.position is None:
            intent_id, position, example = places[finding.row]
            edit = propose(finding, example, intent_id=intent_id, position=position, known_types=known_types)
            text = shown_text(finding, example.text)
            where = {"intent_id": intent_id, "position": position, "text": text, "edit": edit}
            placed.append(finding.model_copy(update=where))
        else:
            placed.append(finding)
    return sorted(placed, key=lambda finding: SEVERITIES.index(finding.severity))
