"""Validation of a bot's drafts, and repairs: what `intentloop validate` does, as JSON."""

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

from pipelines.errors import UserInputError
from pipelines.progress import Progress, part
from pipelines.schemas.examples import OUT_OF_SCOPE
from pipelines.schemas.findings import title_of
from pipelines.schemas.training import SEVERITIES, Finding
from pipelines.settings import OUT_OF_SCOPE_FOLDER, Settings
from pipelines.steps.data.labels import read_items
from pipelines.steps.validation.checks import note
from pipelines.steps.validation.data_gate import DataGate
from pipelines.steps.validation.repair import RepairResult, apply_repairs, difference
from pipelines.steps.validation.validate import ValidationReport
from serving.cli.drafting.sources import StoredDrafts
from serving.clock import utc_now
from serving.jobs.kinds import Repair

MAX_BYTES = 1_000_000
"""Of the findings in a result; those that are left out are counted."""
MAX_DIFFERENCE = 200_000
"""Characters of the difference that a repair makes."""


def validate(bot: str, settings: Settings, progress: Progress) -> dict[str, Any]:
    """Check the drafts of a bot."""
    drafts = StoredDrafts(bot)
    progress(0.0, "reading the drafts")
    read_at, token, wire = utc_now(), drafts.token(), drafts.read()
    report = _gate(drafts, settings).check(wire, progress=progress)
    return _shown(report, read_at=read_at, token=token, more=_out_of_scope(bot, settings))


def repair(bot: str, request: Repair, settings: Settings, progress: Progress) -> dict[str, Any]:
    """Make all repairs that are proposed, or those of some findings, and check again.

    Raises `UserInputError` if none of the findings is there any more.
    """
    drafts = StoredDrafts(bot)
    gate = _gate(drafts, settings)
    progress(0.0, "reading the drafts")
    read_at, token, wire = utc_now(), drafts.token(), drafts.read()
    report = gate.check(wire, progress=part(progress, 0.0, 0.5))
    if request.findings is None:
        repaired = gate.repair(wire, report)
    else:
        chosen = [finding for finding in report.findings if finding.edit and finding_id(finding) in request.findings]
        if not chosen:
            raise UserInputError("none of these findings is there to be repaired any more; validate again")
        after, done = apply_repairs(wire, chosen)
        repaired = RepairResult(after, tuple(done))
    if repaired.findings:
        read_at = utc_now()
        drafts.repair(wire, repaired.wire)
        token = drafts.token()
        report = gate.check(repaired.wire, progress=part(progress, 0.5, 1.0))
    changed = difference(wire, repaired.wire) if repaired.findings else ""
    listed, _ = _listed(repaired.findings)
    return {
        "n_repaired": len(repaired.findings),
        "repaired": listed,
        "difference": changed[:MAX_DIFFERENCE],
        "validation": _shown(report, read_at=read_at, token=token, more=_out_of_scope(bot, settings)),
    }


def undo(bot: str) -> dict[str, Any]:
    """Undo the last repair."""
    return {"message": StoredDrafts(bot).undo()}


def finding_id(finding: Finding) -> str:
    """Return a name for a finding that stays the same as long as the same is wrong with the same example."""
    facts = [finding.check, finding.row, finding.text, finding.start, finding.end, finding.explanation]
    return hashlib.sha256(json.dumps(facts).encode()).hexdigest()[:16]


def _gate(drafts: StoredDrafts, settings: Settings) -> DataGate:
    return DataGate(
        drafts.name,
        endpoints=settings.endpoints,
        public_shortcuts=settings.public_shortcuts,
        logged=drafts.logged_shapes(settings),
    )


def _out_of_scope(bot: str, settings: Settings) -> Iterator[Finding]:
    """Find that a training of the drafts would have no out-of-scope text."""
    labels = read_items(settings.resolved_mongo_uri, settings.mongo_database, bot)
    is_taught = any((item.status, item.intent_id) == ("accepted", OUT_OF_SCOPE) for item in labels)
    if settings.out_of_scope_of(bot) is None and not is_taught:
        yield note(
            "refusing_is_measured",
            "training data",
            "no out-of-scope text is known: nobody knows how often the bot takes one for an intent, as small bots do.",
            f"write some, one JSON row a line, to {OUT_OF_SCOPE_FOLDER}/{bot}.jsonl in the server's home folder, or "
            f"decide labels as {OUT_OF_SCOPE}.",
        )


def _shown(
    report: ValidationReport, *, read_at: datetime, token: str | None, more: Iterable[Finding]
) -> dict[str, Any]:
    findings = (*report.findings, *more)
    listed, n_left_out = _listed(findings)
    counts = Counter(finding.severity for finding in findings)
    return {
        "read_at": read_at.isoformat(),
        "draft_token": token,
        "n_examples": report.n_rows,
        "counts": {severity: counts[severity] for severity in SEVERITIES},
        "n_repairable": sum(finding.edit is not None for finding in findings),
        "findings": listed,
        "n_left_out": n_left_out,
    }


def _listed(findings: Iterable[Finding]) -> tuple[list[dict[str, Any]], int]:
    rows: list[dict[str, Any]] = []
    n_bytes = n_left_out = 0
    for finding in findings:
        more = {"id": finding_id(finding), "title": title_of(finding.check)}
        row = {**more, **finding.model_dump(mode="json", by_alias=True)}
        n_bytes += len(json.dumps(row, ensure_ascii=False).encode())
        if n_bytes > MAX_BYTES:
            n_left_out += 1
        else:
            rows.append(row)
    return rows, n_left_out
