"""What the environment decides. Every setting is named here, by its environment variable."""

import re
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field, ValidationError
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from app.domain.document_limits import Limits
from app.domain.limits import CHANGE_DAYS, LONGEST_CHANGE_DAYS
from app.server.bounds import Bounds
from app.server.documents import read_manifest
from app.webhooks.bounds import WebhookBounds


class InvalidSettings(Exception):
    """One or more environment variables cannot be used; the text names each, and never repeats its value."""


def _postgresql(url: str) -> str:
    if not url.startswith(("postgresql://", "postgres://")):
        raise ValueError("write it as postgresql://user:password@host/database")
    return url


def _origins(text: object) -> object:
    return tuple(each.strip().lower() for each in text.split(",")) if isinstance(text, str) else text


def _listed(text: object) -> object:
    return tuple(each.strip() for each in text.split(",") if each.strip()) if isinstance(text, str) else text


def _origin(text: str) -> str:
    if text != "*" and not _ORIGIN.fullmatch(text):
        raise ValueError("write origins as https://shop.example.com, several with commas between them, or * for all")
    return text


def _address(text: str) -> str:
    host, _, port = text.rpartition(":")
    if not host or not port.isdecimal() or int(port) > 65535:
        raise ValueError("write it as host:port, such as 127.0.0.1:9464; port 0 takes a free one")
    return text


_ORIGIN = re.compile(r"https?://(\[[0-9a-f:.]+\]|[a-z0-9_.-]+)(:[0-9]{1,5})?")
_Origin = Annotated[str, AfterValidator(_origin)]
_Manifest = Annotated[dict[str, str], NoDecode, BeforeValidator(lambda path: read_manifest(Path(path)))]
_Url = Annotated[str, AfterValidator(_postgresql)]


_BOUNDS = Bounds()


def _bound(variable: str, default: int, most: int = 1_000_000_000) -> Any:
    return Field(default=default, ge=1, le=most, validation_alias=variable)


class Settings(BaseSettings):
    """Read with `read_settings`. An empty variable counts as unset."""

    model_config = SettingsConfigDict(env_ignore_empty=True, frozen=True, extra="ignore")

    database_url: _Url | None = Field(default=None, validation_alias="DATABASE_URL")
    # for migrations, shops and keys; DATABASE_URL unless given
    database_admin_url: _Url | None = Field(default=None, validation_alias="DATABASE_ADMIN_URL")
    # the same server past a pooler: to LISTEN, and for migrations unless there is an administrator's
    database_direct_url: _Url | None = Field(default=None, validation_alias="DATABASE_DIRECT_URL")
    # streaming replicas, several with commas between them: they answer queries where they have seen all they must
    replica_urls: Annotated[tuple[_Url, ...], NoDecode, BeforeValidator(_listed)] = Field(
        default=(), validation_alias="DATABASE_REPLICA_URLS"
    )
    # for how long what another gateway has written may be missing from a replica's answer
    replica_staleness_ms: int = Field(default=0, ge=0, le=60_000, validation_alias="CUSTOM_DATA_REPLICA_STALENESS_MS")
    # where the embedded database lives when there is no DATABASE_URL
    home: Path = Field(default=Path(".custom-data"), validation_alias="CUSTOM_DATA_HOME")
    # connections of each worker
    pool_size: int = Field(default=16, ge=1, le=500, validation_alias="CUSTOM_DATA_POOL_SIZE")
    statement_timeout_ms: int = Field(
        default=5000, ge=1, le=3_600_000, validation_alias="CUSTOM_DATA_STATEMENT_TIMEOUT_MS"
    )
    # pages of these origins may ask from a browser; none unless given
    cors_origins: Annotated[tuple[_Origin, ...], NoDecode, BeforeValidator(_origins)] = Field(
        default=(), validation_alias="CUSTOM_DATA_CORS_ORIGINS"
    )
    # the file of a manifest: only its documents are run
    trusted_documents: _Manifest | None = Field(default=None, validation_alias="CUSTOM_DATA_TRUSTED_DOCUMENTS")
    # what runs the operations
    executor: Literal["breadth-first", "graphql-core"] = Field(
        default="breadth-first", validation_alias="CUSTOM_DATA_EXECUTOR"
    )
    # for how many days the change log keeps what happened
    change_days: int = _bound("CUSTOM_DATA_CHANGE_DAYS", CHANGE_DAYS, most=LONGEST_CHANGE_DAYS)
    # whether these processes judge triggers and send webhooks; where they do not, 'custom-data deliver' does
    deliver: bool = Field(default=True, validation_alias="CUSTOM_DATA_DELIVER")
    # whether webhooks may go to private addresses and by http: for development and tests
    private_webhooks: bool = Field(default=False, validation_alias="CUSTOM_DATA_PRIVATE_WEBHOOKS")
    webhook_timeout_ms: int = _bound("CUSTOM_DATA_WEBHOOK_TIMEOUT_MS", 10_000, most=60_000)
    webhook_attempts: int = _bound("CUSTOM_DATA_WEBHOOK_ATTEMPTS", WebhookBounds().attempts, most=100)
    # how log lines are written: unless said, as text at a terminal and as JSON elsewhere
    log_format: Literal["json", "text"] | None = Field(default=None, validation_alias="CUSTOM_DATA_LOG_FORMAT")
    # which operations have a line in the log
    log_operations: Literal["all", "failed", "none"] = Field(
        default="all", validation_alias="CUSTOM_DATA_LOG_OPERATIONS"
    )
    # operations that take longer are told with their document, statements and plan
    slow_ms: int = _bound("CUSTOM_DATA_SLOW_MS", 500, most=3_600_000)
    # where metrics are told, as host:port; nowhere unless given
    metrics_address: Annotated[str, AfterValidator(_address)] | None = Field(
        default=None, validation_alias="CUSTOM_DATA_METRICS_ADDRESS"
    )
    # what one operation may ask for
    max_tokens: int = _bound("CUSTOM_DATA_MAX_TOKENS", _BOUNDS.limits.tokens)
    max_depth: int = _bound("CUSTOM_DATA_MAX_DEPTH", _BOUNDS.limits.depth, most=50)
    max_aliases: int = _bound("CUSTOM_DATA_MAX_ALIASES", _BOUNDS.limits.aliases)
    max_root_fields: int = _bound("CUSTOM_DATA_MAX_ROOT_FIELDS", _BOUNDS.limits.root_fields)
    max_directives: int = _bound("CUSTOM_DATA_MAX_DIRECTIVES", _BOUNDS.limits.directives)
    max_cost: int = _bound("CUSTOM_DATA_MAX_COST", _BOUNDS.limits.cost)
    # what one key or contact may spend at once, and gets back each second, in each worker unless rates are shared
    rate_size: int = _bound("CUSTOM_DATA_RATE_SIZE", _BOUNDS.rate_size)
    rate_refill: int = _bound("CUSTOM_DATA_RATE_REFILL", _BOUNDS.rate_refill)
    # whether all workers and hosts count one rate together, instead of one each
    shared_rates: bool = Field(default=False, validation_alias="CUSTOM_DATA_SHARED_RATES")
    # operations of one shop that a worker runs at once
    max_in_flight: int = _bound("CUSTOM_DATA_MAX_IN_FLIGHT", _BOUNDS.in_flight)
    request_timeout_ms: int = _bound("CUSTOM_DATA_REQUEST_TIMEOUT_MS", 10_000)
    body_timeout_ms: int = _bound("CUSTOM_DATA_BODY_TIMEOUT_MS", 10_000)

    # of one file that comes in by HTTP
    max_bulk_bytes: int = _bound("CUSTOM_DATA_MAX_BULK_BYTES", 256 * 1024 * 1024, most=1 << 40)

    @property
    def bounds(self) -> Bounds:
        """What the governor and the limits go by."""
        limits = Limits(
            self.max_tokens, self.max_depth, self.max_aliases, self.max_root_fields, self.max_directives, self.max_cost
        )
        return replace(
            _BOUNDS, limits=limits, rate_size=self.rate_size, rate_refill=self.rate_refill,
            in_flight=self.max_in_flight, request=self.request_timeout_ms / 1000, body=self.body_timeout_ms / 1000,
            private_webhooks=self.private_webhooks,
        )  # fmt: skip

    @property
    def webhooks(self) -> WebhookBounds:
        """What couriers go by."""
        return WebhookBounds(
            private=self.private_webhooks, timeout=self.webhook_timeout_ms / 1000, attempts=self.webhook_attempts
        )


def read_settings() -> Settings:
    """The settings of this process. Raises InvalidSettings."""
    try:
        settings = Settings()
    except ValidationError as error:
        faults = (f"{fault['loc'][0]}: {fault['msg'].removeprefix('Value error, ')}" for fault in error.errors())
        raise InvalidSettings("; ".join(faults)) from None
    if settings.database_admin_url and not settings.database_url:
        raise InvalidSettings("DATABASE_ADMIN_URL: set DATABASE_URL too, or neither to use the embedded database")
    if (settings.database_direct_url or settings.replica_urls) and not settings.database_url:
        raise InvalidSettings("DATABASE_DIRECT_URL, DATABASE_REPLICA_URLS: set DATABASE_URL too")
    return settings
