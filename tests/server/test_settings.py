"""Settings that say how long something is kept: bounded, and refused by their name."""

import pytest

from app.server.settings import InvalidSettings, read_settings


def test_the_change_log_keeps_thirty_days_unless_told_otherwise(monkeypatch: pytest.MonkeyPatch) -> None:
    assert read_settings().change_days == 30
    monkeypatch.setenv("CUSTOM_DATA_CHANGE_DAYS", "365")
    assert read_settings().change_days == 365


@pytest.mark.parametrize("days", ["0", "-1", "3651", "2.5", "a month"])
def test_days_beyond_the_bounds_are_refused(days: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CUSTOM_DATA_CHANGE_DAYS", days)
    with pytest.raises(InvalidSettings, match="CUSTOM_DATA_CHANGE_DAYS"):
        read_settings()
