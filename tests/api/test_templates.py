"""Templates say what a shop knows of a contact, in its language, and never leave a silent blank."""

from typing import Any

import pytest

from app.store.administration import administering
from tests.shops import ShopClient, to

RENDER = """query($template: String!, $contact: ContactReference!, $output: TemplateOutput! = TEXT, $locale: String) {
    renderTemplate(template: $template, contact: $contact, output: $output, locale: $locale) {
        text missing values { path text isDefault record { idRecord } } contact { email } } }"""
MANY = """query($template: String!, $contacts: [ContactReference!]!) {
    renderTemplates(template: $template, contacts: $contacts) { text missing } }"""
ANNA = {"email": "anna@example.com"}


@pytest.fixture
async def people(shop: ShopClient) -> ShopClient:
    """Anna, who has two loyalty records and a manager; Bob, who has nothing."""
    await shop.contact("anna@example.com", firstName="Anna <b>", lang="fr")
    await shop.contact("bob@example.com")
    await shop.products({"idProduct": "bed", "name": "Bed & Co", "price": "89"})
    await shop.define("Manager", {"code": "STRING", "last_name": "STRING"}, uniqueKeys=["code"])
    await shop.save("manager", {"code": "R1", "last_name": "Fabre"})
    await shop.define(
        "Loyalty",
        {"contact_id": "NUMBER", "product_id": "STRING", "manager_id": "NUMBER", "points": "NUMBER", "spent": "DECIMAL",
         "since": "DATE", "seen": "DATETIME", "vip": "BOOLEAN", "tags": "LIST", "note": "JSON"},
        relationships=[to("contact_id", "contacts"), to("product_id", "products"), to("manager_id", "manager")],
    )  # fmt: skip
    first = {
        "contact_id": {"by": "email", "value": "anna@example.com"}, "product_id": "bed",
        "manager_id": {"by": "code", "value": "R1"}, "points": 1234.5, "spent": "9999.90", "since": "2026-02-01",
        "seen": "2026-02-01T22:30:00Z", "vip": True, "tags": ["a", "b", "c"], "note": {"x": 1},
    }  # fmt: skip
    await shop.save("loyalty", first, {**first, "points": 7, "since": "2025-12-31", "manager_id": None, "vip": None})
    return shop


async def rendered(shop: ShopClient, template: str, **more: Any) -> Any:
    return (await shop.ask(RENDER, template=template, **{"contact": ANNA, **more}))["renderTemplate"]


@pytest.mark.parametrize(
    ("template", "text"),
    [
        ("", ""),
        ("No variables, {braces} and {var}", "No variables, {braces} and {var}"),
        ("{{var=loyalty.points}}", "{var=loyalty.points}}"),
        ("{var=contact.first_name}!", "Anna <b>!"),
        ("{var=contact.email}{var=contact.email}", "anna@example.comanna@example.com"),
        ("{var=loyalty.points}", "7"),  # the newest speaks
        ('{var=loyalty.points pick="since desc"}', "1\u202f234,5"),
        ('{var=loyalty.points pick="points asc"}', "7"),
        ('{var=loyalty.points pick="newest" format="plain"}', "7"),
        ('{var=loyalty.spent format="#,##0.0"}', "9\u202f999,9"),
        ('{var=loyalty.spent format="EUR"}', "9\u202f999,90\xa0€"),
        ('{var=loyalty.spent format="plain"}', "9999.90"),
        ("{var=loyalty.since}", "31 déc. 2025"),
        ('{var=loyalty.since format="long"}', "31 décembre 2025"),
        ('{var=loyalty.since format="EEEE d MMMM y"}', "mercredi 31 décembre 2025"),
        ('{var=loyalty.seen format="yyyy-MM-dd HH:mm"}', "2026-02-01 22:30"),
        ('{var=loyalty.since format="LLLL"}', "décembre"),
        ('{var=loyalty.since format="D" }', "365"),
        ("{var=loyalty.tags}", "a, b et c"),
        ("{var=loyalty.note}", '{"x":1}'),
        ('{var=loyalty.vip pick="since desc" format="oui/non"}', "oui"),
        ('{var=loyalty.vip default="\\"?\\""}', '"?"'),
        ("{var=loyalty.product_id} {var=loyalty.product_id.name}", "bed Bed & Co"),
        ('{var=loyalty.manager_id.last_name default="nobody"}', "nobody"),
        ('{var=loyalty.manager_id.last_name pick="since desc"}', "Fabre"),
    ],
)
async def test_what_a_template_says(template: str, text: str, people: ShopClient) -> None:
    found = await rendered(people, template)
    assert (found["text"], found["missing"]) == (text, [])


async def test_html_is_escaped_in_values_alone(people: ShopClient) -> None:
    found = await rendered(people, "<p>{var=contact.first_name} {var=loyalty.product_id.name}</p>", output="HTML")
    assert found["text"] == "<p>Anna &lt;b&gt; Bed &amp; Co</p>"
    assert [value["text"] for value in found["values"]] == ["Anna <b>", "Bed & Co"]


async def test_what_is_missing_is_told(people: ShopClient) -> None:
    found = await rendered(people, "{var=contact.last_name} {var=loyalty.vip} {var=contact.email}")
    assert (found["text"], found["missing"]) == (None, ["contact.last_name", "loyalty.vip"])
    [bob] = (await people.ask(MANY, template="{var=loyalty.points}", contacts=[{"email": "bob@example.com"}]))[
        "renderTemplates"
    ]
    assert bob == {"text": None, "missing": ["loyalty.points"]}


async def test_the_record_that_spoke_is_shown(people: ShopClient) -> None:
    nodes = 'query { customDataRecords(definition: "loyalty") { nodes { idRecord } } }'
    first, second = [each["idRecord"] for each in (await people.ask(nodes))["customDataRecords"]["nodes"]]
    found = await rendered(people, '{var=loyalty.points}{var=loyalty.points pick="since desc"}{var=contact.email}')
    assert [value["record"] and value["record"]["idRecord"] for value in found["values"]] == [second, first, None]


@pytest.mark.parametrize("path", ["contact.phone", "loyalty.pionts", "loyalty.product_id.colour"])
async def test_what_is_possible_can_be_read(people: ShopClient, path: str) -> None:
    [(code, message)] = await people.errors(RENDER, template=f"{{var={path}}}", contact=ANNA)
    assert code == "UNKNOWN_FIELD"
    possible = message.partition(" Possible: ")[2].removesuffix(".").split(", ")
    root = path.rpartition(".")[0]
    for name in possible:
        assert (await rendered(people, f'{{var={root}.{name} default="-"}}'))["text"], name


async def test_the_language_may_be_given(people: ShopClient) -> None:
    template = '{var=loyalty.points pick="since desc"} {var=loyalty.since}'
    assert (await rendered(people, template, locale="de-CH"))["text"] == "1\u2019234.5 31.12.2025"


@pytest.mark.parametrize(
    ("template", "code", "hint"),
    [
        ("x {var=}", "INVALID_TEMPLATE", "At character 3"),
        ("{var=loyalty}", "INVALID_TEMPLATE", "Which field"),
        ("{var=loyalty.points", "INVALID_TEMPLATE", "ends with }"),
        ("{var=loyalty.points default=1}", "INVALID_TEMPLATE", "double quotes"),
        ("{var=loyalty.points x}", "INVALID_TEMPLATE", "ends with }"),
        ('{var=loyalty.points size="1"}', "INVALID_TEMPLATE", "size"),
        ('{var=loyalty.points default="a" default="b"}', "INVALID_TEMPLATE", "twice"),
        ("{var=loyality.points}", "UNKNOWN_VARIABLE", "Do you mean loyalty"),
        ("{var=manager.last_name}", "UNKNOWN_VARIABLE", "loyalty"),
        ("{var=loyalty.point}", "UNKNOWN_FIELD", "Do you mean points"),
        ("{var=loyalty.points.x}", "INVALID_RELATIONSHIP", "relation"),
        ("{var=contact.created_at}", "UNKNOWN_VARIABLE", "not shown"),
        ('{var=contact.email pick="x"}', "INVALID_TEMPLATE", "one contact"),
        ('{var=loyalty.points by="product_id"}', "INVALID_TEMPLATE", "contact_id"),
        ('{var=loyalty.points pick="tags desc"}', "INVALID_TEMPLATE", "tags"),
        ('{var=loyalty.points pick="a b c"}', "INVALID_TEMPLATE", "since desc"),
        ('{var=loyalty.points format="long"}', "INVALID_FORMAT", "#,##0.00"),
        ('{var=loyalty.points} {var=loyalty.points format="x"}', "INVALID_FORMAT", '{var=loyalty.points format="x"}: '),
        ('{var=loyalty.since format="?"}', "INVALID_FORMAT", "d MMMM y"),
        ('{var=loyalty.vip format="yes"}', "INVALID_FORMAT", "yes/no"),
        ('{var=contact.email format="long"}', "INVALID_FORMAT", "email"),
        ("{var=" + "x" * 100_001, "LIMIT_EXCEEDED", "100000"),
    ],
)
async def test_what_is_wrong_with_a_template(template: str, code: str, hint: str, people: ShopClient) -> None:
    [(told, message)] = await people.errors(RENDER, template=template, contact=ANNA)
    assert told == code
    assert hint in message


async def test_contacts_and_languages_must_be_there(people: ShopClient) -> None:
    [(code, _)] = await people.errors(RENDER, template="", contact={"email": "none@example.com"})
    assert code == "CONTACT_NOT_FOUND"
    [(code, _)] = await people.errors(RENDER, template="", contact=ANNA, locale="klingon!")
    assert code == "INVALID_LOCALE"


async def test_the_variables_of_a_shop(people: ShopClient) -> None:
    asked = "{ templateVariables { path written label type example definition { key } } }"
    found = {each["path"]: each for each in (await people.ask(asked))["templateVariables"]}
    assert found["loyalty.points"] == {
        "path": "loyalty.points", "written": "{var=loyalty.points}", "label": "points", "type": "NUMBER",
        "example": 1234.5, "definition": {"key": "loyalty"},
    }  # fmt: skip
    assert {"contact.email", "loyalty.since", "loyalty.product_id.name", "loyalty.manager_id.last_name"} <= found.keys()
    assert "manager.last_name" not in found
    assert {"loyalty.product_id", "loyalty.contact_id", "loyalty.id_record"} <= found.keys()
    for each in found.values():  # each can be rendered
        await rendered(people, each["written"])


async def test_many_contacts_cost_the_statements_of_one(people: ShopClient) -> None:
    many = [f"m{n}@example.com" for n in range(40)]
    await people.customers(*({"idCustomer": each, "email": each, "emailVerified": True} for each in many))
    await people.save("loyalty", *({"contact_id": {"by": "email", "value": each}, "points": 1} for each in many))
    template = '{var=contact.email} {var=loyalty.points} {var=loyalty.product_id.name default="-"}'
    with people.statements() as one:
        await people.ask(MANY, template=template, contacts=[ANNA])
    with people.statements() as all_:
        found = await people.ask(
            MANY, template=template, contacts=[{"email": each} for each in ["anna@example.com", *many]]
        )
    assert sorted(all_) == sorted(one)
    assert found["renderTemplates"][-1] == {"text": "m39@example.com 1 -", "missing": []}


async def test_a_blank_is_missing(people: ShopClient) -> None:
    """Nobody sees blanks, or a list of nothing: that is no value."""
    await people.customers({"idCustomer": "B", "email": "blank@example.com", "emailVerified": True, "lastName": "  "})
    contact = {"by": "email", "value": "blank@example.com"}
    await people.save("loyalty", {"contact_id": contact, "tags": []})
    blank = {"contact": {"email": "blank@example.com"}}
    found = await rendered(people, "{var=contact.last_name}{var=loyalty.tags}", **blank)
    assert (found["text"], found["missing"]) == (None, ["contact.last_name", "loyalty.tags"])
    found = await rendered(people, '{var=contact.last_name default="friend"}', **blank)
    assert (found["text"], found["values"][0]["isDefault"]) == ("friend", True)


@pytest.mark.parametrize(("zone", "moment"), [("Europe/Paris", "9999-12-31T23:59:59Z"), ("UTC", "0001-01-01T00:00:00Z"),
                                              ("America/New_York", "0001-01-01T00:00:00Z")])  # fmt: skip
async def test_the_first_and_the_last_moment_are_written(
    zone: str, moment: str, people: ShopClient, admin_url: str
) -> None:
    async with administering(admin_url) as connection:
        await connection.execute("update shops set time_zone = $1 where shop_id = $2", zone, people.id)
    contact = {"by": "email", "value": "anna@example.com"}
    await people.save("loyalty", {"contact_id": contact, "seen": moment})
    found = await rendered(people, '{var=loyalty.seen format="y-MM-dd HH:mm:ss"}')
    assert found["text"] == moment.rstrip("Z").replace("T", " ").lstrip("0")


async def test_of_two_relations_one_speaks_that_may_be_named(people: ShopClient) -> None:
    await people.define(
        "Referral", {"godfather_id": "NUMBER", "godchild_id": "NUMBER", "code": "STRING"},
        relationships=[to("godfather_id", "contacts"), to("godchild_id", "contacts")],
    )  # fmt: skip
    anna, bob = [{"by": "email", "value": f"{name}@example.com"} for name in ("anna", "bob")]
    await people.save("referral", {"godfather_id": bob, "godchild_id": anna, "code": "R"})
    asked = '{var=referral.code default="none"} {var=referral.code by="godchild_id"}'
    assert (await rendered(people, asked))["text"] == "none R"
    listed = (await people.ask("{ templateVariables { path written } }"))["templateVariables"]
    assert [each["written"] for each in listed if each["path"] == "referral.code"] == [
        "{var=referral.code}", '{var=referral.code by="godchild_id"}',
    ]  # fmt: skip


async def test_a_contact_of_many_that_is_not_there_is_told_by_its_place(people: ShopClient) -> None:
    answer = await people.answer(MANY, template="", contacts=[ANNA, {"email": "none@example.com"}])
    [error] = answer["errors"]
    assert error["message"].startswith("contacts.1: ")
    assert (error["extensions"]["code"], error["extensions"]["index"]) == ("CONTACT_NOT_FOUND", 1)


async def test_texts_are_bounded_together(people: ShopClient) -> None:
    contacts = [ANNA] * 100
    [(code, message)] = await people.errors(MANY, template="x" * 50_001, contacts=contacts)
    assert (code, "fewer contacts" in message) == ("LIMIT_EXCEEDED", True)
    assert len((await people.ask(MANY, template="x" * 49_000, contacts=contacts))["renderTemplates"]) == 100
    [(code, _)] = await people.errors(MANY, template="{var=contact.email}" * 5_000, contacts=contacts)
    assert code == "LIMIT_EXCEEDED"
