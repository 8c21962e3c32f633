"""The embedded PostgreSQL: a server of our own below one folder, so that a laptop needs no other.

Whoever holds the lock on `home`/lock may start and stop it. The operating system frees that lock whatever way its
holder ends, and the next holder takes over what still runs.
"""

import fcntl
import os
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

from app.store.cluster import Cluster
from app.store.system_user import EmbeddedFailure
from app.store.watch import Watch

__all__ = ["EmbeddedFailure", "EmbeddedServer", "EmbeddedUrls"]

_POLL_SECONDS = 0.1
_CREATE_DATABASE = """
    select 'create database custom_data'
    where not exists (select from pg_database where datname = 'custom_data') \\gexec
"""


@dataclass(frozen=True, slots=True)
class EmbeddedUrls:
    """Where to connect: `admin` owns everything, `gateway` is bound by row-level security."""

    admin: str
    gateway: str


class EmbeddedServer:
    """The server below `home`, for as long as this object is started.

    A second one on the same home is refused while the first serves. With `joining` it uses the first one's server and
    leaves it running; without one, it runs a server for itself, and others wait until it has ended. Unless `joining`, a
    server that dies is started again. `settings` are PostgreSQL's, over our own.
    """

    def __init__(self, home: Path, *, joining: bool = False, settings: Mapping[str, str] | None = None) -> None:
        self.home = home.absolute()
        self._joining = joining
        self._settings = settings or {}
        self._lock: int | None = None
        self._cluster: Cluster | None = None  # held by whoever may stop it
        self._watch: Watch | None = None

    def start(self) -> EmbeddedUrls:
        """The URLs of a server that answers. Raises EmbeddedFailure."""
        try:
            self.home.mkdir(parents=True, exist_ok=True)
            self._lock = os.open(self.home / "lock", os.O_RDWR | os.O_CREAT, 0o600)
            sockets = self._own_or_join() or self._run()
        except OSError as error:
            self.stop()
            raise EmbeddedFailure(
                f"The embedded database cannot use {error.filename or self.home}: {error.strerror}. Run as the user it "
                "belongs to, or set CUSTOM_DATA_HOME to a folder of your own."
            ) from error
        except BaseException:
            self.stop()
            raise
        url = f"postgresql://{{}}@/custom_data?host={sockets}&port=5432"
        return EmbeddedUrls(admin=url.format("postgres"), gateway=url.format("custom_data_gateway"))

    def stop(self) -> None:
        """Stops the server cleanly if it is this object's, and frees the home. Harmless when nothing was started."""
        lock, self._lock = self._lock, None
        cluster, self._cluster = self._cluster, None
        watch, self._watch = self._watch, None
        if lock is None:
            return
        try:
            if watch is not None:
                watch.end()
            if cluster is not None:
                cluster.stop()
                os.truncate(lock, 0)
        finally:
            os.close(lock)

    def __enter__(self) -> EmbeddedUrls:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _own_or_join(self) -> str | None:
        """None once the home is ours; or where the sockets of another's server are, if we may join it."""
        assert self._lock is not None
        while True:
            try:
                fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                sockets = os.pread(self._lock, 4096, 0).decode()
                if sockets and not self._joining:
                    raise EmbeddedFailure(
                        f"A gateway already serves from {self.home}. Stop it first, or set CUSTOM_DATA_HOME to another "
                        "folder."
                    ) from None
                if sockets:
                    return sockets
                time.sleep(_POLL_SECONDS)  # a command, or a gateway that is just starting or stopping
            else:
                os.truncate(self._lock, 0)
                return None

    def _run(self) -> str:
        assert self._lock is not None
        self._cluster = Cluster(self.home, self._settings)
        self._cluster.create()
        sockets = str(self._cluster.start())
        self._cluster.psql(_CREATE_DATABASE)
        if not self._joining:
            os.pwrite(self._lock, sockets.encode(), 0)
            self._watch = Watch(self._cluster)
            self._watch.start()
        return sockets
