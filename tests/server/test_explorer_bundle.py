"""How GraphiQL comes into the gateway: which registry is asked, what is believed, and what is kept."""

import gzip
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from app.server.explorer import bundle
from app.server.explorer.registry import DEFAULT, registry_of
from tests.server import explorers


@dataclass
class Registry:
    """A registry that answers every question alike."""

    url: str
    content: bytes
    asked: list[str] = field(default_factory=list)


@pytest.fixture
def registry() -> Iterator[Registry]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            known.asked.append(self.path)
            self.send_response(200)
            self.end_headers()
            self.wfile.write(known.content)

        def log_message(self, *_arguments: object) -> None:
            """Nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        known = Registry(f"http://127.0.0.1:{server.server_port}/npm", explorers.archive())
        serving = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        serving.start()
        yield known
        server.shutdown()
        serving.join()


@pytest.fixture
def environment(tmp_path: Path, registry: Registry, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """A home with nothing in it, and the stand-in pinned."""
    monkeypatch.setattr(bundle, "INTEGRITY", explorers.integrity(explorers.archive()))
    monkeypatch.setenv("no_proxy", "*")
    return {"HOME": str(tmp_path), "NPM_CONFIG_REGISTRY": registry.url + "/"}


def test_the_registry_of_the_environment_is_asked_once(environment: dict[str, str], registry: Registry) -> None:
    assert bundle.obtain(environment) == bundle.obtain(environment) == explorers.archive()
    assert registry.asked == [f"/npm/@graphql-yoga/render-graphiql/-/render-graphiql-{bundle.VERSION}.tgz"]


def test_a_spoilt_copy_in_the_cache_is_fetched_again(environment: dict[str, str], registry: Registry) -> None:
    bundle.obtain(environment)
    [kept] = Path(environment["HOME"]).rglob("*.tgz")
    kept.write_bytes(b"spoilt")
    assert bundle.obtain(environment) == explorers.archive()
    assert len(registry.asked) == 2


def test_a_cache_that_cannot_be_written_does_not_matter(environment: dict[str, str], registry: Registry) -> None:
    environment["XDG_CACHE_HOME"] = "/dev/null"
    assert bundle.obtain(environment) == explorers.archive()
    assert len(registry.asked) == 1


def test_another_content_is_refused_and_not_kept(environment: dict[str, str], registry: Registry) -> None:
    registry.content += b" "
    with pytest.raises(bundle.Refused, match="sha512"):
        bundle.obtain(environment)
    assert list(Path(environment["HOME"]).rglob("*.tgz")) == []


@pytest.mark.parametrize("url", ["http://127.0.0.1:1", "ftp//nonsense"])
def test_a_registry_that_does_not_answer_is_named(environment: dict[str, str], url: str) -> None:
    environment["NPM_CONFIG_REGISTRY"] = url
    with pytest.raises(bundle.Unobtainable, match=url):
        bundle.obtain(environment)


def test_a_build_unpacks_scripts_styles_workers_and_licence(environment: dict[str, str], tmp_path: Path) -> None:
    assert environment
    folder = explorers.built(tmp_path / "graphiql")
    assert {file.name for file in folder.iterdir()} == {
        "graphiql.js.gz", "graphiql.css.gz", "editor.worker.js.gz", "json.worker.js.gz", "graphql.worker.js.gz",
        "LICENSE", "VERSION",
    }  # fmt: skip
    script = gzip.decompress((folder / "graphiql.js.gz").read_bytes()).decode()
    assert script.endswith("*/\n" + explorers.EXPORTS["js"])


def test_a_second_build_changes_nothing_and_another_version_replaces_it(
    environment: dict[str, str], tmp_path: Path
) -> None:
    assert environment
    folder = explorers.built(tmp_path / "graphiql")
    before = folder.stat().st_ino
    assert explorers.built(folder).stat().st_ino == before
    (folder / "VERSION").write_text("an older one")
    assert not bundle.is_built(folder)
    assert bundle.is_built(explorers.built(folder))
    assert [each.name for each in tmp_path.iterdir()] == ["graphiql"]


def test_an_archive_of_another_make_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    without = explorers.archive({name: text for name, text in explorers.EXPORTS.items() if name != "css"})
    monkeypatch.setattr(bundle, "INTEGRITY", explorers.integrity(without))
    with pytest.raises(bundle.Refused, match="holds no graphiql"):
        bundle.build(tmp_path / "graphiql", without)
    assert list(tmp_path.iterdir()) == []


PROJECT, USER, MACHINE = "http://project", "http://user", "http://machine"


@pytest.mark.parametrize(
    ("environment", "project", "user", "expected"),
    [
        ({}, "", "", DEFAULT),
        ({}, "", f"registry={USER}/", USER),
        ({}, f"registry = {PROJECT}", f"registry={USER}", PROJECT),
        ({"npm_config_registry": MACHINE}, f"registry={PROJECT}", "", MACHINE),
        ({"NPM_CONFIG_REGISTRY": MACHINE}, "", f"@graphql-yoga:registry={USER}", USER),
        ({}, "", f'# registry=x\n; registry=y\nregistry="{USER}"', USER),
        ({"WHERE": "user"}, "", "registry=http://${WHERE}", USER),
        ({}, "", "@other:registry=http://other", DEFAULT),
    ],
    ids=[
        "nothing said: the public one", "the user's", "the project's before the user's",
        "the environment's before the project's", "the scope's own before any general one", "comments and quotes",
        "a variable inside", "another scope's does not count",
    ],
)  # fmt: skip
def test_which_registry(tmp_path: Path, environment: dict[str, str], project: str, user: str, expected: str) -> None:
    home, folder = tmp_path / "home", tmp_path / "project"
    for place, text in ((home, user), (folder, project)):
        place.mkdir()
        (place / ".npmrc").write_text(text)
    given = {"HOME": str(home), "NPM_CONFIG_GLOBALCONFIG": str(tmp_path / "none"), **environment}
    assert registry_of("@graphql-yoga", given, folder) == expected
