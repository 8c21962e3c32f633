"""The explorer's page, and to whom it shows the demo shop's key."""

import os
import re
from functools import cache
from html import escape
from pathlib import Path
from string import Template

from starlette.datastructures import Headers
from starlette.responses import HTMLResponse, Response

from app.server.explorer import assets, bundle
from app.server.explorer.signing_in import DEMO_KEY

_POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "worker-src 'self'",
        "connect-src 'self'",
        "style-src 'self' 'unsafe-inline'",  # Monaco measures and colours with styles of its own
        "font-src 'self' data:",
        "img-src 'self' data:",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
    )
)
_HEADERS = {
    "cache-control": "no-store",
    "content-security-policy": _POLICY,
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "referrer-policy": "no-referrer",
    "vary": "accept, host",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
}
_LOOPBACK = re.compile(r"(localhost|127(\.\d{1,3}){3}|\[::1\])(:\d{1,5})?", re.IGNORECASE)
_FORWARDED = ("forwarded", "x-forwarded-for", "x-forwarded-host", "x-real-ip", "via")


def respond(sent: Headers) -> Response:
    """GraphiQL; or, where it was not built in, a page that says how to add it."""
    graphiql = assets.graphiql_assets()
    if graphiql is None:
        text = _template("missing.html").substitute(
            styles=assets.own_assets().address("explorer.css"), icon=assets.own_assets().address("icon.svg"),
            archive=f"{bundle.NAME}-{bundle.VERSION}.tgz",
        )  # fmt: skip
        return HTMLResponse(text, 503, _HEADERS)
    own = assets.own_assets()
    text = _template("explorer.html").substitute(
        graphiql=graphiql.address("graphiql.js"), graphiql_styles=graphiql.address("graphiql.css"),
        script=own.address("explorer.js"), styles=own.address("explorer.css"), icon=own.address("icon.svg"),
        demo_key=escape(demo_key(sent) or ""),
    )  # fmt: skip
    return HTMLResponse(text, headers=_HEADERS)


def demo_key(sent: Headers) -> str | None:
    """The demo shop's key, for a person at this very machine: the server listens on loopback (else there is no key in
    the environment), the address in the browser names loopback (a name that an attacker lets point here does not), no
    proxy stands in between, and the page is opened, not fetched by another page's script."""
    hosts, kind = sent.getlist("host"), sent.get("sec-fetch-dest", "document")
    here = len(hosts) == 1 and _LOOPBACK.fullmatch(hosts[0]) is not None
    if not here or kind != "document" or any(name in sent for name in _FORWARDED):
        return None
    return os.environ.get(DEMO_KEY) or None


@cache
def _template(name: str) -> Template:
    return Template((Path(__file__).parent / "page" / name).read_text())
