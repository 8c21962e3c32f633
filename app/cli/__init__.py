"""The command line, a module for each group of commands. Every failure is one line on standard error."""

from app.cli import (
    backups,
    deliveries,
    doctor,
    erasing,
    exporting,
    importing,
    keys,
    receiving,
    schema,
    serving,
    shops,
)
from app.cli.group import main

__all__ = [
    "backups", "deliveries", "doctor", "erasing", "exporting", "importing", "keys", "main", "receiving", "schema",
    "serving", "shops",
]  # fmt: skip
