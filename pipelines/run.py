"""Run the training notebook with papermill: in its own kernel process, with checked parameters, recorded in MLflow."""

import contextlib
import json
import os
import threading
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from dotenv import dotenv_values

import pipelines.steps  # noqa: F401  sets the telemetry switches before anything imports mlflow
from pipelines.errors import BotError, RegistryUnavailable, SetupProblem, TrainingFailed, TrainingInterrupted
from pipelines.files import lack_of_room
from pipelines.progress import Progress, read_progress
from pipelines.registry.connection import choose_tracking_uri
from pipelines.registry.origin import TRAIN
from pipelines.registry.run_record import GATE_PAGE
from pipelines.registry.runs import Runs
from pipelines.schemas.training import TrainParams
from pipelines.settings import ENV_PREFIX, Settings

NOTEBOOK = Path(__file__).parents[1] / "notebooks" / "20_train_nlu.ipynb"
_POLL_SECONDS = 0.2


@dataclass(frozen=True)
class TrainingOutcome:
    """Result of a training run."""

    run_id: str
    name: str  # of the registered model
    version: str
    is_promoted: bool  # whether the version is behind the alias that answers
    gate_reasons: str  # why the gate refused it; empty if it passed
    metrics: dict[str, float]
    notebook: Path  # executed
    tracking_uri: str
    run_url: str  # of the run in MLflow, and of the gate's page; empty for a store without pages
    gate_url: str

    def pages(self) -> list[str]:
        """Return where to read on, a line each; nothing for a store without pages."""
        return [f"run: {self.run_url}", f"gate: {self.gate_url}"] if self.run_url else []


def run_training(
    params: TrainParams,
    settings: Settings,
    *,
    progress: Progress,
    source: str = TRAIN,
    tags: Mapping[str, str] | None = None,
    begun: Callable[[str], None] | None = None,
) -> TrainingOutcome:
    """Execute the notebook and wait for it.

    Parameters
    ----------
    params
        Paths may be relative to the working directory.
    settings
        The platform's settings.
    progress
        Receives the share done and the current activity.
    source
        The command that trains, as MLflow shows it.
    tags
        Tags of the MLflow run from its beginning.
    begun
        Called with the id of the MLflow run once it exists.

    Returns
    -------
    TrainingOutcome
        The registered version and its metrics.

    Raises
    ------
    NotFound
        There is no such bot, and nothing was started. Likewise `DataRejected` if a file is missing or cannot be read,
        and `StoreUnavailable`.
    RegistryUnavailable
        The MLflow server does not answer, perhaps only at the end, when the version is already registered.
    TrainingFailed
        A cell raised: invalid data, or a fault of ours. The MLflow run is marked as failed and contains the notebook
        with the failing cell.
    SetupProblem
        The disk of the home folder is nearly full, and nothing was started.
    TrainingInterrupted
        The notebook's process was killed, or ran out of memory.
    """
    progress(0.0, "opening the run")
    # imported here: `--help` must not wait seconds for these imports
    from pipelines.steps.data.files import place_files
    from pipelines.steps.data.mongo import require_source

    lack = lack_of_room(params.home)
    if lack is not None:  # MLflow's library would go on trying for minutes where its server's disk is the same one
        raise SetupProblem(f"{lack}, too little for a training; make room on it")
    require_source(params, settings)
    params = place_files(params, settings)
    home = params.home.resolve()
    tracking_uri = choose_tracking_uri(params.tracking_uri, settings, home=home)
    runs = Runs(tracking_uri)
    runs.give_up_dead(params.bot, home=home)
    run_id = runs.begin(params.bot, source=source, home=home, tags=tags)
    executed = home / "runs" / f"{run_id}.ipynb"
    executed.parent.mkdir(parents=True, exist_ok=True)
    placed = params.model_copy(update={"home": home, "tracking_uri": tracking_uri, "run_id": run_id})
    try:
        if begun is not None:
            begun(run_id)
        _execute(placed, executed, progress)
    except BaseException as error:
        # the original error is the message; a server that died too must not replace it
        with contextlib.suppress(RegistryUnavailable):
            _close_run(runs, run_id, executed, failed=_reason_of(error))
        raise
    progress(1.0, "the release is made; storing the record of its training")
    # if the server does not answer now, it has the version already; the next retraining finds it and closes its run
    _close_run(runs, run_id, executed)
    return _outcome(params, runs, run_id, executed)


def _close_run(runs: Runs, run_id: str, executed: Path, *, failed: str = "") -> None:
    from pipelines.steps.registration.log import log_notebook

    if executed.exists():
        log_notebook(run_id, runs.tracking_uri, executed)
    runs.end(run_id, succeeded=not failed, reason=failed)


def _reason_of(error: BaseException) -> str:
    from pipelines.steps.registration.failure import reason_of

    cause = error.__cause__
    if isinstance(error, TrainingFailed) and cause is not None:  # what the cell raised
        return reason_of(getattr(cause, "ename", type(cause).__name__), str(getattr(cause, "evalue", cause)))
    if isinstance(error, KeyboardInterrupt):
        return "the training was interrupted"
    return reason_of(type(error).__name__, str(error))


def _execute(params: TrainParams, executed: Path, progress: Progress) -> None:
    import papermill
    from nbclient.exceptions import DeadKernelError
    from papermill.exceptions import PapermillExecutionError

    values = {name: value if value is not None else "" for name, value in params.model_dump(mode="json").items()}
    for name in ("source", "out_of_scope_file", "test_file", "cases"):
        if values[name] not in ("", "mongo"):
            values[name] = str(Path(values[name]).resolve())
    with TemporaryDirectory() as folder, warnings.catch_warnings():
        # the kernel listens on loopback only, but warns on each start that its sockets are not encrypted
        warnings.filterwarnings("ignore", category=UserWarning, module="jupyter_client")
        file = Path(folder) / "progress.jsonl"
        values["progress_file"] = str(file)
        with _environment(params.home), _forward(file, progress):
            try:
                papermill.execute_notebook(
                    str(NOTEBOOK), str(executed), parameters=values, cwd=str(NOTEBOOK.parent), progress_bar=False
                )
            except PapermillExecutionError as error:
                raise TrainingFailed(_explain(error.ename, error.evalue, executed), cause=error.ename) from error
            except DeadKernelError as error:
                raise TrainingInterrupted("the process of the training notebook ended") from error


@contextmanager
def _environment(home: Path) -> Iterator[None]:
    """Set the kernel's environment: none of MLflow's output in ours, and no files outside our folder."""
    folder = home / "jupyter"
    profile = folder / "ipythondir" / "profile_default"
    profile.mkdir(parents=True, exist_ok=True)
    # A cell's error comes with the cell. What the kernel logs of itself is that its sockets on loopback are not
    # encrypted and, if it is ended while it works, the traceback of a broken socket.
    kernel = {"log_level": 50, "exec_lines": ["from pipelines.priority import keep_giving_way", "keep_giving_way()"]}
    (profile / "ipython_kernel_config.json").write_text(json.dumps({"IPKernelApp": kernel}), encoding="utf-8")
    wanted = {name: str(folder / name.lower()) for name in ("IPYTHONDIR", "JUPYTER_RUNTIME_DIR", "MPLCONFIGDIR")}
    wanted["MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT"] = "true"
    wanted["PYTHONWARNINGS"] = "ignore:IProgress not found"  # a progress bar that nobody sees
    # the kernel runs in the notebook's folder, where it would not find the settings in our `.env`
    wanted |= {name: value for name, value in dotenv_values(".env").items() if name.startswith(ENV_PREFIX) and value}
    added = {name: value for name, value in wanted.items() if name not in os.environ}
    os.environ.update(added)
    try:
        yield
    finally:
        for name in added:
            os.environ.pop(name, None)


@contextmanager
def _forward(file: Path, progress: Progress) -> Iterator[None]:
    """Report the kernel's progress from a thread while the notebook runs."""
    done = threading.Event()

    def follow() -> None:
        offset = 0
        while True:
            is_last = done.wait(_POLL_SECONDS)
            lines, offset = read_progress(file, offset=offset)
            for share, what in lines:
                progress(share, what)
            if is_last:
                return

    thread = threading.Thread(target=follow, name="training-progress", daemon=True)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()


def _explain(name: str, message: str, executed: Path) -> str:
    """Return an error of ours as its own sentence, any other with its name and the notebook."""
    ours = {error.__name__ for error in _subclasses(BotError)}
    if name in ours:
        return message
    return f"the training notebook stopped with {name}: {message}\nThe notebook with the failing cell: {executed}"


def _subclasses(root: type[BotError]) -> set[type[BotError]]:
    return {root}.union(*(_subclasses(child) for child in root.__subclasses__()))


def _outcome(params: TrainParams, runs: Runs, run_id: str, notebook: Path) -> TrainingOutcome:
    from pipelines.registry.client import Registry
    from pipelines.registry.verdict import REASONS_TAG

    registry = Registry(runs.tracking_uri, is_patient=True)
    version = registry.version_of_run(params.bot, run_id)
    answering = registry.version_behind(params.bot, alias=params.release_alias)
    return TrainingOutcome(
        run_id=run_id,
        name=version.name,
        version=version.version,
        is_promoted=answering is not None and answering.version == version.version,
        gate_reasons=version.tags.get(REASONS_TAG, ""),
        metrics=runs.figures(run_id),
        notebook=notebook,
        tracking_uri=runs.tracking_uri,
        run_url=runs.url(run_id),
        gate_url=runs.url(run_id, file=GATE_PAGE),
    )
