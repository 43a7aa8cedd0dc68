"""A circuit breaker per host: a host that keeps failing is not called for a while."""

from dataclasses import dataclass

from serving.clock import MonotonicClock

FAILURES_TO_OPEN = 5
OPEN_SECONDS = 10.0
MAX_HOSTS = 1000


@dataclass(slots=True)
class _Circuit:
    failures: int = 0
    opened_at: float | None = None
    is_probing: bool = False


class Breakers:
    """The circuits of all hosts in this process.

    After `FAILURES_TO_OPEN` consecutive failures a host's circuit opens. After `OPEN_SECONDS` one call may try: if it
    succeeds the circuit closes, otherwise it stays open for as long again. `clock` is monotonic, in seconds.
    """

    def __init__(self, clock: MonotonicClock) -> None:
        self._clock = clock
        self._circuits: dict[str, _Circuit] = {}

    def may_call(self, host: str) -> bool:
        """Whether a call may go out now. If so, it must be followed by `succeeded`, `gave_up` or `failed`."""
        circuit = self._circuits.get(host)
        if circuit is None or circuit.opened_at is None:
            return True
        if circuit.is_probing or self._clock() - circuit.opened_at < OPEN_SECONDS:
            return False
        circuit.is_probing = True
        return True

    def succeeded(self, host: str) -> None:
        """Record that the host answered."""
        self._circuits.pop(host, None)

    def gave_up(self, host: str) -> None:
        """Record that the call ended without telling anything about the host."""
        if host in self._circuits:
            self._circuits[host].is_probing = False

    def failed(self, host: str) -> None:
        """Record that the host did not answer, or answered that it cannot."""
        if host not in self._circuits and len(self._circuits) >= MAX_HOSTS:
            self._circuits.pop(next(iter(self._circuits)))
        circuit = self._circuits.setdefault(host, _Circuit())
        circuit.failures += 1
        circuit.is_probing = False
        if circuit.failures >= FAILURES_TO_OPEN:
            circuit.opened_at = self._clock()
