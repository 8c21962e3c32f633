"""Fixtures of other tests, here too."""

from tests.api.test_change_subscriptions import app
from tests.api.test_locks import meanwhile
from tests.telemetry.conftest import listening

__all__ = ["app", "listening", "meanwhile"]
