"""Links to pages of the MLflow UI, built in one place: they open in the mode that has models.

MLflow 3.17 opens in its GenAI mode, which hides the model registry and shows an experiment's traces instead of its
runs. The parameter chooses the other mode, for as long as the page is open; older servers ignore it. It belongs to the
part of the address after the `#`.
"""

import re
from urllib.parse import quote

_MODE = "workflowType=machine_learning"
_CREDENTIALS = re.compile(r"(?<=://)[^/?#\s]*@")


def page(tracking_uri: str, path: str = "") -> str:
    """Return the link to a page of the UI; empty for a store without pages.

    The link has no user name and password: the browser asks for them.

    Parameters
    ----------
    path
        Path of the page after the `#`, such as `/models/intentloop-default`; without it, the first page.
    """
    if not tracking_uri.startswith(("http://", "https://")):
        return ""
    return f"{_CREDENTIALS.sub('', tracking_uri).rstrip('/')}/#{path or '/'}?{_MODE}"


def model_page(tracking_uri: str, name: str) -> str:
    """Return the link to a registered model."""
    return page(tracking_uri, f"/models/{quote(name, safe='')}")


def version_page(tracking_uri: str, name: str, version: str) -> str:
    """Return the link to a version of a registered model."""
    return page(tracking_uri, f"/models/{quote(name, safe='')}/versions/{quote(version, safe='')}")


def artifact_page(tracking_uri: str, experiment_id: str, run_id: str, path: str) -> str:
    """Return the link to a file that a run has logged."""
    return page(tracking_uri, _artifact_path(experiment_id, run_id, path))


def artifact_link(experiment_id: str, run_id: str, path: str) -> str:
    """Return the link to a file of a run from another page of the UI, whatever name the browser calls the server by."""
    return f"#{_artifact_path(experiment_id, run_id, path)}?{_MODE}"


def run_page(tracking_uri: str, experiment_id: str, run_id: str) -> str:
    """Return the link to a run."""
    return page(tracking_uri, f"/experiments/{quote(experiment_id, safe='')}/runs/{quote(run_id, safe='')}")


def _artifact_path(experiment_id: str, run_id: str, path: str) -> str:
    return f"/experiments/{quote(experiment_id, safe='')}/runs/{quote(run_id, safe='')}/artifacts/{quote(path)}"
