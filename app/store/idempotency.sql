-- name: claim
-- The first to come with a key takes it; who comes meanwhile waits here for the first one's end.
insert into idempotent_answers (shop_id, api_key_id, operation, key, fingerprint)
values ($1, $2, $3, $4, $5)
on conflict (shop_id, api_key_id, operation, key) do nothing
returning key;

-- name: find
-- The answer kept for a key, and whether its day is over.
select fingerprint, answer, created_at < now() - make_interval(hours => $5) as expired
from idempotent_answers where shop_id = $1 and api_key_id = $2 and operation = $3 and key = $4;

-- name: keep
-- Keeps the answer for retries.
update idempotent_answers set answer = $5::jsonb
where shop_id = $1 and api_key_id = $2 and operation = $3 and key = $4;

-- name: forget_expired
-- Removes what is older than its day.
delete from idempotent_answers where shop_id = $1 and created_at < now() - make_interval(hours => $2);

-- name: forget
-- Up to $3 of those that are older than $2 hours, and nobody is at.
with old as materialized (
    select api_key_id, operation, key from idempotent_answers
    where shop_id = $1 and created_at < now() - make_interval(hours => $2) order by created_at limit $3
    for update skip locked
)
delete from idempotent_answers
where shop_id = $1 and (api_key_id, operation, key) in (select api_key_id, operation, key from old)
returning key;
