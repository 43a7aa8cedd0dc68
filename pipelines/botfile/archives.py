"""Files that are no text, told by their first bytes and, for archives, by the names inside."""

import io
import tarfile
import zipfile
from collections.abc import Collection

from pipelines.botfile.foreign import AS_TABLE

_MOST_NAMES = 2000
_BSON_HEADER = 5


def archive_kind(data: bytes) -> str | None:
    """Return what an archive or another binary file is; None for a text."""
    if data.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return _zip_kind(data)
    if data.startswith(b"\x1f\x8b"):
        return _tar_kind(data)
    for start, kind in _MAGIC:
        if data.startswith(start):
            return kind
    length = int.from_bytes(data[:4], "little")
    if _BSON_HEADER <= length <= len(data) and 0 < data[4] < 0x14 and data[length - 1] == 0:
        return "a dump of a MongoDB database (BSON); export its collections `intent` and `entity` with `mongoexport`"
    return None


_MAGIC = (
    (b"%PDF", "a PDF document; name the bot file"),
    (b"SQLite format 3", "a SQLite database"),
    (b"\x89PNG", "a picture; name the bot file"),
    (b"\xff\xd8\xff", "a picture; name the bot file"),
    (b"\xd0\xcf\x11\xe0", "an old Excel or Word document"),
    (b"Obj\x01", "an Avro file"),
    (b"PAR1", f"a Parquet file; {AS_TABLE}"),
)


def _zip_kind(data: bytes) -> str:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            names = archive.namelist()[:_MOST_NAMES]
    except NotImplementedError:  # a version of the format that Python does not read
        return "a zip archive; unpack it and name the bot file in it"
    except (zipfile.BadZipFile, ValueError, OSError):  # a directory that points outside the file gives the last two
        return "a damaged zip archive; download it again"
    if any(name.endswith("xl/workbook.xml") for name in names):
        return "an Excel workbook"
    if any(name.endswith("word/document.xml") for name in names):
        return "a Word document"
    return _platform_of(names) or "a zip archive; unpack it and name the bot file in it"


def _tar_kind(data: bytes) -> str:
    try:
        with tarfile.open(fileobj=io.BytesIO(data), mode="r:gz") as archive:
            names = []
            for member in archive:
                names.append(member.name)
                if len(names) == _MOST_NAMES:
                    break
    except (tarfile.TarError, OSError, EOFError, ValueError):
        return "a compressed file (gzip); unpack it first"
    if any(name.endswith(("fingerprint.json", "components/train_schema.json")) for name in names):
        return "a trained Rasa model"
    return _platform_of(names) or "a compressed archive (gzip); unpack it and name the bot file in it"


def _platform_of(names: Collection[str]) -> str | None:
    """Return the platform whose export holds files of these names."""
    files = {name.rpartition("/")[2] for name in names}
    folders = {part for name in names for part in name.split("/")[:-1]}
    if "agent.json" in files:
        return "an agent of Dialogflow CX" if "flows" in folders else "a Dialogflow agent"
    if folders & {"botLocales", "BotLocales"} or ("Manifest.json" in files and "Bot.json" in files):
        return "a bot of Amazon Lex"
    if "app.json" in files and (folders & {"utterances", "expressions"} or "expressions.json" in files):
        return "an app of Wit.ai"
    if "bot.config.json" in files or "bots" in folders:
        return "a bot of Botpress"
    if "domain.yml" in files or "nlu.yml" in files:
        return "a Rasa project"
    return None
