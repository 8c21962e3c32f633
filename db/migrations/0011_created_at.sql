-- Records and contacts in order of the time they were created: the latest ones, and those of a period. Without it all
-- are read, also where a period has none. The time never changes, so only what is new costs an entry; that of the last
-- change has no index, which every change would have to write. No time is null: the condition keeps the index from
-- questions that do not speak of the time, which could be answered by its first columns, where few rows are expected,
-- as cheaply as by the index that is meant for them.
create index records_created_at on records (shop_id, definition_id, created_at, id) where created_at is not null;
create index contacts_created_at on contacts (shop_id, created_at, id) where created_at is not null;
