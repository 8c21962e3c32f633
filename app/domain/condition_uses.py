"""What a condition uses."""

from app.domain.conditions import And, Condition, Counted, Holds, IsNull, Like, Not, OneOf, Or, Range, Some, ToOne


def used_definitions(condition: Condition) -> frozenset[int]:
    """The ids of the definitions that it leads to, at any depth."""
    match condition:
        case And(parts) | Or(parts):
            return frozenset[int]().union(*map(used_definitions, parts))
        case Not(part):
            return used_definitions(part)
        case ToOne(_, target, inner):
            own = frozenset([target.definition.id]) if target.definition is not None else frozenset[int]()
            return own | used_definitions(inner)
        case Some(link, inner) | Counted(link, inner):
            own = frozenset([link.definition.id]) if link.definition is not None else frozenset[int]()
            return own | used_definitions(inner)
    return frozenset()


def own_columns(condition: Condition) -> frozenset[str]:
    """What it compares of the row itself that is no declared field: created_at, version."""
    match condition:
        case And(parts) | Or(parts):
            return frozenset[str]().union(*map(own_columns, parts))
        case Not(part):
            return own_columns(part)
        case OneOf() | Range() | Like() | Holds() | IsNull():
            return frozenset([condition.attribute.name]) if condition.attribute.field is None else frozenset()
    return frozenset()
