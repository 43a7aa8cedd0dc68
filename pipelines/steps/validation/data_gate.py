"""The data gate behind `intentloop validate`: check a bot file, repair what can be repaired."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from pipelines.progress import Progress
from pipelines.schemas.training import Finding
from pipelines.steps.data.extract import extract_from_wire
from pipelines.steps.validation.repair import RepairResult, repair_bot
from pipelines.steps.validation.validate import ValidationReport, check_bot, validate_examples
from pipelines.templates.unknown_names import LoggedShapes


@dataclass(frozen=True)
class DataGate:
    """Checks and repairs bot files.

    Attributes
    ----------
    source
        The file's name in messages.
    endpoints
        Names of the operator's endpoints; if none are known here, tools may name any.
    public_shortcuts
        Intents that customers may call as `/intent_id`.
    logged
        What tools answered lately, as far as it is known.
    """

    source: str
    endpoints: Collection[str] = ()
    public_shortcuts: Collection[str] = ()
    logged: LoggedShapes | None = None

    def check(self, wire: dict[str, Any], *, progress: Progress | None = None) -> ValidationReport:
        """Return all findings about a bot file; `DataRejected` if it is not one."""
        extract = extract_from_wire(wire, source=self.source)
        return validate_examples(
            extract,
            endpoints=self.endpoints,
            public_shortcuts=self.public_shortcuts,
            logged=self.logged,
            progress=progress,
        )

    def repair(self, wire: dict[str, Any], report: ValidationReport) -> RepairResult:
        """Apply the repairs that a report proposes, and those that become possible afterwards."""
        return repair_bot(wire, report.findings, check=self._check_quickly)

    def _check_quickly(self, wire: dict[str, Any]) -> list[Finding]:
        extract = extract_from_wire(wire, source=self.source)
        return check_bot(extract, endpoints=self.endpoints, public_shortcuts=self.public_shortcuts)
