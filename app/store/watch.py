"""Somebody who starts the embedded server again when it has died."""

import logging
import threading
import time
from contextlib import suppress

from app.store.cluster import Cluster
from app.store.system_user import EmbeddedFailure

_log = logging.getLogger(__name__)
_LOOK_SECONDS = 0.2
_FIRST_PAUSE_SECONDS = 0.1
_LONGEST_PAUSE_SECONDS = 10.0
_SETTLED_SECONDS = 60.0  # a server that lived for so long has nothing to do with the deaths before


class Watch:
    """A thread that looks whether the server runs, and starts it where it does not. After each start the pause before
    the next one doubles, up to ten seconds, until one lasts: a server that cannot stay up is not started in a circle,
    and one whose disk is no longer full comes back by itself."""

    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._look_on, name="embedded-server", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def end(self) -> None:
        """Stops the server, and watches no more."""
        self._ended.set()
        while self._thread.is_alive():
            with suppress(EmbeddedFailure):
                self._cluster.stop()  # which also ends a start that lasts
            self._thread.join(_LOOK_SECONDS)
        self._cluster.stop()

    def _look_on(self) -> None:
        pause, started = _FIRST_PAUSE_SECONDS, 0.0
        while not self._ended.wait(_LOOK_SECONDS):
            if self._cluster.running():
                continue
            if time.monotonic() - started > _SETTLED_SECONDS:
                pause = _FIRST_PAUSE_SECONDS
                _log.warning("The embedded database has ended; it is started again.")
            if self._ended.wait(pause):
                return
            pause = min(2 * pause, _LONGEST_PAUSE_SECONDS)
            self._start()
            started = time.monotonic()

    def _start(self) -> None:
        try:
            self._cluster.start()
        except (EmbeddedFailure, OSError) as failure:
            if not self._ended.is_set():
                _log.warning("%s It is tried again.", failure)
        else:
            _log.warning("The embedded database is back.")
