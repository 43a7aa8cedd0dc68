import os
import subprocess
import sys
from pathlib import Path

import pytest

from serving.store.client import Database
from serving.store.integrations import IntegrationStore

ROOT = Path(__file__).parents[3]


def channel(mongo_uri: str, *arguments: str, stdin: str | None = None) -> subprocess.CompletedProcess[str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("INTENTLOOP_")}
    return subprocess.run(
        [sys.executable, "-W", "error", "-m", "serving.cli", "channel", *arguments],
        capture_output=True,
        text=True,
        input=stdin,
        timeout=600,
        check=False,
        cwd=ROOT,
        env={**kept, "INTENTLOOP_MONGO_URI": mongo_uri, "INTENTLOOP_MONGO_DATABASE": "intentloop_test"},
    )


@pytest.mark.slow
async def test_set_changes_what_is_given_and_show_hides_secrets(
    mongo_uri: str, database: Database, new_name: str
) -> None:
    assert "is not connected" in channel(mongo_uri, "show", "--bot", new_name).stdout
    first = channel(
        mongo_uri, "set-facebook", "--bot", new_name, "--verify-token", "v3rify", "--app-secret", "secret:FB_APP"
    )
    assert first.returncode == 0, first.stderr
    second = channel(
        mongo_uri, "set-facebook", "--bot", new_name, "--page-token", "-", "--page", "1002", "--off", stdin="t0ken\n"
    )
    assert second.returncode == 0, second.stderr
    found = await IntegrationStore(database).find(new_name, "facebook")
    assert found is not None
    assert found.settings == {
        "verify": "v3rify",
        "secret": "secret:FB_APP",
        "page_access_token": "",
        "page_access_tokens": {"1002": "t0ken"},
    }
    assert not found.is_enabled
    third = channel(mongo_uri, "set-facebook", "--bot", new_name, "--page-token", "n3w")
    assert "facebook: off" in third.stdout
    shown = channel(mongo_uri, "show", "--bot", new_name).stdout
    assert [line.split() for line in shown.splitlines()[1:]] == [
        ["verify", "***"],
        ["secret", "secret:FB_APP"],
        ["page_access_token", "***"],
        ["page", "1002", "***"],
    ]
    assert "off" in shown
    for printed in (first.stdout, second.stdout, third.stdout, shown):
        assert "v3rify" not in printed
        assert "t0ken" not in printed


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("--page", "1002"), "give the page's token as well"),
        ((), "nothing to change"),
        (("--app-secret", ""), "the value is empty"),
        (("--app-secret", "-"), "the value is empty"),
        (("--app-secret", "secret:fb-app"), "capital letters"),
        (("--bot", "a/b", "--off"), "a bot's name"),
    ],
)
def test_set_that_cannot_be_meant_is_wrong_usage(arguments: tuple[str, ...], sentence: str) -> None:
    done = channel("mongodb://127.0.0.1:1/", "set-facebook", *arguments, stdin="")
    assert done.returncode == 2
    assert sentence in " ".join(done.stderr.replace("\u2502", " ").split())
