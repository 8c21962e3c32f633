"""The application: what a worker runs."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, nullcontext
from typing import Any

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route, WebSocketRoute
from starlette.types import ASGIApp, Receive, Scope, Send

from app.graphql.schema import schema_for
from app.server.auth import Gate
from app.server.bulk import Bulk
from app.server.cors import cross_origin
from app.server.delivering import delivering
from app.server.documents import Persisted, Trusted
from app.server.endpoint import Endpoint
from app.server.explorer.assets import asset_route
from app.server.garbage import spare_collections
from app.server.governor import Governor
from app.server.refusals import Refused
from app.server.running import Operations
from app.server.settings import Settings, read_settings
from app.server.shared_rates import SharedRates
from app.server.shop_schemas import ShopSchemas
from app.server.sockets import Sockets
from app.server.sweeping import sweeping
from app.server.telling import set_up_logging, telling
from app.store.database import Database
from app.store.failures import StoreFailure
from app.telemetry.telemetry import Telemetry

_GRAPHQL = "/graphql"


class Gateway(Starlette):
    """Takes what is asked of /graphql straight to its endpoint, which answers whatever happens: the stages for other
    addresses (matching routes, catching errors) would cost as much as a small query."""

    def __init__(self, settings: Settings, **starlette: Any) -> None:
        self._cross_origin = cross_origin(settings.cors_origins)
        self._endpoint: ASGIApp | None = None
        super().__init__(middleware=self._cross_origin, **starlette)

    def open(self, endpoint: ASGIApp) -> None:
        """The endpoint is there from now on."""
        for middleware, args, kwargs in reversed(self._cross_origin):
            endpoint = middleware(endpoint, *args, **kwargs)
        self._endpoint = endpoint

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if self._endpoint is not None and scope["type"] == "http" and scope["path"] == _GRAPHQL:
            await self._endpoint(scope, receive, send)
        else:
            await super().__call__(scope, receive, send)


def create() -> Starlette:
    """The application as the environment sets it up; its lifespan opens and closes the database."""
    settings = read_settings()
    set_up_logging(settings)
    return build(settings)


def build(settings: Settings) -> Starlette:
    """The application over the database of these settings."""

    @asynccontextmanager
    async def lifespan(app: Gateway) -> AsyncIterator[None]:
        if settings.database_url is None:
            raise RuntimeError("DATABASE_URL is not set: start the gateway with 'custom-data serve'.")
        database = await Database.connect_in_time(
            settings.database_url, size=settings.pool_size, statement_timeout_ms=settings.statement_timeout_ms,
            change_days=settings.change_days, direct_url=settings.database_direct_url,
            replica_urls=settings.replica_urls, trust=settings.replica_staleness_ms / 1000,
        )  # fmt: skip
        try:
            rates = SharedRates(settings.bounds, database) if settings.shared_rates else None
            async with telling(settings, database) as telemetry, rates.settling() if rates else nullcontext():
                app.open(mount(app, database, settings, telemetry, rates))
                database.wakes.start()
                spare_collections()
                async with sweeping(database), delivering(settings):
                    yield
        finally:
            await database.close()

    return Gateway(
        settings,
        routes=[Route("/", _home), Route("/healthz", _alive)],
        exception_handlers={404: _refused, 405: _refused},
        lifespan=lifespan,
    )


def mount(
    app: Starlette,
    database: Database,
    settings: Settings | None = None,
    telemetry: Telemetry | None = None,
    rates: SharedRates | None = None,
) -> Endpoint:
    """Adds the routes that need the database; gives the one of /graphql."""
    settings, telemetry = settings or Settings.model_construct(), telemetry or Telemetry()

    async def ready(_request: Request) -> Response:
        try:
            await database.ping()
        except StoreFailure as failure:
            return JSONResponse({"ready": False, "reason": str(failure)}, 503)
        return JSONResponse({"ready": True})

    documents = Trusted(settings.trusted_documents) if settings.trusted_documents else Persisted()
    schema = schema_for(settings.executor)
    schemas = ShopSchemas(schema, database)
    governor = Governor(settings.bounds, rates)
    gate, operations = Gate(database), Operations(schemas, database, documents, governor)
    endpoint = Endpoint(gate, operations, settings.bounds.body, telemetry, settings.max_bulk_bytes)
    app.router.routes.append(Route("/readyz", ready))
    app.router.routes.append(Route(_GRAPHQL, endpoint))
    bulk = Bulk(gate, database, settings.max_bulk_bytes, telemetry, governor.files)
    app.router.routes.append(Route("/bulk/{what}", bulk))
    sockets = Sockets(schema, gate, operations, settings.cors_origins, telemetry)
    app.router.routes.append(WebSocketRoute(_GRAPHQL, sockets))
    app.router.routes.append(asset_route())
    return endpoint


async def _home(_request: Request) -> Response:
    return RedirectResponse(_GRAPHQL)


async def _alive(_request: Request) -> Response:
    return JSONResponse({"alive": True})


async def _refused(_request: Request, error: Exception) -> Response:
    """Unknown addresses and wrong methods outside /graphql."""
    status = error.status_code if isinstance(error, HTTPException) else 500
    code = "METHOD_NOT_ALLOWED" if status == 405 else "NOT_FOUND"
    message = "This address does not take that method." if status == 405 else "There is nothing here: ask /graphql."
    return JSONResponse(Refused(code, message).body(), status, getattr(error, "headers", None))
