"""Arguments of generated documents: literals; variables with and without defaults; values good, null, absent, bad."""

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from graphql import (
    GraphQLArgument,
    GraphQLBoolean,
    GraphQLEnumType,
    GraphQLInputField,
    GraphQLInputObjectType,
    GraphQLInputType,
    GraphQLNonNull,
    Undefined,
    is_list_type,
    is_non_null_type,
    is_required_argument,
    is_required_input_field,
)
from hypothesis import strategies as st

T = TypeVar("T")
CONDITION = GraphQLNonNull(GraphQLBoolean)

# What a client may write for each scalar, as text of the document and as sent in JSON.
LITERALS: dict[str, list[tuple[str, Any]]] = {
    "Int": [("0", 0), ("1", 1), ("2", 2), ("3", 3), ("4", 4), ("5", 5), ("6", 6), ("8", 8), ("13", 13), ("-1", -1)],
    "Float": [("0.5", 0.5), ("2", 2), ("-1e3", -1e3)],
    "String": [('""', ""), ('"a"', "a"), ('"""block"""', "block"), ('"\\u00e9"', "é")],
    "ID": [('"k"', "k"), ("7", 7)],
    "Boolean": [("true", True), ("false", False)],
    "Even": [("2", 2), ("0", 0)],
    "JSON": [("{a: [1]}", {"a": [1]})],
}
# What a client may send wrongly.
WRONG: dict[str, list[Any]] = {
    "Int": ["1", 2**31, 1.5, True, [1, 2]],
    "Float": ["1", True],
    "String": [1, {"a": 1}],
    "ID": [1.5, True],
    "Boolean": [0, "true"],
    "Even": [3, "x"],
}


class Choose:
    """Choices drawn from hypothesis."""

    def __init__(self, draw: st.DrawFn) -> None:
        self._draw = draw

    def below(self, count: int) -> int:
        """A number from 0 to count - 1, towards 0 when shrinking."""
        return self._draw(_BELOW.setdefault(count, st.integers(0, count - 1))) if count > 1 else 0

    def among(self, choices: Sequence[T]) -> T:
        """One of these, towards the first when shrinking."""
        return choices[self.below(len(choices))]


_BELOW: dict[int, st.SearchStrategy[int]] = {}


class Values:
    """The values and variables of one document."""

    def __init__(self, choose: Choose) -> None:
        self.choose = choose
        self.declarations: dict[str, str] = {}
        self.sent: dict[str, Any] = {}
        self.later: dict[str, Any] = {}  # for a second run of the same document
        self.twice = choose.below(3) == 2
        self.careless = choose.below(8) == 7  # whether what is sent may be wrong
        self._of_type: dict[tuple[str, bool], list[str]] = {}

    def arguments(self, arguments: dict[str, GraphQLArgument], used: set[str]) -> str:
        """Arguments in brackets, or nothing; required ones always."""
        given = [
            f"{name}: {self.value(argument.type, used, has_default(argument))}"
            for name, argument in arguments.items()
            if is_required_argument(argument) or self.choose.below(max(2, len(arguments))) == 0
        ]
        return f"({', '.join(given)})" if given else ""

    def condition(self, used: set[str]) -> str:
        """The `if` of a directive."""
        if self.choose.below(2):
            return self.choose.among(["true", "false"])
        return self.variable(CONDITION, used, False)

    def value(self, kind: GraphQLInputType, used: set[str], default: bool, *, constant: bool = False) -> str:
        """A literal or a variable, for a place that has a default or not."""
        if not constant and self.choose.below(3) == 1:
            return self.variable(kind, used, default)
        if is_non_null_type(kind):
            kind = kind.of_type
        elif self.choose.below(6) == 1:
            return "null"
        return self.literal(kind, used, constant)

    def literal(self, kind: Any, used: set[str], constant: bool) -> str:
        if is_list_type(kind):
            if self.choose.below(4) == 3 and not is_list_type(bare(kind.of_type)):
                return self.literal(bare(kind.of_type), used, constant)  # one item stands for a list of one
            items = [self.value(kind.of_type, used, False, constant=constant) for _ in range(self.choose.below(3))]
            return f"[{', '.join(items)}]"
        if isinstance(kind, GraphQLEnumType):
            return self.choose.among(list(kind.values))
        if isinstance(kind, GraphQLInputObjectType) and is_one_of(kind):
            # Strawberry's validation cannot take a variable here when it stands in a named fragment
            name, each = self.choose.among(list(kind.fields.items()))
            return f"{{{name}: {self.literal(each.type, used, constant)}}}"
        if isinstance(kind, GraphQLInputObjectType):
            given = [
                f"{name}: {self.value(each.type, used, has_default(each), constant=constant)}"
                for name, each in self.chosen(kind)
            ]
            return f"{{{', '.join(given)}}}"
        return self.choose.among(LITERALS[kind.name])[0]

    def chosen(self, kind: GraphQLInputObjectType) -> list[tuple[str, GraphQLInputField]]:
        """The fields to give: exactly one of a @oneOf, else the required and some more."""
        fields = list(kind.fields.items())
        if is_one_of(kind):
            return [self.choose.among(fields[:2])]
        return [(name, each) for name, each in fields if is_required_input_field(each) or self.choose.below(5) == 1]

    def variable(self, kind: GraphQLInputType, used: set[str], default: bool) -> str:
        """An earlier variable of the type, or a new one."""
        key = (str(kind), default)
        known = self._of_type.setdefault(key, [])
        name = self.choose.among(known) if known and self.choose.below(2) else self.declare(kind, default)
        if name not in known:
            known.append(name)
        used.add(name)
        return f"${name}"

    def declare(self, kind: GraphQLInputType, default: bool) -> str:
        """A new variable: of the type itself, or nullable where a default makes that safe; then what is sent."""
        name = f"v{len(self.declarations)}"
        inner = bare(kind)
        roll = self.choose.below(3)
        declared = f"${name}: {inner}" if roll and (default or roll == 2) else f"${name}: {kind}"
        if roll == 2:
            declared += f" = {self.literal(inner, set(), True)}"
        self.declarations[name] = declared
        for sent in (self.sent, self.later) if self.twice else (self.sent,):
            self.send(sent, name, inner, optional=roll == 2 or not declared.split(" = ")[0].endswith("!"))
        return name

    def send(self, sent: dict[str, Any], name: str, kind: Any, *, optional: bool) -> None:
        """A value for the variable: good, absent or null where allowed; if careless also where not, or bad."""
        roll = self.choose.below(16)
        if roll == 15 and self.careless:
            sent[name] = self.wrong(kind)
        elif roll == 14 and (optional or self.careless):
            sent[name] = None
        elif (roll == 13 and self.careless) or (roll > 10 and optional):
            return
        else:
            sent[name] = self.good(kind)

    def good(self, kind: Any) -> Any:
        """A value that coerces."""
        if is_list_type(kind):
            return [self.good(bare(kind.of_type)) for _ in range(self.choose.below(3))]
        if isinstance(kind, GraphQLEnumType):
            return self.choose.among(list(kind.values))
        if isinstance(kind, GraphQLInputObjectType):
            return {name: self.good(bare(each.type)) for name, each in self.chosen(kind)}
        return self.choose.among(LITERALS[kind.name])[1]

    def wrong(self, kind: Any) -> Any:
        """A value that does not, or may not."""
        if is_list_type(kind):
            return [self.good(bare(kind.of_type)), self.wrong(bare(kind.of_type))]
        if isinstance(kind, GraphQLEnumType):
            return self.choose.among(["red", 1, ["RED"], "PINK"])
        if isinstance(kind, GraphQLInputObjectType):
            return self.choose.among([{"nothing": 1}, 5, {}, {"key": "a", "whole": 1}, {"must": None}])
        return self.choose.among(WRONG[kind.name])


def bare(kind: Any) -> Any:
    """The type without its outer non-null."""
    return kind.of_type if is_non_null_type(kind) else kind


def is_one_of(kind: GraphQLInputObjectType) -> bool:
    """Strawberry keeps this to itself."""
    return kind.is_one_of or bool(getattr(kind.extensions.get("strawberry-definition"), "is_one_of", False))


def has_default(place: GraphQLArgument | GraphQLInputField) -> bool:
    """Whether the place has a default other than null, which lets a nullable variable stand in a non-null one."""
    default: Callable[..., Any] | Any = getattr(place, "default_value", Undefined)
    return default is not Undefined and default is not None
