import subprocess
import sys
from pathlib import Path

import pytest

from pipelines.errors import SetupProblem
from serving.local.home import (
    ADMIN_TOKEN_FILE,
    admin_token_of,
    hold_home,
    is_open_to_others,
    prepare_home,
    require_packages,
)

HOLD = """
import sys, time
from pathlib import Path
from serving.local.home import hold_home
with hold_home(Path(sys.argv[1]), address="http://here:1"):
    print("held", flush=True)
    time.sleep(600)
"""


def test_prepare_home_makes_the_folder(tmp_path: Path) -> None:
    folder = prepare_home(tmp_path / "a" / "b")
    assert folder.is_dir()
    assert list(folder.iterdir()) == []


@pytest.mark.parametrize("mode", [0o755, 0o770, 0o701, None])
def test_prepare_home_is_closed_to_others_and_closes_an_existing_one(tmp_path: Path, mode: int | None) -> None:
    folder = tmp_path / "home"
    if mode is not None:
        folder.mkdir()
        folder.chmod(mode)
    prepare_home(folder, closes=False)
    assert is_open_to_others(folder) is (mode is not None)
    prepare_home(folder)
    assert folder.stat().st_mode & 0o777 == 0o700


def test_prepare_home_leaves_a_folder_that_all_share(tmp_path: Path) -> None:
    tmp_path.chmod(0o1777)
    prepare_home(tmp_path)
    assert tmp_path.stat().st_mode & 0o7777 == 0o1777


def test_prepare_home_that_cannot_be_written_says_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(SetupProblem, match="INTENTLOOP_HOME"):
        prepare_home(tmp_path / "file" / "home")


def test_hold_home_keeps_a_second_one_out_and_survives_a_crash(tmp_path: Path) -> None:
    first = subprocess.Popen([sys.executable, "-c", HOLD, str(tmp_path)], stdout=subprocess.PIPE)
    assert first.stdout is not None
    with first.stdout:
        first.stdout.readline()
        with (
            pytest.raises(SetupProblem, match=rf"running already \(process {first.pid}\) at http://here:1"),
            hold_home(tmp_path, address="http://there:1"),
        ):
            pass
        first.kill()
        first.wait()
    with hold_home(tmp_path, address="http://there:1") as is_after_crash:
        assert is_after_crash
    with hold_home(tmp_path, address="http://there:1") as is_after_crash:
        assert not is_after_crash


def test_require_packages_names_what_is_missing_and_the_extra() -> None:
    require_packages(["json", "email.message"], extra="local", purpose="this")
    with pytest.raises(SetupProblem, match=r"needs no_such_module, nor\.here, .*intentloop\[local\]"):
        require_packages(["json", "no_such_module", "nor.here"], extra="local", purpose="this")


def test_admin_token_is_made_once_and_is_for_this_user_alone(tmp_path: Path) -> None:
    token = admin_token_of(tmp_path)
    assert len(token) > 40
    assert admin_token_of(tmp_path) == token
    assert (tmp_path / ADMIN_TOKEN_FILE).stat().st_mode & 0o777 == 0o600
