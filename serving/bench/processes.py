"""What server processes of this machine use: found by the port they listen on, read without special rights."""

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
        Memory that is resident now, in millions of bytes.
    """

    cpu_seconds: float
    resident_mb: float


def find_listener(port: int) -> int | None:
    """Find the process that listens on a port of this machine.

    Parameters
    ----------
    port
        The port.

    Returns
    -------
    int or None
        Its id; None if there is none, it is another user's, or the system does not tell.
    """
    try:
        connections = psutil.net_connections("tcp")
    except psutil.AccessDenied:  # macOS tells only root
        return None
    listening = (each for each in connections if each.status == psutil.CONN_LISTEN)
    found = (each.pid for each in listening if getattr(each.laddr, "port", None) == port)
    return next((pid for pid in found if pid is not None), None)


def use_of(pid: int) -> ProcessUse | None:
    """Read what a process uses; None if it has ended.

    Parameters
    ----------
    pid
        Process id.

    Returns
    -------
    ProcessUse or None
        Of the process and its living children together.
    """
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
    """Stop a process and all it started where they are, or let them go on."""
    try:
        root = psutil.Process(pid)
        for process in (root, *root.children(recursive=True)):
            process.suspend() if is_paused else process.resume()
    except psutil.NoSuchProcess:
        return
