-- name: take_turns
-- Nobody saves records of these definitions ($2) until the transaction ends: who does shares this lock (see
-- definitions.hold), and waits in its line.
select pg_advisory_xact_lock(-turn.id)
from (select id from definitions where shop_id = $1 and id = any($2::bigint[]) order by id) turn;

-- name: triggers
-- Who watches changes.
select id, definition_id, condition as text from triggers where shop_id = $1 order by id;

-- name: hold_triggers
-- Nobody judges changes, or is in the midst of it, until the transaction ends.
select id, definition_id, condition as text from triggers where shop_id = $1 order by id for update;

-- name: contact
-- What a contact is known by itself.
select email_key from contacts where shop_id = $1 and id = $2;

-- name: customers
-- What it is known by in the shop's systems.
select id_customer, email_key from customers where shop_id = $1 and contact_id = $2;

-- name: delete_customers
delete from customers where shop_id = $1 and contact_id = $2 returning id_customer;

-- name: delete_contact
delete from contacts where shop_id = $1 and id = $2 returning id;

-- name: others
-- Which of these addresses ($2) and customers' ids ($3) others have.
select 'EMAIL' as kind, asked.value
from unnest($2::text[]) as asked (value)
cross join lateral (select from contacts where shop_id = $1 and email_key = asked.value limit 1) held
union
select 'EMAIL' as kind, asked.value
from unnest($2::text[]) as asked (value)
cross join lateral (select from customers where shop_id = $1 and email_key = asked.value limit 1) held
union
select 'CUSTOMER' as kind, asked.value
from unnest($3::text[]) as asked (value)
cross join lateral (select from customers where shop_id = $1 and id_customer = asked.value limit 1) held;

-- name: records_of
-- Records of a definition ($2) behind $5 that point at the contact ($3) by a relation in one of the slots $4.
select id from (
    select id from records where shop_id = $1 and definition_id = $2 and id > $5
       and ref1 = case when 'ref1' = any($4::text[]) then $3::bigint end
    union
    select id from records where shop_id = $1 and definition_id = $2 and id > $5
       and ref2 = case when 'ref2' = any($4::text[]) then $3::bigint end
    union
    select id from records where shop_id = $1 and definition_id = $2 and id > $5
       and ref3 = case when 'ref3' = any($4::text[]) then $3::bigint end
    union
    select id from records where shop_id = $1 and definition_id = $2 and id > $5
       and ref4 = case when 'ref4' = any($4::text[]) then $3::bigint end
) own order by id limit $6;

-- name: delete_records
-- Removes these records ($2).
delete from records where shop_id = $1 and id = any($2::text::bigint[]) returning id;

-- name: unlink_records
-- These records ($2) point at the contact ($3) no more: by their fields ($5) and slots ($4).
update records
set data = data - array(select f.name from unnest($5::text[]) as f (name) where data ->> f.name = $3::bigint::text),
    ref1 = case when ref1 = $3 and 'ref1' = any($4::text[]) then null else ref1 end,
    ref2 = case when ref2 = $3 and 'ref2' = any($4::text[]) then null else ref2 end,
    ref3 = case when ref3 = $3 and 'ref3' = any($4::text[]) then null else ref3 end,
    ref4 = case when ref4 = $3 and 'ref4' = any($4::text[]) then null else ref4 end,
    version = version + 1, updated_at = $6
where shop_id = $1 and id = any($2::text::bigint[])
returning id;

-- name: changes_about
-- Among the next $5 changes of a definition ($2) behind $4 those before or after which a relation ($6) held the contact
-- ($3), and their records; and up to where was looked.
with looked as materialized (
    select sequence, record_id, before, after from changes
    where shop_id = $1 and definition_id = $2 and sequence > $4 order by sequence limit $5
), about as (
    select sequence, record_id from looked
    where exists (
        select from unnest($6::text[]) as f (name)
        where before ->> f.name = $3::bigint::text or after ->> f.name = $3::bigint::text
    )
)
select (select max(sequence) from looked) as reached,
       coalesce((select array_agg(sequence order by sequence) from about), '{}') as sequences,
       coalesce((select array_agg(distinct record_id) from about where record_id is not null), '{}') as record_ids;

-- name: histories
-- The changes of records ($2) that are not erased: of all of them ($3), or of those that are gone.
select r.id as record_id, c.sequence
from unnest($2::text::bigint[]) as r (id)
cross join lateral (
    select sequence from changes where shop_id = $1 and record_id = r.id and not erased
) c
where $3::boolean or not exists (select from records where shop_id = $1 and id = r.id);

-- name: changes_at
-- Changes by their sequences, in order.
select sequence, definition_id, kind, record_id, version, before, after, summary, suppressed, operation, api_key_id,
       idempotency_key, made_at, erased
from changes where shop_id = $1 and sequence = any($2::text::bigint[]) order by sequence;

-- name: empty_changes
-- What they held goes; that they were stays, so that no sequence is missing.
update changes set before = null, after = null, idempotency_key = null, erased = true
where shop_id = $1 and sequence = any($2::text::bigint[]);

-- name: deliveries_about
-- Among the next $5 deliveries of triggers ($2) behind $4 those of records ($6), and those whose change shows a relation
-- ($7) that held the contact ($3); and up to where was looked.
with looked as materialized (
    select id, record_id, body from deliveries
    where shop_id = $1 and id > $4 and trigger_id = any($2::bigint[]) order by id limit $5
)
select (select max(id) from looked) as reached,
       coalesce((select array_agg(id order by id) from looked
                 where record_id in (select unnest($6::text::bigint[])) or exists (
                     select from unnest($7::text[]) as f (name)
                     where body::json #>> array['change', 'before', f.name] = $3::bigint::text
                        or body::json #>> array['change', 'after', f.name] = $3::bigint::text
                 )), '{}') as ids;

-- name: deliveries_of
-- The deliveries of triggers ($2) about changes ($3).
select d.id
from unnest($2::bigint[]) as t (id) cross join unnest($3::text::bigint[]) as c (sequence)
cross join lateral (
    select id from deliveries where shop_id = $1 and trigger_id = t.id and sequence = c.sequence
) d;

-- name: deliveries_at
-- Deliveries by their ids, in order.
select id, trigger_id, sequence, record_id, status, body, attempts, next_at, answered, error, created_at, settled_at
from deliveries where shop_id = $1 and id = any($2::text::bigint[]) order by id;

-- name: drop_deliveries
-- Those that have not arrived never will.
delete from deliveries where shop_id = $1 and id = any($2::text::bigint[]) and status <> 'DELIVERED';

-- name: empty_deliveries
-- Those that have arrived stay, without what they told.
update deliveries
set body = jsonb_set(body::jsonb, '{change}', (body::jsonb -> 'change') || jsonb_build_object(
    'before', null, 'after', null, 'changedFields', '[]'::jsonb, 'erased', true))::text
where shop_id = $1 and id = any($2::text::bigint[]) and status = 'DELIVERED';

-- name: empty_answers
-- Of answers kept for retries the verdicts on the person: on records ($3) by the fields $2, on the contact ($5) by the
-- fields $4, and those that quote an address ($6). A retry gets them without ids and texts.
update idempotent_answers set answer = jsonb_set(answer, '{verdicts}', (
    select jsonb_agg(
        case when (operation = any($2::text[]) and v.verdict ->> 'id' in (select unnest($3::text::text[])))
               or (operation = any($4::text[]) and v.verdict ->> 'id' = $5::bigint::text)
               or exists (select from unnest($6::text[]) as e (value)
                          where position(e.value in lower(v.verdict::text)) > 0)
        then v.verdict || jsonb_build_object('id', null, 'warnings', '[]'::jsonb, 'errors', coalesce((
                 select jsonb_agg(p.problem || '{"message": "This was about a person who has been erased."}')
                 from jsonb_array_elements(v.verdict -> 'errors') as p (problem)), '[]'::jsonb))
        else v.verdict end
        order by v.place)
    from jsonb_array_elements(answer -> 'verdicts') with ordinality as v (verdict, place)))
where shop_id = $1 and exists (
    select from jsonb_array_elements(answer -> 'verdicts') as v (verdict)
    where (operation = any($2::text[]) and v.verdict ->> 'id' in (select unnest($3::text::text[])))
       or (operation = any($4::text[]) and v.verdict ->> 'id' = $5::bigint::text)
       or exists (select from unnest($6::text[]) as e (value) where position(e.value in lower(v.verdict::text)) > 0)
)
returning key;

-- name: rename_in_segment
-- A segment's condition without the person.
update segments set condition = $3, updated_at = now() where shop_id = $1 and id = $2;

-- name: rename_in_trigger
-- A trigger's.
update triggers set condition = $3, updated_at = now() where shop_id = $1 and id = $2;

-- name: mentions
-- Where texts ($2, in lower case) still stand: as others' addresses, in segments and triggers, and in the latest $3
-- records, changes and deliveries. At most $4 of each.
(select 'CONTACT' as kind, null::bigint as definition_id, c.id
 from unnest($2::text[]) as t (value)
 cross join lateral (select id from contacts where shop_id = $1 and email_key = t.value order by id limit $4) c limit $4)
union all
(select 'CONTACT', null, c.contact_id
 from unnest($2::text[]) as t (value)
 cross join lateral (select contact_id from customers where shop_id = $1 and email_key = t.value limit $4) c limit $4)
union all
(select 'SEGMENT', null, id from segments where shop_id = $1 and exists (
     select from unnest($2::text[]) as t (value) where position(t.value in lower(name || ' ' || condition)) > 0) limit $4)
union all
(select 'TRIGGER', definition_id, id from triggers where shop_id = $1 and exists (
     select from unnest($2::text[]) as t (value)
     where position(t.value in lower(name || ' ' || condition || ' ' || url)) > 0) limit $4)
union all
(select 'RECORD', r.definition_id, r.id
 from (select definition_id, id, data from records where shop_id = $1 order by id desc limit $3) r
 where exists (select from unnest($2::text[]) as t (value) where position(t.value in lower(r.data::text)) > 0) limit $4)
union all
(select 'CHANGE', c.definition_id, c.sequence
 from (select definition_id, sequence, before, after, idempotency_key from changes
       where shop_id = $1 order by sequence desc limit $3) c
 where exists (select from unnest($2::text[]) as t (value)
               where position(t.value in lower(concat(c.before, ' ', c.after, ' ', c.idempotency_key))) > 0) limit $4)
union all
(select 'DELIVERY', null, d.id
 from (select id, body from deliveries where shop_id = $1 order by id desc limit $3) d
 where exists (select from unnest($2::text[]) as t (value) where position(t.value in lower(d.body)) > 0) limit $4);
