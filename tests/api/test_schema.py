"""The graph's shape is a promise: its export is kept, its names are the contract, and it explains itself."""

import re
from pathlib import Path

import pytest
from click.testing import CliRunner
from graphql import (
    GraphQLField,
    GraphQLInputField,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLNamedType,
    GraphQLObjectType,
    build_schema,
)

from app.cli import main
from app.domain import naming

EXPORT = Path(__file__).parents[2] / "schema.graphql"

SCHEMA = build_schema(EXPORT.read_text())
TYPES = {name: each for name, each in SCHEMA.type_map.items() if not name.startswith("__")}
BUILT_IN = {"Int", "Float", "String", "Boolean", "ID"}


def test_the_export_is_the_schema() -> None:
    exported = CliRunner().invoke(main, ["schema"]).output
    assert exported == EXPORT.read_text(), "The graph has changed: renew it with  custom-data schema > schema.graphql"


CONTRACT = {
    "Query": {
        "shop": "Shop!",
        "node": "(id: ID!): Node",
        "nodes": "(ids: [ID!]!): [Node]!",
        "customDataDefinition": "(id: ID, key: String): CustomDataDefinition",
        "customDataDefinitions": "(status: DefinitionStatus): [CustomDataDefinition!]!",
        "customDataRecord": "(id: ID, by: RecordKey): CustomDataRecord",
        "customDataRecords": "(definition: String!, first: Int, after: String, last: Int, before: String, where: JSON, "
        "orderBy: [OrderBy!]): CustomDataRecordConnection",
        "contact": "(by: ContactReference!): Contact",
        "contacts": "(search: String, first: Int, after: String, last: Int, before: String, "
        "where: ContactWhere, orderBy: [ContactOrderBy!]): ContactConnection!",
        "product": "(idProduct: ID!): Product",
        "products": "(ids: [ID!], search: String, first: Int, after: String, last: Int, before: String, "
        "where: ProductWhere, orderBy: [ProductOrderBy!]): ProductConnection!",
        "overrides": "[Override!]!",
        "overridePaths": "(definition: String!): [OverridePath!]!",
        "customDataAggregate": "(definition: String!, where: JSON, groupBy: [GroupBy!], orderBy: [GroupOrder!], "
        "first: Int, having: JSON): Aggregates",
        "contactsAggregate": "(where: ContactWhere, groupBy: [GroupBy!], orderBy: [GroupOrder!], first: Int, "
        "having: JSON): Aggregates",
        "productsAggregate": "(where: ProductWhere, groupBy: [GroupBy!], orderBy: [GroupOrder!], first: Int, "
        "having: JSON): Aggregates",
        "segment": "(id: ID, name: String): Segment",
        "segments": "[Segment!]!",
    },
    "Aggregates": {"groups": "[Aggregate!]!", "hasMore": "Boolean!"},
    "Aggregate": {
        "keys": "[JSON]!", "key": "(field: String!, unit: CalendarUnit): JSON",
        "count": "(field: String, distinct: Boolean!): Int!", "sum": "(field: String!): JSON",
        "avg": "(field: String!): JSON", "min": "(field: String!): JSON", "max": "(field: String!): JSON",
    },
    "GroupBy": {"field": "String!", "unit": "CalendarUnit"},
    "GroupOrder": {"by": "GroupFigure! = KEY", "field": "String", "direction": "OrderDirection! = ASC",
                   "nulls": "NullsOrder! = LAST"},
    "Segment": {
        "id": "ID!", "idSegment": "ID!", "name": "String!", "where": "JSON!", "createdAt": "DateTime!",
        "updatedAt": "DateTime!", "problem": "String", "usedBy": "[Segment!]!",
        "contacts": "(first: Int, after: String, last: Int, before: String, orderBy: [ContactOrderBy!]): "
        "ContactConnection!",
        "count": "(atMost: Int!): SegmentCount!", "contains": "(contact: ContactReference!): Boolean!",
        "why": "(contact: ContactReference!): Why!",
    },
    "Why": {"isTrue": "Boolean!", "nodes": "[ConditionNode!]!", "lines": "[String!]!"},
    "ConditionNode": {"level": "Int!", "kind": "ConditionKind!", "text": "String!", "isTrue": "Boolean!",
                      "value": "JSON", "records": "[DecidingRecord!]!"},
    "DecidingRecord": {"kind": "String!", "id": "ID!", "value": "JSON"},
    "CreateSegmentInput": {"name": "String!", "where": "JSON", "filter": "ContactWhere"},
    "UpdateSegmentInput": {"segment": "String!", "name": "String", "where": "JSON"},
    "DeleteSegmentInput": {"segment": "String!"},
    "CustomDataRecord": {
        "id": "ID!", "idRecord": "ID!", "definition": "CustomDataDefinition!",
        "data": "(fields: [String!]): JSON!",
        "value": "(field: String!): JSON",
        "relation": "(field: String!): RelationTarget",
        "relatedBy": "(definition: String!, field: String, first: Int, after: String, last: Int, before: String, "
        "where: JSON, orderBy: [OrderBy!]): CustomDataRecordConnection",
        "relatedByAggregate": "(definition: String!, field: String, where: JSON, groupBy: [GroupBy!], "
        "orderBy: [GroupOrder!], first: Int, having: JSON): Aggregates",
        "pricing": "(productField: String, contactField: String): ProductPricing",
        "createdAt": "DateTime!", "updatedAt": "DateTime!", "version": "Int!",
    },
    "Contact": {
        "idContact": "ID!", "email": "String", "firstName": "String", "lastName": "String", "customers": "[Customer!]!",
        "customDataDefinitions": "[CustomDataDefinition!]!",
        "customData": "(definition: String!, field: String, first: Int, after: String, last: Int, before: String, "
        "where: JSON, orderBy: [OrderBy!]): CustomDataRecordConnection",
        "customDataAggregate": "(definition: String!, field: String, where: JSON, groupBy: [GroupBy!], "
        "orderBy: [GroupOrder!], first: Int, having: JSON): Aggregates",
        "products": "(first: Int, after: String, last: Int, before: String): ProductConnection!",
        "segments": "(only: [String!]): [Segment!]!", "matches": "(where: JSON, filter: ContactWhere): Boolean!",
        "why": "(segment: String, where: JSON, filter: ContactWhere): Why!",
    },
    "Product": {
        "idProduct": "ID!", "reference": "String", "name": "String!", "currency": "String", "nativePrice": "Decimal!",
        "nativePriceDiscount": "Decimal", "price": "(contact: ContactReference): Decimal",
        "priceDiscount": "(contact: ContactReference): Decimal", "payable": "(contact: ContactReference): Decimal",
        "pricing": "(contact: ContactReference): ProductPricing!",
    },
    "ProductPricing": {"payable": "Decimal!", "price": "FieldPricing!", "priceDiscount": "FieldPricing!"},
    "FieldPricing": {"amount": "Decimal", "native": "Decimal", "winner": "PriceSource", "sources": "[PriceSource!]!"},
    "CustomDataRecordConnection": {
        "edges": "[CustomDataRecordEdge!]!", "nodes": "[CustomDataRecord!]!", "pageInfo": "PageInfo!",
        "totalCount": "TotalCount!",
    },
    "TotalCount": {"count": "Int!", "isExact": "Boolean!"},
    "PageInfo": {"hasNextPage": "Boolean!", "hasPreviousPage": "Boolean!", "startCursor": "String",
                 "endCursor": "String"},
    "UserError": {"code": "UserErrorCode!", "message": "String!", "path": "String", "index": "Int"},
    "SaveRecordsPayload": {"results": "[RecordResult!]!", "created": "Int!", "updated": "Int!", "unchanged": "Int!",
                           "rejected": "Int!"},
    "RecordResult": {"index": "Int!", "outcome": "Outcome!", "record": "CustomDataRecord", "errors": "[UserError!]!",
                     "warnings": "[UserError!]!"},
    "ContactReference": {"idContact": "ID", "email": "String", "idCustomer": "CustomerReference"},
    "OrderBy": {"field": "String!", "direction": "OrderDirection! = ASC", "nulls": "NullsOrder! = LAST"},
    "CustomerReference": {"idCustomer": "String!", "source": "String"},
    "CreateDefinitionInput": {"name": "String!", "key": "String", "description": "String", "uniqueKeys": "[String!]",
                              "fields": "[FieldInput!]!", "relationships": "[RelationshipInput!]"},
    "FieldInput": {"name": "String!", "label": "String", "type": "FieldType!", "description": "String",
                   "required": "Boolean! = false", "default": "JSON", "options": "[JSON!]", "elementType": "FieldType"},
    "RelationshipInput": {"sourceField": "String!", "targetSchemaType": "SchemaType!", "targetSchema": "String!",
                          "targetField": "String"},
    "SaveRecordsInput": {"definition": "String!", "records": "[JSON!]!", "errorPolicy": "ErrorPolicy! = REJECT_ITEMS",
                         "onAmbiguous": "OnAmbiguous! = FIRST", "idempotencyKey": "String"},
    "UpdateRecordInput": {"id": "ID", "by": "RecordKey", "data": "JSON!", "ifVersion": "Int"},
    "RecordKey": {"definition": "String!", "key": "JSON!"},
    "DeleteRecordInput": {"id": "ID", "by": "RecordKey", "force": "Boolean! = false"},
    "BulkDeleteRecordsInput": {"definition": "String!", "ids": "[ID!]!", "force": "Boolean! = false"},
    "SetOverridesInput": {"systemSchema": 'String! = "products"', "systemField": "String!",
                          "sources": "[OverrideSourceInput!]!"},
    "OverrideSourceInput": {"definition": "String!", "field": "String!", "priority": "Int!",
                            "contactPath": "[String!]", "productField": "String", "latestBy": "String"},
    "CustomerInput": {"idCustomer": "String!", "source": 'String! = "default"', "email": "String",
                      "emailVerified": "Boolean! = false", "firstName": "String", "lastName": "String",
                      "lang": "String"},
    "ProductInput": {"idProduct": "ID!", "reference": "String", "name": "String!", "price": "Decimal!",
                     "priceDiscount": "Decimal", "currency": "String", "lang": "String",
                     "isActive": "Boolean! = true"},
}  # fmt: skip


@pytest.mark.parametrize("name", CONTRACT)
def test_the_names_of_the_contract_are_kept(name: str) -> None:
    fields = _fields(TYPES[name])
    assert {field: _shape(fields[field]) for field in CONTRACT[name]} == CONTRACT[name]


MUTATIONS = [
    "createCustomDataDefinition",
    "extendCustomDataDefinition",
    "activateCustomDataDefinition",
    "deactivateCustomDataDefinition",
    "deleteCustomDataDefinition",
    "saveCustomDataRecords",
    "updateCustomDataRecord",
    "deleteCustomDataRecord",
    "bulkDeleteCustomDataRecords",
    "setOverrides",
    "saveCustomers",
    "deleteCustomers",
    "saveProducts",
    "deleteProducts",
    "createSegment",
    "updateSegment",
    "deleteSegment",
]


@pytest.mark.parametrize("name", sorted({*MUTATIONS, *TYPES["Mutation"].fields}))
def test_a_mutation_takes_one_input_and_answers_with_user_errors(name: str) -> None:
    mutation = _fields(TYPES["Mutation"])[name]
    assert isinstance(mutation, GraphQLField)
    assert [(argument, str(each.type)[-6:]) for argument, each in mutation.args.items()] == [("input", "Input!")]
    payload = TYPES[str(mutation.type).rstrip("!")]
    assert str(_fields(payload)["userErrors"].type) == "[UserError!]!"


@pytest.mark.parametrize("name", sorted(TYPES.keys() - BUILT_IN))
def test_what_a_newcomer_meets_is_described(name: str) -> None:
    """Every type, and every field that takes arguments."""
    fields = _fields(TYPES[name])
    blank = [field for field, each in fields.items() if getattr(each, "args", None) and not each.description]
    assert TYPES[name].description, f"{name} has no description"
    assert blank == []


@pytest.mark.parametrize("name", ["Query", "Mutation", "ProductPricing", "FieldPricing", "OverridePath"])
def test_every_way_in_and_every_reason_is_described(name: str) -> None:
    assert [field for field, each in _fields(TYPES[name]).items() if not each.description] == []


@pytest.mark.parametrize("name", sorted(TYPES))
def test_no_definition_can_take_the_name_of_a_type(name: str) -> None:
    key = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).lower()
    problem = naming.key_problem(key)
    assert naming.type_name(key).lower() == name.lower()
    assert problem is not None, f"add {name} to the core names in app/domain/naming.py"


def _fields(kind: GraphQLNamedType) -> dict[str, GraphQLField] | dict[str, GraphQLInputField]:
    with_fields = GraphQLObjectType | GraphQLInterfaceType | GraphQLInputObjectType
    return kind.fields if isinstance(kind, with_fields) else {}


def _shape(field: GraphQLField | GraphQLInputField) -> str:
    """As the contract writes it: "(id: ID!): Node", "Boolean! = false"; null defaults left out."""
    if isinstance(field, GraphQLField):
        arguments = ", ".join(f"{name}: {argument.type}" for name, argument in field.args.items())
        return f"({arguments}): {field.type}" if arguments else str(field.type)
    default = field.ast_node.default_value if field.ast_node else None
    text = default.loc.source.body[default.loc.start : default.loc.end] if default and default.loc else "null"
    return str(field.type) if text == "null" else f"{field.type} = {text}"
