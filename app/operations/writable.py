"""The definition a write is about: found, active, and held as it is until the write commits."""

from app.domain.definitions import Definition, Model, Status
from app.domain.problems import Code, Problem, Refused
from app.store.definitions import Models
from app.store.session import Session
from app.telemetry.observation import touched


async def hold_writable(
    session: Session, models: Models, key_or_id: str, path: str = "definition"
) -> tuple[Model, Definition]:
    """Holds the definition against deactivation and extension. Raises Refused when there is none or it is inactive;
    `path` leads to what named it."""
    model, definition = await models.holding(session, key_or_id)
    if definition is None:
        raise Refused((definition_not_found(model, key_or_id, path),))
    if definition.status is Status.INACTIVE:
        message = f"{definition.key} is inactive, so its records are read-only. Activate it first."
        raise Refused((Problem(Code.DEFINITION_INACTIVE, message, path),))
    touched(definition.key)
    return model, definition


def definition_not_found(model: Model, key_or_id: str, path: str = "definition") -> Problem:
    known = ", ".join(sorted(model.by_key)[:20]) or "none yet"
    shown = key_or_id[:60].encode("utf-8", "backslashreplace").decode().replace("\0", "\\0")
    message = f"There is no definition with the key or id {shown!r}. This shop's definitions: {known}."
    return Problem(Code.DEFINITION_NOT_FOUND, message, path)
