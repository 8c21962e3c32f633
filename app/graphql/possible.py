"""What there is, told to whoever asked for something that there is not: values of an enum, fields, arguments.
graphql-core names what is spelt alike, which may be something else, or nothing."""

from collections.abc import Callable, Iterable
from typing import Any, TypeVar

from graphql import (
    SKIP,
    ArgumentNode,
    DocumentNode,
    FieldsOnCorrectTypeRule,
    GraphQLEnumType,
    GraphQLError,
    GraphQLInputObjectType,
    GraphQLInputType,
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLSchema,
    KnownArgumentNamesRule,
    ObjectFieldNode,
    ValueNode,
    ValuesOfCorrectTypeRule,
    get_named_type,
    validate,
)
from graphql.pyutils import did_you_mean, suggestion_list
from graphql.utilities.validate_input_value import validate_input_literal
from graphql.validation import ASTValidationRule
from strawberry.schema.validation_rules.maybe_null import MaybeNullValidationRule

from app.domain.choices import listed

E = TypeVar("E", bound=GraphQLEnumType)

_MOST = 10


def listing(kind: E) -> E:
    """The enum, which lists its values with each that it refuses, in documents and in variables."""
    kind.coerce_input_value = _listing(kind, kind.coerce_input_value)  # type: ignore[method-assign]
    kind.coerce_input_literal = _listing(kind, kind.coerce_input_literal)  # type: ignore[method-assign]
    return kind


def list_values(schema: GraphQLSchema) -> None:
    """The same of all enums of a schema that was made by Strawberry."""
    for name, kind in schema.type_map.items():
        if isinstance(kind, GraphQLEnumType) and not name.startswith("__"):  # those are everybody's
            listing(kind)


def _listing(kind: GraphQLEnumType, coerce: Callable[..., Any]) -> Callable[..., Any]:
    def coerced(value: Any, hide_suggestions: bool = False) -> Any:
        try:
            return coerce(value, hide_suggestions)
        except GraphQLError as error:
            error.message += _possible(kind.values)
            raise

    return coerced


def validated(
    schema: GraphQLSchema, document: DocumentNode, rules: Iterable[type[ASTValidationRule]]
) -> list[GraphQLError]:
    """What is wrong with a document. Strawberry would tell a second time, in other words, of inputs of exactly one
    field."""
    return validate(schema, document, [*(_TELLING.get(rule, rule) for rule in rules), MaybeNullValidationRule])


class _Fields(FieldsOnCorrectTypeRule):
    def report_error(self, error: GraphQLError) -> None:
        kind = self.context.get_parent_type()
        if isinstance(kind, GraphQLObjectType):
            error.message += _possible(kind.fields)
        super().report_error(error)


class _Arguments(KnownArgumentNamesRule):
    def enter_argument(self, arg_node: ArgumentNode, *args: Any) -> None:
        field, parent = self.context.get_field_def(), self.context.get_parent_type()
        if self.context.get_argument() or not field or not parent:
            return
        name, place = arg_node.name.value, f"{parent}.{args[3][-1].name.value}"
        similar = did_you_mean(suggestion_list(name, field.args))
        message = f"Unknown argument '{name}' on field '{place}'.{similar}{_possible(field.args)}"
        self.report_error(GraphQLError(message, arg_node))


class _Values(ValuesOfCorrectTypeRule):
    def is_valid_value_node(self, node: ValueNode, input_type: GraphQLInputType | None) -> Any:
        """That of the rule, with inputs that tell their fields."""

        def told(error: GraphQLError, path: list[str | int]) -> None:
            kind = _at(input_type, path)
            unknown = any(isinstance(wrong, ObjectFieldNode) for wrong in error.nodes or ())
            if isinstance(kind, GraphQLInputObjectType) and (unknown or kind.is_one_of):
                error.message += _possible(kind.fields)
            self.report_error(error)

        if input_type is not None:
            validate_input_literal(node, input_type, told)
        return SKIP


def _at(kind: Any, path: Iterable[str | int]) -> GraphQLNamedType:
    """The type in that place of a value."""
    for step in path:
        if isinstance(step, str):
            kind = get_named_type(kind).fields[step].type
    found: GraphQLNamedType = get_named_type(kind)
    return found


def _possible(names: Iterable[str]) -> str:
    return f" Possible: {listed([*names], _MOST)}."


_TELLING: dict[type[ASTValidationRule], type[ASTValidationRule]] = {
    FieldsOnCorrectTypeRule: _Fields, KnownArgumentNamesRule: _Arguments, ValuesOfCorrectTypeRule: _Values,
}  # fmt: skip
