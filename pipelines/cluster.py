"""Workers for heavy work: this machine's processors, or a Dask cluster. The only importer of `distributed`."""

import hashlib
import platform
import socket
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import BrokenExecutor, CancelledError, Executor, Future, ProcessPoolExecutor, wait
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from importlib import metadata
from multiprocessing import get_context
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit

from pipelines.errors import SetupProblem

CONNECT_SECONDS = 5.0
"""How long a scheduler may take to answer, and then to have a worker."""
_COMPARED = ("numpy", "scipy", "scikit-learn", "joblib", "onnxruntime", "distributed")
_LONGEST_GREETING = 2**16
_LOOK_SECONDS = 1.0
_LOST = ("KilledWorker", "CommClosedError", "FutureCancelledError", "TerminatedWorkerError")
"""Errors of joblib and distributed, which have no common base class."""
_CODE = "the code of this project"

Result = TypeVar("Result")


@dataclass(frozen=True)
class Cluster:
    """Workers that are ready.

    `client` belongs to the Dask cluster; None: this machine. `n_workers` is the number of tasks that run at the same
    time. `notes` are sentences to read before trusting the results.
    """

    client: Any
    n_workers: int
    notes: tuple[str, ...] = ()

    def __str__(self) -> str:
        where = "this machine" if self.client is None else "the Dask cluster"
        return f"{self.n_workers} {'worker' if self.n_workers == 1 else 'workers'} of {where}"

    def joblib(self) -> AbstractContextManager[object]:
        """Let joblib, and with it scikit-learn, use the workers within this context."""
        from joblib import parallel_config

        if self.client is None:
            # one thread per process for matrix products: the processes already use all processors
            context = parallel_config("loky", n_jobs=self.n_workers, inner_max_num_threads=1)
        else:
            context = parallel_config("dask", n_jobs=self.n_workers, client=self.client)
        return context  # type: ignore[no-any-return]

    @contextmanager
    def executor(self) -> Iterator[Executor]:
        """Yield the workers as an executor; tasks that have not started when the context ends are dropped."""
        if self.client is not None:
            remote: Executor = self.client.get_executor(pure=False)
            try:
                yield remote
            finally:
                remote.shutdown(wait=False)
            return
        local = ProcessPoolExecutor(self.n_workers, mp_context=get_context("spawn"))
        try:
            yield local
        finally:
            local.shutdown(cancel_futures=True)

    def require_alive(self) -> None:
        """Raise `SetupProblem` if the Dask scheduler is gone; the library would wait for its return."""
        if self.client is not None and self.client.status != "running":
            raise _lost("the Dask scheduler is gone")

    def wait_for(self, work: Callable[[], Result]) -> Result:
        """Run work that waits for workers, but stop when the scheduler is gone: joblib would wait forever."""
        if self.client is None:
            return work()
        outcome: Future[Result] = Future()

        def finish() -> None:
            try:
                outcome.set_result(work())
            except BaseException as error:
                outcome.set_exception(error)

        threading.Thread(target=finish, name="dask-work", daemon=True).start()
        while not wait([outcome], timeout=_LOOK_SECONDS).done:
            self.require_alive()
        return outcome.result()

    def share(self, value: Any) -> Any:
        """Send a large value to all workers once; pass the returned handle in calls of `executor`."""
        return value if self.client is None else self.client.scatter(value, broadcast=True, hash=False)


@contextmanager
def workers_expected() -> Iterator[None]:
    """Turn the loss of workers during their work into a `SetupProblem`."""
    try:
        yield
    except Exception as error:
        if isinstance(error, BrokenExecutor | CancelledError) or type(error).__name__ in _LOST:
            raise _lost(f"workers were lost, {type(error).__name__}") from error
        raise


@contextmanager
def open_cluster(scheduler: str | None) -> Iterator[Cluster]:
    """Connect to the workers, and check that each has this project's code.

    Parameters
    ----------
    scheduler
        Address of a Dask scheduler, such as `tcp://10.0.0.7:8786`; None: this machine.

    Yields
    ------
    Cluster
        With at least one worker.

    Raises
    ------
    SetupProblem
        The scheduler does not answer within seconds, has no workers, or its workers cannot run this project's code.
    """
    if scheduler is None:
        from joblib import cpu_count

        yield Cluster(client=None, n_workers=cpu_count())
        return
    client = _connect(scheduler)
    try:
        workers = _workers_of(client, scheduler)
        theirs = _installations(client, scheduler)
        n_threads = sum(int(worker["nthreads"]) for worker in workers.values())
        yield Cluster(client=client, n_workers=n_threads, notes=tuple(differences(installation(), theirs)))
    finally:
        client.close(timeout=CONNECT_SECONDS)


def check_cluster(scheduler: str | None) -> tuple[str, ...]:
    """Try the workers before any work starts: return `Cluster.notes`, or raise as `open_cluster` does."""
    if scheduler is None:
        return ()
    with open_cluster(scheduler) as cluster:
        return cluster.notes


def installation() -> dict[str, str]:
    """Return what results depend on here: versions of Python and libraries, and a hash of the training code.

    It also runs on the workers, which proves that they have the code.
    """
    versions = {"Python": platform.python_version()}
    for name in _COMPARED:
        try:
            versions[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            versions[name] = "none"
    digest = hashlib.sha256()
    root = Path(__file__).parents[0]
    for file in (*sorted((root / "nlu").rglob("*.py")), root / "steps" / "training" / "estimator.py"):
        digest.update(file.read_bytes())
    return {**versions, _CODE: digest.hexdigest()[:12]}


def differences(here: dict[str, str], theirs: dict[str, dict[str, str]]) -> Iterator[str]:
    """Describe each version that differs on a worker, once per subject."""
    for subject, own in here.items():
        others = {worker: versions.get(subject, "none") for worker, versions in theirs.items()}
        odd = {worker: version for worker, version in others.items() if version != own}
        if odd:
            first, version = min(odd.items())
            more = f" and {len(odd) - 1} more" if len(odd) > 1 else ""
            yield (
                f"{subject} is {own} here and {version} on the Dask worker {first}{more}: results may differ from "
                f"those of this machine; install the same version of intentloop and its locked packages there"
            )


def _lost(what: str) -> SetupProblem:
    return SetupProblem(
        f"the work was interrupted ({what}): a process was stopped or ran out of memory; fix that and start again"
    )


def _connect(scheduler: str) -> Any:
    try:
        from distributed import Client
    except ImportError as error:
        raise SetupProblem(
            "INTENTLOOP_DASK_SCHEDULER is set and distributed is not installed; install the extra `dask`, "
            "or unset the variable to work on this machine"
        ) from error
    if urlsplit(scheduler).scheme == "tls":
        _require_certificates(scheduler)
    try:
        _require_greeting(scheduler)
        return Client(scheduler, timeout=CONNECT_SECONDS, set_as_default=False)  # type: ignore[no-untyped-call]
    except (OSError, ValueError) as error:  # ValueError: an address that cannot be one
        raise SetupProblem(
            f"the Dask scheduler at {scheduler} does not answer; "
            f"start it, correct INTENTLOOP_DASK_SCHEDULER, or unset it to work on this machine"
        ) from error


def _require_certificates(scheduler: str) -> None:
    """Check that the library can use TLS: otherwise it would fail deep inside, and hang on closing."""
    from distributed.security import Security

    try:
        arguments = Security().get_connection_args("client")  # type: ignore[no-untyped-call]
    except OSError as error:  # also what `ssl` raises for a file that is no certificate
        raise SetupProblem(f"the certificates of Dask's configuration cannot be read: {error}") from error
    if arguments.get("ssl_context") is None:
        raise SetupProblem(
            f"{scheduler} needs certificates, and Dask's configuration names none; "
            f"set DASK_DISTRIBUTED__COMM__TLS__CA_FILE, DASK_DISTRIBUTED__COMM__TLS__CLIENT__CERT and "
            f"DASK_DISTRIBUTED__COMM__TLS__CLIENT__KEY"
        )


def _require_greeting(scheduler: str) -> None:
    """Check that a scheduler answers: it speaks first, and the library waits forever for one that does not."""
    parts = urlsplit(scheduler)
    with socket.create_connection((parts.hostname, parts.port), timeout=CONNECT_SECONDS) as connection:
        if parts.scheme == "tcp":
            length = int.from_bytes(connection.recv(8, socket.MSG_WAITALL), "little")
            if not 0 < length <= _LONGEST_GREETING:
                raise ValueError("not a Dask scheduler")


def _workers_of(client: Any, scheduler: str) -> dict[str, Any]:
    try:
        client.wait_for_workers(1, timeout=CONNECT_SECONDS)
    except TimeoutError as error:
        raise SetupProblem(
            f"the Dask scheduler at {scheduler} has no workers; start some with `dask worker {scheduler}`, "
            f"or unset INTENTLOOP_DASK_SCHEDULER to work on this machine"
        ) from error
    workers: dict[str, Any] = client.scheduler_info(n_workers=-1)["workers"]
    return workers


def _installations(client: Any, scheduler: str) -> dict[str, dict[str, str]]:
    try:
        found: dict[str, dict[str, str]] = client.run(installation)
    except Exception as error:  # any error of the worker: a missing module, an old one without this function
        raise SetupProblem(
            f"the workers of the Dask scheduler at {scheduler} cannot run this project's code "
            f"({type(error).__name__}: {str(error).splitlines()[0] if str(error) else 'no reason given'}); "
            f"install the same version of intentloop with the extra `train` in their environment"
        ) from error
    return found
