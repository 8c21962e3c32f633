"""Where workers come from."""

import pytest

from app.server import nursery


def test_without_a_folder_for_a_socket_each_worker_imports_for_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    def none() -> str:
        raise FileNotFoundError

    assert nursery._context.__wrapped__().get_start_method() == "forkserver"
    monkeypatch.setattr("app.server.nursery.tempfile.gettempdir", none)
    assert nursery._context.__wrapped__().get_start_method() == "spawn"
