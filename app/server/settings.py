"""What the environment decides. Every setting is named here, by its environment variable."""

from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, Field, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict


class InvalidSettings(Exception):
    """One or more environment variables cannot be used; the text names each, and never repeats its value."""


def _postgresql(url: str) -> str:
    if not url.startswith(("postgresql://", "postgres://")):
        raise ValueError("write it as postgresql://user:password@host/database")
    return url


_Url = Annotated[str, AfterValidator(_postgresql)]


class Settings(BaseSettings):
    """Read with `read_settings`. An empty variable counts as unset."""

    model_config = SettingsConfigDict(env_ignore_empty=True, frozen=True, extra="ignore")

    database_url: _Url | None = Field(default=None, validation_alias="DATABASE_URL")
    # for migrations, shops and keys; DATABASE_URL unless given
    database_admin_url: _Url | None = Field(default=None, validation_alias="DATABASE_ADMIN_URL")
    # where the embedded database lives when there is no DATABASE_URL
    home: Path = Field(default=Path(".custom-data"), validation_alias="CUSTOM_DATA_HOME")
    # connections of each worker
    pool_size: int = Field(default=16, ge=1, le=500, validation_alias="CUSTOM_DATA_POOL_SIZE")
    statement_timeout_ms: int = Field(
        default=5000, ge=1, le=3_600_000, validation_alias="CUSTOM_DATA_STATEMENT_TIMEOUT_MS"
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
    return settings
