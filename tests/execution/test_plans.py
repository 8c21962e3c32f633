"""What is planned, how often, and what is left to graphql-core as a whole."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
import strawberry
from strawberry.extensions import SchemaExtension
from strawberry.types import Info

from app.execution import BreadthFirst
from app.execution.extension import plans_of, share_plans
from tests.execution.films import EXECUTORS, Quiet


@strawberry.type
class Dog:
    name: str

    @strawberry.field
    def depth_first(self, info: Info) -> bool:
        """Whether this run resolves one dog's fields before the next dog's: graphql-core does."""
        info.context.append(self.name)
        return info.context[-2:] == [self.name, self.name]

    @strawberry.field
    def again(self, info: Info) -> bool:
        info.context.append(self.name)
        return info.context[-2:] == [self.name, self.name]


@strawberry.type
class Query:
    @strawberry.field
    def dogs(self) -> list[Dog]:
        return [Dog(name="Odie"), Dog(name="Rex")]


@strawberry.type
class Mutation:
    @strawberry.mutation
    def adopt(self, name: str) -> list[Dog]:
        return [Dog(name=name), Dog(name="Rex")]


@strawberry.type
class Subscription:
    @strawberry.subscription
    async def arrivals(self, fail: bool = False) -> AsyncIterator[Dog]:
        yield Dog(name="Odie")
        await asyncio.sleep(0)
        if fail:
            raise ValueError("no more dogs")
        yield Dog(name="Rex")


class Shouting(SchemaExtension):
    """A hook around every resolver."""

    def resolve(self, _next: Any, root: Any, info: Any, *args: Any, **kwargs: Any) -> Any:
        value = _next(root, info, *args, **kwargs)
        return value.upper() if isinstance(value, str) else value


def schema(*extensions: Any) -> Quiet:
    return Quiet(Query, Mutation, Subscription, extensions=extensions)


async def ask(asked: Quiet, text: str, variables: Any = None, name: str | None = None) -> Any:
    result = await asked.execute(text, variables, [], operation_name=name)
    assert not result.errors
    return result.data


async def depth_first(asked: Quiet, text: str) -> bool:
    """Whether the document was run by graphql-core: there a dog's second field follows its first."""
    data = await ask(asked, text)
    return any(dog["again"] for dog in data["dogs"])


async def test_a_document_is_planned_once() -> None:
    asked = schema(BreadthFirst)
    document = "query ($no: Boolean = false) { dogs { name @skip(if: $no) } }"
    for variables in ({}, {"no": False}, {"no": True}, {"no": True}, None):
        await ask(asked, document, variables)
    assert plans_of(asked).made == 1


async def test_variants_of_one_plan_keep_apart() -> None:
    asked = schema(BreadthFirst)
    document = "query ($no: Boolean!) { dogs { name @skip(if: $no) __typename } }"
    for no in (True, False, True, False):
        data = await ask(asked, document, {"no": no})
        assert list(data["dogs"][0]) == (["__typename"] if no else ["name", "__typename"])


async def test_each_operation_of_a_document_has_its_plan() -> None:
    asked = schema(BreadthFirst)
    document = 'query A { dogs { name } } query B { dogs { n: name } } mutation C { adopt(name: "Bo") { name } }'
    for name, data in {
        "A": {"dogs": [{"name": "Odie"}, {"name": "Rex"}]},
        "B": {"dogs": [{"n": "Odie"}, {"n": "Rex"}]},
        "C": {"adopt": [{"name": "Bo"}, {"name": "Rex"}]},
    }.items():
        assert await ask(asked, document, name=name) == data
        assert await ask(asked, document, name=name) == data
    assert plans_of(asked).made == 3


async def test_schemas_have_plans_of_their_own() -> None:
    one, other = schema(BreadthFirst), schema(BreadthFirst)
    await ask(one, "{ dogs { name } }")
    await ask(other, "{ dogs { name } }")
    assert (plans_of(one).made, plans_of(other).made) == (1, 1)


async def test_what_plans_take_is_bounded() -> None:
    asked = schema(BreadthFirst)
    for number in range(40):
        await ask(asked, f"# {'x' * 20_000}\n{{ a{number}: dogs {{ name }} }}")
    await ask(asked, f"# {'x' * 20_000}\n{{ a39: dogs {{ name }} }}")
    assert plans_of(asked).made == 40
    await ask(asked, f"# {'x' * 20_000}\n{{ a0: dogs {{ name }} }}")
    assert plans_of(asked).made == 41


async def test_runs_at_the_same_time_do_not_meet() -> None:
    asked = schema(BreadthFirst)
    document = "mutation ($name: String!) { adopt(name: $name) { name depthFirst } }"
    answers = await asyncio.gather(*(ask(asked, document, {"name": f"dog {n}"}) for n in range(20)))
    assert [each["adopt"][0]["name"] for each in answers] == [f"dog {n}" for n in range(20)]


BOTH_FIELDS = "dogs { depthFirst again }"
LEFT = {
    "a query": (BOTH_FIELDS, False),
    "with __typename": (f"__typename {BOTH_FIELDS}", False),
    "with __schema": (f"__schema {{ queryType {{ name }} }} {BOTH_FIELDS}", True),
    "with __type": (f'__type(name: "Dog") {{ name }} {BOTH_FIELDS}', True),
}


@pytest.mark.parametrize("name", LEFT)
async def test_introspection_is_left_to_graphql_core_as_a_whole(name: str) -> None:
    fields, left = LEFT[name]
    assert await depth_first(schema(BreadthFirst), f"{{ {fields} }}") is left
    assert await depth_first(schema(), f"{{ {fields} }}")


async def test_introspection_mixed_with_data_gives_both() -> None:
    document = '{ dogs { name } __type(name: "Dog") { fields { name } } t: __typename }'
    answers = [await ask(schema(*extensions), document) for extensions in EXECUTORS.values()]
    assert answers[0] == answers[1]
    assert answers[1]["dogs"] == [{"name": "Odie"}, {"name": "Rex"}]


async def test_a_hook_around_every_resolver_is_heard() -> None:
    for extensions in ((Shouting,), (Shouting, BreadthFirst), (BreadthFirst, Shouting)):
        assert await ask(schema(*extensions), "{ dogs { name } }") == {"dogs": [{"name": "ODIE"}, {"name": "REX"}]}


@pytest.mark.parametrize("executor", EXECUTORS)
async def test_subscriptions(executor: str) -> None:
    asked = schema(*EXECUTORS[executor])
    events = await asked.subscribe("subscription { arrivals { name depthFirst } }", context_value=[])
    assert [event.data async for event in events] == [  # type: ignore[union-attr]
        {"arrivals": {"name": "Odie", "depthFirst": False}},
        {"arrivals": {"name": "Rex", "depthFirst": False}},
    ]


@pytest.mark.parametrize("executor", EXECUTORS)
async def test_fifty_errors_of_variables_are_enough(executor: str) -> None:
    result = await schema(*EXECUTORS[executor]).execute(
        "query (" + ", ".join(f"$v{n}: Boolean!" for n in range(60)) + ") { "
        + " ".join(f"a{n}: __typename @skip(if: $v{n})" for n in range(60)) + " }"
    )  # fmt: skip
    assert result.data is None
    assert len(result.errors or []) == 51
    assert (result.errors or [])[-1].message.startswith("Too many errors")


async def test_plans_of_a_family_take_up_room_together() -> None:
    one, other = (strawberry.Schema(Query, extensions=[BreadthFirst]) for _ in range(2))
    share_plans(other, one)
    assert plans_of(one).shelf is plans_of(other).shelf
    for schema in (one, other, one, other):
        assert (await schema.execute("{ dogs { name } }")).errors is None
    assert (plans_of(one).made, plans_of(other).made, len(plans_of(one).shelf.values())) == (1, 1, 2)
    plans_of(other).forget()
    assert len(plans_of(one).shelf.values()) == 1
