"""Customers become contacts: who joins whom, what a contact then shows, and that nobody reaches another's contact by
registering with their address."""

import asyncio
from itertools import permutations
from typing import Any

import pytest

from app.store.administration import administering
from tests.shops import ShopClient

ANN = "ann@example.com"


def person(
    source: str, email: str | None = ANN, *, verified: bool = True, id_: str = "1", **more: Any
) -> dict[str, Any]:
    return {"source": source, "idCustomer": id_, "email": email, "emailVerified": verified, **more}


async def unify_always(shop: ShopClient, admin_url: str) -> None:
    async with administering(admin_url) as connection:
        await connection.execute("update shops set unify_by_email = 'ALWAYS' where shop_id = $1", shop.id)


async def shown(shop: ShopClient, contact: int) -> dict[str, Any]:
    query = "query($id: ID!) { contact(by: {idContact: $id}) { email firstName lastName lang } }"
    found: dict[str, Any] = (await shop.ask(query, id=str(contact)))["contact"]
    return found


async def test_one_id_customer_in_two_sources_is_two_customers(shop: ShopClient) -> None:
    first, second = await shop.customers(person("web", "a@example.com"), person("till", "b@example.com"))
    assert first != second


async def test_two_verified_customers_with_one_address_are_one_contact(shop: ShopClient) -> None:
    (first,) = await shop.customers(person("web"))
    (second,) = await shop.customers(person("till", " ANN@Example.com "))
    assert first == second


@pytest.mark.parametrize(("owner", "intruder"), [(True, False), (False, True), (False, False)])
@pytest.mark.parametrize("together", [True, False], ids=["in one batch", "one after the other"])
async def test_unless_both_sides_are_verified_nobody_shares_a_contact(
    owner: bool, intruder: bool, together: bool, shop: ShopClient
) -> None:
    people = [person("web", verified=owner), person("till", verified=intruder)]
    batches = [people] if together else [[one] for one in people]
    contacts = [contact for batch in batches for contact in await shop.customers(*batch)]
    assert len(set(contacts)) == 2


@pytest.mark.parametrize("order", list(permutations(("owner", "intruder", "again"))), ids=" ".join)
async def test_an_intruder_reaches_nobody_in_whatever_order_they_come(order: tuple[str, ...], shop: ShopClient) -> None:
    people = {
        "owner": person("web"),
        "intruder": person("web", verified=False, id_="666"),
        "again": person("till"),
    }
    contacts = {name: (await shop.customers(people[name]))[0] for name in order}
    assert contacts["owner"] == contacts["again"]
    assert contacts["intruder"] != contacts["owner"]


async def test_changing_to_another_ones_address_does_not_reach_their_contact(shop: ShopClient) -> None:
    (owner,) = await shop.customers(person("web"))
    (intruder,) = await shop.customers(person("web", "eve@example.com", id_="666"))
    (changed,) = await shop.customers(person("web", ANN, verified=False, id_="666"))
    assert changed == intruder != owner
    assert await shop.customers(person("till")) == [owner]


async def test_changing_to_another_ones_address_before_its_owner_comes_does_not_either(shop: ShopClient) -> None:
    await shop.customers(person("web", "eve@example.com", id_="666"))
    (intruder,) = await shop.customers(person("web", ANN, verified=False, id_="666"))
    (owner,) = await shop.customers(person("web"))
    assert intruder != owner


async def test_a_known_customer_keeps_its_contact_whatever_its_address_becomes(shop: ShopClient) -> None:
    (ann,) = await shop.customers(person("web"))
    (bob,) = await shop.customers(person("web", "bob@example.com", id_="2"))
    assert await shop.customers(person("web", "bob@example.com")) == [ann]
    assert ann != bob


@pytest.mark.parametrize("together", [True, False], ids=["in one batch", "one after the other"])
async def test_an_address_given_up_no_longer_leads_to_the_contact(together: bool, shop: ShopClient) -> None:
    (ann,) = await shop.customers(person("web"))
    moved, newcomer = person("web", "ann@elsewhere.example"), person("till", id_="2")
    if together:
        _, second = await shop.customers(moved, newcomer)
    else:
        await shop.customers(moved)
        (second,) = await shop.customers(newcomer)
    assert second != ann


@pytest.mark.parametrize("together", [True, False], ids=["in one batch", "one after the other"])
async def test_of_several_contacts_with_an_address_a_new_customer_joins_the_lowest(
    together: bool, shop: ShopClient
) -> None:
    low, high = await shop.customers(person("web", None, id_="1"), person("web", None, id_="2"))
    changes = [person("web", id_="2"), person("web", id_="1")]
    if together:
        *_, joined = await shop.customers(*changes, person("till"))
    else:
        for change in changes:
            await shop.customers(change)
        (joined,) = await shop.customers(person("till"))
    assert low < high
    assert joined == low


async def test_an_address_stays_verified_while_it_stays_the_same(shop: ShopClient) -> None:
    (ann,) = await shop.customers(person("web"))
    await shop.customers(person("web", verified=False, firstName="Ann"))
    assert await shop.customers(person("till")) == [ann]


async def test_a_changed_address_has_to_be_verified_again(shop: ShopClient) -> None:
    (ann,) = await shop.customers(person("web", "old@example.com"))
    await shop.customers(person("web", verified=False))
    assert await shop.customers(person("till")) != [ann]


async def test_several_new_customers_with_one_verified_address_in_one_batch_are_one_contact(shop: ShopClient) -> None:
    contacts = await shop.customers(*(person("web", id_=str(n), firstName=f"A{n}") for n in range(5)))
    assert len(set(contacts)) == 1
    assert (await shown(shop, contacts[0]))["firstName"] == "A4"


async def test_a_shop_that_unifies_always_joins_unverified_customers_too(shop: ShopClient, admin_url: str) -> None:
    await unify_always(shop, admin_url)
    one, two = await shop.customers(person("web", verified=False), person("till", verified=False))
    assert one == two
    assert await shop.customers(person("app", verified=False)) == [one]


@pytest.mark.parametrize("email", [None, "", "   "], ids=["null", "empty", "blank"])
async def test_customers_without_an_address_join_nobody(email: str | None, shop: ShopClient, admin_url: str) -> None:
    await unify_always(shop, admin_url)
    one, two = await shop.customers(person("web", email), person("till", email))
    assert one != two
    assert (await shown(shop, one))["email"] is None


async def test_a_contacts_own_fields_are_the_last_non_null_ones_written(shop: ShopClient) -> None:
    (ann,) = await shop.customers(person("web", firstName="Ann", lang="fr"))
    await shop.customers(person("till", "ANN@example.com", firstName="Anna", lastName="Bell"))
    await shop.customers(person("web", lang="en"))
    assert await shown(shop, ann) == {"email": ANN, "firstName": "Anna", "lastName": "Bell", "lang": "en"}


async def test_sending_a_customer_again_changes_nothing(shop: ShopClient) -> None:
    await shop.customers(person("web", firstName="Ann"))
    payload = await shop.run("saveCustomers", "created updated unchanged", customers=[person("web", firstName="Ann")])
    assert payload == {"created": 0, "updated": 0, "unchanged": 1}


async def test_a_bad_customer_rejects_itself_only(shop: ShopClient) -> None:
    sent = [person("web"), person("web", "no address", id_="2"), person("web", None, id_=" "), person("", None)]
    selection = "results { outcome errors { code path index } } created rejected"
    payload = await shop.run("saveCustomers", selection, customers=sent)
    assert [result["outcome"] for result in payload["results"]] == ["CREATED", "REJECTED", "REJECTED", "REJECTED"]
    assert payload["results"][1]["errors"] == [{"code": "INVALID_VALUE", "path": "customers.1.email", "index": 1}]


async def test_a_contact_goes_with_its_last_customer_only(shop: ShopClient) -> None:
    (ann, same) = await shop.customers(person("web"), person("till"))
    assert ann == same
    selection = "deleted unchanged results { outcome contact { idContact } warnings { code } }"
    first = await shop.run("deleteCustomers", selection, customers=[{"source": "web", "idCustomer": "1"}])
    assert first["results"] == [{"outcome": "DELETED", "contact": {"idContact": str(ann)}, "warnings": []}]
    last = await shop.run("deleteCustomers", selection, customers=[{"source": "till", "idCustomer": "1"}])
    assert last["results"] == [{"outcome": "DELETED", "contact": None, "warnings": [{"code": "CONTACT_REMOVED"}]}]
    again = await shop.run("deleteCustomers", selection, customers=[{"source": "till", "idCustomer": "1"}])
    assert (again["deleted"], again["unchanged"]) == (0, 1)
    assert await shop.customers(person("web")) != [ann]


async def test_a_customer_named_twice_is_deleted_once(shop: ShopClient) -> None:
    await shop.customers(person("web"))
    twice = [{"source": "web", "idCustomer": "1"}] * 2
    payload = await shop.run("deleteCustomers", "deleted unchanged", customers=twice)
    assert payload == {"deleted": 1, "unchanged": 1}


@pytest.mark.parametrize("number", [0, 51])
async def test_no_customers_and_fifty_one_are_refused_whole(number: int, shop: ShopClient) -> None:
    sent = [person("web", None, id_=str(n)) for n in range(number)]
    payload = await shop.run("saveCustomers", "created userErrors { code }", customers=sent)
    assert payload == {"created": 0, "userErrors": [{"code": "NO_ITEMS" if number == 0 else "TOO_MANY_ITEMS"}]}


async def test_pushes_of_one_new_verified_address_at_the_same_time_make_one_contact(shop: ShopClient) -> None:
    pushed = await asyncio.gather(*(shop.customers(person(f"source {n}")) for n in range(8)))
    assert len({contact for contacts in pushed for contact in contacts}) == 1


async def test_a_customer_pushed_and_deleted_at_the_same_time_leaves_no_contact_behind(shop: ShopClient) -> None:
    key = [{"source": "web", "idCustomer": "1"}]
    for _ in range(4):
        await asyncio.gather(
            *(shop.run("saveCustomers", "created", customers=[person("web")]) for _ in range(2)),
            *(shop.run("deleteCustomers", "deleted", customers=key) for _ in range(2)),
        )
    await shop.run("deleteCustomers", "deleted", customers=key)
    assert (await shop.ask("{ contacts { totalCount { count } } }"))["contacts"]["totalCount"] == {"count": 0}
