"""A shop as its contacts' own browsers see it: two contacts with records, and what is not theirs beside them."""

from dataclasses import dataclass, replace
from typing import Any

from tests.shops import ShopClient, VetShop, to

MINT = """mutation($input: CreateContactTokenInput!) { createContactToken(input: $input) {
    token expiresAt contact { idContact } userErrors { code message path } } }"""


async def mint(shop: ShopClient, contact: dict[str, Any], **more: Any) -> Any:
    """The payload of createContactToken."""
    return (await shop.ask(MINT, input={"contact": contact, **more}))["createContactToken"]


async def as_contact(shop: ShopClient, contact_id: int) -> ShopClient:
    """A client that asks with a token of the contact; it is sent as an API key would be."""
    payload = await mint(shop, {"idContact": str(contact_id)})
    assert payload["userErrors"] == []
    return replace(shop, key=payload["token"])


@dataclass
class Storefront:
    """Mrs Dubois (`me`) and Mr Lenoir with the same account manager, in READ definitions; the veterinary prices, which
    are in definitions that contacts may not read; and ids of everything."""

    shop: ShopClient
    me: ShopClient
    dubois: int
    lenoir: int
    manager: int
    team: int
    own: int  # assignment of Mrs Dubois
    others: int  # of Mr Lenoir
    note: int  # about Mrs Dubois, in a definition contacts may not read
    gift: int  # from Mr Lenoir to Mrs Dubois
    apart: int  # a gift between others
    martin: int


async def new_storefront(vets: VetShop) -> Storefront:
    shop, dubois = vets.shop, vets.dubois
    lenoir = await shop.contact("lenoir@example.com", firstName="Luc")
    await shop.products(
        {"idProduct": "bowl", "name": "Bowl", "price": 14, "priceDiscount": 12},
        {"idProduct": "gone", "name": "Gone", "price": 1, "isActive": False},
    )
    await shop.define("Team", {"name": "STRING"}, uniqueKeys=["name"], contactAccess="READ")
    await shop.define("Secret", {"name": "STRING"}, uniqueKeys=["name"])
    await shop.define(
        "Manager", {"name": "STRING", "phone": "STRING", "team_id": "NUMBER", "secret_id": "NUMBER"},
        uniqueKeys=["name"], contactAccess="READ",
        relationships=[to("team_id", "team"), to("secret_id", "secret")],
    )  # fmt: skip
    await shop.define(
        "Assignment", {"contact_id": "NUMBER", "manager_id": "NUMBER"},
        uniqueKeys=["contact_id"], contactAccess="READ",
        relationships=[to("contact_id", "contacts"), to("manager_id", "manager")],
    )  # fmt: skip
    await shop.define("Note", {"contact_id": "NUMBER"}, relationships=[to("contact_id", "contacts")])
    await shop.define(
        "Gift", {"from_id": "NUMBER", "to_id": "NUMBER", "product_id": "STRING", "other_id": "NUMBER"},
        contactAccess="READ",
        relationships=[to("from_id", "contacts"), to("to_id", "contacts"), to("product_id", "products"),
                       to("other_id", "assignment")],
    )  # fmt: skip
    team = await shop.save_one("team", {"name": "North"})
    secret = await shop.save_one("secret", {"name": "hidden"})
    manager = await shop.save_one(
        "manager", {"name": "Mrs Roux", "phone": "01 02", "team_id": team, "secret_id": secret}
    )
    own = await shop.save_one("assignment", {"contact_id": dubois, "manager_id": manager})
    others = await shop.save_one("assignment", {"contact_id": lenoir, "manager_id": manager})
    note = await shop.save_one("note", {"contact_id": dubois})
    gift = await shop.save_one("gift", {"from_id": lenoir, "to_id": dubois, "product_id": "diet", "other_id": others})
    apart = await shop.save_one("gift", {"from_id": lenoir, "to_id": vets.without, "product_id": "diet"})
    me = await as_contact(shop, dubois)
    return Storefront(shop, me, dubois, lenoir, manager, team, own, others, note, gift, apart, vets.martin)
