"""Check digits of more states' numbers, if the package python-stdnum is installed.

It is under the LGPL, so it is no dependency: `pip install "intentloop[ids]"` adds it.
"""

from functools import cache
from importlib import import_module
from types import ModuleType

_MODULES = (
    "at.vnr", "bg.egn", "cz.rc", "ee.ik", "gr.amka", "hr.oib", "hu.anum", "ie.pps", "il.idnr", "is_.kennitala",
    "lt.asmens", "lv.pk", "my.nric", "pk.cnic", "pt.cc", "si.emso", "th.pin", "ua.rntrc", "uy.rut", "vn.mst",
)  # fmt: skip


def is_known_elsewhere(written: str) -> bool:
    """Whether the check digits are those of a number that python-stdnum knows; False without it."""
    return any(module.is_valid(written) for module in _modules())


@cache
def _modules() -> tuple[ModuleType, ...]:
    found = []
    for name in _MODULES:
        try:
            found.append(import_module(f"stdnum.{name}"))
        except ImportError:
            continue
    return tuple(found)
