"""Resource use of this machine's server processes, found by port and read without special rights."""

from dataclasses import dataclass

import psutil

LOOPBACK_HOSTS = frozenset(("localhost", "127.0.0.1", "::1"))


@dataclass(frozen=True)
class ProcessUse:
    """What a process and its children have used so far.

    Attributes
    ----------
    cpu_seconds
        User and system time.
    resident_mb
        Current resident memory, in millions of bytes.
    """

    cpu_seconds: float
    resident_mb: float


def find_listener(port: int) -> int | None:
    """Return the id of the process listening on a port.

    None if there is none, it belongs to another user, or the system does not tell.
    """
    try:
        connections = psutil.net_connections("tcp")
    except psutil.AccessDenied:  # macOS tells only root
        return None
    listening = (each for each in connections if each.status == psutil.CONN_LISTEN)
    found = (each.pid for each in listening if getattr(each.laddr, "port", None) == port)
    return next((pid for pid in found if pid is not None), None)


def use_of(pid: int) -> ProcessUse | None:
    """Return the use of a process and its living children; None if it has ended."""
    cpu_seconds = resident = 0.0
    try:
        root = psutil.Process(pid)
        family = [root, *root.children(recursive=True)]
    except psutil.NoSuchProcess:
        return None
    for process in family:
        try:
            times = process.cpu_times()
            resident += process.memory_info().rss / 1e6
        except psutil.NoSuchProcess:  # a child that ended meanwhile
            continue
        cpu_seconds += times.user + times.system
    return ProcessUse(cpu_seconds=cpu_seconds, resident_mb=resident)


def pause(pid: int, *, is_paused: bool) -> None:
    """Suspend or resume a process and all its descendants."""
    try:
        root = psutil.Process(pid)
        for process in (root, *root.children(recursive=True)):
            process.suspend() if is_paused else process.resume()
    except psutil.NoSuchProcess:
        return
