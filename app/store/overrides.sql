-- name: all
-- Every override source, in order of priority.
select system_field, priority, definition_id, field, product_field, contact_path, latest_by
from override_sources where shop_id = $1 order by system_field, priority;

-- name: clear
-- Removes the sources of one system field.
delete from override_sources where shop_id = $1 and system_field = $2;

-- name: insert
-- The sources of one system field.
insert into override_sources (shop_id, system_field, priority, definition_id, field, product_field, contact_path,
                              latest_by)
values ($1, $2, $3, $4, $5, $6, $7, $8);

-- name: delete_one
-- Removes one source.
delete from override_sources where shop_id = $1 and system_field = $2 and priority = $3;
