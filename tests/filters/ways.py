"""Small bounds, so that few rows are as many as there ever are, and every way to find them is taken."""

import pytest

from app.store import link_pages, narrowing, range_pages, reading_ways, relation_pages, target_pages


def take(monkeypatch: pytest.MonkeyPatch, seed: int) -> None:
    """Half of the seeds take more than two rows for many, and half one step for enough: all ways are tried. Of ranges:
    a few steps, rows that are few, values that are few, ids that are not too many, and the walk along the ids."""
    monkeypatch.setattr(narrowing, "_RARE", 2 if seed % 2 else 1_000)
    monkeypatch.setattr(narrowing, "_STEPS", 1 if seed % 4 < 2 else 300)
    for name in ("_STEPS", "_MORE_STEPS"):
        monkeypatch.setattr(range_pages, name, 3 if seed % 2 else 1_000)
    monkeypatch.setattr(range_pages, "_FEW", 1 if seed % 2 else 1_000)
    monkeypatch.setattr(range_pages, "_VALUES", 100 if seed % 4 == 1 else 1)
    monkeypatch.setattr(range_pages, "_MANY", 4 if seed % 2 else 30_000)
    monkeypatch.setattr(link_pages, "_STEPS", 3 if seed % 2 else 1_000)
    monkeypatch.setattr(link_pages, "_FEW", 2 if seed % 4 == 3 else 1_000)
    monkeypatch.setattr(reading_ways, "_FEW", 0 if seed % 2 else 5_000)
    monkeypatch.setattr(reading_ways, "_SHARE", 1_000)
    monkeypatch.setattr(relation_pages, "_STEPS", 2 if seed % 2 else 500)
    monkeypatch.setattr(target_pages, "_FEW", 1 if seed % 2 else 100)
