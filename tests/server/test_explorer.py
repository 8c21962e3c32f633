"""The explorer over plain HTTP: its policy, its caching, and to whom the demo key is shown."""

import gzip
import re
from pathlib import Path

import httpx
import pytest

from app.server.explorer import bundle, pages
from tests.server import explorers

BROWSER = {"accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
KEY = "cdg_1_demo"


@pytest.fixture(autouse=True)
def graphiql(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Built from a stand-in, whether or not the real one was built in."""
    monkeypatch.setattr(bundle, "INTEGRITY", explorers.integrity(explorers.archive()))
    monkeypatch.setattr(bundle, "FOLDER", explorers.built(tmp_path / "graphiql"))


async def page(http: httpx.AsyncClient, **headers: str) -> httpx.Response:
    return await http.get(
        "/graphql", headers={**BROWSER, **{name.replace("_", "-"): text for name, text in headers.items()}}
    )


def addresses(text: str) -> list[str]:
    return re.findall(r'(?:src|href)="(graphql/explorer/[^"]+)"', text)


async def test_only_who_asks_for_a_page_gets_one(http: httpx.AsyncClient) -> None:
    assert (await page(http)).headers["content-type"].startswith("text/html")
    asked = await http.get("/graphql", headers={"accept": "application/json"})
    assert asked.headers["content-type"].startswith("application/json")


async def test_the_page_allows_nothing_from_elsewhere(http: httpx.AsyncClient) -> None:
    headers = (await page(http)).headers
    policy = dict(rule.split(" ", 1) for rule in headers["content-security-policy"].split("; "))
    assert policy == {
        "default-src": "'none'", "script-src": "'self'", "worker-src": "'self'", "connect-src": "'self'",
        "style-src": "'self' 'unsafe-inline'", "font-src": "'self' data:", "img-src": "'self' data:",
        "base-uri": "'none'", "form-action": "'none'", "frame-ancestors": "'none'",
    }  # fmt: skip
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["cross-origin-resource-policy"] == headers["cross-origin-opener-policy"] == "same-origin"
    assert "access-control-allow-origin" not in headers


async def test_the_page_names_no_other_host_and_holds_no_script(http: httpx.AsyncClient) -> None:
    text = (await page(http)).text
    assert "//" not in "".join(re.findall(r'(?:src|href)="([^"]*)"', text))
    assert re.findall(r"<script(?![^>]*\bsrc=)", text) == []
    assert re.search(r"\son\w+=", text) is None


async def test_the_page_is_never_cached_and_its_files_for_ever(http: httpx.AsyncClient) -> None:
    opened = await page(http)
    assert opened.headers["cache-control"] == "no-store"
    named = addresses(opened.text)
    assert {address.rsplit("/", 1)[1] for address in named} == {
        "explorer.js", "explorer.css", "icon.svg", "graphiql.js", "graphiql.css",
    }  # fmt: skip
    for address in named:
        file = await http.get(f"/{address}")
        assert file.status_code == 200
        assert file.headers["cache-control"] == "public, max-age=31536000, immutable"
        assert file.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize(
    ("name", "media"),
    [("graphiql.js", "text/javascript"), ("graphql.worker.js", "text/javascript"), ("graphiql.css", "text/css")],
)
async def test_a_file_travels_packed_to_whom_takes_it(http: httpx.AsyncClient, name: str, media: str) -> None:
    [script] = [each for each in addresses((await page(http)).text) if each.endswith("graphiql.js")]
    address = "/" + script.replace("graphiql.js", name)
    packed = await http.get(address, headers={"accept-encoding": "br, gzip"})
    plain = await http.get(address, headers={"accept-encoding": "identity"})
    assert packed.headers["content-encoding"] == "gzip"
    assert "content-encoding" not in plain.headers
    assert packed.content == plain.content  # httpx has unpacked it
    assert plain.headers["content-type"].startswith(media)
    assert plain.headers["vary"] == "accept-encoding"


@pytest.mark.parametrize(
    "address",
    ["0000000000000000/graphiql.js", "{digest}/nothing.js", "{digest}/..%2fpages.py", "{digest}/VERSION"],
    ids=["an older version", "no such file", "outside the folder", "not for browsers"],
)
async def test_no_other_file_is_served(http: httpx.AsyncClient, address: str) -> None:
    digest = addresses((await page(http)).text)[0].split("/")[2]
    file = await http.get("/graphql/explorer/" + address.format(digest=digest))
    assert (file.status_code, file.headers.get("cache-control", "no-store")) == (404, "no-store")


@pytest.mark.parametrize(
    "host", ["localhost", "localhost:8000", "LOCALHOST", "127.0.0.1", "127.8.8.8:80", "[::1]:8000"]
)
async def test_the_demo_key_is_shown_on_loopback(
    http: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch, host: str
) -> None:
    monkeypatch.setenv(pages.DEMO_KEY, KEY)
    assert KEY in (await page(http, host=host)).text
    assert KEY in (await page(http, host=host, sec_fetch_dest="document")).text


@pytest.mark.parametrize(
    "headers",
    [
        {"host": "shop.example.com"},
        {"host": "127.0.0.1.example.com"},
        {"host": "localhost.example.com"},
        {"host": "example.com:127"},
        {"host": "192.168.0.7:8000"},
        {"host": "[::2]"},
        {"host": "0.0.0.0"},
        {"host": "localhost@example.com"},
        {"host": ""},
        {"host": "localhost", "x_forwarded_for": "203.0.113.9"},
        {"host": "localhost", "forwarded": "for=203.0.113.9"},
        {"host": "localhost", "via": "1.1 proxy"},
        {"host": "localhost", "sec_fetch_dest": "empty"},
        {"host": "localhost", "sec_fetch_dest": "iframe"},
    ],
    ids=str,
)
async def test_the_demo_key_is_shown_nowhere_else(
    http: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch, headers: dict[str, str]
) -> None:
    monkeypatch.setenv(pages.DEMO_KEY, KEY)
    shown = await page(http, **headers)
    assert shown.status_code == 200
    assert "cdg_1" not in shown.text


async def test_without_a_demo_no_key_is_shown(http: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(pages.DEMO_KEY, raising=False)
    assert '<meta name="demo-key" content="">' in (await page(http, host="localhost")).text


async def test_a_gateway_built_without_graphiql_says_how_to_add_it(
    http: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(bundle, "FOLDER", tmp_path / "added")
    missing = await page(http)
    assert missing.status_code == 503
    assert "python -m app.server.explorer.bundle" in missing.text
    assert "script-src 'self'" in missing.headers["content-security-policy"]
    explorers.built(tmp_path / "added")
    assert (await page(http)).status_code == 200


def test_the_licences_travel_with_the_scripts() -> None:
    assert (bundle.FOLDER / "LICENSE").read_text() == "MIT License"
    assert b"licences: LICENSE and NOTICE" in gzip.decompress((bundle.FOLDER / "graphiql.js.gz").read_bytes())
    assert "Microsoft Corporation" in Path(bundle.__file__).with_name("NOTICE").read_text()
