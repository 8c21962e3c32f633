"""What the environment decides. Every setting is named here, by its environment variable."""

import re
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, Field, ValidationError
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from app.server.documents import read_manifest


class InvalidSettings(Exception):
    """One or more environment variables cannot be used; the text names each, and never repeats its value."""


def _postgresql(url: str) -> str:
    if not url.startswith(("postgresql://", "postgres://")):
        raise ValueError("write it as postgresql://user:password@host/database")
    return url


def _origins(text: object) -> object:
    return tuple(each.strip().lower() for each in text.split(",")) if isinstance(text, str) else text


def _origin(text: str) -> str:
    if text != "*" and not _ORIGIN.fullmatch(text):
        raise ValueError("write origins as https://shop.example.com, several with commas between them, or * for all")
    return text


_ORIGIN = re.compile(r"https?://(\[[0-9a-f:.]+\]|[a-z0-9_.-]+)(:[0-9]{1,5})?")
_Origin = Annotated[str, AfterValidator(_origin)]
_Manifest = Annotated[dict[str, str], NoDecode, BeforeValidator(lambda path: read_manifest(Path(path)))]
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
    # pages of these origins may ask from a browser; none unless given
    cors_origins: Annotated[tuple[_Origin, ...], NoDecode, BeforeValidator(_origins)] = Field(
        default=(), validation_alias="CUSTOM_DATA_CORS_ORIGINS"
    )
    # the file of a manifest: only its documents are run
    trusted_documents: _Manifest | None = Field(default=None, validation_alias="CUSTOM_DATA_TRUSTED_DOCUMENTS")


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
