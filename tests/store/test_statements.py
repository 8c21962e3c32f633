"""The database checks our SQL: every statement prepares against the migrated schema, gives the columns its caller
reads, and names its tenant for every table it touches."""

import re

import asyncpg
import httpx
import pytest

from app.domain.contacts import Contact, Customer
from app.domain.products import Product
from app.domain.shops import ApiKey, Shop
from app.domain.triggers import Trigger
from app.domain.webhooks import Delivery
from app.store import statements
from app.store.database import Database
from app.store.erasures import Mention, Watching
from app.store.record_writes import Row
from app.store.statements import Statement
from app.store.token_keys import TokenKey
from app.store.triggers import State
from tests.shops import new_shop
from tests.tour import COMPOSED, named_statements, tour


def _of(kind: type) -> tuple[str, ...]:
    return tuple(kind.__annotations__)


RECORD = ("id", "definition_id", "version", "data", "created", "updated")
CHANGE = ("sequence", "definition_id", "kind", "record_id", "version", "before", "after", "summary", "suppressed",
          "operation", "api_key_id", "idempotency_key", "made_at", "erased")  # fmt: skip
TRIGGER = _of(Trigger)
IMPORT = ("id", "reached", "lines", "digest", "created", "updated", "unchanged", "rejected", "reject_bytes",
          "started_at", "finished_at", "beginning")  # fmt: skip
PLACED = (*RECORD, "unique_key")  # found by unique key


# What the Python side reads, by position where it builds the object with *row. Not listed: reads nothing.
COLUMNS = {
    "changes.count": ("n",),
    "changes.count_of_definition": ("n",),
    "changes.count_of_record": ("n",),
    "changes.ends": ("first", "last"),
    "changes.forget": ("sequence",),
    "changes.of_definition": CHANGE,
    "changes.of_definition_backward": CHANGE,
    "changes.of_record": CHANGE,
    "changes.of_record_backward": CHANGE,
    "changes.page": CHANGE,
    "changes.page_backward": CHANGE,
    "changes.record": ("sequence",),
    "changes_apart.move": ("reached",),
    "changes_apart.write": ("sequence",),
    "contacts.by_customers": ("id_customer", "source", "contact_id"),
    "contacts.by_emails": ("email_key", "id"),
    "contacts.by_ids": _of(Contact),
    "contacts.count_all": ("n",),
    "contacts.count_search": ("n",),
    "contacts.customers_left": ("id",),
    "contacts.existing": ("id",),
    "contacts.insert_contact": ("id",),
    "contacts.listed": _of(Contact),
    "contacts.listed_count": ("n",),
    "contacts.lock": _of(Contact),
    "contacts.memberships": ("id", "fulfilled"),
    "contacts.findings": ("id",),
    "contacts.page_backward": _of(Contact),
    "contacts.page_forward": _of(Contact),
    "contacts.search_backward": _of(Contact),
    "contacts.search_forward": _of(Contact),
    "customers.by_keys": _of(Customer),
    "customers.holders": ("email_key", "contact_id"),
    "customers.lock_shop": ("unify_by_email",),
    "customers.of_contacts": _of(Customer),
    "customers.page": _of(Customer),
    "customers.verified_holders": ("email_key", "contact_id"),
    "definitions.all": ("id", "key", "name", "description", "status", "fields", "relationships", "unique_keys",
                        "created_at", "updated_at", "contact_access"),
    "definitions.every": ("id", "key", "name", "description", "status", "fields", "relationships", "unique_keys",
                          "created_at", "updated_at", "contact_access"),
    "definitions.grow_version": ("model_version",),
    "definitions.hold": ("id", "updated_at", "model_version"),
    "definitions.insert": ("id",),
    "definitions.model_version": ("model_version",),
    "definitions.wait_turn": ("pg_advisory_xact_lock",),
    "deliveries.by_id": _of(Delivery),
    "deliveries.claim": (*_of(Delivery), "place"),
    "deliveries.count": ("n",),
    "deliveries.forget": ("id",),
    "deliveries.hurry": ("id",),
    "deliveries.insert": ("id",),
    "deliveries.page": _of(Delivery),
    "deliveries.page_backward": _of(Delivery),
    "deliveries.replay": ("id",),
    "deliveries.statuses": ("id", "status"),
    "deliveries.replay_all": ("id",),
    "erasures.changes_about": ("reached", "sequences", "record_ids"),
    "erasures.changes_at": CHANGE,
    "erasures.contact": ("email_key",),
    "erasures.customers": ("id_customer", "email_key"),
    "erasures.delete_contact": ("id",),
    "erasures.delete_customers": ("id_customer",),
    "erasures.delete_records": ("id",),
    "erasures.deliveries_about": ("reached", "ids"),
    "erasures.deliveries_at": _of(Delivery),
    "erasures.empty_answers": ("key",),
    "erasures.histories": ("record_id", "sequence"),
    "erasures.hold_triggers": Watching._fields,
    "erasures.mentions": Mention._fields,
    "erasures.others": ("kind", "value"),
    "erasures.deliveries_of": ("id",),
    "erasures.records_of": ("id",),
    "erasures.triggers": Watching._fields,
    "erasures.take_turns": ("pg_advisory_xact_lock",),
    "erasures.unlink_records": ("id",),
    "idempotency.claim": ("key",),
    "idempotency.forget": ("key",),
    "idempotency.find": ("fingerprint", "answer", "expired"),
    "imports.advance": ("id",),
    "imports.begin": IMPORT,
    "imports.latest": IMPORT,
    "keys.create_key": _of(ApiKey),
    "keys.find_key": _of(ApiKey),
    "keys.list_keys": _of(ApiKey),
    "keys.revoke_key": _of(ApiKey),
    "overrides.all": ("system_field", "priority", "definition_id", "field", "product_field", "contact_path",
                      "latest_by"),
    "prices.reached_contacts": ("place", "value"),
    "prices.reached_products": ("place", "value"),
    "prices.walk": ("known", "outcome", "id"),
    "products.by_ids": _of(Product),
    "products.by_references": ("reference", "id"),
    "products.count_all": ("n",),
    "products.count_search": ("n",),
    "products.existing": ("id",),
    "products.insert": ("id",),
    "products.listed": _of(Product),
    "products.listed_count": ("n",),
    "products.lock": _of(Product),
    "products.page_backward": _of(Product),
    "products.page_forward": _of(Product),
    "products.search_backward": _of(Product),
    "products.search_forward": _of(Product),
    "records.page_of_contact_asc": RECORD,
    "records.nested_count_ref1": ("value", "n"),
    "records.nested_ref1": RECORD,
    "records.by_ids": RECORD,
    "records.by_unique_keys": PLACED,
    "records.contact_definitions": ("contact_id", "definition_id"),
    "records.count": ("n",),
    "records.count_related_product1": ("value", "n"),
    "records.count_related_ref1": ("value", "n"),
    "records.hold_by_ids": ("id",),
    "records.hold_by_unique_keys": ("id", "unique_key"),
    "records.insert": ("id", "unique_key"),
    "records.listed": RECORD,
    "records.listed_count": ("n",),
    "records.lock_by_id": _of(Row),
    "records.lock_by_unique_keys": _of(Row),
    "records.lock_for_deletion": _of(Row),
    "records.page_backward": RECORD,
    "records.picked": (*RECORD, "contact"),
    "records.page_forward": RECORD,
    "records.page_forward+ref1": (*RECORD, *RECORD),
    "records.referenced": ("id",),
    "records.related_product1_asc": (*RECORD, "value"),
    "records.related_product1_desc": (*RECORD, "value"),
    "records.related_ref1_asc": (*RECORD, "value"),
    "records.related_ref1_desc": (*RECORD, "value"),
    "segments.all": ("id", "name", "condition", "definition_ids", "segment_ids", "created_at", "updated_at"),
    "segments.insert": ("id",),
    "shops.find_shop": _of(Shop),
    "records.matching": ("position",),
    "triggers.all": TRIGGER,
    "triggers.automate": ("shop_id",),
    "triggers.hold_behind": (*TRIGGER, "last"),
    "triggers.insert": ("id",),
    "triggers.states": State._fields,
    "webhook_secrets.insert": ("id",),
    "webhook_secrets.valid": ("secret",),
    "token_keys.find": _of(TokenKey),
    "token_keys.insert": _of(TokenKey),
    "token_keys.newest": _of(TokenKey),
}  # fmt: skip
MORE_COLUMNS = (  # one for each field of the route, or the order; for each key and figure; or part of a condition
    "prices.walk", "records.listed", "contacts.listed", "contacts.findings", "records.nested_ref1",
    "records.aggregated", "records.aggregated_ref1", "contacts.aggregated", "products.aggregated",
)  # fmt: skip

_TABLE = re.compile(r"\b(?:from|join|update|into)\s+(\w+)(?:\s+(?:as\s+)?(\w+))?", re.IGNORECASE)
_PREDICATE = re.compile(r"\bshop_id = \$1\b")
_INSERTED = re.compile(r"insert into \w+\s*\(shop_id,.*?\)\s*(?:select|values\s*\()\s*\$1\b", re.IGNORECASE | re.DOTALL)


@pytest.fixture(scope="module")
async def every(database: Database, http: httpx.AsyncClient, admin_url: str) -> dict[str, Statement]:
    """All statements by name: the named ones from their files, the composed ones as a shop's tour issues them."""
    found = {}
    for name in named_statements():
        file, _, own = name.partition(".")
        found[name] = getattr(statements.load(f"{file}.sql"), own)
    shop = await new_shop(database, http, admin_url)

    def observe(shop_id: int, statement: Statement) -> None:
        if shop_id == shop.id:
            found.setdefault(statement.name, statement)

    database.observers.append(observe)
    await tour(shop, admin_url)
    database.observers.remove(observe)
    return found


@pytest.mark.parametrize("name", [*named_statements(), *COMPOSED])
async def test_a_statement_prepares_and_gives_the_columns_its_caller_reads(
    name: str, every: dict[str, Statement], gateway_url: str
) -> None:
    connection = await asyncpg.connect(gateway_url)
    try:
        prepared = await connection.prepare(every[name].sql)
        columns = tuple(attribute.name for attribute in prepared.get_attributes())
        tenant, *_ = prepared.get_parameters()
    finally:
        await connection.close()
    expected = COLUMNS.get(name, ())
    assert columns[: len(expected)] == expected
    assert len(columns) == len(expected) or name in MORE_COLUMNS
    assert tenant.name == "int8"


@pytest.mark.parametrize("name", [*named_statements(), *COMPOSED])
def test_a_statement_names_its_tenant_for_every_table_it_touches(
    name: str, every: dict[str, Statement], tables: frozenset[str]
) -> None:
    sql = every[name].sql
    touched = [table for table, _ in _TABLE.findall(sql) if table in tables]
    locks = len(_PREDICATE.findall(sql)) + len(_INSERTED.findall(sql))
    assert touched, "this statement touches no table of a tenant"
    assert locks == len(touched), f"{locks} times shop_id = $1 for {touched}"


def test_administration_alone_works_outside_any_tenant() -> None:
    outside = [name for name in vars(statements.load("shops.sql")) if name.startswith("admin_")]
    assert outside == ["admin_create_shop", "admin_list_shops", "admin_named_shops",
                       "admin_automated_shops", "admin_shops_behind"]  # fmt: skip
