"""Which programs run on this machine, and whether the machine allows it."""

import time
from dataclasses import dataclass

from pipelines.errors import SetupProblem
from pipelines.settings import Settings
from serving.access.same_origin import require_loopback_if_off
from serving.local import programs
from serving.local.home import prepare_home, require_packages
from serving.processes.child import check_port


@dataclass(frozen=True)
class Plan:
    """Which programs run here.

    Attributes
    ----------
    settings
        Complete: every server has an address, the home folder is absolute.
    has_database, has_registry, has_shop
        Whether we run it; otherwise the user has named one of their own.
    has_stand_in
        Whether a stand-in plays the language model, because the user has named none.
    """

    settings: Settings
    has_database: bool
    has_registry: bool
    has_shop: bool
    has_stand_in: bool

    @property
    def api_url(self) -> str:
        """Where the chat API is reached from this machine."""
        host = programs.LOOPBACK if self.settings.host in ("0.0.0.0", "::") else self.settings.host  # noqa: S104
        return f"http://{f'[{host}]' if ':' in host else host}:{self.settings.api_port}"


def make_plan(settings: Settings) -> Plan:
    """Decide which programs run here, and prepare the home folder.

    Raises
    ------
    SetupProblem
        The home folder is not writable, two servers have the same port, or everybody in a network would be an owner.
    """
    require_loopback_if_off(settings)
    plan = Plan(
        settings=programs.local_settings(settings, prepare_home(settings.home)),
        has_database=settings.mongo_uri is None,
        has_registry=settings.mlflow_tracking_uri is None,
        has_shop=programs.SHOP not in settings.endpoints,
        has_stand_in=settings.llm_base_url is None,
    )
    variables: dict[int, str] = {}
    for _, port, _, variable in _ports(plan):
        if port in variables:
            raise SetupProblem(f"{variables[port]} and {variable} are both {port}; give each server its own port")
        variables[port] = variable
    return plan


def check_machine(plan: Plan, *, patience_seconds: float) -> None:
    """Check that everything needed is installed and that the ports are free.

    `patience_seconds` is how long to wait for ports that a crashed run still holds.

    Raises
    ------
    SetupProblem
        Something is missing; the message says what to do.
    """
    require_packages(["fastapi", "motor", "uvicorn", "mlflow"], extra="serve", purpose="the chat API")
    if plan.has_database:
        require_packages(["nx_27017"], extra="local", purpose="the embedded database")
    if plan.has_registry:
        require_packages(["mlflow.server", "sqlalchemy"], extra="train", purpose="the MLflow server")
    deadline = time.monotonic() + patience_seconds
    for host, port, label, variable in _ports(plan):
        patience = max(0.0, deadline - time.monotonic())
        check_port(host, port, label=label, variable=variable, patience_seconds=patience)


def _ports(plan: Plan) -> list[tuple[str, int, str, str]]:
    settings, ours = plan.settings, programs.LOOPBACK
    ports = [(settings.host, settings.api_port, "the chat API", "INTENTLOOP_API_PORT")]
    if plan.has_registry:
        ports.append((ours, settings.mlflow_port, "the MLflow server", "INTENTLOOP_MLFLOW_PORT"))
    if plan.has_database:
        ports.append((ours, settings.mongo_port, "the database", "INTENTLOOP_MONGO_PORT"))
    if plan.has_shop:
        ports.append((ours, settings.demo_port, "the demo shop", "INTENTLOOP_DEMO_PORT"))
    return ports
