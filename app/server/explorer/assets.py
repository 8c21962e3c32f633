"""What the page loads: GraphiQL and our own files, under addresses that change with their content."""

import gzip
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from app.server.explorer import bundle

_OWN = Path(__file__).parent / "page"
_TYPES = {".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml"}
_FOR_EVER = "public, max-age=31536000, immutable"
# also the policy of the workers, which load and ask nothing
_HEADERS = {
    "cache-control": _FOR_EVER,
    "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
    "cross-origin-resource-policy": "same-origin",
    "vary": "accept-encoding",
    "x-content-type-options": "nosniff",
}


@dataclass(frozen=True, slots=True)
class Assets:
    """Files that belong together, packed with gzip; the digest of them all is part of their addresses."""

    digest: str
    packed: Mapping[str, bytes]

    def address(self, name: str) -> str:
        """Relative to the page, so that a proxy may put the gateway below a path."""
        return f"graphql/explorer/{self.digest}/{name}"


@cache
def own_assets() -> Assets:
    """Our own scripts, style sheet and icon."""
    return _assets({file.name: gzip.compress(file.read_bytes(), mtime=0) for file in _OWN.iterdir() if _served(file)})


def graphiql_assets() -> Assets | None:
    """GraphiQL, if it was built; looked for again until it is there."""
    return _graphiql(bundle.FOLDER) if bundle.is_built(bundle.FOLDER) else None


@cache
def _graphiql(folder: Path) -> Assets:
    return _assets({file.name.removesuffix(".gz"): file.read_bytes() for file in folder.glob("*.gz")})


def asset_route() -> Route:
    """Serves both."""
    return Route("/graphql/explorer/{digest}/{name}", _serve, methods=["GET"])


async def _serve(request: Request) -> Response:
    digest, name = request.path_params["digest"], request.path_params["name"]
    for assets in (own_assets(), graphiql_assets()):
        if assets is not None and assets.digest == digest and name in assets.packed:
            return _response(request, name, assets.packed[name])
    return Response("There is no such file: load the explorer's page again.", 404, {"cache-control": "no-store"})


def _response(request: Request, name: str, packed: bytes) -> Response:
    headers = dict(_HEADERS)
    if "gzip" in request.headers.get("accept-encoding", ""):
        headers["content-encoding"] = "gzip"
    else:
        packed = gzip.decompress(packed)
    return Response(packed, headers=headers, media_type=_TYPES[Path(name).suffix])


def _served(file: Path) -> bool:
    return file.suffix in _TYPES


def _assets(packed: dict[str, bytes]) -> Assets:
    digest = hashlib.sha256()
    for name in sorted(packed):
        digest.update(name.encode() + packed[name])
    return Assets(digest.hexdigest()[:16], packed)
