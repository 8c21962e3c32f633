"""API keys and shops: what is a key's text, what may be a shop's name and time zone."""

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.shops import name_problem, new_key, parse_key, time_zone_problem

SECRET = "A" * 43


def test_a_new_key_names_its_shop_and_is_found_by_its_digest() -> None:
    text, digest, prefix = new_key(12)
    assert parse_key(text) == (12, digest)
    assert digest == hashlib.sha256(text.encode()).digest()
    assert text.startswith("cdg_12_")
    assert text.startswith(prefix)


def test_a_prefix_shows_six_characters_of_the_secret() -> None:
    _, _, prefix = new_key(7)
    assert len(prefix) == len("cdg_7_") + 6


def test_no_two_keys_are_the_same() -> None:
    assert len({new_key(1)[0] for _ in range(1000)}) == 1000


@pytest.mark.parametrize("shop_id", [1, 2**63 - 1])
def test_every_bigint_may_be_a_shop(shop_id: int) -> None:
    parsed = parse_key(f"cdg_{shop_id}_{SECRET}")
    assert parsed is not None
    assert parsed[0] == shop_id


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("", id="nothing"),
        pytest.param(f"cdg_0_{SECRET}", id="shop zero"),
        pytest.param(f"cdg_01_{SECRET}", id="a leading zero"),
        pytest.param(f"cdg_-1_{SECRET}", id="a negative shop"),
        pytest.param(f"cdg_{2**63}_{SECRET}", id="a shop beyond bigint"),
        pytest.param(f"cdg_{'9' * 5000}_{SECRET}", id="5,000 digits"),
        pytest.param(f"cdg_\u0661_{SECRET}", id="digits of another script"),
        pytest.param(f"CDG_1_{SECRET}", id="another case"),
        pytest.param(f"cdg_1_{SECRET[1:]}", id="a character short"),
        pytest.param(f"cdg_1_{SECRET}A", id="a character long"),
        pytest.param(f"cdg_1_{SECRET[1:]}=", id="padding"),
        pytest.param(f"cdg_1_{SECRET[1:]}\u00e9", id="a letter outside base64url"),
        pytest.param(f"cdg_1_{SECRET}\n", id="a line end"),
        pytest.param(f" cdg_1_{SECRET}", id="a blank in front"),
        pytest.param(f"cdg_1_{SECRET[1:]}\ud800", id="half a surrogate pair"),
        pytest.param(f"cdg_1_{SECRET[1:]}\0", id="U+0000"),
    ],
)
def test_what_is_no_key_is_none(text: str) -> None:
    assert parse_key(text) is None


@given(st.text(st.characters(codec=None, categories=None)) | st.from_regex(r"cdg_\d+_[\w-]{43}"))
def test_parsing_never_raises(text: str) -> None:
    parse_key(text)


@pytest.mark.parametrize("name", ["x", "Chez Zoé 🐈", "n" * 100])
def test_a_name_that_may_be_kept(name: str) -> None:
    assert name_problem(name) is None


@pytest.mark.parametrize(
    "name",
    [
        pytest.param("", id="empty"),
        pytest.param(" \t", id="blank"),
        pytest.param("n" * 101, id="over 100 characters"),
        pytest.param("a\0", id="U+0000"),
        pytest.param("\udce9", id="half a surrogate pair"),
    ],
)
def test_a_name_that_is_refused(name: str) -> None:
    assert name_problem(name) is not None


@pytest.mark.parametrize("name", ["UTC", "Europe/Paris", "America/Argentina/Ushuaia"])
def test_a_time_zone_of_the_iana(name: str) -> None:
    assert time_zone_problem(name) is None


@pytest.mark.parametrize(
    "name", ["", "Paris", "europe/paris", "Europe", "../etc/passwd", "/etc/localtime", "a\0", "\udce9"]
)
def test_no_time_zone_of_the_iana(name: str) -> None:
    assert time_zone_problem(name) is not None
