"""Everything the platform reads from its environment, in one flat, frozen class."""

import re
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from pipelines.addresses import is_plain_address, is_safe_address, is_scheduler_address

ENV_PREFIX = "INTENTLOOP_"
SECRET_PREFIX = f"{ENV_PREFIX}SECRET_"
"""Prefix of the variables with secrets, which bots and settings call `secrets.NAME` and `secret:NAME`."""
HOME_FOLDER = ".intentloop"
"""Name of the home folder, where nothing else is chosen."""
OUT_OF_SCOPE_FOLDER = "out-of-scope"
"""Folder in the home folder with each bot's out-of-scope utterances."""
BOT_NAME = r"^[a-z0-9][a-z0-9_-]{0,62}$"
"""Pattern of a bot's name; registry, folders and URLs contain the name as it is."""
BOT_NAME_RULE = "a bot's name starts with a-z or 0-9, followed by a-z, 0-9, `_` or `-`: at most 63 characters"
_PLAIN_ADDRESS = "it must be an http:// or https:// address without a user name or password"


RoleName = Literal["viewer", "labeller", "author", "operator", "owner"]
GroupRoles = RoleName | dict[Annotated[str, Field(pattern=BOT_NAME)], RoleName]
"""A role for all bots, or one for each of some bots."""


def is_bot_name(text: str) -> bool:
    """Whether a bot may be called so."""
    return re.fullmatch(BOT_NAME, text) is not None


class Settings(BaseSettings):
    """Everything the platform reads from its environment."""

    model_config = SettingsConfigDict(
        env_prefix=ENV_PREFIX, env_file=".env", extra="ignore", frozen=True, populate_by_name=True
    )

    home: Path = Field(default=Path(HOME_FOLDER), description="Folder for everything that is written on this machine.")
    host: str = Field(default="127.0.0.1", description="Address the servers of `intentloop up` and `serve` listen on.")
    api_port: int = Field(default=8000, ge=1, le=65535, description="Port of the chat API.")
    mlflow_port: int = Field(default=5000, ge=1, le=65535, description="Port of the MLflow server that `up` starts.")
    mongo_port: int = Field(default=27017, ge=1, le=65535, description="Port of the embedded database.")
    demo_port: int = Field(default=8800, ge=1, le=65535, description="Port of the demo shop API.")

    mongo_uri: str | None = Field(
        default=None,
        description="MongoDB or DocumentDB to use. Unset: the embedded database on `INTENTLOOP_MONGO_PORT`.",
    )
    mongo_database: str = Field(default="intentloop", min_length=1, description="Database name.")
    mongo_timeout_seconds: float = Field(default=3.0, gt=0, description="Longest wait for one database call.")
    state_ttl_days: float = Field(
        default=30.0, gt=0, description="How long a thread's state is kept after its last turn."
    )
    turn_ttl_days: float = Field(default=180.0, gt=0, description="How long a logged turn is kept.")

    dask_scheduler: str | None = Field(
        default=None,
        description="Dask scheduler for `train --search` and `score`, `tcp://HOST:PORT`. Unset: this machine.",
    )

    mlflow_tracking_uri: str | None = Field(
        default=None,
        validation_alias="MLFLOW_TRACKING_URI",
        description="MLflow server to use. Unset: the local one on `INTENTLOOP_MLFLOW_PORT`.",
    )
    default_bot: str = Field(
        default="default", pattern=BOT_NAME, description="Bot that is meant where a path or command names none."
    )
    release_alias: str = Field(default="production", description="Alias of the version that answers customers.")
    release_poll_seconds: float = Field(default=5.0, gt=0, description="Time between two polls of the registry.")
    release_max_megabytes: int = Field(
        default=2048, ge=1, description="A registered version with larger files is refused before it is downloaded."
    )
    admin_token: SecretStr | None = Field(
        default=None,
        min_length=16,
        description="Opens the admin API as an owner, beside keys. `intentloop up` creates a token in its home folder.",
    )
    auth: Literal["on", "off"] = Field(
        default="on",
        description="`off`: no key is needed, everybody is an owner; only on a loopback address of `INTENTLOOP_HOST`.",
    )
    admin_origins: Annotated[tuple[str, ...], NoDecode] = Field(
        default=(),
        description="Origins of other servers whose pages may call the admin API, such as `http://localhost:3000`; "
        "comma-separated.",
    )
    oidc_issuer: str | None = Field(
        default=None,
        description="OIDC issuer whose tokens sign people in, `https://...`, exactly as its tokens name it. Unset: API "
        "keys only.",
    )
    oidc_audience: Annotated[tuple[str, ...], NoDecode] = Field(
        default=(),
        description="Audiences of accepted tokens, comma-separated: `aud`, or `client_id` in Amazon Cognito's access "
        "tokens.",
    )
    oidc_groups_claim: str = Field(
        default="cognito:groups",
        min_length=1,
        description="Claim that lists the groups of a token's holder; dots reach into objects.",
    )
    oidc_group_roles: dict[str, GroupRoles] = Field(
        default_factory=dict,
        description='Roles of these groups, as JSON: `{"support": "labeller", "shop": {"BOT": "author"}}`.',
    )
    oidc_client_id: str | None = Field(
        default=None,
        description="Client with which people sign in to the pages. Unset: they sign in with an API key.",
    )
    oidc_client_secret: SecretStr | None = Field(default=None, description="Secret of that client, if it has one.")
    public_url: str | None = Field(
        default=None,
        description="Address under which browsers reach this server, `https://...`; needed behind a proxy that changes "
        "the `Host` header, and to sign people in.",
    )
    session_hours: float = Field(default=12.0, gt=0, le=720, description="Longest time that a person stays signed in.")
    session_idle_minutes: float = Field(
        default=60.0, gt=0, description="Time after which an unused session of the pages ends."
    )
    verdict_key: SecretStr | None = Field(
        default=None,
        min_length=16,
        description="Key that signs verdicts at training. A chat API that has it refuses unsigned releases.",
    )
    mlflow_webhook_secret: SecretStr | None = Field(
        default=None,
        min_length=16,
        description="Secret of MLflow's webhook to `/webhooks/mlflow`. Unset: that path does not exist.",
    )
    canary_share: float = Field(
        default=0.05, ge=0, le=1, description="Share of threads that the version behind `canary` answers; 0: none."
    )
    shadow_cpu_share: float = Field(
        default=0.1,
        ge=0,
        le=0.5,
        description="Share of one processor that the version behind `shadow` may use; 0: it is not tried.",
    )

    max_message_chars: int = Field(
        default=4000, ge=1, description="Longest message text, in characters; more than 10,000 count as 10,000."
    )
    max_body_bytes: int = Field(default=65536, ge=1024, description="Largest request body, in bytes.")
    max_webhook_bytes: int = Field(
        default=1_048_576,
        ge=1024,
        description="Largest body of a webhook request, in bytes; platforms send batches.",
    )
    max_draft_bytes: int = Field(
        default=64 * 2**20,
        ge=1024,
        description="Largest body of an admin request that edits drafts, in bytes; a bot file may be as large.",
    )
    max_connections: int = Field(
        default=1000,
        ge=64,
        description="Most clients connected to one chat API; fewer where the limit of open files is low.",
    )
    receive_timeout_seconds: float = Field(
        default=20.0,
        gt=0,
        description="Longest wait for the head of a request, and for its body; every 500 bytes of it add a second.",
    )
    send_timeout_seconds: float = Field(
        default=30.0, gt=0, description="Longest wait for a client that does not read its answer."
    )
    keep_alive_seconds: int = Field(
        default=75,
        ge=1,
        description="Longest wait for the next request on a connection; more than the load balancer's.",
    )
    trusted_proxies: Annotated[tuple[str, ...], NoDecode] = Field(
        default=("127.0.0.1", "::1"),
        validation_alias="FORWARDED_ALLOW_IPS",
        description="Reverse proxies that may name the client in `X-Forwarded-For`: addresses and networks, "
        "comma-separated.",
    )
    rate_limit_thread: int = Field(
        default=120,
        ge=0,
        description="Most messages of one thread per minute, a sixth of them at once; 0: no limit.",
    )
    rate_limit_address: int = Field(
        default=600,
        ge=0,
        description="Most messages of one client address per minute, and most admin requests without a valid key; "
        "0: no limit.",
    )
    rate_limit_key: int = Field(
        default=1200, ge=0, description="Most admin requests of one key or session per minute; 0: no limit."
    )
    public_shortcuts: Annotated[tuple[str, ...], NoDecode] = Field(
        default=("init_conversation", "cancel"),
        description="Intents that customers may call as `/intent_id`; comma-separated.",
    )
    tool_timeout_seconds: float = Field(
        default=10.0, gt=0, description="Longest wait for a tool, including all tries and the LLM call before it."
    )
    tool_allowed_hosts: Annotated[tuple[str, ...], NoDecode] = Field(
        default=(), description="Private hosts that tools may call, `host` or `host:port`; comma-separated."
    )
    tool_max_response_bytes: int = Field(
        default=256_000,
        ge=1024,
        description="Largest tool answer that is read, in bytes; reading it delays other conversations.",
    )
    secrets_manager_prefix: str | None = Field(
        default=None,
        min_length=1,
        description="Prefix of secrets in AWS Secrets Manager. Unset: `INTENTLOOP_SECRET_NAME` variables only.",
    )
    secrets_ttl_seconds: float = Field(
        default=300.0, gt=0, description="How long a secret is cached before it is read again."
    )
    endpoints: dict[str, str] = Field(
        default_factory=dict,
        description='Base URLs that tool templates use as `{{ endpoints.NAME }}`, as JSON: `{"shop": "https://..."}`.',
    )

    queue_url: str | None = Field(
        default=None,
        description="SQS queue for `intentloop worker`. Unset: the chat API answers platform messages itself.",
    )
    training_queue_url: str | None = Field(
        default=None,
        description="SQS queue for `intentloop worker --trainings`. Unset: the chat API trains in a child process.",
    )
    training_lease_seconds: float = Field(
        default=60.0,
        ge=2,
        le=3600,
        description="A training that has not renewed its lease for this long counts as dead, and another may start.",
    )
    training_limit_hours: float = Field(
        default=10.0, gt=0, description="A training that takes longer is stopped and has failed."
    )
    out_of_scope_file: Path | None = Field(
        default=None,
        description="JSONL of utterances that no intent should take, for trainings that name no file. Unset: "
        "`out-of-scope/BOT.jsonl` in the home folder, if it exists.",
    )
    retrain_policy: Literal["notify", "promote"] = Field(
        default="notify",
        description="What `intentloop retrain` does with a version that passed the gate: `notify` or `promote`.",
    )
    notify_url: SecretStr | None = Field(
        default=None, description="Address that receives the outcome of a retraining, as JSON. Unset: none."
    )
    channel_max_pending: int = Field(
        default=1000,
        ge=1,
        description="Most threads with unanswered webhook events in one process; beyond that it answers 503.",
    )
    facebook_api_url: str = Field(
        default="https://graph.facebook.com/v24.0", min_length=1, description="Messenger's Graph API."
    )
    facebook_verify_token: SecretStr | None = Field(
        default=None, description="Messenger's verify token for the default bot, or `secret:NAME`."
    )
    facebook_app_secret: SecretStr | None = Field(
        default=None, description="Messenger's app secret for the default bot, or `secret:NAME`."
    )
    facebook_page_token: SecretStr | None = Field(
        default=None, description="Messenger's page token for the default bot, or `secret:NAME`."
    )

    llm_base_url: str | None = Field(
        default=None, description="OpenAI-compatible endpoint, `https://.../v1`. Unset: no LLM is used."
    )
    llm_timeout_seconds: float = Field(default=4.0, gt=0, description="Longest wait for the LLM, including all tries.")
    llm_max_concurrent: int = Field(default=8, ge=1, description="Most concurrent LLM calls, per bot and process.")
    llm_tokens_per_hour: int = Field(
        default=500_000, ge=0, description="LLM tokens a bot may use per hour, in all processes together; 0: none."
    )
    llm_tokens_per_month: int = Field(
        default=10_000_000, ge=0, description="LLM tokens a bot may use per month, in all processes together; 0: none."
    )
    llm_thread_share: float = Field(
        default=0.1, gt=0, le=1, description="Share of a bot's LLM tokens per hour that one thread may use."
    )
    llm_address_share: float = Field(
        default=0.5,
        gt=0,
        le=1,
        description="Share of a bot's LLM tokens per hour that one client address may use; 1: all of them.",
    )
    llm_form_reserve: float = Field(
        default=0.2,
        ge=0,
        le=0.9,
        description="Share of a bot's LLM tokens that is kept for customers in the middle of a form.",
    )
    llm_prompt_price: float | None = Field(
        default=None, ge=0, description="Price of a million prompt tokens. Unset: no cost is computed."
    )
    llm_completion_price: float | None = Field(
        default=None, ge=0, description="Price of a million completion tokens. Unset: no cost is computed."
    )
    openai_api_key: SecretStr | None = Field(
        default=None, validation_alias="OPENAI_API_KEY", description="Key for the LLM endpoint."
    )

    log_format: Literal["text", "json"] = Field(default="text", description="Log lines for people or a log store.")
    telemetry: Literal["off", "otlp", "json"] = Field(
        default="off",
        description="Where traces and metrics go. `otlp`: to a collector, `http://localhost:4318` unless "
        "`OTEL_EXPORTER_OTLP_ENDPOINT` names another; `json`: to a file or the terminal, for debugging.",
    )
    telemetry_file: Path | None = Field(default=None, description="File for `json`. Unset: the standard output.")
    trace_share: float = Field(
        default=0.1, ge=0, le=1, description="Share of traces that are exported; those that fail are in any case."
    )
    metrics_port: int | None = Field(
        default=None,
        ge=1,
        le=65535,
        description="Port where Prometheus finds `/metrics`, of the API or the worker. Unset: none.",
    )

    @field_validator(
        "public_shortcuts", "tool_allowed_hosts", "oidc_audience", "trusted_proxies", "admin_origins", mode="before"
    )
    @classmethod
    def split_commas(cls, value: object) -> object:
        """Split `a,b` from the environment into two names."""
        if isinstance(value, str):
            return tuple(part.strip() for part in value.split(",") if part.strip())
        return value

    @field_validator("llm_base_url")
    @classmethod
    def _is_plain_address(cls, value: str | None) -> str | None:
        if value and not is_plain_address(value):
            raise ValueError(f"{_PLAIN_ADDRESS}; a key goes into OPENAI_API_KEY")
        return value or None

    @field_validator("queue_url", "training_queue_url", "facebook_api_url")
    @classmethod
    def _is_plain_address_of_a_partner(cls, value: str | None) -> str | None:
        if value and not is_plain_address(value):
            raise ValueError(_PLAIN_ADDRESS)
        return value or None

    @field_validator("admin_origins")
    @classmethod
    def _are_origins(cls, values: tuple[str, ...]) -> tuple[str, ...]:
        for value in values:
            if not is_plain_address(value) or urlsplit(value)._replace(scheme="", netloc="").geturl():
                raise ValueError("each must be an origin: http:// or https://, a host, and a port if it has one")
        return tuple(value.lower() for value in values)

    @field_validator("oidc_issuer", "public_url")
    @classmethod
    def _is_safe_address(cls, value: str | None) -> str | None:
        if value and not (is_plain_address(value) and is_safe_address(value)):
            raise ValueError("it must be an https:// address without a user name, query or fragment")
        return value or None

    @field_validator("notify_url")
    @classmethod
    def _is_address(cls, value: SecretStr | None) -> SecretStr | None:
        address = value.get_secret_value() if value is not None else ""
        if address and urlsplit(address).scheme not in ("http", "https"):
            raise ValueError("it must be an http:// or https:// address")
        return value if address else None

    @field_validator("out_of_scope_file", "telemetry_file", "metrics_port", mode="before")
    @classmethod
    def _empty_is_none(cls, value: object) -> object:
        return value or None

    @field_validator("dask_scheduler")
    @classmethod
    def _is_scheduler(cls, value: str | None) -> str | None:
        if value and not is_scheduler_address(value):
            raise ValueError("it must be tcp://HOST:PORT or tls://HOST:PORT")
        return value or None

    def out_of_scope_of(self, bot: str) -> Path | None:
        """Return the file of a bot's out-of-scope utterances: the one for all bots, else the bot's, if it exists."""
        own = self.home / OUT_OF_SCOPE_FOLDER / f"{bot}.jsonl"
        return self.out_of_scope_file or (own if own.is_file() else None)

    @property
    def resolved_mongo_uri(self) -> str:
        """The configured URI, else the embedded database's."""
        return self.mongo_uri or f"mongodb://127.0.0.1:{self.mongo_port}"

    @property
    def resolved_tracking_uri(self) -> str:
        """The configured MLflow server, else the local one's."""
        return self.mlflow_tracking_uri or f"http://127.0.0.1:{self.mlflow_port}"
