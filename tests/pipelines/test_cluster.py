"""Workers here and on a Dask cluster: those that are there, and clear words where they are not."""

import socket
import time
from contextlib import closing
from pathlib import Path

import dask
import pytest

from pipelines.cluster import check_cluster, differences, installation, open_cluster
from pipelines.errors import SetupProblem
from tests.support.dask_cluster import dask_cluster
from tests.support.servers import free_port


def test_open_cluster_without_scheduler_is_this_machine() -> None:
    with open_cluster(None) as cluster:
        assert cluster.n_workers >= 1
        assert str(cluster).endswith("of this machine")


def test_check_cluster_nobody_listens_says_so_within_seconds() -> None:
    address = f"tcp://127.0.0.1:{free_port()}"
    begun = time.monotonic()
    with pytest.raises(SetupProblem, match=f"{address} does not answer; .* INTENTLOOP_DASK_SCHEDULER"):
        check_cluster(address)
    assert time.monotonic() - begun < 10


def test_check_cluster_something_else_listens_says_so_within_seconds() -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as silent:
        begun = time.monotonic()
        with pytest.raises(SetupProblem, match="does not answer"):
            check_cluster(f"tcp://127.0.0.1:{silent.getsockname()[1]}")
        assert time.monotonic() - begun < 15


def test_check_cluster_tls_without_certificates_says_what_to_set(tmp_path: Path) -> None:
    with pytest.raises(SetupProblem, match=r"needs certificates.*DASK_DISTRIBUTED__COMM__TLS__CA_FILE"):
        check_cluster("tls://127.0.0.1:9")
    names = {f"distributed.comm.tls.{name}": str(tmp_path / "none.pem") for name in ("ca-file", "client.cert")}
    with dask.config.set(names), pytest.raises(SetupProblem, match="certificates of Dask's configuration cannot be"):
        check_cluster("tls://127.0.0.1:9")


@pytest.mark.integration
def test_check_cluster_without_workers_tells_how_to_start_one(tmp_path: Path) -> None:
    with dask_cluster(tmp_path, n_workers=0) as address, pytest.raises(SetupProblem, match="dask worker tcp://127"):
        check_cluster(address)


def test_differences_name_each_once_in_plain_words() -> None:
    here = installation()
    assert list(differences(here, {"tcp://w1": here})) == []
    older = here | {"numpy": "1.26.4"}
    found = list(differences(here, {"tcp://w1": older, "tcp://w2": older, "tcp://w3": here}))
    assert len(found) == 1
    assert found[0].startswith(f"numpy is {here['numpy']} here and 1.26.4 on the Dask worker tcp://w1 and 1 more: ")
