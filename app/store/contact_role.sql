-- The role that a contact's own token reads as. Beside the tenant's policy it is bound by these: its own contact and
-- customers, the active catalogue, records of READ definitions that point at it or are nobody's. It writes nothing.
-- The arrays are set by the session when it knows the shop's definitions; unset, no record is seen.

grant usage on schema {schema} to custom_data_contact;
grant select on shops, definitions, override_sources, contacts, customers, products, records, change_heads
    to custom_data_contact;

create policy own_contact on contacts {kind} for select to custom_data_contact
    using ({within} and id = nullif(current_setting('app.contact_id', true), '')::bigint);

create policy own_customers on customers {kind} for select to custom_data_contact
    using ({within} and contact_id = nullif(current_setting('app.contact_id', true), '')::bigint);

create policy active_catalogue on products {kind} for select to custom_data_contact
    using ({within} and is_active);

create policy own_records on records {kind} for select to custom_data_contact
    using ({within} and (
        definition_id = any (nullif(current_setting('app.nobodys', true), '')::bigint[])
        or (ref1 = nullif(current_setting('app.contact_id', true), '')::bigint
            and definition_id = any (nullif(current_setting('app.own_ref1', true), '')::bigint[]))
        or (ref2 = nullif(current_setting('app.contact_id', true), '')::bigint
            and definition_id = any (nullif(current_setting('app.own_ref2', true), '')::bigint[]))
        or (ref3 = nullif(current_setting('app.contact_id', true), '')::bigint
            and definition_id = any (nullif(current_setting('app.own_ref3', true), '')::bigint[]))
        or (ref4 = nullif(current_setting('app.contact_id', true), '')::bigint
            and definition_id = any (nullif(current_setting('app.own_ref4', true), '')::bigint[]))
    ));
