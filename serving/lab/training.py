"""A training from a notebook or a script: in a process of its own, with its progress shown and its result returned."""

import sys
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

import pandas as pd

from pipelines.errors import BotError, TrainingFailed, TrainingInterrupted
from pipelines.progress import Progress, read_progress
from pipelines.registry.client import model_name
from pipelines.registry.runs import Runs
from pipelines.schemas import html
from pipelines.schemas.training import TrainParams
from pipelines.schemas.verdict import Check, Measure
from pipelines.settings import ENV_PREFIX
from serving.jobs.process import PATIENT
from serving.lab.place import Place
from serving.lab.release import BotRelease
from serving.lab.report import PROGRESS_FILE, REPORT_FILE, RUN_FILE, Report
from serving.processes.child import Child, Program

_POLL_SECONDS = 0.2
_GATE_FILE = "gate/gate.json"


@dataclass(frozen=True)
class TrainingResult:
    """What a training made.

    Attributes
    ----------
    gate
        The verdict: `gate.passed`, `gate.reasons`, and what each check measured.
    metrics
        Everything that the run logged.
    run_url, model_url
        Pages in MLflow; empty without a server.
    notebook
        The executed training notebook.
    """

    bot: str
    version: str
    is_promoted: bool
    gate: Check
    metrics: Mapping[str, float] = field(repr=False)
    run_id: str
    run_url: str
    model_url: str
    notebook: Path = field(repr=False)
    seconds: float
    release: BotRelease = field(repr=False)

    @property
    def passed(self) -> bool:
        """Whether the version passed the gate and may answer."""
        return self.gate.passed

    @property
    def figures(self) -> pd.DataFrame:
        """What the gate measured: `figure`, `value`, its 95 % interval `low` to `high`, `n`, `limit` and `passed`."""
        rows = [
            (each.name, each.value, each.low, each.high, each.n, each.limit, each.passed) for each in self.gate.measures
        ]
        return pd.DataFrame(rows, columns=["figure", "value", "low", "high", "n", "limit", "passed"])

    def __str__(self) -> str:
        """Describe what became of the training, in a few sentences."""
        return "\n".join(self._sentences())

    def _sentences(self) -> list[str]:
        which = f"Version {self.version} of bot {self.bot!r}, trained in {self.seconds:.0f} s"
        if not self.passed:
            return [f"{which}, did not pass the gate:", *(f"- {reason}" for reason in self.gate.reasons)]
        ready = (
            "It is in production." if self.is_promoted else f"`bot.promote({self.version})` puts it into production."
        )
        return [f"{which}, passed the gate. {ready}"]

    def _repr_html_(self) -> str:
        lines = [html.line(text) for text in (*self._sentences(), *self.gate.notes)]
        rows = [(each.name, *_cells(each)) for each in self.gate.measures]
        table = html.table(("figure", "value", "95 % interval", "n", "limit"), rows) if rows else ""
        links = [html.link("run", self.run_url), html.link("version", self.model_url)] if self.run_url else []
        return html.block(*lines, table, *links)


def run_in_child(params: TrainParams, *, home: Path, is_stored: bool, progress: Progress) -> tuple[Report, float]:
    """Train in a process of its own; return its report and the seconds it took. An interrupt ends that process.

    A kernel's own process is left alone: a training sets MLflow's server, environment variables and priority for the
    whole process it runs in.

    Raises
    ------
    TrainingFailed
        The training said why; `cause` is the name of its error.
    TrainingInterrupted
        The process was killed.
    """
    began = time.monotonic()
    with TemporaryDirectory(prefix="intentloop-lab-") as place:
        folder = Path(place)
        asked, answer = folder / "params.json", folder / REPORT_FILE
        asked.write_text(params.model_dump_json(), encoding="utf-8")
        command = [sys.executable, "-m", "serving.lab.train_child", str(asked), place]
        program = Program(
            f"training-{params.bot}",
            f"the training of bot {params.bot!r}",
            [*command, *(["--stored"] if is_stored else [])],
            environment={f"{ENV_PREFIX}HOME": str(home), **PATIENT},
        )
        child = Child(program, home=home)
        try:
            _follow(child, folder / PROGRESS_FILE, progress)
        finally:
            child.finish_stop()
            if not answer.exists():
                _give_up(folder / RUN_FILE, params.tracking_uri)
        if not answer.exists():
            raise TrainingInterrupted(f"the training of bot {params.bot!r} ended")
        report = Report.model_validate_json(answer.read_bytes())
    if report.error:
        raise TrainingFailed(report.message, cause=report.error)
    return report, time.monotonic() - began


def _give_up(named: Path, tracking_uri: str) -> None:
    """End the run of a process that was ended before it could do so itself."""
    if not named.exists():
        return
    runs, run_id = Runs(tracking_uri), named.read_text(encoding="utf-8")
    with suppress(BotError):  # a silent server must not replace the error that ends the training
        if runs.get(run_id).status == "RUNNING":
            runs.give_up(run_id, "its training was interrupted")


def read_result(place: Place, report: Report, *, seconds: float, release: BotRelease) -> TrainingResult:
    """Read the verdict of a training from its run."""
    logged = place.runs.read(report.run_id, _GATE_FILE)
    gate = Check.model_validate_json(logged) if logged is not None else Check()
    run_url = place.runs.url(report.run_id)
    return TrainingResult(
        bot=place.bot,
        version=report.version,
        is_promoted=report.is_promoted,
        gate=gate,
        metrics=report.metrics,
        run_id=report.run_id,
        run_url=run_url,
        model_url=f"{run_url.partition('#')[0]}#/models/{model_name(place.bot)}/versions/{report.version}"
        if run_url
        else "",
        notebook=Path(report.notebook),
        seconds=seconds,
        release=release,
    )


def _follow(child: Child, told: Path, progress: Progress) -> None:
    offset = 0
    while True:
        is_last = child.exit_code is not None
        lines, offset = read_progress(told, offset=offset)
        for share, what in lines:
            progress(share, what)
        if is_last:
            return
        time.sleep(_POLL_SECONDS)


def _cells(measure: Measure) -> tuple[str, str, str, str]:
    interval = ""
    if measure.low is not None and measure.high is not None:
        interval = f"{_shown(measure.low, measure.unit)} to {_shown(measure.high, measure.unit)}"
    limit = ""
    if measure.limit is not None:
        limit = f"{'at least' if measure.is_floor else 'at most'} {_shown(measure.limit, measure.unit)}"
    n = "" if measure.n is None else f"{measure.n:,}"
    return _shown(measure.value, measure.unit), interval, n, limit if measure.passed else f"{limit} (not reached)"


def _shown(value: float, unit: str) -> str:
    match unit:
        case "share":
            return f"{value:.1%}"
        case "ms":
            return f"{value:.1f} ms"
        case "count":
            return f"{value:,.0f}"
        case _:
            return f"{value:.3g}"
