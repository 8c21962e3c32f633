"""Checks of who may ask for a field. One answer for all that is refused: it never tells whether a thing exists."""

from typing import NoReturn

from app.domain.access import Scope
from app.graphql.context import Info
from app.graphql.errors import Refusal


def require(info: Info, scope: Scope, *, contacts: bool = False) -> None:
    """Raises Refusal unless the API key has the scope, or a contact asks for what is open to contacts."""
    viewer = info.context.viewer
    if viewer.contact_id is not None:
        if not contacts:
            forbid()
    elif scope not in viewer.scopes:
        message = f"This API key lacks the scope {scope.value!r}. 'custom-data key create --scopes' makes one with it."
        raise Refusal("FORBIDDEN", message, scope=scope.value)


def only_keys(info: Info) -> None:
    """Raises Refusal when a contact asks, or a key that may not read: a payload shows what was written, and no way
    from there to the rest of the shop."""
    require(info, Scope.READ)


def may_read(info: Info) -> None:
    """The same for what is open to contacts too."""
    require(info, Scope.READ, contacts=True)


def only_own(info: Info, contact_id: int) -> None:
    """Raises Refusal when a contact asks for another one."""
    if info.context.viewer.contact_id not in (None, contact_id):
        forbid()


def forbid() -> NoReturn:
    raise Refusal("FORBIDDEN", "A contact token reads its own contact, its records and its catalogue only.")
