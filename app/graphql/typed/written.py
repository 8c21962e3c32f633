"""Conditions where they are written: each input that takes one in general form takes it by the shop's types, too.

`filter` stands beside `where`, and `on` names a definition together with a condition on its records. Exactly one of the
two forms is sent. What is wrong is told in the words of the one that was."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from graphql import GraphQLInputField, GraphQLInputObjectType, GraphQLInputType

from app.domain import naming
from app.domain.definitions import Definition
from app.domain.entities import CONTACTS, of_definition
from app.graphql.typed.entities import Questions
from app.graphql.typed.one_of import one_of
from app.graphql.typed.translated import OnDefinition

SEGMENTS = ("CreateSegmentInput", "UpdateSegmentInput")
TRIGGERS = ("CreateTriggerInput", "UpdateTriggerInput")


@dataclass(frozen=True, slots=True)
class Written:
    """The inputs of one schema. They are looked at once the schema is put together."""

    questions: Questions
    definitions: Sequence[Definition]

    def instead(self, core: Mapping[str, Any]) -> dict[str, Any]:
        """What stands for the inputs of the core."""
        kinds = {name: _changed(core[name], "filter", lambda: self.questions.where(CONTACTS)) for name in SEGMENTS}
        on = self._on() if self.definitions else None
        return kinds | {name: _changed(core[name], "on", lambda: on) for name in TRIGGERS}

    def _on(self) -> GraphQLInputObjectType:
        keys = {naming.field_name(each.key): each for each in self.definitions}

        def fields() -> dict[str, GraphQLInputField]:
            return {
                name: GraphQLInputField(self.questions.where(of_definition(each)), description=each.name)
                for name, each in keys.items()
            }

        def general(sent: dict[str, Any]) -> OnDefinition:
            [(name, condition)] = sent.items()
            return OnDefinition(keys[name].key, condition, name)

        return one_of(
            "TriggerOn", fields, "The definition whose records are watched, and a condition on them.", general
        )


def _changed(
    kind: GraphQLInputObjectType, name: str, typed: Callable[[], GraphQLInputType | None]
) -> GraphQLInputObjectType:
    """The input with another type of one field, or without the field where there is none."""

    def fields() -> dict[str, GraphQLInputField]:
        to = typed()
        found = {each: field for each, field in kind.fields.items() if each != name or to is not None}
        if to is not None:
            told: dict[str, Any] = {**kind.fields[name].to_kwargs(), "type_": to}
            found[name] = GraphQLInputField(**told)
        return found

    told: dict[str, Any] = {**kind.to_kwargs(), "fields": fields}
    return GraphQLInputObjectType(**told)
