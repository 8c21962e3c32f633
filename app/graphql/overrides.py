"""Override sources: whose amounts replace a product's price or discount, and the ways that lead to them."""

import strawberry

from app.domain import definitions as domain
from app.domain.latest import several_rows
from app.domain.paths import Path, candidates, parse_path
from app.graphql.context import Info
from app.graphql.definitions import CustomDataDefinition, definition_node
from app.graphql.records import find_definition


@strawberry.type(description="One source of a system field.")
class Override:
    system_schema: str
    system_field: str
    priority: int = strawberry.field(description="1 is asked first.")
    definition: CustomDataDefinition
    field: str = strawberry.field(description="The definition's field that holds the amount.")
    product_field: str = strawberry.field(description="The definition's relation to products.")
    contact_path: list[str] = strawberry.field(description="The hops from the definition to the contact.")
    path: str = strawberry.field(description="The same, readable.")
    latest_by: str | None = strawberry.field(description="Which of several rows at a hop counts: the latest by this.")


@strawberry.type(description="A way from a definition's records to a contact, as setOverrides takes it.")
class OverridePath:
    contact_path: list[str] = strawberry.field(
        description='The hops: "field" forward along a relation, "definition.field" backward.'
    )
    path: str = strawberry.field(description="The same, readable.")
    several_rows: list[str] = strawberry.field(
        description="The hops where a contact may have several rows; `latestBy` says which one counts."
    )


async def overrides(info: Info) -> list[Override]:
    """The sources in force, by system field and priority."""
    model = await info.context.model()
    return [_override(model, source) for source in model.overrides]


async def override_paths(info: Info, key_or_id: str) -> list[OverridePath]:
    """Every way on which no definition is visited twice, the shorter first."""
    definition = await find_definition(info, key_or_id)
    model = await info.context.model()
    products = definition.relations_to(domain.Target.PRODUCTS)
    product_field = products[0].field if products else ""
    return [_path(model, path, product_field) for path in candidates(model, definition)]


def _path(model: domain.Model, path: Path, product_field: str) -> OverridePath:
    several = [f"{model.by_id[hop.holder].key}.{hop.field}" for hop in several_rows(model, path, product_field)]
    return OverridePath(contact_path=list(path.written(model)), path=path.readable(model), several_rows=several)


def _override(model: domain.Model, source: domain.OverrideSource) -> Override:
    definition = model.by_id[source.definition_id]
    path, _ = parse_path(model, definition, source.contact_path)
    return Override(
        system_schema="products",
        system_field=source.system_field,
        priority=source.priority,
        definition=definition_node(definition, model),
        field=source.field,
        product_field=source.product_field,
        contact_path=list(path.written(model)) if path else [],
        path=path.readable(model) if path else "",
        latest_by=_latest_by(model, source.latest_by),
    )


def _latest_by(model: domain.Model, stored: str | None) -> str | None:
    if stored is None:
        return None
    definition_id, _, field = stored.partition(".")
    return f"{model.by_id[int(definition_id)].key}.{field}"
