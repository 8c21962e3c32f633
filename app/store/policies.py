"""Whether the row-level security of a database is that of the migrations: who sees a row is decided here, so a policy
too many is as bad as one too few. Policies are compared as the server writes them."""

from typing import NamedTuple

from app.store.distribution import is_spread
from app.store.findings import Finding, fault, sound
from app.store.pool import Connection
from app.store.roles import CONTACT_ROLE, OWN


class Policy(NamedTuple):
    """For whom rows are kept (`using`) and may be written (`check`, where it is not the same as `using`)."""

    table: str
    name: str
    using: str | None
    check: str | None = None
    permissive: bool = True
    command: str = "*"  # all of them; r is select
    roles: str = "public"


def _setting(name: str, type_: str = "bigint") -> str:
    return f"(NULLIF(current_setting('app.{name}'::text, true), ''::text))::{type_}"


def _switch(name: str) -> str:
    return f"(current_setting('app.{name}'::text, true) = 'on'::text)"


def _any_of(name: str) -> str:
    return f"(definition_id = ANY ({_setting(name, 'bigint[]')}))"


_TENANTS = "create policy {0.name} on {0.table} using {0.using} with check {0.check}"
_TENANT = f"(shop_id = {_setting('shop_id')})"
_APART = f"({_TENANT} AND (CURRENT_USER <> '{CONTACT_ROLE}'::name))"  # on a cluster: see roles.py
_OWN_RECORDS = " OR ".join(
    [_any_of("nobodys"), *(f"((ref{n} = {_setting('contact_id')}) AND {_any_of(f'own_ref{n}')})" for n in range(1, 5))]
)
_BESIDE = (
    Policy("shops", "administration", _switch("administration"), _switch("administration")),
    Policy("change_heads", "positions", _switch("positions"), command="r"),
    Policy("rates", "settling", _switch("rates"), _switch("rates")),
)
_OF_CONTACTS = {
    "own_contact": f"(id = {_setting('contact_id')})",
    "own_customers": f"(contact_id = {_setting('contact_id')})",
    "active_catalogue": "is_active",
    "own_records": f"({_OWN_RECORDS})",
}


async def look_at_row_security(connection: Connection) -> Finding:
    """Forced on every table with a shop, by the policies of the migrations and no others."""
    rows = await connection.fetch(_TABLES)
    tables = [row["name"] for row in rows]
    if not rows:
        return fault("row security", "There are no tables with a shop.", "Run 'custom-data migrate'.")
    if unforced := [row["name"] for row in rows if not row["forced"]]:
        return fault(
            "row security", f"It is not forced on {', '.join(unforced)}.",
            "As the owner: alter table ... enable row level security; alter table ... force row level security.",
        )  # fmt: skip
    found = {(row["relname"], row["polname"]): _plain(Policy(*row)) for row in await connection.fetch(_POLICIES)}
    own = ("records", "own_records") in found
    declared = _declared(tables, of_contacts=own, spread=await is_spread(connection))
    if hidden := [table for table in tables if (table, "tenant") not in found]:
        made = (declared[table, "tenant"] for table in hidden)
        return fault(
            "row security", f"The policy 'tenant' is missing on {', '.join(hidden)}, whose rows nobody sees.",
            "As the owner: " + "; ".join(_TENANTS.format(each) for each in made) + ".",
        )  # fmt: skip
    known = {*declared, *((table, name) for name, table in OWN.items())}
    if strange := [policy for key, policy in found.items() if key not in known]:
        return fault(
            "row security", f"There are policies that no migration made: {_named(strange)}. A permissive one shows "
            "rows of other shops; a restrictive one hides a shop's own.",
            "As the owner: " + "; ".join(f"drop policy {_quoted(each.name)} on {each.table}" for each in strange) + ".",
        )  # fmt: skip
    if altered := [policy for key, policy in declared.items() if found.get(key) != policy]:
        return fault(
            "row security", f"These policies are missing, or not those of the migrations: {_named(altered)}.",
            "As the owner: drop each that is there, and create it as its migration (for contacts: "
            "app/store/contact_role.sql) does.",
        )  # fmt: skip
    return sound("row security", f"It is forced on all {len(rows)} tables with a shop, by the migrations' policies.")


def _declared(tables: list[str], *, of_contacts: bool, spread: bool) -> dict[tuple[str, str], Policy]:
    """Those of contacts are made where the login of the migrations may make roles, all of them or none; without the
    last of them nobody reads as a contact."""
    declared = [*_BESIDE]
    for table in tables:
        using = _APART if spread and of_contacts and table in OWN.values() else _TENANT
        declared.append(Policy(table, "tenant", using, using))
    if of_contacts:
        for name, using in _OF_CONTACTS.items():
            within = f"({_TENANT} AND {using})" if spread else using
            declared.append(Policy(OWN[name], name, within, None, spread, "r", CONTACT_ROLE))
    return {(each.table, each.name): each for each in declared}


def _plain(policy: Policy) -> Policy:
    """Without a condition that is always true."""
    using = policy.using or ""
    return policy._replace(using=using[10:-1]) if using.startswith("(true AND ") else policy


def _named(policies: list[Policy]) -> str:
    return ", ".join(f"{each.name} on {each.table}" for each in policies)


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


_TABLES = """
    select c.relname as name, c.relrowsecurity and c.relforcerowsecurity as forced
    from pg_class c
    join pg_attribute a on a.attrelid = c.oid and a.attname = 'shop_id' and not a.attisdropped
    where c.relkind in ('r', 'p') and c.relnamespace = current_schema()::regnamespace
    order by c.relname
"""
_POLICIES = """
    select c.relname, p.polname, pg_get_expr(p.polqual, p.polrelid), pg_get_expr(p.polwithcheck, p.polrelid),
           p.polpermissive, p.polcmd::text,
           (select string_agg(coalesce(r.rolname, 'public'), ', ' order by r.rolname)
            from unnest(p.polroles) o left join pg_roles r on r.oid = o)
    from pg_policy p join pg_class c on c.oid = p.polrelid
    where c.relnamespace = current_schema()::regnamespace
    order by c.relname, p.polname
"""
