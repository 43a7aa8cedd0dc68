"""The stack is tested in an environment of its own, `.venv-infra`, which only `make infra` makes."""

from importlib.util import find_spec

import pytest


class _LeftOut(pytest.Module):
    """A test file without the packages it needs."""

    def collect(self) -> list[pytest.Item]:
        pytest.skip("aws_cdk is not installed here; `make infra` runs this")


def pytest_pycollect_makemodule(module_path: object, parent: pytest.Collector) -> pytest.Module | None:
    """Skip every file, with the reason, where there is no CDK."""
    return None if find_spec("aws_cdk") else _LeftOut.from_parent(parent, path=module_path)
