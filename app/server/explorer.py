"""GraphiQL, for people who explore."""

from functools import cache
from importlib.resources import files


@cache
def page() -> str:
    """The explorer's page. An API key in the address's fragment (#key=...) is put into its headers; a fragment never
    leaves the browser."""
    return files(__package__).joinpath("explorer.html").read_text()
