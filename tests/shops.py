"""A shop as a test sees it: a client with a key, and the statements its operations issue."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import httpx

from app.domain.shops import new_key
from app.store.administration import administering
from app.store.database import Database
from app.store.keys import create_key
from app.store.shops import create_shop
from app.store.statements import Statement


class Raw(str):
    """A piece of JSON to be sent as it stands."""


@dataclass
class ShopClient:
    """Asks the gateway in the name of one shop."""

    id: int
    key: str
    database: Database
    http: httpx.AsyncClient

    async def post(self, query: str, variables: Any = None, headers: dict[str, str] | None = None) -> httpx.Response:
        """The raw response. Decimals among the variables are sent as JSON numbers with all their digits."""
        body = encode({"query": query, "variables": variables or {}})
        sent = {"spm-api-key": self.key, "content-type": "application/json", **(headers or {})}
        return await self.http.post("/graphql", content=body, headers=sent)

    async def answer(self, query: str, **variables: Any) -> dict[str, Any]:
        """The response's JSON, errors and all."""
        response = await self.post(query, variables)
        assert response.status_code == 200, response.text
        answer: dict[str, Any] = response.json()
        return answer

    async def ask(self, query: str, **variables: Any) -> Any:
        """The data of a query that must not fail."""
        answer = await self.answer(query, **variables)
        assert "errors" not in answer, answer["errors"]
        return answer["data"]

    async def errors(self, query: str, **variables: Any) -> list[tuple[str, str]]:
        """Code and message of each error of a query that must fail."""
        answer = await self.answer(query, **variables)
        return [(error["extensions"]["code"], error["message"]) for error in answer["errors"]]

    async def run(self, mutation: str, selection: str, **input: Any) -> Any:
        """The payload of one mutation: run("saveProducts", "created", products=[...])."""
        kind = INPUTS[mutation]
        document = f"mutation($input: {kind}!) {{ {mutation}(input: $input) {{ {selection} }} }}"
        return (await self.ask(document, input=input))[mutation]

    async def define(self, name: str, fields: dict[str, Any], **more: Any) -> str:
        """Creates a definition and gives its key. Fields are "TYPE" or a dict of FieldInput."""
        listed = [
            {"name": field, **({"type": spec} if isinstance(spec, str) else spec)} for field, spec in fields.items()
        ]
        payload = await self.run(
            "createCustomDataDefinition", "definition { key } userErrors { code message path }",
            name=name, fields=listed, **more,
        )  # fmt: skip
        assert payload["userErrors"] == [], payload["userErrors"]
        key: str = payload["definition"]["key"]
        return key

    async def save(self, definition: str, *records: Any, **more: Any) -> Any:
        """Saves records and gives the payload: results with index, outcome, record, errors, warnings, and counts."""
        return await self.run("saveCustomDataRecords", SAVED, definition=definition, records=list(records), **more)

    async def save_one(self, definition: str, record: Any) -> int:
        """Saves one good record and gives its id."""
        payload = await self.save(definition, record)
        assert payload["userErrors"] == [], payload["userErrors"]
        assert payload["rejected"] == 0, payload["results"]
        return int(payload["results"][0]["record"]["idRecord"])

    async def customers(self, *customers: dict[str, Any]) -> list[int]:
        """Saves customers and gives their contacts' ids."""
        payload = await self.run(
            "saveCustomers", "results { outcome contact { idContact } errors { code message } } userErrors { message }",
            customers=list(customers),
        )  # fmt: skip
        assert payload["userErrors"] == []
        return [int(result["contact"]["idContact"]) for result in payload["results"]]

    async def contact(self, email: str, **more: Any) -> int:
        """A new customer with a verified e-mail; the id of its contact."""
        return (await self.customers({"idCustomer": email, "email": email, "emailVerified": True, **more}))[0]

    async def products(self, *products: dict[str, Any]) -> None:
        payload = await self.run(
            "saveProducts", "rejected results { errors { message } } userErrors { message }", products=list(products)
        )
        assert payload["rejected"] == 0, payload
        assert payload["userErrors"] == []

    async def override(self, *sources: dict[str, Any], system_field: str = "price") -> Any:
        """Sets the sources of a system field and gives the payload."""
        problems = "warnings { code message } userErrors { code message path }"
        selection = "overrides { priority path contactPath latestBy } " + problems
        return await self.run("setOverrides", selection, systemField=system_field, sources=list(sources))

    @contextmanager
    def statements(self) -> Iterator[list[str]]:
        """The names of the statements issued meanwhile, by this test alone: sessions are told apart by their shop."""
        seen: list[str] = []

        def observe(shop_id: int, statement: Statement) -> None:
            if shop_id == self.id and statement.name not in ("keys.find_key", "shops.find_shop"):
                seen.append(statement.name)

        self.database.observers.append(observe)
        try:
            yield seen
        finally:
            self.database.observers.remove(observe)


SAVED = (
    "results { index outcome record { idRecord version data } "
    "errors { code message path index } warnings { code message path index } } "
    "created updated unchanged rejected warnings { code } userErrors { code message path }"
)

INPUTS = {
    "createCustomDataDefinition": "CreateDefinitionInput",
    "extendCustomDataDefinition": "ExtendDefinitionInput",
    "activateCustomDataDefinition": "DefinitionInput",
    "deactivateCustomDataDefinition": "DefinitionInput",
    "deleteCustomDataDefinition": "DeleteDefinitionInput",
    "saveCustomDataRecords": "SaveRecordsInput",
    "updateCustomDataRecord": "UpdateRecordInput",
    "deleteCustomDataRecord": "DeleteRecordInput",
    "bulkDeleteCustomDataRecords": "BulkDeleteRecordsInput",
    "setOverrides": "SetOverridesInput",
    "saveCustomers": "SaveCustomersInput",
    "deleteCustomers": "DeleteCustomersInput",
    "saveProducts": "SaveProductsInput",
    "deleteProducts": "DeleteProductsInput",
    "createTrigger": "CreateTriggerInput",
    "updateTrigger": "UpdateTriggerInput",
    "enableTrigger": "TriggerInput",
    "disableTrigger": "TriggerInput",
    "deleteTrigger": "TriggerInput",
    "replayDeliveries": "ReplayDeliveriesInput",
    "rotateWebhookSecret": "RotateWebhookSecretInput",
    "createSegment": "CreateSegmentInput",
    "updateSegment": "UpdateSegmentInput",
    "deleteSegment": "DeleteSegmentInput",
    "eraseContact": "EraseContactInput",
}


@dataclass
class VetShop:
    """The veterinary use case, loaded, with vet_pricing.price overriding the price."""

    shop: ShopClient
    dubois: int
    without: int
    martin: int
    durand: int


def encode(value: Any) -> bytes:
    """JSON in which Decimals are numbers, `Raw` stands as it is and lone surrogates are escaped."""
    raw: list[str] = []

    def mark(inner: Any) -> Any:
        if isinstance(inner, Raw | Decimal):
            raw.append(str(inner))
            return f"\ue000{len(raw) - 1}\ue000"
        if isinstance(inner, dict):
            return {key: mark(each) for key, each in inner.items()}
        if isinstance(inner, list | tuple):
            return [mark(each) for each in inner]
        return inner

    text = json.dumps(mark(value))
    for number, piece in enumerate(raw):
        text = text.replace(f'"\\ue000{number}\\ue000"', piece)
    return text.encode()


async def new_shop(database: Database, http: httpx.AsyncClient, admin_url: str) -> ShopClient:
    async with administering(admin_url) as connection:
        shop = await create_shop(connection, "test shop")
    text, digest, prefix = new_key(shop.id)
    async with database.writing(shop.id) as session:
        await create_key(session, "test", digest, prefix)
    return ShopClient(shop.id, text, database, http)


DIET = {"idProduct": "diet", "reference": "VD-12", "name": "Veterinary Diet 12 kg", "price": "79.90", "currency": "EUR"}


async def new_vet_shop(shop: ShopClient) -> VetShop:
    await shop.products(DIET)
    dubois = await shop.contact("dubois@example.com", firstName="Marie", lastName="Dubois")
    without = await shop.contact("alone@example.com")
    await shop.define(
        "Veterinarian",
        {"nom": "STRING", "ville": "STRING", "telephone": "STRING", "email": "STRING"},
        uniqueKeys=["nom"],
    )
    await shop.define(
        "Vet pricing",
        {"veto_id": "NUMBER", "product_id": "STRING", "price": "DECIMAL", "price_discount": "DECIMAL"},
        uniqueKeys=["veto_id", "product_id"],
        relationships=[to("veto_id", "veterinarian"), to("product_id", "products")],
    )
    await shop.define(
        "Vet assignment",
        {"contact_id": "NUMBER", "veto_id": "NUMBER", "since": "DATE"},
        uniqueKeys=["contact_id"],
        relationships=[to("contact_id", "contacts"), to("veto_id", "veterinarian")],
    )
    martin = await shop.save_one("veterinarian", {"nom": "Dr Martin", "ville": "Lyon"})
    durand = await shop.save_one("veterinarian", {"nom": "Dr Durand", "ville": "Lille"})
    await shop.save_one("vet_pricing", {"veto_id": martin, "product_id": "diet", "price": 64})
    await shop.save_one("vet_pricing", {"veto_id": durand, "product_id": "diet", "price": 71})
    await shop.save_one("vet_assignment", {"contact_id": dubois, "veto_id": martin, "since": "2025-01-01"})
    await shop.override({"definition": "vet_pricing", "field": "price", "priority": 1})
    return VetShop(shop, dubois, without, martin, durand)


def to(field: str, target: str) -> dict[str, str]:
    """A relationship: to("veto_id", "veterinarian"), to("contact_id", "contacts")."""
    kind = "SYSTEM" if target in ("contacts", "products") else "CUSTOM"
    return {"sourceField": field, "targetSchemaType": kind, "targetSchema": target}
