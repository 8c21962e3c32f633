"""A start on a database that is in shape writes nothing: every gateway that runs would have to plan anew, and a
database that takes no writes could not be served from."""

from app.store.administration import connected
from app.store.migrate import migrate
from tests.store.scratch import scratch_database

_WRITTEN = "select oid, xmin::text, relacl::text from pg_class where relnamespace = current_schema()::regnamespace"
_ROLE = "custom_data_gateway"


async def test_a_second_migration_writes_nothing(admin_url: str) -> None:
    async with scratch_database(admin_url) as url:
        await migrate(url)
        async with connected(url) as admin:
            before = await admin.fetch(_WRITTEN)
            assert (await migrate(url)).role_ready
            assert await admin.fetch(_WRITTEN) == before


async def test_rights_that_are_missing_or_too_many_are_put_right(admin_url: str) -> None:
    async with scratch_database(admin_url) as url:
        await migrate(url)
        async with connected(url) as admin:
            for spoiled in (
                f"revoke usage on schema public from {_ROLE}",
                f"revoke delete on contacts from {_ROLE}",
                f"revoke maintain on records from {_ROLE}",
                f"revoke update on sequence records_id_seq from {_ROLE}",
                f"grant insert on schema_migrations to {_ROLE}",
            ):
                before = await admin.fetch(_RIGHTS, _ROLE)
                await admin.execute(spoiled)
                if "schema public" not in spoiled:
                    assert await admin.fetch(_RIGHTS, _ROLE) != before, spoiled
                await migrate(url)
                assert await admin.fetch(_RIGHTS, _ROLE) == before, spoiled


_RIGHTS = """select relname, kind, has_table_privilege($1::name, oid, kind) as may
    from pg_class, unnest(array['SELECT', 'INSERT', 'UPDATE', 'DELETE', 'MAINTAIN']) kind
    where relnamespace = current_schema()::regnamespace and relkind in ('r', 'p')
    union all select relname, kind, has_sequence_privilege($1::name, oid, kind)
    from pg_class, unnest(array['USAGE', 'UPDATE']) kind
    where relnamespace = current_schema()::regnamespace and relkind = 'S'
    union all select nspname, 'SCHEMA', has_schema_privilege($1::name, oid, 'USAGE')
    from pg_namespace where nspname = current_schema() order by 1, 2"""
