-- Erasing a person: the change log tells of it, and keeps its changes without what they held.

alter table changes drop constraint changes_kind_check;
alter table changes add constraint changes_kind_check check (kind in (
    'CREATED', 'UPDATED', 'DELETED', 'SUMMARY', 'DEFINITION_CREATED', 'DEFINITION_UPDATED', 'DEFINITION_DELETED',
    'OVERRIDES_SET', 'CONTACT_ERASED'));
-- whether "before" and "after" went with the person they were about
alter table changes add column erased boolean not null default false;

-- an erasure is told of a definition, not of one record
alter table deliveries alter column record_id drop not null;
