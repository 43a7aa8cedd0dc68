"""The trade-off curve of a version, from a real MLflow server."""

from pathlib import Path

import pandas as pd
import pytest
from mlflow import MlflowClient

from pipelines.errors import NotFound, RegistryUnavailable
from pipelines.registry.client import Registry
from serving.release.trade_off import TradeOffs, read_points
from tests.support.mlflow_server import register_for
from tests.support.servers import free_port

CURVE = pd.DataFrame(
    {
        "confidence": [0.2, 0.4],
        "cost": [0.31, 0.25],
        "cost_without_limit": [0.3, 0.2],
        "wrong": [0.1, 0.05],
        "needless": [0.0, 0.01],
        "asked": [0.02, 0.02],
        "outside": [float("nan"), float("nan")],
        "allowed": [True, False],
        "chosen": [True, False],
    }
)


def test_read_points_reads_what_training_logs() -> None:
    first, second = read_points(CURVE.to_csv(index=False, float_format="%.5g"))
    assert (first.confidence, first.cost, first.wrong, first.outside) == (0.2, 0.31, 0.1, None)
    assert (first.allowed, first.chosen, second.allowed, second.chosen) == (True, True, False, False)


@pytest.mark.integration
async def test_find_gives_the_curve_of_a_version_and_keeps_it(
    mlflow_uri: str, release_folders: tuple[Path, Path], new_name: str
) -> None:
    version = register_for(mlflow_uri, release_folders[0], bot=new_name)
    curves = TradeOffs(mlflow_uri)
    assert await curves.find(new_name, version) is None
    client, run_id = MlflowClient(mlflow_uri), Registry(mlflow_uri).find_version(new_name, version).run_id
    client.log_text(run_id, CURVE.to_csv(index=False), "holdout/thresholds.csv")
    found = await curves.find(new_name, version)
    assert found is not None
    assert (found.version, found.measured_on, len(found.points)) == (version, "holdout", 2)
    assert await curves.find(new_name, version) is found
    with pytest.raises(NotFound):
        await curves.find(new_name, "99")


@pytest.mark.integration
async def test_find_does_not_wait_for_a_silent_registry() -> None:
    with pytest.raises(RegistryUnavailable):
        await TradeOffs(f"http://127.0.0.1:{free_port()}").find("default", "1")
