"""A session that writes: it knows whether the shop's position has yet to be moved when it commits."""

from typing import Any

from app.store import changes_apart
from app.store.changes import MOVE, RECORD
from app.store.session import Session
from app.store.statements import Statement, writes


class WritingSession(Session):
    """One transaction that may change what queries see."""

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        self._wrote = False
        self._moved = False

    @property
    def unmoved(self) -> bool:
        """Whether it wrote and has not moved the shop's position (`changes.move`)."""
        return self._wrote and not self._moved

    def _observe(self, statement: Statement) -> None:
        super()._observe(statement)
        self._wrote = self._wrote or writes(statement)
        self._moved = self._moved or statement in (RECORD, MOVE, changes_apart.MOVE)
