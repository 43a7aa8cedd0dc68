"""The encoder's runtime must not report to its maker: nothing about a machine leaves it unasked."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

_ENCODE = """
import sys
from pathlib import Path
from pipelines.nlu.encoder.build import find_encoder
find_encoder("auto", cache=Path(sys.argv[1])).encode("hello")
"""


@pytest.mark.slow
def test_encode_writes_no_device_id_and_no_telemetry(tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    # a CI machine is left alone by the runtime anyway, which would prove nothing
    environment = {name: value for name, value in os.environ.items() if name not in ("CI", "ORT_DISABLE_TELEMETRY")}
    environment |= {"HOME": str(home), "PYTHONPATH": str(Path(__file__).parents[4])}
    environment.pop("XDG_CACHE_HOME", None)
    command = [sys.executable, "-c", _ENCODE, str(tmp_path / "cache")]
    subprocess.run(command, env=environment, check=True, timeout=120)
    assert [str(file) for file in home.rglob("*") if file.is_file()] == []
