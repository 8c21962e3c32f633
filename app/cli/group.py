"""What all commands share: the group they belong to, how failures are told, which shop is meant."""

from typing import Any

import click

from app.bulk.lines import Unreadable
from app.domain.problems import Problem
from app.operations.import_chunk import ImportStopped
from app.server import access, processes
from app.server.settings import InvalidSettings
from app.store.administration import NotMigrated
from app.store.database import UnsafeRole
from app.store.failures import StoreFailure
from app.store.migrate import MigrationRefused
from app.telemetry.metrics import AddressTaken
from app.telemetry.tracing import TracingMissing

FAILURES = (
    AddressTaken, InvalidSettings, MigrationRefused, NotMigrated, StoreFailure, TracingMissing, UnsafeRole,
    access.ShopNotFound, processes.ServingFailure, ImportStopped, Unreadable,
)  # fmt: skip


class _Commands(click.Group):
    """Says what went wrong in one line, and exits with 1."""

    def invoke(self, context: click.Context) -> Any:
        try:
            return super().invoke(context)
        except FAILURES as error:
            raise click.ClickException(" ".join(str(error).split())) from error


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
def main() -> None:
    """The Custom Data Gateway.

    DATABASE_URL names the PostgreSQL to use; without it, every command uses the embedded one below CUSTOM_DATA_HOME
    (.custom-data), and the one of a running "serve" if there is one.
    """


shop_option = click.option("--shop", "reference", required=True, metavar="ID|NAME", help="Whose.")


def refuse(*problems: Problem | None) -> None:
    for problem in problems:
        if problem is not None:
            raise click.ClickException(problem.message)
