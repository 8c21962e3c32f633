"""Which npm registry this environment names, found the way npm finds it."""

import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

DEFAULT = "https://registry.npmjs.org"
_GLOBAL = (Path("/usr/local/etc/npmrc"), Path("/usr/etc/npmrc"), Path("/etc/npmrc"))
_VARIABLE = re.compile(r"\$\{([^}]+)\}")


def registry_of(scope: str, environment: Mapping[str, str], folder: Path) -> str:
    """The registry for packages of a scope ("@graphql-yoga"), without a trailing slash. A registry of the scope's own
    wins over the general one; the environment over the folder's .npmrc, over the user's, over the machine's."""
    settings = list(_layers(environment, folder))
    for name in (f"{scope}:registry", "registry"):
        for layer in settings:
            if layer.get(name):
                return layer[name].rstrip("/")
    return DEFAULT


def _layers(environment: Mapping[str, str], folder: Path) -> Iterator[dict[str, str]]:
    """Settings, the strongest first."""
    given = {
        name.lower().removeprefix("npm_config_"): value
        for name, value in environment.items()
        if name.lower().startswith("npm_config_")
    }
    yield given
    yield _read(folder / ".npmrc", environment)
    home = Path(environment.get("HOME") or os.path.expanduser("~"))
    yield _read(Path(given.get("userconfig") or home / ".npmrc"), environment)
    for file in [Path(given["globalconfig"])] if given.get("globalconfig") else _GLOBAL:
        yield _read(file, environment)


def _read(file: Path, environment: Mapping[str, str]) -> dict[str, str]:
    """An .npmrc as a dict; empty when there is none that can be read. ${NAME} stands for an environment variable."""
    try:
        lines = file.read_text().splitlines()
    except (OSError, UnicodeDecodeError):
        return {}
    pairs = (line.split("=", 1) for line in lines if "=" in line and line.lstrip()[:1] not in ("#", ";"))
    return {name.strip(): _expanded(value.strip().strip("\"'"), environment) for name, value in pairs}


def _expanded(text: str, environment: Mapping[str, str]) -> str:
    return _VARIABLE.sub(lambda found: environment.get(found[1], found[0]), text)
