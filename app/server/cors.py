"""Which pages may ask from a browser (CORS).

Nothing here guards against forged requests: there is nothing to forge. The gateway knows no cookies, a key is sent on
purpose, bodies are JSON or come with a header of ours (neither can be sent unasked by a page elsewhere), and GET never
writes.
"""

from collections.abc import Sequence

from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware

_SENT = (
    "authorization", "spm-api-key", "content-type", "idempotency-key", "x-idempotency-key",
    "apollo-require-preflight", "graphql-require-preflight",
    "apollographql-client-name", "apollographql-client-version", "x-apollo-operation-name",
    "x-request-id", "traceparent",
)  # fmt: skip
_SHOWN = ("retry-after", "ratelimit", "ratelimit-policy", "x-schema-version", "x-request-id")
_SECONDS = 600  # a browser remembers our answer


def cross_origin(origins: Sequence[str]) -> list[Middleware]:
    """Lets pages of these exact origins ask ("*": of any); none: no header at all, so browsers keep them out."""
    if not origins:
        return []
    return [
        Middleware(
            CORSMiddleware,
            allow_origins=list(origins),
            allow_methods=["GET", "POST"],
            allow_headers=list(_SENT),
            expose_headers=list(_SHOWN),
            max_age=_SECONDS,
        )
    ]
