"""Fixtures of other tests, here too."""

from tests.api.test_change_subscriptions import app
from tests.api.test_locks import meanwhile

__all__ = ["app", "meanwhile"]
