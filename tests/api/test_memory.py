"""What a request used is free when it is answered: nothing waits for the interpreter to look for circles, which would
keep memory, and have each request use cold one."""

import gc
from collections import Counter

import pytest

from tests.shops import VetShop

ASKED = {
    "a page with relations and prices": """{ customDataRecords(definition: "vet_pricing") { pageInfo { endCursor }
        nodes { id data relation(field: "product_id") { ... on Product { name payable } } } } }""",
    "relations backward": """{ contacts { totalCount { count }
        nodes { customers { email } customDataDefinitions { key } } } }""",
    "prices with reasons": "{ products { edges { cursor node { pricing { price { because } } } } } }",
    "a refusal": '{ customDataRecords(definition: "nothing") { nodes { id } } }',
    "a write": 'mutation { saveProducts(input: {products: []}) { userErrors { message } } }',
}  # fmt: skip


@pytest.mark.parametrize("document", ASKED.values(), ids=ASKED)
async def test_a_request_leaves_no_circles_of_ours(document: str, vets: VetShop) -> None:
    for _ in range(3):
        await vets.shop.answer(document)
    gc.collect()
    gc.set_debug(gc.DEBUG_SAVEALL)
    try:
        await vets.shop.answer(document)
        gc.collect()
        left = Counter(type(each).__qualname__ for each in gc.garbage if type(each).__module__.startswith("app."))
    finally:
        gc.set_debug(0)
        gc.garbage.clear()
    assert left == {}
