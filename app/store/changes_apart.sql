-- name: move
-- Takes the head of the shop's log for so many changes, and holds it to the end of the transaction: what it was before.
insert into change_heads (shop_id, sequence) values ($1, $2)
on conflict (shop_id) do update set sequence = change_heads.sequence + excluded.sequence
returning sequence - $2 as reached;

-- name: write
-- Changes of one call behind a sequence ($2). What returns nothing a coordinator would copy, which row-level security
-- refuses.
insert into changes (shop_id, sequence, definition_id, suppressed, operation, api_key_id, idempotency_key,
                     kind, record_id, version, before, after, summary)
select $1, $2::bigint + new.position, $3, $4, $5, $6, $7,
       new.kind, new.record_id, new.version, new.before, new.after, new.summary
from unnest($8::text[], $9::bigint[], $10::integer[], $11::json[], $12::json[], $13::json[])
     with ordinality as new (kind, record_id, version, before, after, summary, position)
returning sequence;

-- name: forget
-- So many of the oldest ($2) are looked at, and go if they are older than $3 days.
delete from changes where shop_id = $1 and sequence in (
    select sequence from (
        select sequence, made_at from changes where shop_id = $1 order by sequence limit $2
    ) oldest where made_at < now() - make_interval(days => $3)
);
