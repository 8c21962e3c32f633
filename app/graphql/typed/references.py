"""How a relation names what it points to when it is written: inputs of exactly one identifier, taken into the general
form of a reference (`app/domain/references.py`)."""

from collections.abc import Callable
from functools import partial
from typing import Any

from graphql import GraphQLID, GraphQLInputField, GraphQLInputObjectType, GraphQLInputType, GraphQLString

from app.domain import naming
from app.domain.definitions import Definition
from app.graphql.node import number, number_of
from app.graphql.typed.one_of import one_of


def contact_reference(sent: dict[str, Any]) -> Any:
    """What the core's ContactReference says."""
    [(name, value)] = sent.items()
    if name == "idContact":
        return as_number(value)
    if name == "email":
        return {"by": "email", "value": value}
    found = {"by": "id_customer", "value": value["idCustomer"]}
    return found if value.get("source") is None else found | {"source": value["source"]}


def as_number(value: Any) -> Any:
    """Ids travel as texts, and are numbers in the general form; what is no number is told to be none there."""
    found = number(value) if isinstance(value, str) else None
    return value if found is None else found


PRODUCT_REFERENCE = one_of(
    "ProductReference",
    {
        "idProduct": GraphQLInputField(GraphQLID),
        "reference": GraphQLInputField(GraphQLString, description="Of one product only."),
    },
    "Names a product by exactly one of its identifiers.",
    lambda sent: sent["idProduct"] if "idProduct" in sent else {"by": "reference", "value": sent["reference"]},
)


def record_reference(definition: Definition, value_type: Callable[[str], GraphQLInputType]) -> GraphQLInputObjectType:
    """Names a record of the definition by its id, or by its unique key where that is one field."""
    fields = {"idRecord": GraphQLInputField(GraphQLID, description="`idRecord` or `id`.")}
    key = definition.unique_keys[0] if len(definition.unique_keys) == 1 else None
    if key is not None:
        fields[naming.field_name(key)] = GraphQLInputField(value_type(key), description="The unique key.")
    text = f"Names a record of {definition.name} by exactly one of its identifiers."
    general = partial(_record, key, key is not None and key in definition.relationship)
    return one_of(f"{naming.type_name(definition.key)}Reference", fields, text, general)


def _record(key: str | None, relation: bool, sent: dict[str, Any]) -> Any:
    if "idRecord" in sent:
        found = number_of(sent["idRecord"], "CustomDataRecord")
        return sent["idRecord"] if found is None else found
    [value] = sent.values()
    return {"by": key, "value": as_number(value) if relation else value}
