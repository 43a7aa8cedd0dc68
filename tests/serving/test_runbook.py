"""The commands of the operator's runbook, run in its order on a platform of its own."""

import copy
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.bots import TINY_BOT_WIRE
from tests.support.local_platform import LocalPlatform

ROOT = Path(__file__).parents[2]
BLOCK = re.compile(r"^### (?P<title>.+?)$|^```sh\n(?P<commands>.+?)^```", re.MULTILINE | re.DOTALL)

pytestmark = pytest.mark.slow


def commands_by_title() -> dict[str, str]:
    """Return the commands of each part of the runbook that need no AWS."""
    guide = (ROOT / "serving" / "docs" / "operating.md").read_text(encoding="utf-8")
    runbook = guide.split("\n## Runbook\n")[1].split("\n## ")[0]
    found: dict[str, str] = {}
    title = ""
    for match in BLOCK.finditer(runbook):
        title = match["title"] or title
        if match["commands"] and not match["commands"].startswith("# needs AWS"):
            found[title] = found.get(title, "") + match["commands"]
    return found


@pytest.fixture(scope="module")
def platform(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalPlatform]:
    """Start a platform with a small bot."""
    folder = tmp_path_factory.mktemp("runbook")
    local = LocalPlatform(folder / "home")
    local.seed(folder / "seed", TINY_BOT_WIRE)
    local.start()
    yield local
    local.kill()


def test_every_command_of_the_runbook_does_what_it_says(platform: LocalPlatform, tmp_path: Path) -> None:
    def run(commands: str) -> str:
        bin_folder = Path(sys.executable).parent
        environment = {
            **platform.other_terminal,
            "COLUMNS": "200",
            "PATH": f"{bin_folder}{os.pathsep}{os.environ['PATH']}",
        }
        done = subprocess.run(
            ["bash", "-ec", commands], capture_output=True, text=True, timeout=1200, cwd=tmp_path, env=environment
        )
        assert done.returncode == 0, f"{commands}\n{done.stdout}\n{done.stderr}"
        return done.stdout + done.stderr

    parts = commands_by_title()
    titles = ["Deploy", "The first bot", "A new release, and back", "Back up and restore", "Rotate keys"]
    assert list(parts) == titles
    bot = copy.deepcopy(TINY_BOT_WIRE)
    (tmp_path / "shop.json").write_text(json.dumps(bot), encoding="utf-8")
    run(parts["Deploy"])
    run(parts["The first bot"])
    for intent in bot["intents"]:
        if intent["intentId"] == "greet":
            intent["speechResponse"] = "Hello, dear customer!"
    (tmp_path / "shop.json").write_text(json.dumps(bot), encoding="utf-8")
    shown = run(parts["A new release, and back"])
    assert "customers did not like it" in shown
    assert "a friendlier greeting" in shown
    run(parts["Back up and restore"])
    making, listing, revoking = parts["Rotate keys"].splitlines()
    run(making)
    (row,) = [line for line in run(listing).splitlines() if "operators, from January" in line]
    found = re.search(r"\b[0-9a-f]{10}\b", row)
    assert found is not None, row
    run(revoking.replace("1f0c55aa21", found[0]))
    assert "revoked" in run(listing)
