-- name: begin
-- A new import, of which nothing is in yet. Those of long ago ($5 days) are forgotten.
with forgotten as (delete from imports where shop_id = $1 and started_at < now() - make_interval(days => $5))
insert into imports (shop_id, kind, definition_id, digest, beginning) values ($1, $2, $3, $4, $6)
returning id, reached, lines, digest, created, updated, unchanged, rejected, reject_bytes, started_at, finished_at,
          beginning;

-- name: latest
-- The imports of that kind of the last $4 days, the latest first.
select id, reached, lines, digest, created, updated, unchanged, rejected, reject_bytes, started_at, finished_at, beginning
from imports
where shop_id = $1 and kind = $2 and definition_id = $3 and reached > 0
      and started_at > now() - make_interval(days => $4)
order by id desc limit 100;

-- name: advance
-- How far the import has come: from $3 bytes, where nobody else has carried it on.
update imports
set reached = $4, lines = $5, digest = $6, created = $7, updated = $8, unchanged = $9, rejected = $10,
    reject_bytes = $11
where shop_id = $1 and id = $2 and reached = $3 and finished_at is null
returning id;

-- name: finish
-- The end of the file was reached.
update imports set finished_at = now() where shop_id = $1 and id = $2;
