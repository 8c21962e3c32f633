"""A primary of its own and a streaming replica of it, each a server of the embedded binaries."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from app.store.cluster import Cluster
from app.store.embedded import EmbeddedServer, EmbeddedUrls
from tests.database import FAST, ready


class Standby:
    """A replica that can be stopped and started again; its URLs stay the same."""

    def __init__(self, home: Path, primary: EmbeddedUrls) -> None:
        home.mkdir(mode=0o755)
        self.home = home
        self._cluster = Cluster(home, FAST)
        data = home / "postgres"
        data.mkdir(mode=0o700)
        self._cluster._give(data)
        self._cluster._call(
            "pg_basebackup", "-h", primary.admin.partition("host=")[2].partition("&")[0], "-p", "5432",
            "-U", "postgres", "-D", data, "-R", "-X", "stream", "-c", "fast",
        )  # fmt: skip
        self._at = home / "at"  # the folder of its sockets, which is another after each start
        url = f"postgresql://{{}}@/custom_data?host={self._at}&port=5432"
        self.urls = EmbeddedUrls(admin=url.format("postgres"), gateway=url.format("custom_data_gateway"))

    def start(self) -> None:
        sockets = self._cluster.start()
        self._at.unlink(missing_ok=True)
        self._at.symlink_to(sockets)

    def promote(self) -> None:
        """Makes it a primary of its own."""
        self._cluster._call("pg_ctl", "promote", "-w", "-D", self.home / "postgres")

    def stop(self) -> None:
        self._cluster.stop()


@contextmanager
def primary_and_standby() -> Iterator[tuple[EmbeddedUrls, Standby]]:
    """A migrated primary and its replica, for as long as the block runs."""
    home = Path(tempfile.mkdtemp(prefix="custom-data-scale-"))
    home.chmod(0o755)
    server = EmbeddedServer(home / "primary", settings=FAST)
    try:
        urls = server.start()
        ready(urls.admin)
        standby = Standby(home / "standby", urls)
        standby.start()
        try:
            yield urls, standby
        finally:
            standby.stop()
    finally:
        with suppress(OSError):
            server.stop()
        shutil.rmtree(home, ignore_errors=True)
