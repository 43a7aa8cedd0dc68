"""The verdict on a release: how it is bound to the release's files, and how the bond is verified before it may answer.

`verdict.json` lies beside the release folder among a version's artifacts and holds the hash of its manifest, which
holds the hash of every file. The verdict's own digest is a tag on the version, with a signature if there is a key:
whoever can write artifacts cannot write tags unnoticed, and without the key nobody can make a signature.

A release that is kept on a machine must be proved without the tags while MLflow is down: by the verdict's digest, which
the journal of promotions recorded when the version was promoted, and by the signature if there is a key.
"""

import hashlib
import hmac
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from pipelines.errors import ReleaseRefused
from pipelines.registry.release import MANIFEST_FILE, Release, load_release, read_plain, require_bot
from pipelines.schemas.verdict import Verdict

VERDICT_FILE, SIGNATURE_FILE = "verdict.json", "verdict.signature"
GATE_TAG, GATE_PASSED, GATE_FAILED = "gate", "passed", "failed"
DATA_TAG, VERDICT_TAG, SIGNATURE_TAG = "data_hash", "verdict", "verdict_signature"
REASONS_TAG = "gate_reasons"
"""Why a version has failed its gate: sentences that quote no customer."""
WARNINGS_TAG = "gate_warnings"
"""What whoever promotes a version must know, a line for each sentence; quotes nobody."""
JUDGING_TAGS = (GATE_TAG, DATA_TAG, VERDICT_TAG, SIGNATURE_TAG)
"""The tags that decide whether a version may answer; when one changes, a refused version is judged again."""


@dataclass(frozen=True)
class JudgedRelease:
    """A verified release and its verdict; `digest` is the verdict's SHA-256."""

    release: Release
    verdict: Verdict
    digest: str


def write_verdict(file: Path, verdict: Verdict) -> None:
    """Write `verdict.json`."""
    file.write_text(verdict.model_dump_json(indent=1) + "\n", encoding="utf-8")


def manifest_hash(release_folder: Path) -> str:
    """Return the hash of a release's manifest, which covers every file."""
    return hashlib.sha256(read_plain(release_folder / MANIFEST_FILE)).hexdigest()


def verdict_tags(file: Path, *, key: str | None) -> dict[str, str]:
    """Return the tags that bind a version to its verdict, by name; without a key, the verdict is not signed."""
    content = file.read_bytes()
    verdict = Verdict.model_validate_json(content)
    tags = {
        GATE_TAG: GATE_PASSED if verdict.passed else GATE_FAILED,
        DATA_TAG: verdict.data_hash,
        VERDICT_TAG: hashlib.sha256(content).hexdigest(),
    }
    return tags if key is None else {**tags, SIGNATURE_TAG: _signature(content, key)}


def require_gate(tags: Mapping[str, str], *, name: str, version: str) -> None:
    """Raise `ReleaseRefused` if a version's tags alone say that it has not passed its gate, before any download."""
    if tags.get(GATE_TAG) == GATE_PASSED:
        return
    if tags.get(GATE_TAG) == GATE_FAILED:
        reason = f"it has not passed the gate ({tags.get(REASONS_TAG) or 'no reason is given'})"
    else:
        reason = f"it has no tag {GATE_TAG}={GATE_PASSED}, so no evaluation has found it fit to answer"
    raise ReleaseRefused(name, version, reason)


def load_judged(
    release_folder: Path, *, bot: str, version: str, tags: Mapping[str, str], key: str | None, must_pass: bool = True
) -> JudgedRelease:
    """Load a release and its verdict, and verify that they belong together and to the bot.

    Parameters
    ----------
    release_folder
        A release, with `verdict.json` beside it.
    bot
        The bot that it is loaded for.
    key
        Key of the signature; None: signatures are ignored.
    must_pass
        Whether to require a passing verdict; it must exist and belong to the release in any case.

    Raises
    ------
    ReleaseRefused
        There is no verdict, it does not pass, it was changed, or it belongs to something else, such as another bot.
    """

    def refuse(reason: str) -> ReleaseRefused:
        return ReleaseRefused(bot, version, reason)

    if must_pass:
        require_gate(tags, name=bot, version=version)
    content = _read_sealed(release_folder.parent / VERDICT_FILE, tags, key=key, refuse=refuse)
    try:
        verdict = Verdict.model_validate_json(content).require_known_format()
        manifest_sha256 = manifest_hash(release_folder)
    except (OSError, ValueError) as error:
        raise refuse(f"its {VERDICT_FILE} or {MANIFEST_FILE} cannot be read") from error
    require_bot(verdict.bot, bot, version=version)
    if must_pass and not verdict.passed:
        raise refuse(f"its verdict is that it must not answer ({'; '.join(verdict.reasons) or 'no reason is given'})")
    if verdict.manifest_sha256 != manifest_sha256:
        raise refuse("its verdict belongs to other files")
    release = load_release(release_folder, version=version, bot=bot)
    if not verdict.data_hash == release.manifest.data_hash == tags.get(DATA_TAG):
        raise refuse("its verdict belongs to other training data")
    return JudgedRelease(release, verdict, hashlib.sha256(content).hexdigest())


def load_kept(release_folder: Path, *, bot: str, version: str, recorded: str | None, key: str | None) -> JudgedRelease:
    """Load a release that is kept on this machine, and prove without the registry that it may answer.

    Parameters
    ----------
    release_folder
        A release, with `verdict.json` beside it, and `verdict.signature` if its tags held one.
    recorded
        Digest of the verdict that was recorded, outside of the cache, when the version was promoted; None: none is
        known, and then only a signature proves anything.
    key
        Key of the signature; None: signatures are ignored.

    Raises
    ------
    ReleaseRefused
        Nothing proves it, or it differs from what was recorded or signed.
    """
    if recorded is None and key is None:
        raise ReleaseRefused(bot, version, "the journal of promotions does not know it, so nothing proves its files")
    try:
        content = read_plain(release_folder.parent / VERDICT_FILE)
        data_hash = Verdict.model_validate_json(content).data_hash
        signature = read_plain(release_folder.parent / SIGNATURE_FILE).decode() if key is not None else ""
    except (OSError, ValueError) as error:
        raise ReleaseRefused(bot, version, "its verdict or the verdict's signature cannot be read") from error
    tags = {
        GATE_TAG: GATE_PASSED,
        DATA_TAG: data_hash,
        VERDICT_TAG: recorded or hashlib.sha256(content).hexdigest(),
        SIGNATURE_TAG: signature,
    }
    return load_judged(release_folder, bot=bot, version=version, tags=tags, key=key)


def _read_sealed(
    file: Path, tags: Mapping[str, str], *, key: str | None, refuse: Callable[[str], ReleaseRefused]
) -> bytes:
    """Read `verdict.json`, and verify it against the tags that seal it."""
    try:
        content = read_plain(file)
    except FileNotFoundError as error:
        raise refuse(f"it has no {VERDICT_FILE}, so nothing says that it was evaluated; train it again") from error
    except OSError as error:
        raise refuse(f"its {VERDICT_FILE} cannot be read") from error
    digest = hashlib.sha256(content).hexdigest()
    if not _is_same(digest, tags.get(VERDICT_TAG, "")):
        raise refuse(f"the hash of {VERDICT_FILE} is not the one in its tag {VERDICT_TAG!r}")
    if key is None:
        return content
    signature = tags.get(SIGNATURE_TAG, "")
    if not signature:
        raise refuse("its verdict is not signed; set INTENTLOOP_VERDICT_KEY where it is trained, and train it again")
    if not _is_same(_signature(content, key), signature):
        raise refuse("its verdict is signed with another INTENTLOOP_VERDICT_KEY than this server's")
    return content


def _signature(content: bytes, key: str) -> str:
    return "v1:" + hmac.new(key.encode(), content, hashlib.sha256).hexdigest()


def _is_same(ours: str, theirs: str) -> bool:
    # as bytes: a tag may hold any text, and the function takes only ASCII as text
    return hmac.compare_digest(ours.encode(), theirs.encode(errors="replace"))
