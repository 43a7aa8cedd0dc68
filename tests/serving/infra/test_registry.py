"""MLflow's server: who gets in, and how it finds its database."""

import configparser
import json

from tests.support.infra import ROOT, filled, of_type, programs, template_of


def test_server_and_its_log_in_use_the_database_whose_password_is_a_variable() -> None:
    container = programs(template_of())["mlflow"]
    variables = {each["Name"]: each["Value"] for each in container["Environment"]}
    log_in = configparser.ConfigParser()
    log_in.read(ROOT / "mlflow" / "auth.ini")
    assert log_in["mlflow"]["database_uri"] == variables["MLFLOW_BACKEND_STORE_URI"] == "postgresql+psycopg2:///mlflow"
    assert {"PGHOST", "PGPORT", "PGSSLMODE", "PGSSLROOTCERT"} <= set(variables)
    assert {"PGUSER", "PGPASSWORD"} <= {each["Name"] for each in container["Secrets"]}
    locked = (ROOT / ".requirements" / "mlflow.txt").read_text(encoding="utf-8")
    assert "\npsycopg2-binary==" in locked  # the driver that the address names: without it, SQLAlchemy takes another
    assert "\nflask-wtf==" in locked  # the server does not start with a log-in without


def test_tasks_sign_in_as_the_user_whom_the_server_makes() -> None:
    log_in = configparser.ConfigParser()
    log_in.read(ROOT / "mlflow" / "auth.ini")
    template = template_of()
    for name in ("api", "channels", "trainings", "retrain"):
        container = programs(template)[name]
        user = {each["Name"]: each["Value"] for each in container["Environment"]}["MLFLOW_TRACKING_USERNAME"]
        assert user == log_in["mlflow"]["admin_username"]
        passwords = {each["Name"]: each["ValueFrom"] for each in container["Secrets"]}
        server = {each["Name"]: each["ValueFrom"] for each in programs(template)["mlflow"]["Secrets"]}
        assert passwords["MLFLOW_TRACKING_PASSWORD"] == server["MLFLOW_AUTH_ADMIN_PASSWORD"]


def test_server_answers_to_its_own_name_and_starts_no_jobs() -> None:
    template = template_of()
    container = programs(template)["mlflow"]
    variables = {each["Name"]: filled(each["Value"], template) for each in container["Environment"]}
    assert variables["MLFLOW_SERVER_ALLOWED_HOSTS"].split(",")[0] == "mlflow.example.com"
    assert variables["MLFLOW_SERVER_ENABLE_JOB_EXECUTION"] == "false"
    assert "--app-name basic-auth" in container["Command"][-1]
    assert "--serve-artifacts" in container["Command"][-1]


def test_server_is_reached_inside_the_network_alone() -> None:
    template = template_of()
    (zone,) = of_type(template, "AWS::Route53::HostedZone").values()
    assert zone["Properties"]["VPCs"]
    for name, balancer in of_type(template, "AWS::ElasticLoadBalancingV2::LoadBalancer").items():
        scheme = "internal" if name.startswith("Registry") else "internet-facing"
        assert balancer["Properties"]["Scheme"] == scheme
    rules = of_type(template, "AWS::EC2::SecurityGroupIngress").values()
    into = [
        each["Properties"] for each in rules if "RegistryBalancerGroup" in json.dumps(each["Properties"]["GroupId"])
    ]
    assert len(into) == 4  # the chat API, both kinds of workers, and retraining
    assert all("SourceSecurityGroupId" in each for each in into)
