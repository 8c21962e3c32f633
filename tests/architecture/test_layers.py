"""Each layer imports only to its right: server > graphql > operations > loaders > store > telemetry, domain, tables."""

import ast
from pathlib import Path

import pytest

APP = Path(__file__).parents[2] / "app"

LAYERS = [
    "cli", "server", "demo", "graphql", "execution", "webhooks", "bulk", "operations", "loaders", "store", "telemetry",
    "domain", "tables",
]  # fmt: skip

# the database driver and the web stay in their rooms
ROOMS = {
    "asyncpg": {"store"},
    "starlette": {"server"},
    "uvicorn": {"server"},
    "strawberry": {"graphql", "server", "execution"},
    "aiodataloader": {"loaders"},
    "pydantic": {"operations", "server"},
    "click": {"cli"},
    "httpcore": {"webhooks"},
    "python_multipart": {"server"},
    "jwt": {"operations"},
    "prometheus_client": {"telemetry"},
    "opentelemetry": {"telemetry"},
}


def modules() -> list[Path]:
    return sorted(APP.rglob("*.py"))


def layer_of(file: Path) -> str:
    return file.relative_to(APP).parts[0].removesuffix(".py")


def imports(file: Path) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module} | {f"{node.module}.{alias.name}" for alias in node.names}
    return found


@pytest.mark.parametrize("file", modules(), ids=lambda file: str(file.relative_to(APP)))
def test_imports_only_to_the_right(file: Path) -> None:
    own = layer_of(file)
    if own == "__init__":
        return
    imported = {name.split(".")[1] for name in imports(file) if name.startswith("app.")}
    foreign = {layer for layer in imported if layer in LAYERS and LAYERS.index(layer) < LAYERS.index(own)}
    assert foreign == set()


@pytest.mark.parametrize("file", modules(), ids=lambda file: str(file.relative_to(APP)))
def test_a_dependency_is_imported_only_in_its_room(file: Path) -> None:
    packages = {name.split(".")[0] for name in imports(file)}
    strays = {package for package in packages & ROOMS.keys() if layer_of(file) not in ROOMS[package]}
    assert strays == set()


@pytest.mark.parametrize("file", sorted((APP / "domain").rglob("*.py")), ids=lambda file: file.name)
def test_rules_are_pure(file: Path) -> None:
    """The domain imports the standard library and itself, and never awaits."""
    import sys

    foreign = {name.split(".")[0] for name in imports(file)} - set(sys.stdlib_module_names) - {"app"}
    assert foreign == set()
    assert not any(isinstance(node, ast.AsyncFunctionDef | ast.Await) for node in ast.walk(ast.parse(file.read_text())))
