"""A pgbouncer before a server, in transaction mode, with two connections to it."""

import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from app.store.system_user import let_reach
from tests.processes import PATIENCE

CONNECTIONS = 2
_CONFIGURATION = """
[databases]
* = host={host} port={port}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {listen}
unix_socket_dir =
auth_type = trust
auth_file = {folder}/users
pool_mode = transaction
default_pool_size = {connections}
max_client_conn = 500
log_connections = 0
log_disconnections = 0
"""


@contextmanager
def pgbouncer(url: str) -> Iterator[str]:
    """The URL through it, for the same login and database as `url`, a server's on a Unix socket."""
    parts = urlsplit(url)
    where = parse_qs(parts.query)
    folder = Path(tempfile.mkdtemp(prefix="custom-data-pooler-"))
    owner = os.stat(where["host"][0])
    as_root = os.geteuid() == 0
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    (folder / "users").write_text('"custom_data_gateway" ""\n"postgres" ""\n')
    (folder / "pgbouncer.ini").write_text(
        _CONFIGURATION.format(
            host=where["host"][0], port=where["port"][0], listen=port, folder=folder, connections=CONNECTIONS
        )
    )
    if as_root:
        os.chown(folder, owner.st_uid, owner.st_gid)
        let_reach(owner.st_uid, folder)
        for file in folder.iterdir():
            file.chmod(0o644)
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            [shutil.which("pgbouncer") or "/usr/sbin/pgbouncer", "-q", folder / "pgbouncer.ini"],
            stdout=log, stderr=log, cwd="/",
            user=owner.st_uid if as_root else None, group=owner.st_gid if as_root else None,
            extra_groups=[] if as_root else None,
        )  # fmt: skip
    try:
        _await_answers(process, port, folder / "log")
        login = parts.netloc.rpartition("@")[0]
        yield f"postgresql://{login}@127.0.0.1:{port}{parts.path}"
    finally:
        process.terminate()
        process.wait(PATIENCE)
        shutil.rmtree(folder, ignore_errors=True)


def _await_answers(process: "subprocess.Popen[bytes]", port: int, log: Path) -> None:
    deadline = time.monotonic() + PATIENCE
    while True:
        assert process.poll() is None, log.read_text()
        assert time.monotonic() < deadline
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            time.sleep(0.02)
        else:
            return
