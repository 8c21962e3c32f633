"""Templates: the variables of a shop, and texts in which they stand for what it knows of a contact."""

from collections.abc import Sequence
from enum import Enum
from typing import Annotated, Any, cast
from zoneinfo import ZoneInfo

import strawberry

from app.domain import limits
from app.domain.definitions import Target
from app.domain.entities import Attribute, Kind
from app.domain.problems import Unfit
from app.domain.templates import Variable, parse_template
from app.domain.templates import variables as all_variables
from app.execution import Answers, Column, attribute, batched
from app.graphql.contacts import Contact, ContactReference, contact_reference, load_contacts
from app.graphql.context import Info
from app.graphql.definitions import CustomDataDefinition, definition_node
from app.graphql.errors import Refusal, limit, refuse
from app.graphql.records import CustomDataRecord, load_records
from app.graphql.scalars import JSON
from app.operations.formatting import locale as locale_of
from app.operations.render_templates import Manner, Rendered, Value, render

_TEXT = (
    'Text with variables such as `{var=contact.first_name default="friend"}`, `{var=loyalty.points}` or '
    "`{var=assignment.responsable_id.last_name}`; options are `default`, `format`, `pick` and `by`."
)
Text = Annotated[str, strawberry.argument(description=_TEXT)]
Locale = Annotated[
    str | None,
    strawberry.argument(
        description="How numbers and dates are written: fr, pt-BR, ...; else by each contact's `lang`."
    ),
]


@strawberry.enum(description="What values are escaped for.")
class TemplateOutput(Enum):
    TEXT = strawberry.enum_value("TEXT", description="Plain text: as they are.")
    HTML = strawberry.enum_value("HTML", description="HTML: nothing in them is markup.")


@strawberry.enum(description="How a variable's values are written, and which formats they take.")
class VariableType(Enum):
    TEXT = "TEXT"
    NUMBER = "NUMBER"
    BOOLEAN = "BOOLEAN"
    DATE = "DATE"
    DATETIME = "DATETIME"
    LIST = "LIST"
    JSON = "JSON"


_TYPES = {
    Kind.NUMBER: VariableType.NUMBER, Kind.DECIMAL: VariableType.NUMBER, Kind.BOOLEAN: VariableType.BOOLEAN,
    Kind.DATE: VariableType.DATE, Kind.DATETIME: VariableType.DATETIME, Kind.LIST: VariableType.LIST,
    Kind.OPAQUE: VariableType.JSON,
}  # fmt: skip
_EXAMPLES = {
    Kind.NUMBER: 1234.5, Kind.DECIMAL: "1234.50", Kind.BOOLEAN: True, Kind.DATE: "2026-01-31",
    Kind.DATETIME: "2026-01-31T12:00:00+00:00", Kind.LIST: ["one", "two"], Kind.OPAQUE: {}, Kind.ID: 12,
    Kind.EMAIL: "ada@example.com",
}  # fmt: skip


@strawberry.type(description="Something that templates can name.")
class TemplateVariable:
    path: str
    variable: strawberry.Private[Variable]

    @batched(description="How it is written in a template.")
    @staticmethod
    def written(parents: Sequence["TemplateVariable"]) -> Column[str]:
        return [_written(parent.variable) for parent in parents]

    @batched(description="A name that people recognise.")
    @staticmethod
    def label(parents: Sequence["TemplateVariable"]) -> Column[str]:
        return [_label(parent.variable.attribute) for parent in parents]

    @batched
    @staticmethod
    def type(parents: Sequence["TemplateVariable"]) -> Column[VariableType]:
        return [_TYPES.get(parent.variable.attribute.kind, VariableType.TEXT) for parent in parents]

    @batched(description="A value it may have: the default, an option, or one of its type.")
    @staticmethod
    def example(parents: Sequence["TemplateVariable"]) -> Column[JSON]:
        return [JSON(_example(parent.variable.attribute)) for parent in parents]

    @batched(description="The definition whose record speaks; null for the contact itself.")
    @staticmethod
    async def definition(parents: Sequence["TemplateVariable"], info: Info) -> Column[CustomDataDefinition | None]:
        model = await info.context.model()
        found = [parent.variable.source.definition for parent in parents]
        return [definition_node(each, model) if each is not None else None for each in found]


@strawberry.type(description="What stands for one variable.")
class RenderedValue:
    path: str = attribute("variable.path")
    text: str | None = attribute(
        "text", description="Before it is escaped; null where there is no value and no default."
    )
    is_default: bool = attribute("by_default")
    row: strawberry.Private[Value]

    @batched(description="The contact's record that spoke; of several the newest, or the one that `pick` says.")
    @staticmethod
    def record(parents: Sequence[Value], info: Info) -> Answers[CustomDataRecord | None]:
        return load_records(info, [parent.record_id for parent in parents])


@strawberry.type(description="A template for one contact.")
class RenderedTemplate:
    text: str | None = attribute(
        "text", description="Null where a value is missing that has no default: never a silent blank."
    )
    missing: list[str] = attribute("missing", description="The variables without a value and without a default.")
    values: list[RenderedValue] = attribute("values", description="Each variable once.")
    row: strawberry.Private[Rendered]

    @batched
    @staticmethod
    def contact(parents: Sequence[Rendered], info: Info) -> Answers[Contact | None]:
        return load_contacts(info, [parent.contact_id for parent in parents])


async def template_variables(info: Info) -> list[TemplateVariable]:
    """Everything that templates of this shop can name, but for what lies behind several relations."""
    model = await info.context.model()
    return [TemplateVariable(path=each.path, variable=each) for each in all_variables(model)]


async def render_template(
    info: Info, template: Text, contact: ContactReference, output: TemplateOutput = TemplateOutput.TEXT,
    locale: Locale = None,
) -> RenderedTemplate:  # fmt: skip
    """A template for a contact."""
    [rendered] = await _render(info, template, [contact], output, locale)
    return cast(RenderedTemplate, rendered)


async def render_templates(
    info: Info, template: Text, contacts: list[ContactReference], output: TemplateOutput = TemplateOutput.TEXT,
    locale: Locale = None,
) -> list[RenderedTemplate]:  # fmt: skip
    """A template for up to 1,000 contacts, in their order. The number of statements depends on the template alone."""
    if len(contacts) > limits.CONTACTS_RENDERED:
        most = limits.CONTACTS_RENDERED
        message = f"{len(contacts)} contacts were sent; at most {most} fit in one call."
        raise Refusal("LIMIT_EXCEEDED", message, **limit("contacts", len(contacts), most))
    return await _render(info, template, contacts, output, locale)


async def _render(
    info: Info, text: str, references: Sequence[ContactReference], output: TemplateOutput, language: str | None
) -> list[Any]:
    model = await info.context.model()
    ids = await _ids(info, references)
    try:
        template = parse_template(model, text)
        manner = Manner(
            None if language is None else locale_of(language), ZoneInfo(info.context.shop.time_zone),
            output is TemplateOutput.HTML,
        )  # fmt: skip
        return list(await render(info.context.session, model, template, ids, manner))
    except Unfit as unfit:
        refuse(unfit.problem)


async def _ids(info: Info, references: Sequence[ContactReference]) -> list[int]:
    """The contacts. Raises Refusal for the first that there is none of, or that is ambiguous, and says which it is."""
    named = [contact_reference(each) for each in references]
    ids = []
    for index, found in enumerate(await info.context.loaders.contact_ids.load_many(named)):
        assert found is not None
        if found.problem is not None:
            where = "" if len(named) == 1 else f"contacts.{index}: "
            raise Refusal(found.problem.code.value, where + found.problem.message, index=index)
        assert isinstance(found.id, int)
        ids.append(found.id)
    return ids


def _written(variable: Variable) -> str:
    """The relation is written where it is not the one that is meant without it."""
    source = variable.source
    relations = source.definition.relations_to(Target.CONTACTS) if source.definition is not None else ()
    by = f' by="{source.relation}"' if relations and source.relation != relations[0].field else ""
    return f"{{var={variable.path}{by}}}"


def _label(attribute: Attribute) -> str:
    return attribute.field.label if attribute.field is not None else attribute.name.replace("_", " ").capitalize()


def _example(attribute: Attribute) -> Any:
    field = attribute.field
    if field is not None and field.default is not None:
        return field.default
    if field is not None and field.options:
        return list(field.options[:2]) if attribute.kind is Kind.LIST else field.options[0]
    return _EXAMPLES.get(attribute.kind, _label(attribute))
