"""The command line, a module for each group of commands, imported when it is asked for. Every failure is one line on
standard error."""

from app.cli.group import main

__all__ = ["main"]
