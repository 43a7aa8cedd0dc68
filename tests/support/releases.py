"""Real, tiny, seeded releases for tests."""

import hashlib
import json
import shutil
from pathlib import Path

from pipelines.nlu.encoder.encoder import SentenceEncoder
from pipelines.nlu.model import NluModel
from pipelines.registry.release import BOT_FILE, MANIFEST_FILE, write_release
from pipelines.schemas.bot import BotFile
from pipelines.schemas.examples import Example, LabelledSpan
from pipelines.schemas.release import BotDefinition
from tests.support.bots import TINY_BOT


def examples_of(bot_file: BotFile) -> list[Example]:
    """Give the training examples of a bot file whose annotations are right."""
    return [
        Example(
            id=f"{intent.intent_id}-{number}",
            text=row.text,
            intent=intent.intent_id,
            entities=tuple(
                LabelledSpan(start=span.begin, end=span.end, type=span.name, value=span.value) for span in row.entities
            ),
        )
        for intent in bot_file.intents
        for number, row in enumerate(intent.training_data)
    ]


def make_release(
    folder: Path,
    bot_file: BotFile,
    *,
    name: str = "default",
    seed: int = 0,
    encoder: SentenceEncoder | None = None,
) -> Path:
    """Train the bot for real (about a second for the tiny one) and write its release folder."""
    examples = examples_of(bot_file)
    model = NluModel(seed=seed, language=bot_file.language, encoder=encoder)
    model.fit(examples, bot_file.entities, intents=bot_file.intents)
    write_release(
        folder,
        definition=BotDefinition(
            name=name,
            language=bot_file.language,
            timezone=bot_file.timezone,
            intents=bot_file.intents,
            entities=bot_file.entities,
            thresholds=model.thresholds_,
            llm=bot_file.llm_config,
        ),
        model=model,
        golden_texts=[example.text for example in examples[::5]],
        data_hash="0" * 64,
        seed=seed,
        git_commit=None,
    )
    return folder


def make_two_releases(folder: Path) -> tuple[Path, Path]:
    """Train the tiny bot with two seeds."""
    return make_release(folder / "one", TINY_BOT, seed=1), make_release(folder / "two", TINY_BOT, seed=2)


def bot_of(release: Path) -> str:
    """Give the bot that a release folder names."""
    return str(json.loads((release / MANIFEST_FILE).read_bytes())["bot"])


def made_for(bot: str, release: Path, folder: Path) -> Path:
    """Write a release again into a folder, as if it had been trained for another bot: nothing else differs."""
    shutil.copytree(release, folder)
    definition = json.loads((folder / BOT_FILE).read_bytes()) | {"name": bot}
    (folder / BOT_FILE).write_text(json.dumps(definition), encoding="utf-8")
    digest = hashlib.sha256((folder / BOT_FILE).read_bytes()).hexdigest()
    manifest = json.loads((folder / MANIFEST_FILE).read_bytes())
    manifest |= {"bot": bot, "bot_hash": digest, "sha256_by_file": manifest["sha256_by_file"] | {BOT_FILE: digest}}
    (folder / MANIFEST_FILE).write_text(json.dumps(manifest), encoding="utf-8")
    return folder


def reworded(release: Path, folder: Path) -> Path:
    """Write a release of the tiny bot again that greets in other words; its hashes are the old ones until it is
    registered."""
    target = folder / f"{release.name}-reworded"
    shutil.copytree(release, target)
    said = (target / BOT_FILE).read_text(encoding="utf-8")
    assert '"Hello!"' in said
    (target / BOT_FILE).write_text(said.replace('"Hello!"', '"Good day to you!"'), encoding="utf-8")
    return target
