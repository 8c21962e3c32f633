-- name: record
-- Changes of one call at the head of the shop's log, which is held from here to the end of the transaction. As many of
-- the oldest, and some more, are looked at, and go if they are older than $13 days: so the log does not outgrow its time.
-- Writers come to the head in the order of the advisory lock: its row alone goes to whoever happens to come.
with forgotten as (
    delete from changes where shop_id = $1 and sequence in (
        select sequence from (
            select sequence, made_at from changes
            where shop_id = $1 order by sequence limit cardinality($7::text[]) + 10
        ) oldest where made_at < now() - make_interval(days => $13)
    )
), head as (
    insert into change_heads (shop_id, sequence)
    values ($1, (select cardinality($7::text[]) from pg_advisory_xact_lock($1)))
    on conflict (shop_id) do update set sequence = change_heads.sequence + excluded.sequence
    returning sequence - cardinality($7::text[]) as reached
)
insert into changes (shop_id, sequence, definition_id, suppressed, operation, api_key_id, idempotency_key,
                     kind, record_id, version, before, after, summary)
select $1, head.reached + new.position, $2, $3, $4, $5, $6,
       new.kind, new.record_id, new.version, new.before, new.after, new.summary
from head cross join unnest($7::text[], $8::bigint[], $9::integer[], $10::json[], $11::json[], $12::json[])
     with ordinality as new (kind, record_id, version, before, after, summary, position)
returning sequence;

-- name: ends
-- The first sequence that is kept, or would be the next, and the last that was given. What is older than $2 days is not
-- kept, here and below, also where it has not been removed yet.
with head as (
    select coalesce((select sequence from change_heads where shop_id = $1), 0) as last
)
select coalesce((
    select sequence from changes
    where shop_id = $1 and made_at >= now() - make_interval(days => $2) order by sequence limit 1
), last + 1) as first, last from head;

-- name: forget
-- Those of the $3 oldest changes that are older than $2 days. It waits for nobody: what a writer is removing is left to it.
delete from changes where shop_id = $1 and sequence in (
    select sequence from changes where shop_id = $1 and sequence in (
        select sequence from (
            select sequence, made_at from changes where shop_id = $1 order by sequence limit $3
        ) oldest where made_at < now() - make_interval(days => $2)
    ) for update skip locked
)
returning sequence;

-- name: page
-- Changes in order of sequence.
select sequence, definition_id, kind, record_id, version, before, after, summary, suppressed, operation, api_key_id,
       idempotency_key, made_at, erased
from changes
where shop_id = $1 and sequence > $2 and sequence < $3 and made_at >= now() - make_interval(days => $5)
order by sequence limit $4;

-- name: page_backward
select sequence, definition_id, kind, record_id, version, before, after, summary, suppressed, operation, api_key_id,
       idempotency_key, made_at, erased
from changes
where shop_id = $1 and sequence > $2 and sequence < $3 and made_at >= now() - make_interval(days => $5)
order by sequence desc limit $4;

-- name: of_definition
select sequence, definition_id, kind, record_id, version, before, after, summary, suppressed, operation, api_key_id,
       idempotency_key, made_at, erased
from changes
where shop_id = $1 and definition_id = $6 and sequence > $2 and sequence < $3
      and made_at >= now() - make_interval(days => $5)
order by sequence limit $4;

-- name: of_definition_backward
select sequence, definition_id, kind, record_id, version, before, after, summary, suppressed, operation, api_key_id,
       idempotency_key, made_at, erased
from changes
where shop_id = $1 and definition_id = $6 and sequence > $2 and sequence < $3
      and made_at >= now() - make_interval(days => $5)
order by sequence desc limit $4;

-- name: of_record
select sequence, definition_id, kind, record_id, version, before, after, summary, suppressed, operation, api_key_id,
       idempotency_key, made_at, erased
from changes
where shop_id = $1 and record_id = $6 and sequence > $2 and sequence < $3
      and made_at >= now() - make_interval(days => $5)
order by sequence limit $4;

-- name: of_record_backward
select sequence, definition_id, kind, record_id, version, before, after, summary, suppressed, operation, api_key_id,
       idempotency_key, made_at, erased
from changes
where shop_id = $1 and record_id = $6 and sequence > $2 and sequence < $3
      and made_at >= now() - make_interval(days => $5)
order by sequence desc limit $4;

-- name: count
-- How many changes there are, counting to a bound.
select count(*) as n from (
    select from changes where shop_id = $1 and made_at >= now() - make_interval(days => $3) limit $2
) bounded;

-- name: count_of_definition
select count(*) as n from (
    select from changes
    where shop_id = $1 and definition_id = $4 and made_at >= now() - make_interval(days => $3) limit $2
) bounded;

-- name: count_of_record
select count(*) as n from (
    select from changes
    where shop_id = $1 and record_id = $4 and made_at >= now() - make_interval(days => $3) limit $2
) bounded;

-- name: move
-- A write that is not in the log moves the shop's position too.
insert into change_heads (shop_id, sequence, unlogged) values ($1, 0, 1)
on conflict (shop_id) do update set unlogged = change_heads.unlogged + excluded.unlogged;
