"""The settings of one platform, the same for every program that works with its home folder.

They come from, the first that names one counting: the environment; `.env` in the working folder; `settings.env` in the
home folder, which the operator writes; and `platform.json` there, in which `intentloop up` and `serve` record what they
run with. So a command in a second terminal, a cron job and a notebook see what the chat API sees.
"""

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from dotenv import dotenv_values
from pydantic import SecretStr, ValidationError

from pipelines.errors import SetupProblem
from pipelines.files import write_whole
from pipelines.settings import ENV_PREFIX, HOME_FOLDER, Settings

PLATFORM_FILE = "platform.json"
"""Settings that the platform of a home folder was started with last. It holds no secrets, only their names."""
SETTINGS_FILE = "settings.env"
"""Settings that the operator keeps in the home folder, in the form of a `.env` file."""
_FORMAT = 1
_HOME_VARIABLE = f"{ENV_PREFIX}HOME"
_PROJECT_MARKS = (".git", "pyproject.toml")
_SECRET_NAMES = "secrets"  # noqa: S105  a key of the file


def get_settings(home: Path | str | None = None) -> Settings:
    """Read the settings; call this once, at an entry point.

    Parameters
    ----------
    home
        The home folder. None: the one that `INTENTLOOP_HOME` names, else `.intentloop` in the working folder or, within
        the same project, in a folder above it.

    Raises
    ------
    pydantic.ValidationError
        A setting has an invalid value.
    SetupProblem
        `platform.json` cannot be read.
    """
    place = Path(home) if home is not None else find_home()
    own = own_settings(place)
    recorded = _read_record(place).get("settings", {})
    missing = {name: value for name, value in recorded.items() if name not in own.model_fields_set}
    if not missing:
        return own
    try:
        return _read(place, **missing)
    except ValidationError as error:
        raise _unreadable(place / PLATFORM_FILE) from error


def own_settings(home: Path) -> Settings:
    """Read the settings without what a platform has recorded: those that a platform is started with."""
    return _read(home)


def record_settings(settings: Settings, home: Path) -> None:
    """Record what the platform runs with, for the other programs of this home folder; only this user may read it.

    Secrets are left out, but an address may hold a password. An existing record is replaced.
    """
    # a port for its metrics belongs to one program
    values = settings.model_dump(mode="json", exclude={"home", "metrics_port"}, exclude_unset=True)
    secrets = sorted(name for name in values if isinstance(getattr(settings, name), SecretStr))
    paths = {name: str(value.resolve()) for name in values if isinstance(value := getattr(settings, name), Path)}
    plain = {name: value for name, value in (values | paths).items() if name not in secrets and value is not None}
    content = json.dumps({"format": _FORMAT, "settings": plain, _SECRET_NAMES: secrets}, indent=1)
    file = home / PLATFORM_FILE

    def write(aside: Path) -> None:
        aside.touch(mode=0o600)
        aside.write_text(f"{content}\n", encoding="utf-8")

    file.unlink(missing_ok=True)  # a replaced file would keep its permissions
    write_whole(file, write)


def require_verdict_key(settings: Settings) -> None:
    """Refuse to train without the key that the platform signs verdicts with: it would refuse the version.

    Raises
    ------
    SetupProblem
        The platform of the home folder has the key, and this program has not.
    """
    if settings.verdict_key is None and "verdict_key" in _read_record(settings.home).get(_SECRET_NAMES, ()):
        raise SetupProblem(
            f"the platform in {settings.home} answers with signed versions only, and {ENV_PREFIX}VERDICT_KEY is not "
            f"set here; set it, or put it into {settings.home / SETTINGS_FILE}"
        )


def home_variables(home: Path) -> dict[str, str]:
    """Return the variables of the home folder's `settings.env`, of the working folder's `.env` and of the environment.

    The later ones win, as for the settings.
    """
    files = (dotenv_values(home / SETTINGS_FILE), dotenv_values(".env"))
    return {name: value for file in (*files, os.environ) for name, value in file.items() if value is not None}


def find_home() -> Path:
    """Return the home folder of the working folder.

    `.intentloop` is looked for in the working folder and above it, up to the root of the project that it is in; without
    one, it is `.intentloop` in the working folder.
    """
    named = os.environ.get(_HOME_VARIABLE) or dotenv_values(".env").get(_HOME_VARIABLE)
    if named:
        return Path(named)
    nearest, here = Path(HOME_FOLDER), Path.cwd()
    for folder in (here, *here.parents):
        if (folder / HOME_FOLDER).is_dir():
            return nearest if folder == here else folder / HOME_FOLDER
        if any((folder / mark).exists() for mark in _PROJECT_MARKS):
            return nearest if folder == here else folder / HOME_FOLDER
    return nearest


def _read(home: Path, **given: Any) -> Settings:
    return Settings(_env_file=(home / SETTINGS_FILE, ".env"), home=home, **given)


def _read_record(home: Path) -> Mapping[str, Any]:
    file = home / PLATFORM_FILE
    try:
        record = json.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        raise _unreadable(file) from error
    if not isinstance(record, dict) or record.get("format") != _FORMAT or not isinstance(record.get("settings"), dict):
        raise _unreadable(file)
    return record


def _unreadable(file: Path) -> SetupProblem:
    return SetupProblem(f"{file} cannot be read; delete it, and start the platform again")
