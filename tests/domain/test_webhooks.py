"""Where webhooks may go, how they are signed, and when they are sent again."""

import hashlib
import hmac

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.problems import Code
from app.domain.webhooks import pause, public, signature, url_problem


@pytest.mark.parametrize(
    "address",
    ["93.184.215.14", "8.8.8.8", "2606:4700::1111", "::ffff:8.8.8.8", "64:ff9b::808:808"],
)
def test_the_open_internet(address: str) -> None:
    assert public(address)


@pytest.mark.parametrize(
    "address",
    ["127.0.0.1", "127.1.2.3", "10.0.0.1", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0",
     "224.0.0.1", "255.255.255.255", "240.0.0.1", "192.0.2.1", "198.18.0.1", "::", "::1", "fe80::1", "fe80::1%eth0",
     "fc00::1", "fd12::1", "ff02::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "64:ff9b::7f00:1", "64:ff9b::a00:1",
     "2002:7f00:1::", "2002:a00:1::", "::7f00:1", "2001:db8::1"],
)  # fmt: skip
def test_what_is_not_on_it(address: str) -> None:
    assert not public(address)


@pytest.mark.parametrize(
    "url",
    ["https://hooks.example.com/", "https://hooks.example.com:8443/a?b=c", "https://8.8.8.8/",
     "https://xn--caf-dma.example/"],
)  # fmt: skip
def test_good_addresses(url: str) -> None:
    assert url_problem(url, private=False) is None


@pytest.mark.parametrize(
    ("url", "code"),
    [
        ("http://hooks.example.com/", Code.INVALID_URL),
        ("ftp://hooks.example.com/", Code.INVALID_URL),
        ("hooks.example.com", Code.INVALID_URL),
        ("https://", Code.INVALID_URL),
        ("https://hooks.example.com:0/", Code.INVALID_URL),
        ("https://hooks.example.com:99999/", Code.INVALID_URL),
        ("https://[::1/", Code.INVALID_URL),
        ("https://me:secret@hooks.example.com/", Code.INVALID_URL),
        ("https://hooks.example.com/#x", Code.INVALID_URL),
        ("https://hooks.example.com/a b", Code.INVALID_URL),
        ("https://hooks.example.com/\r\nx: y", Code.INVALID_URL),
        ("https://café.example/", Code.INVALID_URL),
        ("https://hooks.example.com/" + "x" * 2000, Code.INVALID_URL),
        ("not a url", Code.INVALID_URL),
        ("https://localhost/", Code.PRIVATE_ADDRESS),
        ("https://0x7f000001/", Code.PRIVATE_ADDRESS),
        ("https://2130706433/", Code.PRIVATE_ADDRESS),
        ("https://127.1/", Code.PRIVATE_ADDRESS),
        ("https://127.0.0.1./", Code.PRIVATE_ADDRESS),
        ("https://0177.0.0.1/", Code.PRIVATE_ADDRESS),
        ("https://LOCALHOST./", Code.PRIVATE_ADDRESS),
        ("https://db.internal/", Code.PRIVATE_ADDRESS),
        ("https://127.0.0.1/", Code.PRIVATE_ADDRESS),
        ("https://[::1]/", Code.PRIVATE_ADDRESS),
        ("https://[::ffff:10.0.0.1]/", Code.PRIVATE_ADDRESS),
        ("https://169.254.169.254/latest/meta-data/", Code.PRIVATE_ADDRESS),
    ],
)
def test_bad_addresses(url: str, code: Code) -> None:
    problem = url_problem(url, private=False)
    assert problem is not None
    assert (problem.code, problem.path) == (code, "url")


def test_what_is_no_url_is_called_so() -> None:
    problem = url_problem("not a url", private=False)
    assert problem is not None
    assert problem.message.startswith("This is no URL.")


@pytest.mark.parametrize("url", ["http://127.0.0.1:8000/", "http://localhost/", "https://10.0.0.1/"])
def test_private_ones_may_be_allowed(url: str) -> None:
    assert url_problem(url, private=True) is None


def test_each_secret_signs() -> None:
    body = b'{"id":"1-2-3"}'
    wanted = [hmac.new(key, b"1700000000." + body, hashlib.sha256).hexdigest() for key in (b"new", b"old")]
    assert signature(["new", "old"], 1_700_000_000, body) == f"v1={wanted[0]},v1={wanted[1]}"


@given(attempts=st.integers(1, 10_000), chance=st.floats(0, 1))
def test_pauses_double_up_to_six_hours_and_differ(attempts: int, chance: float) -> None:
    longest = min(5 * 2 ** min(attempts - 1, 60), 6 * 3600)
    assert longest / 2 <= pause(attempts, 5.0, chance) <= longest
    assert pause(attempts, 5.0, 0) <= pause(attempts, 5.0, chance) <= pause(attempts + 1, 5.0, 1)
