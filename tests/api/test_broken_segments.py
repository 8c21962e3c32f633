"""A segment whose definition has gone is an error wherever it is asked: it never lets anybody in, or out."""

import pytest

from tests.api.test_segments import GOLD, PAYLOAD, create
from tests.api.test_segments import loyal as loyal
from tests.shops import ShopClient, to

BROKEN = "SEGMENT_BROKEN"
ASKED = {
    "contacts": "{ segment(name: %s) { contacts { nodes { email } } } }",
    "count": "{ segment(name: %s) { count { count } } }",
    "contains": '{ segment(name: %s) { contains(contact: {email: "ann@example.com"}) } }',
    "why": '{ segment(name: %s) { why(contact: {email: "ann@example.com"}) { isTrue } } }',
    "of contacts": "{ contacts { nodes { segments(only: [%s]) { name } } } }",
    "why of contacts": "{ contacts { nodes { why(segment: %s) { isTrue } } } }",
}


@pytest.mark.usefixtures("loyal")
async def test_a_definition_in_use_by_a_segment_is_refused_and_forced_away_breaks_it_closed(shop: ShopClient) -> None:
    await create(shop, "Gold", GOLD)
    await create(shop, "Never gold", {"not": GOLD})
    await create(shop, "Wrapped", {"not": {"segment": {"in": ["gold"]}}})
    selection = "definition { key } warnings { code message } userErrors { code message }"
    kept = await shop.run("deleteCustomDataDefinition", selection, definition="loyalty")
    [error] = kept["userErrors"]
    assert error["code"] == "DEFINITION_IN_USE"
    assert "the segment 'Gold', the segment 'Never gold'" in error["message"]
    assert "Wrapped" not in error["message"]
    gone = await shop.run("deleteCustomDataDefinition", selection, definition="loyalty", force=True)
    assert [warning["code"] for warning in gone["warnings"]] == ["SEGMENTS_BROKEN", "SEGMENTS_BROKEN"]
    await _all_broken(shop)
    await shop.define(
        "Loyalty", {"contact_id": "NUMBER", "tier": "STRING"}, relationships=[to("contact_id", "contacts")]
    )
    await _all_broken(shop)  # another definition of that key is not what they were made for
    await shop.run("updateSegment", PAYLOAD, segment="gold", where=GOLD)
    assert await shop.ask(ASKED["contacts"] % '"gold"') == {"segment": {"contacts": {"nodes": []}}}
    assert (await shop.errors(ASKED["count"] % '"never gold"'))[0][0] == BROKEN
    assert (await shop.ask(ASKED["count"] % '"wrapped"'))["segment"]["count"]["count"] == 4


async def _all_broken(shop: ShopClient) -> None:
    for name in ('"gold"', '"never gold"', '"wrapped"'):
        for asked in ASKED.values():
            answer = await shop.answer(asked % name)
            for error in answer["errors"]:
                assert error["extensions"]["code"] == BROKEN, asked
                assert error["extensions"]["cause"] == "DEFINITION_NOT_FOUND"
        problem = (await shop.ask(f"{{ segment(name: {name}) {{ problem }} }}"))["segment"]["problem"]
        assert "loyalty" in problem
    assert {code for code, _ in await shop.errors("{ contacts { nodes { segments { name } } } }")} == {BROKEN}
    for word in ("in", "notIn"):
        used = f'{{ contacts(where: {{segment: {{{word}: ["gold"]}}}}) {{ totalCount {{ count }} }} }}'
        assert {code for code, _ in await shop.errors(used)} == {"DEFINITION_NOT_FOUND"}
