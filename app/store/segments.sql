-- name: all
-- Every segment.
select id, name, condition, definition_ids, segment_ids, created_at, updated_at
from segments where shop_id = $1 order by id;

-- name: insert
-- A new segment.
insert into segments (shop_id, name, name_key, condition, definition_ids, segment_ids)
values ($1, $2, $3, $4, $5, $6)
returning id;

-- name: update
-- What a segment may change.
update segments
set name = $3, name_key = $4, condition = $5, definition_ids = $6, segment_ids = $7, updated_at = now()
where shop_id = $1 and id = $2;

-- name: delete
-- Removes a segment.
delete from segments where shop_id = $1 and id = $2;
