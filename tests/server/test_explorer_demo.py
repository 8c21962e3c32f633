"""`serve --demo` signs its own machine in, and nobody else."""

from pathlib import Path

import httpx
import pytest

from tests.processes import PATIENCE, serving

PAGE = {"accept": "text/html"}


@pytest.fixture
def settings(admin_url: str, gateway_url: str, tmp_path: Path) -> dict[str, object]:
    return {"DATABASE_URL": gateway_url, "DATABASE_ADMIN_URL": admin_url, "CUSTOM_DATA_HOME": tmp_path}


def test_listening_on_loopback_it_prints_a_link_with_the_key_and_puts_the_key_into_the_page(
    settings: dict[str, object],
) -> None:
    with serving("--demo", **settings) as gateway:
        assert "/graphql#key=cdg_" in gateway.said
        key = gateway.said.strip().partition("#key=")[2]
        assert key in httpx.get(f"{gateway.url}/graphql", headers=PAGE, timeout=PATIENCE).text
        assert (
            key
            not in httpx.get(
                f"{gateway.url}/graphql", headers={**PAGE, "host": "rebound.example"}, timeout=PATIENCE
            ).text
        )


def test_listening_on_every_address_it_does_neither(settings: dict[str, object]) -> None:
    with serving("--demo", "--host", "0.0.0.0", **settings) as gateway:
        assert "#key" not in gateway.said
        page = httpx.get(f"{gateway.url}/graphql", headers=PAGE, timeout=PATIENCE).text
        assert '<meta name="demo-key" content="">' in page


def test_without_the_demo_a_key_left_in_the_environment_is_not_shown(settings: dict[str, object]) -> None:
    with serving(CUSTOM_DATA_DEMO_KEY="cdg_1_left", **settings) as gateway:
        assert "cdg_1_left" not in httpx.get(f"{gateway.url}/graphql", headers=PAGE, timeout=PATIENCE).text
