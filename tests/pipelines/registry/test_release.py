"""A release is loaded as it was trained, or refused with the reason; nothing between."""

import hashlib
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pipelines.errors import ReleaseRefused
from pipelines.nlu.model import NluModel
from pipelines.registry.release import Release, load_release, write_release
from pipelines.schemas.release import RELEASE_FORMAT
from pipelines.schemas.thresholds import Thresholds
from tests.support.bots import TINY_BOT
from tests.support.releases import make_release


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_release(tmp_path_factory.mktemp("releases") / "original", TINY_BOT)


@pytest.fixture
def folder(original: Path, tmp_path: Path) -> Path:
    """Give a copy of the release to tamper with."""
    return Path(shutil.copytree(original, tmp_path / "copy"))


def files_of(folder: Path) -> list[str]:
    return sorted(file.relative_to(folder).as_posix() for file in folder.rglob("*") if file.is_file())


def edit_manifest(folder: Path, change: Callable[[dict[str, Any]], object]) -> None:
    file = folder / "manifest.json"
    manifest = json.loads(file.read_bytes())
    change(manifest)
    file.write_text(json.dumps(manifest), encoding="utf-8")


def forge(folder: Path, name: str, content: bytes) -> None:
    """Replace a file and give the manifest its hash, as somebody would who knows how it works."""
    (folder / name).write_bytes(content)
    digest = hashlib.sha256(content).hexdigest()

    def sign(manifest: dict[str, Any]) -> None:
        manifest["sha256_by_file"][name] = digest
        if name == "bot.json":
            manifest["bot_hash"] = digest

    edit_manifest(folder, sign)


def refusal(folder: Path) -> str:
    with pytest.raises(ReleaseRefused) as caught:
        load_release(folder, version="7")
    assert caught.value.version == "7"
    assert str(caught.value).endswith("correct that and train again, or promote another one")
    return caught.value.reason


def test_load_release_gives_what_was_written(original: Path) -> None:
    release = load_release(original, version="7")
    assert release.version == "7"
    assert release.definition.name == release.manifest.bot == "default"
    assert [intent.intent_id for intent in release.definition.intents] == [i.intent_id for i in TINY_BOT.intents]
    assert release.definition.entities == TINY_BOT.entities
    assert release.definition.thresholds == release.model.thresholds_
    assert release.model.parse("track my order").ranking[0].intent_id == "track_order"


def test_write_release_holds_no_training_data_and_only_plain_files(original: Path) -> None:
    assert b"trainingData" not in (original / "bot.json").read_bytes()
    assert {Path(name).suffix for name in files_of(original)} <= {".json", ".jsonl", ".npz", ".crfsuite", ".onnx"}


def test_write_release_manifest_lists_every_other_file(original: Path) -> None:
    manifest = json.loads((original / "manifest.json").read_bytes())
    assert sorted([*manifest["sha256_by_file"], "manifest.json"]) == files_of(original)
    assert manifest["bot_hash"] == manifest["sha256_by_file"]["bot.json"]
    assert {"numpy", "scikit-learn", "python-crfsuite"} <= set(manifest["library_versions"])


def test_write_release_never_changes_one(original: Path, tiny_release: Release) -> None:
    with pytest.raises(FileExistsError, match="never changed"):
        write_tiny(original, tiny_release)


def test_write_release_that_fails_leaves_nothing(tmp_path: Path, tiny_release: Release) -> None:
    class Broken(NluModel):
        def save(self, folder: Path) -> None:
            (folder / "half").mkdir(parents=True)
            raise OSError("no space left on device")

    with pytest.raises(OSError, match="no space"):
        write_tiny(tmp_path / "release", tiny_release, model=Broken())
    assert list(tmp_path.iterdir()) == []


def write_tiny(folder: Path, release: Release, *, model: NluModel | None = None) -> None:
    write_release(
        folder,
        definition=release.definition,
        model=model or release.model,
        golden_texts=["hello"],
        data_hash="0" * 64,
        seed=0,
        git_commit=None,
    )


def test_load_release_again_from_what_was_loaded(tmp_path: Path, tiny_release: Release) -> None:
    write_tiny(tmp_path / "release", tiny_release)
    again = load_release(tmp_path / "release", version="2")
    assert again.definition == tiny_release.definition
    assert again.model.parse("track ORD-1") == tiny_release.model.parse("track ORD-1")


# as releases have it that were made when thresholds still had a margin, which no training ever set
WITH_MARGIN = {"confidence": 0.3, "margin": 0.0, "out_of_scope": 1.25, "clarify": 0.7}


def test_load_release_reads_thresholds_that_still_have_a_margin(folder: Path) -> None:
    for name in ("bot.json", "nlu/nlu.json"):
        content = json.loads((folder / name).read_bytes()) | {"thresholds": WITH_MARGIN}
        forge(folder, name, json.dumps(content).encode())
    release = load_release(folder, version="1")
    expected = Thresholds(confidence=0.3, out_of_scope=1.25, clarify=0.7)
    assert release.definition.thresholds == release.model.thresholds_ == expected
    assert "margin" not in release.definition.model_dump_json()


def test_load_release_refuses_a_changed_byte_in_any_file(original: Path, folder: Path) -> None:
    names = [name for name in files_of(original) if name != "manifest.json"]
    assert len(names) >= 5
    for name in names:
        content = (original / name).read_bytes()
        for place in (0, len(content) // 2, len(content) - 1):
            changed = bytearray(content)
            changed[place] ^= 1
            (folder / name).write_bytes(changed)
            assert f"the hash of {name}" in refusal(folder)
        (folder / name).write_bytes(content)
    load_release(folder, version="7")


def test_load_release_refuses_each_missing_file(original: Path, folder: Path) -> None:
    for name in files_of(original):
        content = (folder / name).read_bytes()
        (folder / name).unlink()
        assert name in refusal(folder) or name == "manifest.json"
        (folder / name).write_bytes(content)


@pytest.mark.parametrize("name", ["added.txt", "nlu/added.npz", "deep/er/added.py", ".hidden"])
def test_load_release_refuses_an_added_file(folder: Path, name: str) -> None:
    (folder / name).parent.mkdir(parents=True, exist_ok=True)
    (folder / name).write_bytes(b"")
    assert name in refusal(folder)


def test_load_release_refuses_a_folder_that_is_not_there(tmp_path: Path) -> None:
    assert "its manifest cannot be read" in refusal(tmp_path / "nowhere")


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"null", b'{"format": 1}', b"\xff\xfe", b"[" * 100_000])
def test_load_release_refuses_a_broken_manifest(folder: Path, content: bytes) -> None:
    (folder / "manifest.json").write_bytes(content)
    assert "its manifest cannot be read" in refusal(folder)


def test_load_release_refuses_a_newer_format(folder: Path) -> None:
    edit_manifest(folder, lambda manifest: manifest.update(format=RELEASE_FORMAT + 1))
    assert "newer" in refusal(folder)


def test_load_release_refuses_files_outside_the_folder(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "outside.txt").write_bytes(b"")
    edit_manifest(folder, lambda manifest: manifest["sha256_by_file"].update({"../outside.txt": "0" * 64}))
    assert "../outside.txt" in refusal(folder)


def test_load_release_refuses_two_hashes_of_the_bot(folder: Path) -> None:
    edit_manifest(folder, lambda manifest: manifest.update(bot_hash="0" * 64))
    assert "bot.json" in refusal(folder)


def test_load_release_refuses_a_golden_row_that_moved(folder: Path) -> None:
    lines = (folder / "golden.jsonl").read_text(encoding="utf-8").splitlines()
    rows = [json.loads(line) for line in lines]
    rows[1]["ranking"][0]["confidence"] -= 0.05
    forge(folder, "golden.jsonl", "".join(json.dumps(row) + "\n" for row in rows).encode())
    assert refusal(folder) == "golden utterance 2 is ranked differently than at training time"


@pytest.mark.parametrize(
    "ranking", [[], [{"intent_id": "no_such_intent", "confidence": 0.9}], [{"intent_id": "cancel", "confidence": 0.9}]]
)
def test_load_release_refuses_a_golden_row_of_another_model(folder: Path, ranking: list[dict[str, Any]]) -> None:
    forge(folder, "golden.jsonl", json.dumps({"text": "hello", "ranking": ranking}).encode())
    assert "golden utterance 1" in refusal(folder)


@pytest.mark.parametrize("shift", [0.019, -0.019])
def test_load_release_accepts_what_another_processor_adds_up_differently(folder: Path, shift: float) -> None:
    lines = (folder / "golden.jsonl").read_text(encoding="utf-8").splitlines()
    rows = [json.loads(line) for line in lines]
    for score in rows[0]["ranking"]:
        score["confidence"] = min(1.0, max(0.0, score["confidence"] + shift))
    forge(folder, "golden.jsonl", "".join(json.dumps(row) + "\n" for row in rows).encode())
    load_release(folder, version="7")


FORGED = {
    "bot.json": [b"", b"{}", b"[]", b"null", b"{", b'{"name": 1, "intents": 2, "thresholds": 3}'],
    "golden.jsonl": [b"{", b"null\n", b'{"text": 1}\n', b"\xff\n"],
    "nlu/nlu.json": [b"", b"{}", b"[]", b"null", b'"x"', b'{"format": "1"}', b'{"format": 999}', b"[" * 100_000],
    "nlu/nlu.npz": [b"", b"PK\x03\x04", b"no zip at all", b"PK\x05\x06" + b"\0" * 18, b"\x80\x04K\x01."],
    "nlu/entities.crfsuite": [b"no field at all"],
}


@pytest.mark.parametrize(("name", "content"), [(name, content) for name, rows in FORGED.items() for content in rows])
def test_load_release_refuses_files_that_only_their_hash_vouches_for(folder: Path, name: str, content: bytes) -> None:
    forge(folder, name, content)
    assert refusal(folder)


def test_load_release_refuses_arrays_that_do_not_fit_the_vocabulary(folder: Path) -> None:
    settings = json.loads((folder / "nlu" / "nlu.json").read_bytes())
    settings["features"]["sparse"]["characters"] += [f"new{n}" for n in range(9)]
    settings["classifier"]["intents"] = settings["classifier"]["intents"][:1]
    forge(folder, "nlu/nlu.json", json.dumps(settings).encode())
    assert refusal(folder)
