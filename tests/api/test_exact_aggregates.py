"""Figures are exact, whatever the slots hold of their values: those that are shown, ordered by and chosen by."""

from tests.shops import ShopClient


async def test_a_sum_that_no_double_is_near(shop: ShopClient) -> None:
    await shop.define("Star", {"mass": "NUMBER"})
    await shop.save("star", {"mass": 1.5e308}, {"mass": 1.5e308})
    query = """{ customDataAggregate(definition: "star") { groups { sum(field: "mass") avg(field: "mass")
        max(field: "mass") } } }"""
    answer = await shop.answer(query)
    assert answer["data"]["customDataAggregate"]["groups"] == [{"sum": None, "avg": 1.5e308, "max": 1.5e308}]
    assert [error["extensions"]["code"] for error in answer["errors"]] == ["OUT_OF_RANGE"]


async def test_what_is_not_exact_in_a_slot_takes_its_place_in_the_order(shop: ShopClient) -> None:
    """Also where the group would be left out by what the slots say."""
    await shop.define("Star", {"kind": "STRING", "mass": "NUMBER"})
    await shop.save(
        "star", {"kind": "a", "mass": 5}, {"kind": "b", "mass": 6}, {"kind": "c", "mass": 4e9}, {"kind": "c", "mass": 1}
    )
    query = """{ customDataAggregate(definition: "star", groupBy: {field: "kind"}, first: 1,
        orderBy: {by: SUM, field: "mass", direction: DESC}) { groups { keys sum(field: "mass") } } }"""
    assert (await shop.ask(query))["customDataAggregate"]["groups"] == [{"keys": ["c"], "sum": 4000000001}]


async def test_what_is_not_exact_in_a_slot_is_chosen_as_it_is(shop: ShopClient) -> None:
    """Also where it would be left out by what the slots say, and where all would."""
    await shop.define("Star", {"kind": "STRING", "mass": "NUMBER"})
    await shop.save("star", {"kind": "a", "mass": 5}, {"kind": "b", "mass": 0.1}, {"kind": "b", "mass": 0.2})
    query = """query($h: JSON) { customDataAggregate(definition: "star", groupBy: {field: "kind"}, having: $h) {
        groups { keys } } }"""
    for having, kinds in (
        ({"sum": {"mass": {"eq": 0.3}}}, ["b"]), ({"sum": {"mass": {"gt": 0.3, "lt": 5}}}, []),
        ({"avg": {"mass": {"eq": 0.15}}}, ["b"]),
    ):  # fmt: skip
        found = (await shop.ask(query, h=having))["customDataAggregate"]["groups"]
        assert [group["keys"] for group in found] == [[kind] for kind in kinds]
    await shop.save("star", {"kind": "c", "mass": 4e9})
    found = (await shop.ask(query, h={"max": {"mass": {"gte": 4e9}}}))["customDataAggregate"]["groups"]
    assert found == [{"keys": ["c"]}]


async def test_an_average_is_compared_exactly(shop: ShopClient) -> None:
    await shop.define("Star", {"mass": "DECIMAL"})
    await shop.save("star", {"mass": "1"}, {"mass": "0"}, {"mass": "0"})
    query = 'query($h: JSON) { customDataAggregate(definition: "star", having: $h) { groups { count } } }'
    third = "0.333333333333333333333333333333"
    for compared, chosen in (({"eq": third}, 0), ({"gt": third}, 1), ({"isNull": True}, 0), ({"ne": third}, 1)):
        found = await shop.ask(query, h={"avg": {"mass": compared}})
        assert len(found["customDataAggregate"]["groups"]) == chosen, compared
