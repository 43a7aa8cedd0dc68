import os
import subprocess
import sys

import pytest

from serving.access.key_text import KeyText
from serving.access.roles import Role
from serving.store.access.api_keys import ApiKeys
from serving.store.access.audit import AuditLog
from serving.store.client import Database
from tests.support.docs import ROOT
from tests.support.records import now


def keys(mongo_uri: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("INTENTLOOP_")}
    place = {"INTENTLOOP_MONGO_URI": mongo_uri, "INTENTLOOP_MONGO_DATABASE": "intentloop_test", "COLUMNS": "200"}
    return subprocess.run(
        [sys.executable, "-W", "error", "-m", "serving.cli", "keys", *arguments],
        capture_output=True, text=True, timeout=60, check=False, cwd=ROOT, env={**kept, **place},
    )  # fmt: skip


@pytest.mark.slow
async def test_create_prints_a_key_once_list_hides_it_and_revoke_ends_it(
    mongo_uri: str, database: Database, new_name: str
) -> None:
    made = keys(mongo_uri, "create", new_name, "--role", "viewer", "--role", "shop=author", "--days", "30")
    assert made.returncode == 0, made.stderr
    text = KeyText.parse(made.stdout.strip())
    assert text is not None
    found = await ApiKeys(database).find(text, now=now())
    assert found is not None
    assert found.roles == {"*": Role.VIEWER, "shop": Role.AUTHOR}
    listed = keys(mongo_uri, "list").stdout
    (line,) = [line for line in listed.splitlines() if new_name in line]
    assert "viewer, shop=author" in line
    assert "until 20" in line
    assert text.secret not in listed
    assert "is revoked since" in keys(mongo_uri, "revoke", text.id).stdout
    assert await ApiKeys(database).find(text, now=now()) is None
    entries = [entry for entry in (await AuditLog(database).search(by="terminal"))[0] if entry.target == text.id]
    assert [entry.action for entry in entries] == ["revoke key", "create key"]
    assert text.secret not in str(entries)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("create", "x", "--role", "boss"), "'boss' is no role"),
        (("create", "x", "--role", "Shop=viewer"), "a bot's name"),
        (("create", "x"), "--role"),
        (("create", " ", "--role", "viewer"), "printable"),
        (("create", "a\x1b[2J", "--role", "viewer"), "printable"),
        (("revoke", "nobody"), "there is no key 'nobody'"),
    ],
)
@pytest.mark.slow
def test_wrong_words_are_refused_in_a_sentence(mongo_uri: str, arguments: tuple[str, ...], said: str) -> None:
    done = keys(mongo_uri, *arguments)
    assert done.returncode != 0
    assert said in " ".join(done.stderr.replace("│", " ").split())
    assert "Traceback" not in done.stderr
