-- Records and contacts in order of the time they were created: the latest ones, and those of a period. Without it all
-- are read, also where a period has none. The time never changes, so only what is new costs an entry; that of the last
-- change has no index, which every change would have to write.
create index records_created_at on records (shop_id, definition_id, created_at, id);
create index contacts_created_at on contacts (shop_id, created_at, id);
