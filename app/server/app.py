"""The application: what a worker runs."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from app.server.endpoint import Endpoint
from app.server.settings import Settings, read_settings
from app.store.database import Database
from app.store.failures import StoreFailure


def create() -> Starlette:
    """The application as the environment sets it up; its lifespan opens and closes the database."""
    return build(read_settings())


def build(settings: Settings) -> Starlette:
    """The application over the database of these settings."""

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        if settings.database_url is None:
            raise RuntimeError("DATABASE_URL is not set: start the gateway with 'custom-data serve'.")
        database = await Database.connect(
            settings.database_url, size=settings.pool_size, statement_timeout_ms=settings.statement_timeout_ms
        )
        try:
            mount(app, database)
            yield
        finally:
            await database.close()

    return Starlette(routes=[Route("/", _home), Route("/healthz", _alive)], lifespan=lifespan)


def mount(app: Starlette, database: Database) -> None:
    """The routes that need the database."""

    async def ready(_request: Request) -> Response:
        try:
            await database.ping()
        except StoreFailure as failure:
            return JSONResponse({"ready": False, "reason": str(failure)}, 503)
        return JSONResponse({"ready": True})

    endpoint = Endpoint(database)
    app.router.routes.append(Route("/readyz", ready))
    app.router.routes.append(Route("/graphql", endpoint.__call__, methods=["GET", "POST"]))


async def _home(_request: Request) -> Response:
    return RedirectResponse("/graphql")


async def _alive(_request: Request) -> Response:
    return JSONResponse({"alive": True})
