"""What all commands share: the group they belong to, how failures are told, which shop is meant."""

from importlib import import_module
from typing import Any

import click

from app.domain.problems import Problem

# the module that each command is in: "serve" is to come up without waiting for what the others need
MODULES = {
    "backup": "backups",
    "deliver": "delivering",
    "deliveries": "deliveries",
    "doctor": "doctor",
    "erase-contact": "erasing",
    "export": "exporting",
    "import": "importing",
    "key": "keys",
    "migrate": "migrating",
    "receive": "receiving",
    "restore": "backups",
    "rotate-token-key": "keys",
    "schema": "schema",
    "serve": "serving",
    "shop": "shops",
    "token": "keys",
}


class _Commands(click.Group):
    """Says what went wrong in one line, and exits with 1."""

    def list_commands(self, context: click.Context) -> list[str]:  # noqa: ARG002
        return sorted(MODULES)

    def get_command(self, context: click.Context, name: str) -> click.Command | None:
        if name in MODULES:
            import_module(f"app.cli.{MODULES[name]}")
        return super().get_command(context, name)

    def invoke(self, context: click.Context) -> Any:
        try:
            return super().invoke(context)
        except Exception as error:
            from app.cli.failures import FAILURES

            if not isinstance(error, FAILURES):
                raise
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
