"""Valid documents over the test graph, with variables good and bad, as a hypothesis strategy.

A response name keeps one meaning (field, arguments, type) in the whole document: selections then always merge, and the
same name comes up again and again in fragments and beside them. Variables belong to the document; each operation
declares those that it and its fragments use.
"""

from dataclasses import dataclass, field
from typing import Any

from graphql import (
    GraphQLField,
    GraphQLInterfaceType,
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLSchema,
    GraphQLUnionType,
    get_named_type,
    is_composite_type,
    is_list_type,
)
from hypothesis import strategies as st

from tests.execution.values import Choose, Values

DEEPEST = 5
ROOM = 26  # fields in one operation, roughly; fragments count once


@dataclass(frozen=True)
class Question:
    """What a client sends."""

    text: str
    variables: dict[str, Any] | None = None
    operation_name: str | None = None
    later: dict[str, Any] | None = None
    """Other variables, for a second run of the document when its plan is known."""

    def again(self) -> "Question":
        """The second run."""
        return Question(self.text, self.later, self.operation_name)


@dataclass
class Scope:
    """What a selection has used so far."""

    variables: set[str] = field(default_factory=set)
    height: int = 0


@dataclass
class Fragment:
    """A finished named fragment."""

    name: str
    on: GraphQLNamedType
    text: str
    scope: Scope


Composite = GraphQLObjectType | GraphQLInterfaceType | GraphQLUnionType


class Writer:
    """Writes one document."""

    def __init__(self, schema: GraphQLSchema, choose: Choose) -> None:
        self.schema = schema
        self.choose = choose
        self.values = Values(choose)
        self.names: dict[str, tuple[str, ...]] = {}
        self.fragments: list[Fragment] = []
        self.room = ROOM

    def question(self) -> Question:
        """A document with one to three operations, and what to run of it."""
        choose = self.choose
        count = choose.among([1, 1, 1, 2, 3])
        operations = [
            self.operation(f"Op{number}" if count > 1 else choose.among(["", "Op"])) for number in range(count)
        ]
        text = "\n".join([text for text, _ in operations] + [fragment.text for fragment in self.fragments])
        place = choose.below(count)
        used = operations[place][1].variables
        sent, later = (
            {name: sent[name] for name in sorted(used) if name in sent}
            for sent in (self.values.sent, self.values.later)
        )
        return Question(text, sent or choose.among([None, {}]), f"Op{place}" if count > 1 else None, later)

    def operation(self, name: str) -> tuple[str, Scope]:
        """A query or a mutation with its variables."""
        self.room = ROOM
        kind = "mutation" if self.choose.below(4) == 0 else "query"
        root = self.schema.mutation_type if kind == "mutation" else self.schema.query_type
        assert root is not None
        scope = Scope()
        selected = self.selection(root, 0, scope)
        declared = ", ".join(self.values.declarations[name] for name in sorted(scope.variables))
        return f"{kind} {name}{f'({declared})' if declared else ''} {selected}", scope

    def selection(self, kind: Composite, depth: int, scope: Scope) -> str:
        """A selection set in braces."""
        parts = [self.selected(kind, depth, scope) for _ in range(1 + self.choose.below(4 if depth < 3 else 3))]
        scope.height = max(scope.height, 1)
        return "{ " + " ".join(parts) + " }"

    def selected(self, kind: Composite, depth: int, scope: Scope) -> str:
        """A field, an inline fragment or a spread."""
        self.room -= 1
        roll = self.choose.below(12)
        if roll in (9, 10) and depth < DEEPEST and self.room > 0:
            return self.inline(kind, depth, scope)
        if roll == 11 and depth < DEEPEST and self.room > 0:
            return self.spread(kind, depth, scope)
        return self.field(kind, depth, scope)

    def inline(self, kind: Composite, depth: int, scope: Scope) -> str:
        """An inline fragment, with or without a type condition."""
        condition = self.condition(kind) if self.choose.below(3) else None
        on = f" on {condition.name}" if condition else ""
        below = self.selection(condition or kind, depth + 1, scope)
        return f"...{on}{self.switch(scope)} {below}"

    def spread(self, kind: Composite, depth: int, scope: Scope) -> str:
        """A named fragment: an earlier one that fits here, or a new one."""
        fitting = [each for each in self.fragments if self.fits(each, kind, depth)]
        if fitting and self.choose.below(2):
            fragment = self.choose.among(fitting)
        else:
            fragment = self.fragment(self.condition(kind), depth)
        scope.variables |= fragment.scope.variables
        scope.height = max(scope.height, fragment.scope.height)
        return f"...{fragment.name}{self.switch(scope)}"

    def fragment(self, on: Composite, depth: int) -> Fragment:
        """A new named fragment."""
        scope = Scope()
        below = self.selection(on, depth + 1, scope)
        name = f"F{len(self.fragments)}"
        made = Fragment(name, on, f"fragment {name} on {on.name} {below}", scope)
        self.fragments.append(made)
        return made

    def fits(self, fragment: Fragment, kind: Composite, depth: int) -> bool:
        assert is_composite_type(fragment.on)
        return depth + fragment.scope.height <= DEEPEST and bool(self.members(kind) & self.members(fragment.on))

    def condition(self, kind: Composite) -> Composite:
        """A type some object of which may stand where `kind` stands."""
        fitting = [
            each
            for each in self.schema.type_map.values()
            if is_composite_type(each) and not each.name.startswith("__") and self.members(each) & self.members(kind)
        ]
        return self.choose.among(fitting)

    def members(self, kind: Composite) -> set[str]:
        if isinstance(kind, GraphQLObjectType):
            return {kind.name}
        return {each.name for each in self.schema.get_possible_types(kind)}

    def field(self, kind: Composite, depth: int, scope: Scope) -> str:
        """A field with alias, arguments, directives and what is below it."""
        fields = {} if isinstance(kind, GraphQLUnionType) else kind.fields
        names = self.leaves(fields) if depth >= DEEPEST or self.room <= 0 else self.weighted(fields)
        if not names or self.choose.below(12) == 0:
            return f"{self.response_name(['__typename', '', 'String!'])}__typename{self.switch(scope)}"
        name = self.choose.among(names)
        definition = fields[name]
        arguments = self.values.arguments(definition.args, scope.variables)
        before = self.response_name([name, arguments, str(definition.type)])
        switch = self.switch(scope)
        below = ""
        if is_composite_type(inner := get_named_type(definition.type)):
            within = Scope(scope.variables)
            below = " " + self.selection(inner, depth + 1, within)
            scope.height = max(scope.height, within.height + 1)
        return f"{before}{name}{arguments}{switch}{below}"

    def leaves(self, fields: dict[str, GraphQLField]) -> list[str]:
        return [name for name, each in fields.items() if not is_composite_type(get_named_type(each.type))]

    def weighted(self, fields: dict[str, GraphQLField]) -> list[str]:
        """Leaves and objects about equally often, lists of objects less; at the root mostly ways further in."""
        leaves = self.leaves(fields)
        objects = [name for name in fields if name not in leaves]
        if "world" in fields:
            return [*leaves[:2], *leaves[-2:], *objects * 2, *["world"] * 8]
        single = [
            name for name in objects if not is_list_type(getattr(fields[name].type, "of_type", fields[name].type))
        ]
        return leaves + objects + single + (objects if len(objects) * 2 < len(leaves) else [])

    def response_name(self, meaning: list[str]) -> str:
        """An alias and its colon, or nothing; the same meaning often takes the same name."""
        wanted = tuple(meaning)
        alias = self.choose.among(["", "", "", "a", "b", "salt"])
        while self.names.setdefault(alias or meaning[0], wanted) != wanted:
            alias = f"{alias or 'z'}{len(self.names)}"
        return f"{alias}: " if alias else ""

    def switch(self, scope: Scope) -> str:
        """@skip, @include, both, or mostly neither."""
        roll = self.choose.below(14)
        if roll < 11:
            return ""
        names = (["@skip"], ["@include"], ["@include", "@skip"])[roll - 11]
        return "".join(f" {name}(if: {self.values.condition(scope.variables)})" for name in names)


@st.composite
def questions(draw: st.DrawFn, schema: GraphQLSchema) -> Question:
    """A valid document with the variables and the operation name to run it with."""
    return Writer(schema, Choose(draw)).question()
