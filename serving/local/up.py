"""`intentloop up`: start the whole platform on this machine, watch it, and stop all of it."""

import asyncio
import json
import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass

from pipelines.errors import SetupProblem, StoreUnavailable, without_password
from pipelines.home import record_settings
from pipelines.settings import OUT_OF_SCOPE_FOLDER, Settings
from serving.clock import utc_now
from serving.console import Console
from serving.local import programs
from serving.local.home import ADMIN_TOKEN_FILE, hold_home, require_packages
from serving.local.plan import Plan, check_machine, make_plan
from serving.local.stack import Stack
from serving.processes.child import is_listening
from serving.processes.signals import StopRequested, stop_on_signals
from serving.progress import ProgressView, Step

_SERVER_SECONDS = 120.0
_TRAINING_SECONDS = 3600.0
_READY_SECONDS = 20.0
_AFTER_CRASH_SECONDS = 12.0
_STAND_IN_NOTE = (
    "",
    "  No language model is set: bots that ask one are answered by a stand-in that only goes by keywords.",
    "  INTENTLOOP_LLM_BASE_URL and OPENAI_API_KEY name a real one.",
)


def run_up(settings: Settings, *, console: Console, follow_parent: bool = False) -> None:
    """Start everything, print the addresses, and stay until it is time to stop.

    Raises
    ------
    SetupProblem
        Something is missing, a program ended while the platform started, or one keeps ending.
    """
    plan = make_plan(settings)
    home = plan.settings.home
    with hold_home(home, address=plan.api_url) as is_after_crash, stop_on_signals(follow_parent=follow_parent) as check:
        stack = Stack(home, check_stop=check, say=lambda sentence: say_plainly(console, sentence))
        try:
            check_machine(plan, patience_seconds=_AFTER_CRASH_SECONDS if is_after_crash else 0.0)
            # Without the addresses of our own servers, which follow from their ports, as for everybody who sets none.
            record_settings(settings.model_copy(update={"endpoints": plan.settings.endpoints}), home)
            with ProgressView(console) as view:
                problem = start(plan, stack, view)
            say_where(plan, console, problem=problem, first_key=_first_key(plan.settings))
            stack.watch()
        except StopRequested:
            console.print("Stopping ...")
        finally:
            stack.stop()
    console.print(f"Everything has ended. Your data stays in {home}", soft_wrap=True, highlight=False)


def start(plan: Plan, stack: Stack, view: ProgressView) -> str | None:
    """Start everything, in an order that wastes no time.

    Returns
    -------
    str or None
        Why the bot cannot answer yet, if everything runs but it cannot.

    Raises
    ------
    SetupProblem
        Something did not start.
    """
    settings = plan.settings
    # Together: the bot is imported while MLflow, which takes longest, starts.
    if plan.has_registry:
        stack.start_server(lambda: programs.registry(settings))
    if plan.has_database:
        stack.start_server(lambda: programs.database(settings))
    if plan.has_shop:
        stack.start_server(lambda: programs.demo_shop(settings))
    if plan.has_stand_in:
        stack.start_server(lambda: programs.stand_in(settings))
    with view.step("Database", expected_seconds=2) as step:
        _await_port(stack, step, settings.mongo_port if plan.has_database else None, own="INTENTLOOP_MONGO_URI")
    with view.step("Bot", expected_seconds=2) as step:
        drafts = stack.run(step, lambda: asyncio.run(_ensure_drafts(settings)), timeout_seconds=_SERVER_SECONDS)
        step.note = drafts.note
    with view.step("Demo shop", expected_seconds=2) as step:
        _await_port(stack, step, settings.demo_port if plan.has_shop else None, own="INTENTLOOP_ENDPOINTS")
    with view.step("Language model", expected_seconds=2) as step:
        port = programs.stand_in_port(settings) if plan.has_stand_in else None
        _await_port(stack, step, port, own="INTENTLOOP_LLM_BASE_URL")
        step.note += ", only a stand-in" if plan.has_stand_in else ""
    with view.step("MLflow server", expected_seconds=12) as step:
        _await_port(stack, step, settings.mlflow_port if plan.has_registry else None, own="MLFLOW_TRACKING_URI")
        if plan.has_registry:
            stack.wait(step, _answers(f"{settings.resolved_tracking_uri}/health"), timeout_seconds=_SERVER_SECONDS)
    if drafts.is_sample:
        _keep_out_of_scope(settings)
    problem = _ensure_release(settings, stack, view, is_sample=drafts.is_sample)
    with view.step("Chat API", expected_seconds=4) as step:
        not_ready = _start_api(plan, stack, step, is_release_expected=problem is None)
    return problem or not_ready


def say_plainly(console: Console, sentence: str) -> None:
    """Print a line as it is."""
    console.print(sentence, markup=False, highlight=False, soft_wrap=True)


def say_where(plan: Plan, console: Console, *, problem: str | None, first_key: str | None = None) -> None:
    """Print the addresses, lines to paste, the first owner's key, and why the bot cannot answer yet, if it cannot."""
    body = json.dumps({"thread_id": "me", "text": "where is my order ORD-1042?", "context": {}})
    url = plan.api_url
    lines = [
        "",
        f"  Chat page    {url}/",
        f"  Admin pages  {url}/admin/",
        f"  API docs     {url}/docs",
        f"  Admin API    {_who_may(plan.settings)}",
        f"  MLflow UI    {_model_page(plan.settings)}",
        *(_STAND_IN_NOTE if plan.has_stand_in else ()),
        "",
        "  Ask it something:",
        "",
        f"curl -s {url}/bots/channels/rest/webhook -H 'Content-Type: application/json' -d '{body}'",
        "",
        *(_about_key(first_key, url) if first_key is not None else ()),
        "  Ctrl-C ends everything.",
    ]
    if problem is not None:
        lines += ["", f"  Everything runs, but the bot cannot answer yet: {problem}"]
    for line in lines:
        console.print(line, markup=False, highlight=False, soft_wrap=True)


def _who_may(settings: Settings) -> str:
    if settings.auth == "off":
        return "no key is needed (INTENTLOOP_AUTH=off): everybody on this machine is an owner"
    return f"the token is in {settings.home / ADMIN_TOKEN_FILE}"


def _about_key(key: str, url: str) -> tuple[str, ...]:
    return (
        "  Your owner's key for the admin API, shown this once (`intentloop keys create` makes more):",
        "",
        f"export KEY={key}",
        f'curl -s {url}/api/v1/session -H "Authorization: Bearer $KEY"',
        "",
    )


def _first_key(settings: Settings) -> str | None:
    """Make an owner's key at the first start; only its hash is stored, and no log has it."""
    from serving.store.access.first_key import make_first_key
    from serving.store.client import Database

    async def make() -> str | None:
        database = Database.from_settings(settings)
        try:
            key = await make_first_key(database, now=utc_now())
        finally:
            database.close()
        return str(key) if key is not None else None

    return asyncio.run(make()) if settings.auth == "on" else None


def _model_page(settings: Settings) -> str:
    from pipelines.registry.client import model_name
    from pipelines.registry.links import model_page

    uri = settings.resolved_tracking_uri
    return model_page(uri, model_name(settings.default_bot)) or without_password(uri)


def _await_port(stack: Stack, step: Step, port: int | None, *, own: str) -> None:
    if port is None:
        step.note = f"yours ({own})"
        return
    stack.wait(step, lambda: is_listening(programs.LOOPBACK, port), timeout_seconds=_SERVER_SECONDS)
    step.note = f"port {port}"


def _answers(url: str) -> Callable[[], bool]:
    def is_ready() -> bool:
        answer = programs.get(url)
        return answer is not None and answer[0] == 200

    return is_ready


@dataclass(frozen=True)
class _Drafts:
    """What the database contains: a note for the user, and whether it is the sample bot."""

    note: str
    is_sample: bool


async def _ensure_drafts(settings: Settings) -> _Drafts:
    from serving.store.client import Database
    from serving.store.drafts.bots import export_bot, has_intents, import_bot
    from serving.store.drafts.import_journal import restore_killed_import

    database = Database.from_settings(settings)
    bot, file = settings.default_bot, programs.SAMPLE / "bot.json"
    try:
        sample = json.loads(file.read_text(encoding="utf-8")) if file.is_file() else None
        await restore_killed_import(database, bot)
        if await has_intents(database, bot=bot):
            drafts = await export_bot(database, bot=bot)
            return _Drafts("yours is there", sample is not None and drafts["intents"] == sample["intents"])
        if sample is None:
            raise SetupProblem(
                f"the database holds no intents of bot {bot!r}, and the sample {file} is missing; "
                f"import a bot with `intentloop import FILE`"
            )
        report = await import_bot(database, sample, bot=bot, source=str(file))
    except StoreUnavailable as error:
        raise SetupProblem(f"{error}; its address is {without_password(settings.resolved_mongo_uri)}") from error
    else:
        return _Drafts(f"imported the sample with {report.intents_created} intents", is_sample=True)
    finally:
        database.close()


def _keep_out_of_scope(settings: Settings) -> None:
    """Put the sample's out-of-scope utterances where every training of the bot finds them."""
    sample = programs.SAMPLE / "oos.jsonl"
    if settings.out_of_scope_of(settings.default_bot) is None and sample.is_file():
        own = settings.home / OUT_OF_SCOPE_FOLDER / f"{settings.default_bot}.jsonl"
        own.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(sample, own)


def _ensure_release(settings: Settings, stack: Stack, view: ProgressView, *, is_sample: bool) -> str | None:
    """Train if nothing is promoted; return the reason if there is no release even then.

    Data that cannot be trained on does not stop the platform: its author needs it to correct them.
    """

    def promoted_version() -> str | None:
        from pipelines.registry.client import Registry

        found = Registry(settings.resolved_tracking_uri).version_behind(
            settings.default_bot, alias=settings.release_alias
        )
        return found.version if found is not None else None

    with view.step("Release", expected_seconds=3) as step:
        version = stack.run(step, promoted_version, timeout_seconds=_SERVER_SECONDS)
        step.note = f"version {version} is promoted" if version else "none is promoted yet"
    if version is not None:
        return None
    require_packages(["papermill", "sklearn", "great_expectations"], extra="train", purpose="training")
    with view.step("Training", expected_seconds=60) as step:
        program = programs.training(settings, is_sample=is_sample)
        job = stack.run_job(program, step, timeout_seconds=_TRAINING_SECONDS)
        version = stack.run(step, promoted_version, timeout_seconds=_SERVER_SECONDS)
        if version is not None:
            step.note = f"version {version} is promoted"
            return None
        step.note = "no release that may answer"
    return f"the training promoted no release; its log is {job.log}\n{job.last_lines()}"


def _start_api(plan: Plan, stack: Stack, step: Step, *, is_release_expected: bool) -> str | None:
    stack.start_server(lambda: programs.chat_api(plan.settings))
    stack.wait(step, _answers(f"{plan.api_url}/health/live"), timeout_seconds=_SERVER_SECONDS)
    is_ready = _answers(f"{plan.api_url}/health/ready")
    # Not being ready does not stop the platform: the operator may need the MLflow page to correct it.
    deadline = time.monotonic() + (_READY_SECONDS if is_release_expected else 0.0)
    stack.wait(step, lambda: is_ready() or time.monotonic() > deadline, timeout_seconds=2 * _READY_SECONDS)
    answer = programs.get(f"{plan.api_url}/health/ready")
    step.note = f"port {plan.settings.api_port}"
    return None if answer is not None and answer[0] == 200 else (answer[1][:500] if answer else "no answer")
