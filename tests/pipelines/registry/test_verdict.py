"""A verdict lets exactly one release answer: the one it was said about, unchanged."""

import json
import shutil
from dataclasses import dataclass
from pathlib import Path

import pytest

from pipelines.errors import ReleaseRefused
from pipelines.registry.release import MANIFEST_FILE
from pipelines.registry.verdict import VERDICT_FILE, JudgedRelease, load_judged, verdict_tags
from tests.support.verdicts import write_judged

KEY = "a key that only training and serving have"


@dataclass(frozen=True)
class Version:
    """A release beside its verdict, and the tags that bind them."""

    release: Path
    tags: dict[str, str]

    def load(self, *, key: str | None = None, must_pass: bool = True, **tags: str) -> JudgedRelease:
        return load_judged(
            self.release, bot="default", version="1", tags={**self.tags, **tags}, key=key, must_pass=must_pass
        )


@pytest.fixture
def version(tiny_release_folder: Path, tmp_path: Path) -> Version:
    release = tmp_path / "artifacts" / "release"
    shutil.copytree(tiny_release_folder, release)
    return Version(release, write_judged(release, release.parent, key=KEY))


@pytest.mark.parametrize("key", [None, KEY])
def test_load_judged_takes_what_was_judged(version: Version, key: str | None) -> None:
    judged = version.load(key=key)
    assert judged.release.version == "1"
    assert judged.verdict.passed
    assert judged.digest == version.tags["verdict"]


def test_load_judged_refuses_one_changed_byte_anywhere(version: Version) -> None:
    files = sorted(path for path in version.release.parent.rglob("*") if path.is_file())
    assert {VERDICT_FILE, MANIFEST_FILE, "bot.json", "golden.jsonl"} <= {file.name for file in files}
    for file in files:
        content = file.read_bytes()
        for place in {0, len(content) // 2, len(content) - 1} if content else ():
            changed = bytearray(content)
            changed[place] ^= 1
            file.write_bytes(bytes(changed))
            with pytest.raises(ReleaseRefused):
                version.load()
        file.write_bytes(content)
    version.load()


@pytest.mark.parametrize("file", [VERDICT_FILE, f"release/{MANIFEST_FILE}", "release/bot.json"])
def test_load_judged_refuses_a_missing_file(version: Version, file: str) -> None:
    (version.release.parent / file).unlink()
    with pytest.raises(ReleaseRefused):
        version.load()


def test_load_judged_refuses_a_version_without_verdict(version: Version) -> None:
    (version.release.parent / VERDICT_FILE).unlink()
    with pytest.raises(ReleaseRefused, match=r"it has no verdict\.json"):
        version.load()


@pytest.mark.parametrize(
    ("tags", "sentence"),
    [
        ({"gate": ""}, "it has no tag gate=passed"),
        ({"gate": "failed"}, "it has not passed the gate"),
        ({"gate": "failed", "gate_reasons": "too bad"}, "too bad"),
        ({"data_hash": "1" * 64}, "other training data"),
        ({"verdict": "0" * 64}, r"hash of verdict\.json"),
        ({"verdict": "\ud800ü"}, r"hash of verdict\.json"),
    ],
)
def test_load_judged_refuses_other_tags(version: Version, tags: dict[str, str], sentence: str) -> None:
    with pytest.raises(ReleaseRefused, match=sentence):
        version.load(**tags)


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"passed": False, "reasons": ("accuracy is low",)}, "accuracy is low"),
        ({"data_hash": "1" * 64}, "other training data"),
        ({"manifest_sha256": "1" * 64}, "other files"),
        ({"format": 99}, "cannot be read"),
    ],
)
def test_load_judged_refuses_another_verdict_even_if_its_tags_fit(
    version: Version, changes: dict[str, object], sentence: str
) -> None:
    tags = write_judged(version.release, version.release.parent, **changes)
    with pytest.raises(ReleaseRefused, match=sentence):
        Version(version.release, {**tags, "gate": "passed"}).load()


def test_load_judged_takes_a_failed_one_where_it_need_not_pass(version: Version) -> None:
    tags = write_judged(version.release, version.release.parent, passed=False)
    judged = Version(version.release, tags).load(must_pass=False)
    assert not judged.verdict.passed
    with pytest.raises(ReleaseRefused):
        Version(version.release, {**tags, "verdict": "0"}).load(must_pass=False)


@pytest.mark.parametrize(("signature", "sentence"), [("", "not signed"), ("v1:" + "0" * 64, "signed with another")])
def test_load_judged_with_a_key_refuses_what_is_not_signed_with_it(
    version: Version, signature: str, sentence: str
) -> None:
    with pytest.raises(ReleaseRefused, match=sentence):
        version.load(key=KEY, verdict_signature=signature)
    version.load(verdict_signature=signature)  # without a key nobody looks


def test_load_judged_with_a_key_refuses_a_forged_verdict(version: Version) -> None:
    file = version.release.parent / VERDICT_FILE
    file.write_text(json.dumps(json.loads(file.read_text()) | {"reasons": []}), encoding="utf-8")
    forged = {**verdict_tags(file, key="a key that somebody made up"), "gate": "passed"}
    with pytest.raises(ReleaseRefused, match="signed with another"):
        version.load(key=KEY, **forged)
