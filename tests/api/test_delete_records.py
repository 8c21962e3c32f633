"""deleteCustomDataRecord and bulkDeleteCustomDataRecords: idempotent, and never under what others refer to."""

from typing import Any

import pytest

from tests.shops import ShopClient, VetShop, to

DELETED = "id deleted userErrors { code message path }"
BULK = "results { id deleted errors { code message path index } } userErrors { code message path }"


async def delete(shop: ShopClient, **input: Any) -> Any:
    return await shop.run("deleteCustomDataRecord", DELETED, **input)


async def bulk(shop: ShopClient, definition: str, ids: list[Any], **more: Any) -> Any:
    return await shop.run("bulkDeleteCustomDataRecords", BULK, definition=definition, ids=ids, **more)


async def left(shop: ShopClient, definition: str = "part") -> list[int]:
    ask = "query($d: String!) { customDataRecords(definition: $d, first: 100) { nodes { idRecord } } }"
    return [int(row["idRecord"]) for row in (await shop.ask(ask, d=definition))["customDataRecords"]["nodes"]]


@pytest.fixture
async def parts(shop: ShopClient) -> ShopClient:
    """A shop with parts (unique code) that may belong to another part."""
    await shop.define(
        "Part", {"code": "STRING", "parent": "NUMBER"}, uniqueKeys=["code"], relationships=[to("parent", "part")]
    )
    return shop


async def chain(shop: ShopClient, length: int) -> list[int]:
    """Parts of which each belongs to the one before it."""
    ids = [await shop.save_one("part", {"code": "0"})]
    for number in range(1, length):
        ids.append(await shop.save_one("part", {"code": str(number), "parent": ids[-1]}))
    return ids


async def test_a_record_is_deleted_by_id_id_record_or_key(parts: ShopClient) -> None:
    await parts.save("part", *({"code": code} for code in "abc"))
    found = await parts.ask('{ customDataRecords(definition: "part") { nodes { id idRecord } } }')
    first, second, third = found["customDataRecords"]["nodes"]
    ways: list[Any] = [
        (first, {"id": first["id"]}), (second, {"id": second["idRecord"]}),
        (third, {"by": {"definition": "part", "key": "c"}}),
    ]  # fmt: skip
    for record, named in ways:
        payload = await delete(parts, **named)
        assert payload == {"id": record["idRecord"], "deleted": True, "userErrors": []}
    assert await left(parts) == []


async def test_deleting_is_idempotent(parts: ShopClient) -> None:
    record = await parts.save_one("part", {"code": "a"})
    await delete(parts, id=record)
    assert await delete(parts, id=record) == {"id": str(record), "deleted": False, "userErrors": []}
    by_key = await delete(parts, by={"definition": "part", "key": "a"})
    assert by_key == {"id": None, "deleted": False, "userErrors": []}


async def test_a_deleted_key_may_be_saved_again_as_a_new_record(parts: ShopClient) -> None:
    record = await parts.save_one("part", {"code": "a"})
    await delete(parts, id=record)
    assert await parts.save_one("part", {"code": "a"}) > record


async def test_a_record_that_others_refer_to_is_refused_unless_forced(vets: VetShop) -> None:
    for named in ({"id": vets.martin}, {"by": {"definition": "veterinarian", "key": "Dr Martin"}}):
        payload = await delete(vets.shop, **named)
        (error,) = payload["userErrors"]
        assert (payload["deleted"], error["code"], error["path"]) == (False, "RECORD_IN_USE", next(iter(named)))
        assert "force: true" in error["message"]
    assert vets.martin in await left(vets.shop, "veterinarian")
    assert (await delete(vets.shop, id=vets.martin, force=True))["deleted"]


async def test_a_record_that_refers_only_to_itself_is_not_in_use(parts: ShopClient) -> None:
    record = await parts.save_one("part", {"code": "a"})
    await parts.save_one("part", {"code": "a", "parent": record})
    assert (await delete(parts, id=record))["deleted"]


async def test_references_from_a_deleted_definition_do_not_count(vets: VetShop) -> None:
    for definition in ("vet_pricing", "vet_assignment"):
        await vets.shop.run("deleteCustomDataDefinition", "userErrors { code }", definition=definition, force=True)
    assert (await delete(vets.shop, id=vets.martin))["deleted"]


NAMES: dict[str, tuple[dict[str, Any], str, str]] = {
    "neither": ({}, "INVALID_REFERENCE", "id"),
    "garbage": ({"id": "x y"}, "INVALID_REFERENCE", "id"),
    "the id of a contact": ({"id": "Q29udGFjdDox"}, "INVALID_REFERENCE", "id"),
    "an unknown definition": ({"by": {"definition": "x", "key": 1}}, "DEFINITION_NOT_FOUND", "by.definition"),
    "a key of another type": ({"by": {"definition": "part", "key": 1}}, "INVALID_VALUE", "by.key.code"),
}


@pytest.mark.parametrize(("named", "code", "path"), NAMES.values(), ids=NAMES.keys())
async def test_what_names_no_record_is_refused(parts: ShopClient, named: dict[str, Any], code: str, path: str) -> None:
    payload = await delete(parts, **named)
    assert (payload["id"], payload["deleted"]) == (None, False)
    assert [(error["code"], error["path"]) for error in payload["userErrors"]] == [(code, path)]


async def test_bulk_answers_for_each_id_in_order_as_it_was_sent(vets: VetShop) -> None:
    shop = vets.shop
    free = await shop.save_one("veterinarian", {"nom": "Dr Petit"})
    opaque = (await shop.ask("query($i: ID!) { customDataRecord(id: $i) { id } }", i=free))["customDataRecord"]["id"]
    ids = [str(vets.martin), opaque, "999999999", "garbage", "Q29udGFjdDox"]
    payload = await bulk(shop, "veterinarian", ids)
    assert payload["userErrors"] == []
    assert [result["id"] for result in payload["results"]] == ids
    assert [result["deleted"] for result in payload["results"]] == [False, True, False, False, False]
    errors = [(error["index"], error["code"], error["path"]) for r in payload["results"] for error in r["errors"]]
    assert errors == [
        (0, "RECORD_IN_USE", "ids.0"), (3, "INVALID_REFERENCE", "ids.3"), (4, "INVALID_REFERENCE", "ids.4"),
    ]  # fmt: skip
    assert free not in await left(shop, "veterinarian")
    assert vets.martin in await left(shop, "veterinarian")


async def test_bulk_force_deletes_what_others_refer_to(vets: VetShop) -> None:
    payload = await bulk(vets.shop, "veterinarian", [vets.martin, vets.durand], force=True)
    assert [result["deleted"] for result in payload["results"]] == [True, True]


async def test_records_that_refer_to_each_other_go_together(parts: ShopClient) -> None:
    ids = await chain(parts, 4)
    payload = await bulk(parts, "part", ids)
    assert [result["deleted"] for result in payload["results"]] == [True] * 4
    assert await left(parts) == []


async def test_what_a_refused_record_refers_to_stays_too(parts: ShopClient) -> None:
    ids = await chain(parts, 4)
    payload = await bulk(parts, "part", ids[:3])  # the last part keeps the third, that the second, and so on
    assert [[error["code"] for error in result["errors"]] for result in payload["results"]] == [["RECORD_IN_USE"]] * 3
    assert await left(parts) == ids


async def test_an_id_sent_twice_is_deleted_once(parts: ShopClient) -> None:
    record = await parts.save_one("part", {"code": "a"})
    payload = await bulk(parts, "part", [record, record])
    assert [result["deleted"] for result in payload["results"]] == [True, False]


async def test_records_of_another_definition_are_not_touched_and_the_answer_says_whose_they_are(vets: VetShop) -> None:
    pricing = await left(vets.shop, "vet_pricing")
    payload = await bulk(vets.shop, "vet_assignment", pricing)
    assert [result["deleted"] for result in payload["results"]] == [False] * len(pricing)
    for result in payload["results"]:
        (error,) = result["errors"]
        assert error["code"] == "INVALID_REFERENCE"
        assert "vet_pricing" in error["message"]
    assert await left(vets.shop, "vet_pricing") == pricing


@pytest.mark.parametrize(
    ("count", "code"), [pytest.param(0, "NO_ITEMS", id="none"), pytest.param(21, "TOO_MANY_ITEMS", id="21")]
)
async def test_no_or_too_many_ids_are_refused_whole_and_delete_nothing(
    parts: ShopClient, count: int, code: str
) -> None:
    await parts.save("part", *({"code": str(n)} for n in range(21)))
    ids = await left(parts)
    payload = await bulk(parts, "part", ids[:count])
    assert (payload["results"], [error["code"] for error in payload["userErrors"]]) == ([], [code])
    assert payload["userErrors"][0]["path"] == "ids"
    assert await left(parts) == ids


async def test_twenty_ids_fit_in_a_constant_number_of_statements(parts: ShopClient) -> None:
    await parts.save("part", *({"code": str(n)} for n in range(22)))
    ids = await left(parts)
    with parts.statements() as few:
        await bulk(parts, "part", ids[:2])
    with parts.statements() as many:
        payload = await bulk(parts, "part", ids[2:])
    assert all(result["deleted"] for result in payload["results"])
    assert len(few) == len(many)


async def test_another_shops_record_is_as_if_absent(parts: ShopClient, other_shop: ShopClient) -> None:
    record = await parts.save_one("part", {"code": "a"})
    await other_shop.define("Part", {"code": "STRING"})
    assert (await delete(other_shop, id=record))["deleted"] is False
    assert (await bulk(other_shop, "part", [record]))["results"][0]["deleted"] is False
    assert await left(parts) == [record]
