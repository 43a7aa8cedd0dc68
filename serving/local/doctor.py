"""`intentloop doctor`: check everything the platform needs and say how to fix what is wrong. Changes nothing."""

import asyncio
import json
import platform
import sys
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeVar
from urllib.parse import urlsplit

from pipelines.errors import BotError, ReleaseRefused, SetupProblem, without_password
from pipelines.files import lack_of_room
from pipelines.settings import Settings
from serving.clock import utc_now
from serving.local import programs
from serving.local.home import is_open_to_others, prepare_home
from serving.processes.child import check_port, is_listening
from serving.store.client import Database
from serving.store.drafts.bots import has_intents
from serving.store.schema import Schema
from serving.store.threads.inbox import COUNTED, Inbox
from serving.store.upkeep.check import DatabaseCheck

if TYPE_CHECKING:
    from pipelines.registry.client import RegisteredVersion, Registry
    from serving.queues.sqs import QueueState

LATE_MINUTES = 10
"""An answer later than this will not come by itself."""
_STORES = ("", "file", "sqlite", "postgresql", "mysql", "mssql")
Verdict = Literal["ok", "note", "problem"]
T = TypeVar("T")


@dataclass(frozen=True)
class Check:
    """A finding about one subject.

    `verdict` is `note` if something is optional or simply not started yet; `remedy` is empty if there is nothing to do.
    """

    subject: str
    verdict: Verdict
    finding: str
    remedy: str = ""


def run_checks(settings: Settings) -> list[Check]:
    """Run every check, in the order to fix them."""
    checks: list[Callable[[Settings], Check]] = [
        check_python, check_home, check_database, check_upkeep, check_registry, check_release, check_demo_shop,
        check_api, check_inbox, check_queue, check_training_queue, check_messenger, check_llm,
    ]  # fmt: skip
    return [check(settings) for check in checks]


def check_python(_settings: Settings) -> Check:
    """Compare the interpreter with what the project supports."""
    found = f"Python {platform.python_version()} at {sys.executable}"
    if not (3, 11) <= sys.version_info[:2] < (3, 14):
        return Check("Python", "problem", found, "use Python 3.11, 3.12 or 3.13: `make run PYTHON=python3.12`")
    return Check("Python", "ok", found)


def check_home(settings: Settings) -> Check:
    """Try to write to the home folder."""
    lack = lack_of_room(settings.home)
    if lack is not None:
        return Check("folder", "problem", lack, "make room on it")
    try:
        folder = prepare_home(settings.home, closes=False)
    except SetupProblem as error:
        return Check(
            "folder", "problem", str(error).partition(";")[0], "set INTENTLOOP_HOME to a folder you may write to"
        )
    if is_open_to_others(folder):
        return Check("folder", "problem", f"other users of this machine may read {folder}", f"chmod 700 {folder}")
    return Check("folder", "ok", str(folder))


def check_database(settings: Settings) -> Check:
    """Ping the database."""
    if settings.mongo_uri is None and not is_listening(programs.LOOPBACK, settings.mongo_port):
        return _check_free_port(settings.mongo_port, "database", "INTENTLOOP_MONGO_PORT")
    try:
        has_bot = asyncio.run(
            _with_database(settings, lambda database: has_intents(database, bot=settings.default_bot))
        )
    except BotError as error:
        remedy = "start it with `intentloop up`" if settings.mongo_uri is None else "correct INTENTLOOP_MONGO_URI"
        return Check("database", "problem", str(error).partition(";")[0], remedy)
    if not has_bot:
        return Check("database", "note", "answers; it holds no bot yet", "intentloop import data/sample/bot.json")
    return Check("database", "ok", f"answers; bot {settings.default_bot!r} is in it")


def check_upkeep(settings: Settings) -> Check:
    """Check the database's indexes, its documents, and the clock that its expired documents are deleted by."""
    if settings.mongo_uri is None and not is_listening(programs.LOOPBACK, settings.mongo_port):
        return Check("upkeep", "note", "unknown while the database is not running")
    try:
        findings = asyncio.run(_with_database(settings, lambda database: DatabaseCheck(database).look(utc_now())))
    except BotError as error:
        return Check("upkeep", "problem", str(error).partition(";")[0], "see database above")
    problems = [finding for finding in findings if finding.is_problem]
    if not problems:
        return Check("upkeep", "ok", "the database's indexes are there, and the clock agrees with it")
    more = f", and {len(problems) - 1} more" if len(problems) > 1 else ""
    found = f"{problems[0].place}: {problems[0].what}{more}"
    return Check("upkeep", "problem", found, "see what `intentloop db check` says, then `intentloop db check --repair`")


def check_registry(settings: Settings) -> Check:
    """Ping the MLflow server."""
    uri = settings.resolved_tracking_uri
    if settings.mlflow_tracking_uri is None and not is_listening(programs.LOOPBACK, settings.mlflow_port):
        return _check_free_port(settings.mlflow_port, "MLflow", "INTENTLOOP_MLFLOW_PORT")
    scheme, shown = urlsplit(uri).scheme.partition("+")[0], without_password(uri)
    if scheme in _STORES:
        return Check("MLflow", "ok", "a store without a server")
    if scheme not in ("http", "https"):
        return Check("MLflow", "problem", f"{shown} is not an address that MLflow knows", "correct MLFLOW_TRACKING_URI")
    answer = programs.get(f"{uri.rstrip('/')}/health", timeout_seconds=5.0)
    if answer is None or answer[0] != 200:
        found = f"{shown} " + ("does not answer" if answer is None else f"answers with status {answer[0]}")
        return Check("MLflow", "problem", found, "correct MLFLOW_TRACKING_URI, or start one with `intentloop up`")
    return Check("MLflow", "ok", f"{shown} answers")


def check_release(settings: Settings) -> Check:
    """Check for a version that answers customers."""
    if settings.mlflow_tracking_uri is None and not is_listening(programs.LOOPBACK, settings.mlflow_port):
        return Check("release", "note", "unknown while MLflow is not running")
    from pipelines.registry.client import Registry, describe_newest

    bot, alias = settings.default_bot, settings.release_alias
    try:
        registry = Registry(settings.resolved_tracking_uri)
        version = registry.version_behind(bot, alias=alias)
        newest = describe_newest(registry.versions(bot)) if version is None else ""
    except BotError as error:
        return Check("release", "problem", str(error).partition(";")[0], "see MLflow above")
    if version is None:
        found = f"bot {bot!r} has no promoted release{'; ' if newest else ''}{newest}"
        return Check("release", "problem", found, "intentloop train --promote")
    return _check_promoted(settings, registry, version)


def _check_promoted(settings: Settings, registry: "Registry", version: "RegisteredVersion") -> Check:
    """Verify the version behind the alias as the chat API does: its gate, its bot, its files and its signature."""
    from pipelines.registry.client import shortened
    from pipelines.registry.fetch import fetch_judged

    key, alias = settings.verdict_key, settings.release_alias
    secret = key.get_secret_value() if key is not None else None
    try:
        fetch_judged(registry, version, bot=settings.default_bot, verdict_key=secret)
    except ReleaseRefused as error:
        found = f"version {version.version} has the alias {alias!r} but must not answer: {shortened(error.reason)}"
        return Check("release", "problem", found, f"{error.remedy}: `intentloop rollback` or `intentloop promote`")
    except BotError as error:
        return Check("release", "problem", str(error).partition(";")[0], "see MLflow above")
    return Check("release", "ok", f"version {version.version} of {version.name} has the alias {alias!r}")


def check_demo_shop(settings: Settings) -> Check:
    """Check for the demo shop."""
    if programs.SHOP in settings.endpoints:
        return Check("demo shop", "ok", "tools call the endpoint of INTENTLOOP_ENDPOINTS instead")
    if programs.get(f"http://{programs.LOOPBACK}:{settings.demo_port}/health/live") is not None:
        return Check("demo shop", "ok", f"answers on port {settings.demo_port}")
    return _check_free_port(settings.demo_port, "demo shop", "INTENTLOOP_DEMO_PORT")


def check_api(settings: Settings) -> Check:
    """Ask the chat API whether it is ready."""
    answer = programs.get(f"http://{programs.LOOPBACK}:{settings.api_port}/health/ready")
    if answer is None:
        return _check_free_port(settings.api_port, "chat API", "INTENTLOOP_API_PORT")
    if answer[0] != 200:
        return Check("chat API", "problem", f"runs and is not ready: {answer[1][:300]}", "mend what is named above")
    problems = _problems_of(answer[1])
    if problems:  # it answers, but with another version than the promoted one
        return Check(
            "chat API", "problem", f"answers on port {settings.api_port}, but {problems[0]}", "see release above"
        )
    return Check("chat API", "ok", f"ready on port {settings.api_port}")


def _problems_of(readiness: str) -> list[str]:
    try:
        return [str(problem) for problem in json.loads(readiness).get("problems", ())]
    except (ValueError, AttributeError):
        return []


def check_inbox(settings: Settings) -> Check:
    """Check for messages of platforms that nobody answers."""
    if settings.mongo_uri is None and not is_listening(programs.LOOPBACK, settings.mongo_port):
        return Check("inbox", "note", "unknown while the database is not running")
    try:
        backlog = asyncio.run(_with_database(settings, lambda database: Inbox(database, Schema(database)).backlog()))
    except BotError as error:
        return Check("inbox", "problem", str(error).partition(";")[0], "see database above")
    if backlog.oldest_at is None:
        return Check("inbox", "ok", "no message of a platform is waiting for its answer")
    minutes = (utc_now() - backlog.oldest_at).total_seconds() / 60
    count = f"{backlog.waiting}{' or more' if backlog.waiting == COUNTED else ''}"
    found = f"messages from platforms waiting for an answer: {count}, the oldest for {minutes:.0f} min"
    if minutes < LATE_MINUTES:
        return Check("inbox", "ok", found)
    who = "the chat API" if settings.queue_url is None else "`intentloop worker`"
    return Check("inbox", "problem", found, f"see that {who} runs; its log says what it cannot deliver")


def check_queue(settings: Settings) -> Check:
    """Check the queue between the chat API and the workers, if there is one."""
    if settings.queue_url is None:
        return Check("queue", "ok", "none is set; the chat API answers platforms itself")
    return _ask_queue("queue", settings.queue_url, variable="INTENTLOOP_QUEUE_URL", max_receives=10)


def check_training_queue(settings: Settings) -> Check:
    """Check the queue of trainings, if there is one."""
    if settings.training_queue_url is None:
        return Check("trainings", "ok", "no queue is set; the chat API runs them in child processes")
    variable = "INTENTLOOP_TRAINING_QUEUE_URL"
    return _ask_queue("trainings", settings.training_queue_url, variable=variable, max_receives=5)


def _ask_queue(subject: str, url: str, *, variable: str, max_receives: int) -> Check:
    try:
        state = asyncio.run(_queue_state(url))
    except BotError as error:
        remedy = f"correct {variable}, AWS_DEFAULT_REGION or the credentials"
        return Check(subject, "problem", str(error).partition(";")[0], remedy)
    found = f"answers; messages waiting for a worker: {state.waiting}"
    if not state.has_redrive_policy:
        remedy = f"give it a redrive policy with a maxReceiveCount of {max_receives}"
        return Check(subject, "note", f"{found}; broken ones stay", remedy)
    return Check(subject, "ok", found)


def check_messenger(settings: Settings) -> Check:
    """Check that Messenger is set up for the default bot in full, or not at all; nothing is sent."""
    wanted = {
        "INTENTLOOP_FACEBOOK_VERIFY_TOKEN": settings.facebook_verify_token,
        "INTENTLOOP_FACEBOOK_APP_SECRET": settings.facebook_app_secret,
        "INTENTLOOP_FACEBOOK_PAGE_TOKEN": settings.facebook_page_token,
    }
    missing = [name for name, value in wanted.items() if value is None or not value.get_secret_value()]
    if len(missing) == len(wanted):
        return Check("Messenger", "ok", "none is set for the default bot")
    if missing:
        return Check(
            "Messenger", "problem", "set in part, so it refuses everything", f"set {' and '.join(missing)} too"
        )
    return Check("Messenger", "ok", "its three secrets are set")


def check_llm(settings: Settings) -> Check:
    """Ping the LLM endpoint; an LLM is optional."""
    if settings.llm_base_url is None:
        return Check("LLM", "note", "none is set; the trained model answers alone")
    answer = programs.get(f"{settings.llm_base_url.rstrip('/')}/models", timeout_seconds=settings.llm_timeout_seconds)
    if answer is None:
        return Check("LLM", "problem", "the endpoint does not answer", "correct or unset INTENTLOOP_LLM_BASE_URL")
    if settings.openai_api_key is None and answer[0] in (401, 403):
        return Check("LLM", "problem", "the endpoint wants a key", "set OPENAI_API_KEY")
    return Check("LLM", "ok", "the endpoint answers")


def _check_free_port(port: int, subject: str, variable: str) -> Check:
    try:
        check_port(programs.LOOPBACK, port, label=f"the {subject}", variable=variable)
    except SetupProblem as error:
        return Check(subject, "problem", str(error).partition(";")[0], f"choose another port: {variable}=...")
    return Check(subject, "note", f"not running; port {port} is free", "start everything with `intentloop up`")


async def _with_database(settings: Settings, ask: Callable[[Database], Awaitable[T]]) -> T:
    database = Database.from_settings(settings)
    try:
        return await ask(database)
    finally:
        database.close()


async def _queue_state(url: str) -> "QueueState":
    from serving.queues.sqs import inspect_queue

    return await inspect_queue(url, setting="INTENTLOOP_QUEUE_URL")
