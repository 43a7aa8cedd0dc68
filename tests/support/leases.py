"""Leases that change hands in tests."""

from dataclasses import replace

from serving.store.work.leases import Lease, Leases


async def steal(leases: Leases, key: str, *, holder: str) -> Lease:
    """Take a lease from a holder who lives, as from one that was frozen for too long."""
    held = await leases.find(key)
    assert held is not None
    stolen = replace(held, number=held.number + 1, holder=holder)
    assert await leases._put(stolen, instead_of=held)
    return stolen
