"""The command line, a module for each group of commands. Every failure is one line on standard error."""

from app.cli import backups, deliveries, exporting, importing, keys, schema, serving, shops
from app.cli.group import main

__all__ = ["backups", "deliveries", "exporting", "importing", "keys", "main", "schema", "serving", "shops"]
