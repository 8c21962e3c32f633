"""What a person does in the explorer, seen to work with the network closed."""

import asyncio

import pytest
from playwright.async_api import Route

from app.domain.access import Scope
from tests.api.test_scopes import with_scopes
from tests.browser.explorer import Explorer
from tests.shops import ShopClient, VetShop, to

REACTIONS = ["DryRun", "WhatHappened", "AsItHappens", "Letter", "TriggersAndDeliveries"]
ALL_TYPES = {
    "code": {"type": "STRING", "required": True},
    "mail": "STRING",
    "story": "LONGTEXT",
    "points": "NUMBER",
    "amount": "DECIMAL",
    "open": "BOOLEAN",
    "day": "DATE",
    "moment": "DATETIME",
    "tags": "LIST",
    "scores": {"type": "LIST", "elementType": "NUMBER"},
    "extra": "JSON",
    "place": "GEOLOCATION",
    "tier": {"type": "STRING", "options": ["bronze", 'gold "plus"']},
    "size": {"type": "NUMBER", "options": [1, 2.5]},
    "contact_id": "NUMBER",
    "product_id": "STRING",
    "vet": "NUMBER",
    "parent": "NUMBER",
}


async def test_on_the_demo_it_is_signed_in_and_shows_the_shops_own_tabs(explorer: Explorer) -> None:
    await explorer.open()
    await explorer.ready()
    assert await explorer.page.locator("#shop").inner_text() == "Veterinary demo shop (demo key)"
    assert await explorer.tabs() == [
        "PriceExplained", "SegmentExplained", "Veterinarian", "VetPricing", "VetAssignment", "Manager", "Assignment",
        "Loyalty", "SaveVeterinarian", *REACTIONS,
    ]  # fmt: skip


async def test_the_docs_open(explorer: Explorer) -> None:
    await explorer.open()
    await explorer.ready()
    await explorer.page.get_by_label("Show Documentation Explorer").click()
    docs = explorer.page.locator(".graphiql-doc-explorer")
    await docs.get_by_text("Mutation", exact=True).click()
    await docs.get_by_text("saveCustomDataRecords").first.wait_for()


async def test_a_query_of_ones_own_runs_and_a_mistake_is_marked_while_writing(explorer: Explorer) -> None:
    await explorer.open()
    await explorer.ready()
    await explorer.write("{ shop { name nonsense } }")
    await explorer.page.wait_for_selector(".squiggly-error")  # the worker knows the schema
    await explorer.write("{ shop { name } }")
    assert (await explorer.run())["data"] == {"shop": {"name": "Veterinary demo shop"}}
    assert '"name": "Veterinary demo shop"' in await explorer.shown()


async def test_a_subscription_shows_what_comes(explorer: Explorer) -> None:
    await explorer.open()
    await explorer.ready()
    await explorer.write("subscription { ping(times: 2) }")
    await explorer.page.locator(".graphiql-execute-button").click()
    await explorer.page.locator(".result-window", has_text='"ping": 2').wait_for()


async def test_a_price_explains_itself(explorer: Explorer, vets: VetShop) -> None:
    await explorer.open(key=vets.shop.key)
    product = (await explorer.run_tab("PriceExplained"))["data"]["product"]
    assert product["pricing"]["payable"] == "64.00"
    assert product["pricing"]["price"]["sources"][0]["outcome"] == "WON"


async def test_samples_are_saved_and_saving_them_again_changes_nothing(explorer: Explorer, vets: VetShop) -> None:
    await explorer.open(key=vets.shop.key)
    saved = [(await explorer.run_tab("SaveVeterinarian"))["data"]["saveCustomDataRecords"] for _ in range(2)]
    assert [(each["created"], each["unchanged"], each["userErrors"]) for each in saved] == [(2, 0, []), (0, 2, [])]


async def test_every_tab_runs_whatever_the_shop_is_made_of(explorer: Explorer, vets: VetShop) -> None:
    shop = vets.shop
    await shop.run("deactivateCustomDataDefinition", "userErrors { message }", definition="veterinarian")
    description = 'Quotes " and """\nmutation { evil }\r} # and é'
    await shop.define(
        "Everything", ALL_TYPES, uniqueKeys=["code"], description=description,
        relationships=[to("contact_id", "contacts"), to("product_id", "products"), to("vet", "veterinarian"),
                       to("parent", "everything")],
    )  # fmt: skip
    await explorer.open(key=shop.key)
    tabs = await explorer.tabs()
    assert tabs == ["PriceExplained", "Veterinarian", "VetPricing", "VetAssignment", "Everything", "SaveEverything",
                    *REACTIONS]  # fmt: skip
    answers = {tab: await explorer.run_tab(tab) for tab in reversed(tabs) if tab != "AsItHappens"}
    assert {tab: answer["errors"] for tab, answer in answers.items() if "errors" in answer} == {}
    payload = answers["SaveEverything"]["data"]["saveCustomDataRecords"]
    assert [result["errors"] for result in payload["results"]] == [[], []]
    assert len(answers["Everything"]["data"]["customDataRecords"]["nodes"]) == 2
    tried = answers["DryRun"]["data"]["updateCustomDataRecord"]
    [halved] = tried["dryRun"]["prices"]["nodes"]
    assert (tried["outcome"], halved["before"], halved["after"]) == ("UPDATED", "64.00", "32.00")
    assert answers["Letter"]["data"]["renderTemplate"]["missing"] == []


async def test_what_is_saved_in_one_tab_shows_in_another_as_it_happens(explorer: Explorer, vets: VetShop) -> None:
    await explorer.open(key=vets.shop.key)
    tab = explorer.page.locator(".graphiql-tab-button", has_text="AsItHappens")
    await tab.click()
    await explorer.page.wait_for_timeout(300)
    await explorer.page.locator(".graphiql-execute-button").click()
    await explorer.page.wait_for_selector(".graphiql-spinner")
    await explorer.page.wait_for_timeout(1000)  # it is under way
    await vets.shop.save("veterinarian", {"nom": "Dr Neuf", "ville": "Nice"})
    await explorer.page.locator(".result-window", has_text="Dr Neuf").wait_for()


async def test_a_key_that_may_not_automate_has_no_tab_of_triggers(explorer: Explorer, vets: VetShop) -> None:
    reader = await with_scopes(vets.shop, {Scope.READ, Scope.WRITE_RECORDS})
    await explorer.open(key=reader.key)
    tabs = await explorer.tabs()
    assert "Letter" in tabs
    assert "TriggersAndDeliveries" not in tabs


async def test_a_contacts_token_opens_on_what_the_contact_sees(explorer: Explorer, vets: VetShop) -> None:
    minted = await vets.shop.ask(
        "mutation($contact: ID!) { createContactToken(input: {contact: {idContact: $contact}}) { token } }",
        contact=str(vets.dubois),
    )
    await explorer.open(key=minted["createContactToken"]["token"])
    assert await explorer.tabs() == ["AsContact"]
    [product] = (await explorer.run())["data"]["products"]["nodes"]
    assert product["payable"] == "64.00"


async def test_an_empty_shop_is_shown_how_to_begin(explorer: Explorer, shop: ShopClient) -> None:
    await explorer.open(key=shop.key)
    assert await explorer.tabs() == ["CreateDefinition"]
    answer = await explorer.run()
    assert answer["data"]["createCustomDataDefinition"]["userErrors"] == []
    await explorer.page.get_by_role("button", name="New tabs").click()
    await explorer.page.locator(".graphiql-tab", has_text="SaveLoyalty").wait_for()
    assert await explorer.tabs() == ["Loyalty", "SaveLoyalty", "DryRun", "WhatHappened", "AsItHappens",
                                     "TriggersAndDeliveries"]  # fmt: skip
    tried = (await explorer.run_tab("DryRun"))["data"]["saveCustomDataRecords"]
    assert (tried["userErrors"], tried["dryRun"]["prices"]["nodes"]) == ([], [])


async def test_without_a_key_it_asks_for_one_and_says_where_it_comes_from(explorer: Explorer) -> None:
    await explorer.open()
    await explorer.ready()
    await explorer.page.get_by_role("button", name="Change key").click()
    await explorer.page.get_by_role("heading", name="Which shop would you like to explore?").wait_for()
    assert "custom-data key create" in await explorer.page.locator("#welcome").inner_text()
    await explorer.page.get_by_role("button", name="Use the demo shop").click()
    await explorer.ready()


@pytest.mark.parametrize(
    ("key", "said"),
    [
        ("cdg_1_wrong", "Check that you copied all of it"),
        ("my password", "Keys of this gateway begin with cdg_"),
        ("clé 🔑", "cannot be sent"),
    ],
)
async def test_a_wrong_key_is_refused_with_what_to_do(
    explorer: Explorer, shop: ShopClient, key: str, said: str
) -> None:
    await explorer.open()
    await explorer.ready()
    await explorer.page.get_by_role("button", name="Change key").click()
    await explorer.page.wait_for_selector("#key-form:not([hidden])")
    await explorer.sign_in(key)
    await explorer.page.wait_for_selector("#notice:not([hidden])")
    assert said in await explorer.notice()
    await explorer.sign_in(shop.key)
    await explorer.ready()
    assert not await explorer.page.locator("#notice").is_visible()
    explorer.complaints = [each for each in explorer.complaints if "status of 401" not in each]


async def test_a_key_that_is_revoked_meanwhile_is_told(explorer: Explorer, shop: ShopClient, admin_url: str) -> None:
    from app.store.administration import administering

    await explorer.open(key=shop.key)
    await explorer.run()
    async with administering(admin_url) as connection:
        await connection.execute("update api_keys set revoked_at = now() where shop_id = $1", shop.id)
    await explorer.page.wait_for_timeout(1100)  # what a worker may still trust
    assert (await explorer.run())["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED"
    assert "Change key" in await explorer.notice()
    explorer.complaints = [each for each in explorer.complaints if "status of 401" not in each]


async def test_a_reload_keeps_the_tabs_and_what_is_in_them(explorer: Explorer, vets: VetShop) -> None:
    await explorer.open(key=vets.shop.key)
    await explorer.write("query Mine { shop { name } }")
    await explorer.page.wait_for_timeout(700)  # GraphiQL keeps its tabs half a second after a change
    before = await explorer.tabs()
    await explorer.page.reload()
    await explorer.ready()
    assert await explorer.tabs() == before
    assert (await explorer.run())["data"]["shop"]["name"] == "test shop"


@pytest.mark.parametrize("button", ["New tabs", "Change key"])
async def test_what_is_forgotten_is_not_kept_again_on_leaving(
    explorer: Explorer, shop: ShopClient, button: str
) -> None:
    """GraphiQL keeps its tabs half a second after a change: here while the page is loaded anew."""
    await explorer.open(key=shop.key)
    await explorer.write("query Mine { shop { name } }")

    async def slowly(route: Route) -> None:
        await asyncio.sleep(1)
        await route.continue_()

    await explorer.page.route("**/graphql", slowly)
    async with explorer.page.expect_navigation():
        await explorer.page.get_by_role("button", name=button).click()
    kept = await explorer.stored()
    assert "query Mine" not in str(kept)
    assert ("custom-data:key" in kept["session"]) == (button == "New tabs")


async def test_nothing_stays_behind(explorer: Explorer, shop: ShopClient) -> None:
    await explorer.open(key=shop.key)
    assert shop.key not in explorer.page.url
    await explorer.page.get_by_role("button", name="Headers").click()
    await explorer.page.locator(".graphiql-editor-tool .monaco-editor").last.click()
    await explorer.page.keyboard.insert_text('{"x-canary": "canary"}')
    await explorer.run()
    await explorer.page.wait_for_timeout(700)  # GraphiQL keeps its tabs half a second after a change
    kept = await explorer.stored()
    assert "graphiql:tabState" in kept["session"]
    assert {name for name, text in kept["session"].items() if shop.key in text} == {"custom-data:key"}
    assert "canary" not in str(kept)
    assert set(kept["local"]) <= {"graphiql:theme"}
    await explorer.page.get_by_role("button", name="Change key").click()
    await explorer.page.wait_for_selector("#key-form:not([hidden])")
    assert shop.key not in str(await explorer.stored())
