import socket
from pathlib import Path

from pipelines.settings import Settings
from serving.local.doctor import run_checks
from tests.support.servers import free_port


def settings(home: Path, **fields: object) -> Settings:
    ports = {name: free_port() for name in ("api_port", "mlflow_port", "mongo_port", "demo_port")}
    return Settings(_env_file=None, home=home, mongo_timeout_seconds=0.3, **{**ports, **fields})  # type: ignore[arg-type, call-arg]


def test_run_checks_on_a_quiet_machine_finds_no_problem(tmp_path: Path) -> None:
    verdicts = {check.subject: check.verdict for check in run_checks(settings(tmp_path))}
    assert verdicts == {
        "Python": "ok", "folder": "ok", "database": "note", "MLflow": "note", "release": "note", "demo shop": "note",
        "chat API": "note", "LLM": "note",
    }  # fmt: skip


def test_run_checks_names_what_is_wrong_and_a_remedy_for_each(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    dead = f"127.0.0.1:{free_port()}"
    with socket.socket() as stranger:
        stranger.bind(("127.0.0.1", 0))
        stranger.listen()
        broken = settings(
            tmp_path / "file" / "home",
            mongo_uri=f"mongodb://{dead}",
            mlflow_tracking_uri=f"http://{dead}",
            llm_base_url=f"http://{dead}/v1",
            demo_port=stranger.getsockname()[1],
        )
        problems = {check.subject: check for check in run_checks(broken) if check.verdict == "problem"}
    assert set(problems) == {"folder", "database", "MLflow", "release", "demo shop", "LLM"}
    assert all(check.remedy for check in problems.values())
